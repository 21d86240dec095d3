#include "venturi/measure/kernel_sums.hpp"

#include <cmath>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/measure/cuda_kernels.hpp"
#include "venturi/measure/neighbours.hpp"
#include "venturi/measure/pairwise.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::MatrixView;
using core::Vector;

struct Sums {
  double n;
  double product;  // sum_ij K_ij L_ij
  Vector k, l;     // sums of rows
};

void check(const Kerneled& x, const Kerneled& y, Index least, const char* where) {
  require_rows(x.rows, least, where);
  require_rows(y.rows, least, where);
  require_width(x.width, where);
  require_width(y.width, where);
  if (x.rows.rows() != y.rows.rows()) {
    core::fail_argument(where, "expected {} rows of y, got {}", x.rows.rows(), y.rows.rows());
  }
}

Sums device_sums(const Kerneled& x, const Kerneled& y) {
  const CudaKernelSums found =
      cuda_kernel_sums(cuda_rows(x.rows, x.width), cuda_rows(y.rows, y.width));
  const Index n = x.rows.rows();
  const auto vector = [n](const std::vector<double>& v) -> Vector {
    return Eigen::Map<const Vector>(v.data(), n);
  };
  return {static_cast<double>(n), vector(found.product).sum(), vector(found.k), vector(found.l)};
}

Sums sums(const Kerneled& x, const Kerneled& y) {
  if (search_is_cuda()) return device_sums(x, y);
  const DenseRows rx(x.rows), ry(y.rows);
  const Index n = rx.size();
  Sums out{static_cast<double>(n), 0, Vector(n), Vector(n)};
  Vector products(n);
#pragma omp parallel
  {
    std::vector<double> k(n), l(n);
#pragma omp for schedule(static)
    for (Index i = 0; i < n; ++i) {
      rx.kernel(rx, i, x.width, k);
      ry.kernel(ry, i, y.width, l);
      double sum_k = 0, sum_l = 0, sum = 0;
      for (Index j = 0; j < n; ++j) {
        sum_k += k[j];
        sum_l += l[j];
        sum += k[j] * l[j];
      }
      out.k[i] = sum_k;
      out.l[i] = sum_l;
      products[i] = sum;
    }
  }
  out.product = products.sum();
  return out;
}

double biased(const Sums& s) {
  // 1/n^2 sum (K_ij - its row's mean) (L_ij - ...) would cancel less, but takes two passes; the
  // three terms are of size 1, so that HSIC has 15 digits after the point.
  return (s.product + s.k.sum() / s.n * (s.l.sum() / s.n) - 2 * s.k.dot(s.l) / s.n) / (s.n * s.n);
}

double cauchy_schwarz(const Sums& s) {
  return std::log(s.product) + std::log(s.k.sum()) + std::log(s.l.sum()) -
         2 * std::log(s.k.dot(s.l));
}

// of(x,y) / sqrt(of(x,x) of(y,y)).
double normalised(const Kerneled& x, const Kerneled& y, double (*of)(const Sums&),
                  const char* where) {
  constexpr double kRounding = 1e-14;
  const double xx = of(sums(x, x)), yy = of(sums(y, y));
  if (!(xx > kRounding) || !(yy > kRounding)) {
    core::fail_data(where, "{} has no spread at its width: the measure is 0 / 0",
                    xx > kRounding ? "y" : "x");
  }
  return of(sums(x, y)) / std::sqrt(xx * yy);
}

}  // namespace

double hsic(const Kerneled& x, const Kerneled& y) {
  check(x, y, 2, "measure.hsic");
  return biased(sums(x, y));
}

double hsic_unbiased(const Kerneled& x, const Kerneled& y) {
  check(x, y, 4, "measure.hsic_unbiased");
  Sums s = sums(x, y);
  // Diagonals are 1.
  s.product -= s.n;
  s.k.array() -= 1;
  s.l.array() -= 1;
  const double n = s.n;
  return (s.product + s.k.sum() * s.l.sum() / ((n - 1) * (n - 2)) - 2 * s.k.dot(s.l) / (n - 2)) /
         (n * (n - 3));
}

double kernel_cka(const Kerneled& x, const Kerneled& y) {
  check(x, y, 2, "measure.kernel_cka");
  return normalised(x, y, biased, "measure.kernel_cka");
}

double linear_cka(const MatrixView& x, const MatrixView& y) {
  constexpr const char* kWhere = "measure.linear_cka";
  check({x, 1}, {y, 1}, 2, kWhere);
  const auto centred = [&](const MatrixView& m, const char* name) {
    core::Matrix out = m.rowwise() - m.row(0);  // so that a constant column is exactly 0
    const double scale = out.cwiseAbs().maxCoeff();
    if (!(scale > 0)) core::fail_data(kWhere, "{} is constant", name);
    out /= scale;
    out.rowwise() -= out.colwise().mean().eval();
    return out;
  };
  const core::Matrix a = centred(x, "x"), b = centred(y, "y");
  return (a.transpose() * b).squaredNorm() /
         std::sqrt((a.transpose() * a).squaredNorm() * (b.transpose() * b).squaredNorm());
}

double cauchy_schwarz_information_nats(const Kerneled& x, const Kerneled& y) {
  check(x, y, 2, "measure.cauchy_schwarz_information_nats");
  return cauchy_schwarz(sums(x, y));
}

double normalised_cauchy_schwarz_information(const Kerneled& x, const Kerneled& y) {
  constexpr const char* kWhere = "measure.normalised_cauchy_schwarz_information";
  check(x, y, 2, kWhere);
  return normalised(x, y, cauchy_schwarz, kWhere);
}

double conditional_cauchy_schwarz_nats(const Kerneled& x, const Kerneled& y,
                                       const MatrixView& predicted) {
  constexpr const char* kWhere = "measure.conditional_cauchy_schwarz_nats";
  check(x, y, 2, kWhere);
  require_rows(predicted, 2, kWhere);
  if (predicted.rows() != y.rows.rows() || predicted.cols() != y.rows.cols()) {
    core::fail_argument(kWhere, "expected predicted ({}*{}) shaped as y, got {}*{}", y.rows.rows(),
                        y.rows.cols(), predicted.rows(), predicted.cols());
  }
  const DenseRows rx(x.rows), ry(y.rows), rv(predicted);
  const Index n = rx.size();
  core::MatrixOf<double> terms(n, 3);
#pragma omp parallel
  {
    std::vector<double> k(n), l(n);
#pragma omp for schedule(static)
    for (Index j = 0; j < n; ++j) {
      rx.kernel(rx, j, x.width, k);
      double total = 0;
      for (const double v : k) total += v;
      const auto term = [&](const DenseRows& all, const DenseRows& own) {
        all.kernel(own, j, y.width, l);
        double sum = 0;
        for (Index i = 0; i < n; ++i) sum += k[i] * l[i];
        return sum / (total * total);
      };
      terms(j, 0) = term(ry, ry);
      terms(j, 1) = term(rv, rv);
      terms(j, 2) = term(ry, rv);
    }
  }
  const double cross = terms.col(2).sum();
  if (!(cross > 0)) {
    core::fail_data(kWhere, "every kernel of y against predicted is 0: the width {} is too small",
                    y.width);
  }
  return std::log(terms.col(0).sum()) + std::log(terms.col(1).sum()) - 2 * std::log(cross);
}

}  // namespace venturi::measure
