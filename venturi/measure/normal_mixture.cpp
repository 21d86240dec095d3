#include "venturi/measure/normal_mixture.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Vector;
using Columns = Eigen::MatrixXd;  // d*n: a sample a column

constexpr const char* kWhere = "measure.NormalMixture";

// ln sum_k exp of each column; the columns are left as shares that add to 1.
Vector log_sums(Eigen::MatrixXd& terms) {
  Vector out(terms.cols());
  for (Index i = 0; i < terms.cols(); ++i) {
    auto column = terms.col(i);
    const double most = column.maxCoeff();
    column = (column.array() - most).exp();
    const double sum = column.sum();
    column /= sum;
    out[i] = most + std::log(sum);
  }
  return out;
}

Eigen::MatrixXd covariance_of(const Columns& z) {
  const Columns centred = z.colwise() - z.rowwise().mean();
  return centred * centred.transpose() / static_cast<double>(z.cols());
}

// Each sample to one of K classes of equal mass along `value`.
Eigen::MatrixXd classes_along(const Vector& value, int parts) {
  const Index n = value.size();
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return value[a] < value[b]; });
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(parts, n);
  for (Index r = 0; r < n; ++r) out(r * parts / n, order[static_cast<std::size_t>(r)]) = 1;
  return out;
}

// Rows of the centre nearest to each sample.
Eigen::MatrixXd nearest_classes(const Columns& z, const Columns& centres) {
  // |z - c|^2 less |z|^2
  Eigen::MatrixXd distance = -2 * centres.transpose() * z;
  distance.colwise() += centres.colwise().squaredNorm().transpose();
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(centres.cols(), z.cols());
  for (Index i = 0; i < z.cols(); ++i) {
    Index best = 0;
    distance.col(i).minCoeff(&best);
    out(best, i) = 1;
  }
  return out;
}

// k-means: centres far apart by chance (Arthur, Vassilvitskii 2007), then some of Lloyd's steps.
Eigen::MatrixXd k_means(const Columns& z, int parts, core::Key key) {
  constexpr int kSteps = 8;
  core::Random random(key);
  Columns centres(z.rows(), parts);
  Vector far = Vector::Constant(z.cols(), 1);
  for (int c = 0; c < parts; ++c) {
    double left = random.uniform() * far.sum();
    Index at = 0;
    while (at + 1 < z.cols() && left >= far[at]) left -= far[at++];
    centres.col(c) = z.col(at);
    const Vector distance = (z.colwise() - centres.col(c)).colwise().squaredNorm();
    far = c == 0 ? distance : Vector(far.cwiseMin(distance));
  }
  Eigen::MatrixXd out = nearest_classes(z, centres);
  for (int step = 0; step < kSteps; ++step) {
    const Vector mass = out.rowwise().sum();
    const Columns sums = z * out.transpose();
    for (int c = 0; c < parts; ++c) {
      if (mass[c] > 0) centres.col(c) = sums.col(c) / mass[c];
    }
    out = nearest_classes(z, centres);
  }
  return out;
}

}  // namespace

NormalMixture::NormalMixture(std::vector<Part> parts) : parts_(std::move(parts)) {
  for (const Part& part : parts_) {
    const Index d = part.mean.size();
    const Eigen::LLT<Eigen::MatrixXd> llt(part.covariance);
    if (llt.info() != Eigen::Success) {
      core::fail_data(kWhere, "the covariance of a component is singular");
    }
    whitening_.push_back(llt.matrixL().solve(Eigen::MatrixXd::Identity(d, d)));
    log_scale_.push_back(std::log(part.weight) + whitening_.back().diagonal().array().log().sum() -
                         0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi));
  }
}

Eigen::MatrixXd NormalMixture::log_terms(const Columns& columns) const {
  constexpr Index kBlock = 512;  // samples whose products stay in the cache
  Eigen::MatrixXd out(static_cast<Index>(parts_.size()), columns.cols());
  Columns centred, white;
  for (Index from = 0; from < columns.cols(); from += kBlock) {
    const Index count = std::min(kBlock, columns.cols() - from);
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      centred = columns.middleCols(from, count).colwise() - parts_[k].mean;
      white.noalias() = whitening_[k].triangularView<Eigen::Lower>() * centred;
      out.row(static_cast<Index>(k)).segment(from, count) =
          (log_scale_[k] - 0.5 * white.colwise().squaredNorm().array()).matrix();
    }
  }
  return out;
}

NormalMixture NormalMixture::from_shares(const Columns& columns, const Eigen::MatrixXd& shares,
                                         const Eigen::MatrixXd& ridge) {
  constexpr Index kBlock = 512;
  const Index n = columns.cols();
  const Vector mass = shares.rowwise().sum();
  std::vector<Part> parts;
  for (Index k = 0; k < shares.rows(); ++k) {
    if (mass[k] < 1e-3) continue;  // nothing is left of it
    Part part{mass[k], columns * shares.row(k).transpose() / mass[k], ridge};
    Columns scaled, centred;
    for (Index from = 0; from < n; from += kBlock) {
      const Index count = std::min(kBlock, n - from);
      centred = columns.middleCols(from, count).colwise() - part.mean;
      scaled = centred.array().rowwise() * shares.row(k).segment(from, count).array();
      part.covariance.noalias() += scaled * centred.transpose();
    }
    part.covariance /= mass[k];
    part.covariance = (0.5 * (part.covariance + part.covariance.transpose())).eval();
    parts.push_back(std::move(part));
  }
  double total = 0;
  for (const Part& part : parts) total += part.weight;
  for (Part& part : parts) part.weight /= total;
  return NormalMixture(std::move(parts));
}

double NormalMixture::step(const Columns& columns, const Eigen::MatrixXd& ridge) {
  Eigen::MatrixXd shares = log_terms(columns);
  const double mean = log_sums(shares).mean();
  *this = from_shares(columns, shares, ridge);
  return mean;
}

NormalMixture NormalMixture::fit(const core::MatrixView& z, int parts, Index tail, core::Key key) {
  constexpr int kFirst = 10, kMost = 80;
  constexpr double kEnough = 3e-5;
  const Index n = z.rows(), d = z.cols();
  if (parts < 1 || n <= parts * (d + 1) || tail < 1 || tail > d) {
    core::fail_argument(kWhere, "expected n > K (d + 1) and 1 <= tail <= d, got {}*{}, {} and {}",
                        n, d, parts, tail);
  }
  if (!z.allFinite()) core::fail_data(kWhere, "expected finite values, found NaN or infinity");
  const Columns columns = z.transpose();
  const Eigen::MatrixXd all = covariance_of(columns), ridge = 0.1 * all;
  if (all.diagonal().minCoeff() <= 0) core::fail_data(kWhere, "a column is constant");
  if (parts == 1) return from_shares(columns, Eigen::MatrixXd::Ones(1, n), ridge);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> axes(all.bottomRightCorner(tail, tail));
  const Vector along =
      (axes.eigenvectors().rightCols(1).transpose() * columns.bottomRows(tail)).transpose();
  const Eigen::MatrixXd starts[] = {k_means(columns, parts, key), classes_along(along, parts),
                                    classes_along(columns.colwise().norm().transpose(), parts)};
  double best = -std::numeric_limits<double>::infinity();
  std::vector<Part> chosen;
  for (const Eigen::MatrixXd& start : starts) {
    NormalMixture one = from_shares(columns, start, ridge);
    double reached = best;
    for (int s = 0; s < kFirst; ++s) reached = one.step(columns, ridge);
    if (reached > best) {
      best = reached;
      chosen = one.parts_;
    }
  }
  NormalMixture out(std::move(chosen));
  for (int s = 0; s < kMost; ++s) {
    const double reached = out.step(columns, ridge);
    if (s > 0 && reached - best < kEnough) break;
    best = reached;
  }
  return out;
}

Vector NormalMixture::log_density(const core::MatrixView& z) const {
  Eigen::MatrixXd terms = log_terms(z.transpose());
  return log_sums(terms);
}

NormalMixture NormalMixture::marginal(Index first, Index count) const {
  std::vector<Part> parts;
  for (const Part& part : parts_) {
    parts.push_back({part.weight, part.mean.segment(first, count),
                     part.covariance.block(first, first, count, count)});
  }
  return NormalMixture(std::move(parts));
}

core::Matrix NormalMixture::draw(Index n, core::Key key) const {
  core::Random random(key);
  std::vector<Eigen::MatrixXd> factors;
  for (const Part& part : parts_) factors.emplace_back(part.covariance.llt().matrixL());
  core::Matrix out(n, parts_[0].mean.size());
  Vector fresh(out.cols());
  for (Index i = 0; i < n; ++i) {
    double left = random.uniform();
    std::size_t k = 0;
    while (k + 1 < parts_.size() && left >= parts_[k].weight) left -= parts_[k++].weight;
    for (double& v : fresh) v = random.normal();
    out.row(i) = (parts_[k].mean + factors[k] * fresh).transpose();
  }
  return out;
}

}  // namespace venturi::measure
