#include "venturi/measure/local_gaussian.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/measure/nearest_lists.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

// Simulated as in tests/measure/local_gaussian_test.cpp, to a standard error of .0015: a row for
// each d from 1, a column for each k from 4.
constexpr int kLeast = 4, kLast = 10;
constexpr Index kTabledColumns = 7;
constexpr double kBias[kTabledColumns][kLast - kLeast + 1] = {
    {-0.0182, -0.0223, -0.0216, -0.0233, -0.0162, -0.0166, -0.0159},
    {-0.0888, -0.0707, -0.0582, -0.0503, -0.0429, -0.0394, -0.0356},
    {-0.0866, -0.0651, -0.0549, -0.0449, -0.0395, -0.0363, -0.0322},
    {-0.0584, -0.0445, -0.0379, -0.0301, -0.0274, -0.0240, -0.0194},
    {-0.0306, -0.0263, -0.0185, -0.0173, -0.0133, -0.0099, -0.0111},
    {-0.0198, -0.0108, -0.0085, -0.0077, -0.0047, -0.0015, -0.0050},
    {-0.0070, -0.0065, -0.0047, -0.0039, -0.0046, -0.0011, -0.0023},
};

// A weight below e^-40 of the greatest is lost in a sum of doubles.
constexpr double kFarthest = 80;  // u'u

// The sums of one row's fit, reused from row to row. Rows of weight are gathered into blocks, whose
// products are taken at once.
class Moments {
 public:
  explicit Moments(Index d) : block_(d, kBlock), roots_(kBlock), s1_(d), s2_(d, d) {}

  // -log(f (n-1)) at row i of x (the same numbers by column: columns); the square of the bandwidth.
  double fit(const MatrixView& x, const Eigen::MatrixXd& columns, Index i, double square) {
    gaps_.setZero(x.rows());
    for (Index c = 0; c < x.cols(); ++c) gaps_ += (columns.col(c).array() - columns(i, c)).square();
    s0_ = 0;
    s1_.setZero();
    s2_.setZero();
    const double scale = 1 / std::sqrt(square), limit = kFarthest * square;
    for (Index j = 0; j < x.rows(); ++j) {
      if (!(gaps_[j] < limit) || j == i) continue;
      const double root = std::exp(-0.25 * gaps_[j] / square);
      roots_[gathered_] = root;
      block_.col(gathered_) = (x.row(j) - x.row(i)).transpose() * (scale * root);
      if (++gathered_ == kBlock) add_block();
    }
    add_block();
    return local_fit_nats(s0_, s1_, s2_) + 0.5 * static_cast<double>(x.cols()) * std::log(square);
  }

 private:
  static constexpr Index kBlock = 128;

  void add_block() {
    const auto block = block_.leftCols(gathered_);
    const auto roots = roots_.head(gathered_);
    s0_ += roots.squaredNorm();
    s1_.noalias() += block * roots;
    s2_.selfadjointView<Eigen::Lower>().rankUpdate(block);
    gathered_ = 0;
  }

  Eigen::ArrayXd gaps_;
  Eigen::MatrixXd block_;  // a column for each row of weight w: sqrt(w) u
  core::Vector roots_;     // of their weights
  Index gathered_ = 0;
  double s0_ = 0;
  core::Vector s1_;
  Eigen::MatrixXd s2_;
};

}  // namespace

double lnn_bias(int k, Index d) {
  if (k < kLeast || d < 1) {
    core::fail_argument("measure.lnn_bias", "expected k >= {} and d >= 1, got {} and {}", kLeast, k,
                        d);
  }
  if (d > kTabledColumns) return 0;
  const double* of_k = kBias[d - 1];
  return k <= kLast ? of_k[k - kLeast] : of_k[kLast - kLeast] * kLast / k;
}

double local_fit_nats(double s0, const core::Vector& s1, const Eigen::MatrixXd& s2) {
  const core::Vector mean = s1 / s0;
  const Eigen::MatrixXd covariance = s2 / s0 - mean * mean.transpose();
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);  // of the lower half
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::quiet_NaN();
  const core::Vector z = factor.matrixL().solve(mean);
  return 0.5 * static_cast<double>(s1.size()) * std::log(2 * std::numbers::pi) - std::log(s0) +
         factor.matrixLLT().diagonal().array().log().sum() + 0.5 * z.squaredNorm();
}

std::vector<double> lnn_entropy_local(const MatrixView& x, int k) {
  constexpr const char* kWhere = "measure.lnn_entropy_local";
  const Index n = x.rows(), d = x.cols();
  const double bias = lnn_bias(k, d);
  const NearestLists lists(x, k, Norm::euclidean);
  const Eigen::MatrixXd columns = x;
  const double constant = std::log(static_cast<double>(n - 1)) - bias;
  std::vector<double> out(n);
#pragma omp parallel
  {
    Moments moments(d);
#pragma omp for schedule(static)
    for (Index i = 0; i < n; ++i) {
      const double radius = lists.of(i)[k - 1].distance;
      out[i] = constant + moments.fit(x, columns, i, radius * radius);
    }
  }
  for (Index i = 0; i < n; ++i) {
    if (!std::isfinite(out[i])) {
      core::fail_data(kWhere,
                      "the neighbours of row {} coincide or lie in a plane: its density is "
                      "infinite, or n too small; use method gao for mixtures",
                      i);
    }
  }
  return out;
}

std::vector<double> lnn_local(const MatrixView& x, const MatrixView& y, int k) {
  const Matrix both = beside(x, y);
  std::vector<double> out = lnn_entropy_local(x, k);
  const std::vector<double> of_y = lnn_entropy_local(y, k), joint = lnn_entropy_local(both, k);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += of_y[i] - joint[i];
  return out;
}

}  // namespace venturi::measure
