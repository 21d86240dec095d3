#include "venturi/measure/matrix_renyi.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/measure/cuda_kernels.hpp"
#include "venturi/measure/neighbours.hpp"

namespace venturi::measure {
namespace {

using core::Index;

void check(std::span<const Kerneled> variables, const RenyiOptions& options, const char* where) {
  core::check_options(options, where);
  if (options.alpha == 1 || !std::isfinite(options.alpha)) {
    core::fail_argument(where, "expected a finite alpha other than 1, got {}", options.alpha);
  }
  if (variables.empty()) core::fail_argument(where, "expected at least one variable, got 0");
  const Index n = variables[0].rows.rows();
  for (const Kerneled& v : variables) {
    require_rows(v.rows, 2, where);
    require_width(v.width, where);
    if (v.rows.rows() != n) {
      core::fail_argument(where, "expected {} rows in all variables, got {}", n, v.rows.rows());
    }
  }
  if (options.alpha == 2) return;
  // The product of the Gram matrices, and the copy that the eigenvalue solver works in.
  require_memory(16.0 * static_cast<double>(n) * static_cast<double>(n), options.memory_limit,
                 where);
}

// The elementwise product of Gaussian kernels is one Gaussian kernel of rows side by side, each in
// units of its width; its diagonal is 1, so that its trace is n.
core::Matrix joint_rows(std::span<const Kerneled> variables) {
  Index columns = 0;
  for (const Kerneled& v : variables) columns += v.rows.cols();
  core::Matrix out(variables[0].rows.rows(), columns);
  columns = 0;
  for (const Kerneled& v : variables) {
    out.middleCols(columns, v.rows.cols()) = v.rows / v.width;
    columns += v.rows.cols();
  }
  return out;
}

// sum_ij (K_ij / n)^2.
double squared_norm(const core::Matrix& joint) {
  const Index n = joint.rows();
  core::Vector of_row(n);
  if (search_is_cuda()) {
    const CudaRows rows = cuda_rows(joint, 1);
    const std::vector<double> sums = cuda_kernel_sums(rows, rows).product;
    of_row = Eigen::Map<const core::Vector>(sums.data(), n);
  } else {
    const DenseRows rows(joint);
#pragma omp parallel
    {
      std::vector<double> kernel(n);
#pragma omp for schedule(static)
      for (Index i = 0; i < n; ++i) {
        rows.kernel(rows, i, 1, kernel);
        double sum = 0;
        for (const double v : kernel) sum += v * v;
        of_row[i] = sum;
      }
    }
  }
  return of_row.sum() / (static_cast<double>(n) * static_cast<double>(n));
}

core::Vector eigenvalues(const core::Matrix& joint) {
  const Index n = joint.rows();
  if (search_is_cuda()) {
    const std::vector<double> found = cuda_gram_eigenvalues(cuda_rows(joint, 1));
    return Eigen::Map<const core::Vector>(found.data(), n);
  }
  const DenseRows rows(joint);
  Eigen::MatrixXd gram(n, n);
#pragma omp parallel for schedule(static)
  for (Index i = 0; i < n; ++i) {
    const std::span<double> column(gram.col(i).data(), static_cast<std::size_t>(n));
    rows.kernel(rows, i, 1, column);
    for (double& v : column) v /= static_cast<double>(n);
  }
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues();
}

double entropy_bits(std::span<const Kerneled> variables, double alpha) {
  const core::Matrix joint = joint_rows(variables);
  if (alpha == 2) return -std::log2(squared_norm(joint));
  // Rounding leaves eigenvalues of 0 at either side of it.
  double sum = 0;
  for (const double lambda : eigenvalues(joint)) sum += lambda > 0 ? std::pow(lambda, alpha) : 0;
  return std::log2(sum) / (1 - alpha);
}

}  // namespace

double renyi_entropy_bits(std::span<const Kerneled> variables, const RenyiOptions& options) {
  check(variables, options, "measure.renyi_entropy_bits");
  return entropy_bits(variables, options.alpha);
}

double renyi_information_bits(std::span<const Kerneled> x, const Kerneled& y,
                              const RenyiOptions& options) {
  std::vector<Kerneled> all(x.begin(), x.end());
  all.push_back(y);
  constexpr const char* kWhere = "measure.renyi_information_bits";
  if (x.empty()) core::fail_argument(kWhere, "expected at least one variable x, got 0");
  check(all, options, kWhere);
  return entropy_bits(x, options.alpha) + entropy_bits({&y, 1}, options.alpha) -
         entropy_bits(all, options.alpha);
}

double renyi_total_correlation_bits(std::span<const Kerneled> variables,
                                    const RenyiOptions& options) {
  constexpr const char* kWhere = "measure.renyi_total_correlation_bits";
  check(variables, options, kWhere);
  if (variables.size() < 2) core::fail_argument(kWhere, "expected 2 or more variables, got 1");
  double sum = -entropy_bits(variables, options.alpha);
  for (const Kerneled& v : variables) sum += entropy_bits({&v, 1}, options.alpha);
  return sum;
}

}  // namespace venturi::measure
