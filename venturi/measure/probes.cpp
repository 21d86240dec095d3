#include "venturi/measure/probes.hpp"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/label_methods.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;
using Rows = std::vector<Index>;

void check_pair(const MatrixView& x, Index n, int folds, const char* where) {
  if (x.rows() != n || n < 4 || x.cols() < 1) {
    core::fail_argument(where, "expected x (n*d) and as many targets, n >= 4, got {}*{} and {}",
                        x.rows(), x.cols(), n);
  }
  if (folds < 1 || folds > n / 2) {
    core::fail_argument(where, "expected 1 <= folds <= n/2 = {}, got {}", n / 2, folds);
  }
  if (!x.allFinite()) core::fail_data(where, "expected finite values, found NaN or infinity in x");
}

// Rows fitted and rows scored, of each fold.
struct Fold {
  Rows fitted, scored;
};
std::vector<Fold> folds_of(Index n, int folds, core::Key key) {
  std::vector<Fold> out(static_cast<std::size_t>(folds));
  const auto order = core::Random(key).permutation(static_cast<std::size_t>(n));
  for (std::size_t p = 0; p < order.size(); ++p) {
    const auto row = static_cast<Index>(order[p]);
    for (std::size_t f = 0; f < out.size(); ++f) {
      const bool mine = p % out.size() == f;
      if (mine) out[f].scored.push_back(row);
      if (!mine || folds == 1) out[f].fitted.push_back(row);
    }
  }
  return out;
}

// A fit of a whole number of classes, x standardised by the fitted rows and a column of ones last.
class Softmax {
 public:
  Softmax(const Matrix& x, const Rows& labels, Index classes, const core::Vector& weights)
      : mean_(x.colwise().mean()), scale_(x.cols()) {
    for (Index c = 0; c < x.cols(); ++c) {
      const double s = std::sqrt((x.col(c).array() - mean_[c]).square().mean());
      scale_[c] = s > 0 ? 1 / s : 0;
    }
    fit(prepared(x), labels, classes, weights);
  }

  // Log-probabilities, n*classes.
  Matrix log_probabilities(const Matrix& x) const { return normalised(prepared(x) * w_); }

 private:
  Matrix prepared(const Matrix& x) const {
    Matrix out(x.rows(), x.cols() + 1);
    out.leftCols(x.cols()) = (x.rowwise() - mean_) * scale_.asDiagonal();
    out.col(x.cols()).setOnes();
    return out;
  }

  static Matrix normalised(Matrix scores) {
    for (Index i = 0; i < scores.rows(); ++i) {
      const double top = scores.row(i).maxCoeff();
      scores.row(i).array() -= top + std::log((scores.row(i).array() - top).exp().sum());
    }
    return scores;
  }

  // The Hessian lies below (1/2) X'WX for every pair of classes, whatever the scores: steps by its
  // inverse never raise the loss, and momentum that is dropped when the loss rises speeds them up.
  void fit(const Matrix& x, const Rows& labels, Index classes, const core::Vector& weights) {
    const Matrix weighted = weights.asDiagonal() * x;
    Eigen::MatrixXd bound = 0.5 * x.transpose() * weighted;
    bound.diagonal().array() += 1e-9 * (1 + bound.diagonal().maxCoeff());  // repeated columns
    const Eigen::LLT<Eigen::MatrixXd> factor(bound);
    w_ = Matrix::Zero(x.cols(), classes);
    Matrix ahead = w_, before = w_;
    double last = std::numeric_limits<double>::infinity(), pace = 1;
    for (int step = 0; step < 2000; ++step) {
      Matrix p = normalised(x * ahead);
      double loss = 0;
      for (Index i = 0; i < x.rows(); ++i) loss -= weights[i] * p(i, labels[i]);
      if (loss > last) {  // restart from the best without momentum
        if (pace == 1) break;
        ahead = w_;
        pace = 1;
        continue;
      }
      const bool still = last - loss <= 1e-8 * weights.sum();
      last = loss;
      p = p.array().exp();
      for (Index i = 0; i < x.rows(); ++i) p(i, labels[i]) -= 1;
      before = w_;
      w_ = ahead - factor.solve(weighted.transpose() * p);
      if (still) break;
      const double next = 0.5 * (1 + std::sqrt(1 + 4 * pace * pace));
      ahead = w_ + (pace - 1) / next * (w_ - before);
      pace = next;
    }
  }

  Eigen::RowVectorXd mean_;
  Eigen::VectorXd scale_;
  Matrix w_;
};

std::vector<Index> class_codes(std::span<const std::int32_t> labels, Index& classes,
                               const char* where) {
  const Codes codes = coded(std::vector<std::int32_t>(labels.begin(), labels.end()));
  classes = codes.seen;
  if (classes < 2) core::fail_data(where, "expected two classes or more, found {}", classes);
  return {codes.of_row.begin(), codes.of_row.end()};
}

Rows at(const Rows& values, const Rows& rows) {
  Rows out;
  out.reserve(rows.size());
  for (const Index r : rows) out.push_back(values[static_cast<std::size_t>(r)]);
  return out;
}

}  // namespace

double linear_r2(const MatrixView& x, const MatrixView& y, int folds, core::Key key) {
  constexpr const char* kWhere = "measure.linear_r2";
  check_pair(x, y.rows(), folds, kWhere);
  if (y.cols() < 1 || !y.allFinite()) core::fail_data(kWhere, "expected finite values of y");
  double error = 0, spread = 0;
  for (const Fold& fold : folds_of(y.rows(), folds, key)) {
    const Matrix fx = x(fold.fitted, Eigen::all), fy = y(fold.fitted, Eigen::all);
    const Eigen::RowVectorXd mx = fx.colwise().mean(), my = fy.colwise().mean();
    const Eigen::MatrixXd w =
        Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(Eigen::MatrixXd(fx.rowwise() - mx))
            .solve(Eigen::MatrixXd(fy.rowwise() - my));
    const Matrix sx = x(fold.scored, Eigen::all), sy = y(fold.scored, Eigen::all);
    error += ((sx.rowwise() - mx) * w - (sy.rowwise() - my)).squaredNorm();
    spread += (sy.rowwise() - my).squaredNorm();
  }
  if (!(spread > 0)) core::fail_data(kWhere, "y is constant: there is nothing to tell of it");
  return 1 - error / spread;
}

SoftmaxProbe softmax_probe(const MatrixView& x, std::span<const std::int32_t> labels, int folds,
                           core::Key key) {
  constexpr const char* kWhere = "measure.softmax_probe";
  check_pair(x, std::ssize(labels), folds, kWhere);
  Index classes = 0;
  const Rows codes = class_codes(labels, classes, kWhere);
  SoftmaxProbe out{.label_entropy_bits = plug_in_entropy_bits(labels)};
  const auto n = static_cast<double>(labels.size());
  Index right = 0;
  for (const Fold& fold : folds_of(x.rows(), folds, key)) {
    const Rows fitted = at(codes, fold.fitted), scored = at(codes, fold.scored);
    for (Index c = 0; c < classes; ++c) {
      if (std::find(fitted.begin(), fitted.end(), c) == fitted.end()) {
        core::fail_data(kWhere, "a class is missing from the rows that one of {} folds fits",
                        folds);
      }
    }
    const Softmax softmax(x(fold.fitted, Eigen::all), fitted, classes,
                          core::Vector::Ones(std::ssize(fitted)));
    const Matrix logs = softmax.log_probabilities(x(fold.scored, Eigen::all));
    for (Index i = 0; i < logs.rows(); ++i) {
      Index best = 0;
      logs.row(i).maxCoeff(&best);
      const Index truth = scored[static_cast<std::size_t>(i)];
      out.cross_entropy_bits -= logs(i, truth) * core::kBitsPerNat / n;
      right += best == truth ? 1 : 0;
    }
  }
  out.accuracy = static_cast<double>(right) / n;
  return out;
}

double balanced_cross_entropy_bits(const MatrixView& x, std::span<const std::int32_t> labels) {
  constexpr const char* kWhere = "measure.balanced_cross_entropy_bits";
  check_pair(x, std::ssize(labels), 1, kWhere);
  Index classes = 0;
  const Rows codes = class_codes(labels, classes, kWhere);
  core::Vector count = core::Vector::Zero(classes), weights(std::ssize(codes));
  for (const Index c : codes) ++count[c];
  for (Index i = 0; i < weights.size(); ++i) {
    weights[i] =
        static_cast<double>(codes.size()) / (static_cast<double>(classes) * count[codes[i]]);
  }
  const Matrix logs = Softmax(x, codes, classes, weights).log_probabilities(x);
  double nats = 0;
  for (Index i = 0; i < logs.rows(); ++i) nats -= logs(i, codes[i]);
  return nats * core::kBitsPerNat / static_cast<double>(codes.size());
}

double feature_complexity(std::span<const MatrixView> layers, const MatrixView& feature, int folds,
                          core::Key key) {
  if (layers.empty()) {
    core::fail_argument("measure.feature_complexity", "expected at least one layer, got none");
  }
  double sum = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    sum += std::max(0.0, linear_r2(layers[l], feature, folds, key.split(l)));
  }
  return 1 - sum / static_cast<double>(layers.size());
}

double variance_explained(const MatrixView& representation, const MatrixView& feature) {
  return linear_r2(feature, representation, 1, core::Key(0));
}

}  // namespace venturi::measure
