// venturi/couple/soft_channel.cpp
#include "venturi/couple/soft_channel.hpp"

#include <cblas.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "venturi/core/record.hpp"
#include "venturi/couple/kernels.hpp"

namespace venturi::couple {
namespace {

constexpr double kEmpty = 1e-12;       // mass below which a cluster is dropped
constexpr double kSmallest = 1e-300;   // stands for zero under the logarithm
constexpr double kMergeSlack = 1e-12;  // nats: rounding of equal clusters
constexpr int kMergeEvery = 20;        // sweeps
constexpr Index kAllPairs = 24;        // up to so many clusters every pair is tried for a merge

double piece(double p) { return p > 0 ? p * std::log(p) : 0; }

// out = a b^T (n*k times m*k) or a^T b (k*n times k*m), row-major.
void times_transposed(const Matrix& a, const Matrix& b, Matrix& out) {
  out.resize(a.rows(), b.rows());
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(a.rows()),
              static_cast<int>(b.rows()), static_cast<int>(a.cols()), 1.0, a.data(),
              static_cast<int>(a.cols()), b.data(), static_cast<int>(b.cols()), 0.0, out.data(),
              static_cast<int>(out.cols()));
}
void transposed_times(const Matrix& a, const Matrix& b, Matrix& out) {
  out.resize(a.cols(), b.cols());
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<int>(a.cols()),
              static_cast<int>(b.cols()), static_cast<int>(a.rows()), 1.0, a.data(),
              static_cast<int>(a.cols()), b.data(), static_cast<int>(b.cols()), 0.0, out.data(),
              static_cast<int>(out.cols()));
}

}  // namespace

SoftChannel::SoftChannel(const Joint& joint, double alpha)
    : joint_(&joint),
      alpha_(alpha),
      conditional_(joint.conditional()),
      entropy_y_nats_(core::to_nats(core::Bits(couple::entropy_bits(joint.py))).value) {}

void SoftChannel::set_encoder(Matrix encoder) {
  encoder_ = std::move(encoder);
  decode();
}

void SoftChannel::set_decoder(const Vector& mass, const Matrix& decoder, double beta) {
  table_ = mass.asDiagonal() * decoder;
  mass_ = mass;
  encode(table_, beta);
  decode();
}

Matrix SoftChannel::decoder() const { return mass_.cwiseInverse().asDiagonal() * table_; }

void SoftChannel::decode() {
  transposed_times(encoder_, joint_->p, table_);
  mass_ = table_.rowwise().sum();
  if (mass_.minCoeff() < kEmpty) drop_empty();
}

void SoftChannel::drop_empty() {
  std::vector<Index> kept;
  for (Index t = 0; t < mass_.size(); ++t) {
    if (mass_[t] >= kEmpty) kept.push_back(t);
  }
  encoder_ = Matrix(encoder_(Eigen::all, kept));
  encoder_ = Matrix(encoder_.rowwise().sum().cwiseInverse().asDiagonal() * encoder_);
  transposed_times(encoder_, joint_->p, table_);
  mass_ = table_.rowwise().sum();
}

// New encoder from a table p(t,y). Returns L in nats at the old decoder, an upper bound that sweeps
// never raise: L = -alpha sum_x p(x) log Z_x - beta H(Y) with the KL split as below.
double SoftChannel::encode(const Matrix& table, double beta) {
  const Index k = table.rows();
  const Vector mass = table.rowwise().sum();
  Matrix logs = mass.cwiseInverse().asDiagonal() * table;
  logs = logs.cwiseMax(kSmallest).array().log();
  times_transposed(conditional_, logs, scores_);
  const Vector weights = mass.array().log() / alpha_;
  const Index n = conditional_.rows();
  encoder_.resize(n, k);
  Vector log_z(n);
  const Kernels& kernel = kernels();
  const auto size = static_cast<std::size_t>(k);
#pragma omp parallel for schedule(static) if (n * k > 20000)
  for (Index x = 0; x < n; ++x) {
    const double* scores = scores_.data() + x * k;
    double* row = encoder_.data() + x * k;
    const double high = kernel.max_sum(scores, weights.data(), beta / alpha_, size);
    const double sum = kernel.exp_sum(scores, weights.data(), beta / alpha_, high, row, size);
    for (Index t = 0; t < k; ++t) row[t] /= sum;
    log_z[x] = high + std::log(sum);
  }
  return -alpha_ * joint_->px.dot(log_z) - beta * entropy_y_nats_;
}

// Sweeps with momentum on p(t,y) (Nesterov's weights), restarted whenever L rises: the columns of
// the extrapolated table still sum to p(y), so only the sign of its cells needs care. A stand-still
// counts after a sweep without momentum only.
SoftChannel::Outcome SoftChannel::run(double beta, const Limits& limits) {
  Outcome out;
  double last = std::numeric_limits<double>::infinity();
  int momentum = 0;
  Matrix before = table_;
  Matrix at = table_;
  while (out.sweeps < limits.sweep_limit) {
    const double value = encode(at, beta);
    decode();
    ++out.sweeps;
    const bool still = std::abs(last - value) <= limits.tolerance_nats;
    const bool plain = momentum == 0;
    bool fresh = value > last || still;
    last = value;
    if (((still && plain) || out.sweeps % kMergeEvery == 0) &&
        merge(beta, mass_.size() > kAllPairs ? limits.merge_slack_nats : kMergeSlack) > 0) {
      last = std::numeric_limits<double>::infinity();
      fresh = true;
    } else if (still && plain) {
      out.converged = true;
      break;
    }
    if (core::now_seconds() > limits.end_seconds) break;
    momentum = fresh || before.rows() != table_.rows() ? 0 : momentum + 1;
    at = table_;
    if (momentum > 0) {
      at += (momentum / (momentum + 3.0)) * (table_ - before);
      at = at.cwiseMax(0.1 * table_);
    }
    before = table_;
  }
  return out;
}

// The change of L in nats when clusters s and t become one; a lower bound of it if that is above
// `limit` already.
double SoftChannel::merging(Index s, Index t, double beta, double limit) const {
  const double psi = piece(mass_[s] + mass_[t]) - piece(mass_[s]) - piece(mass_[t]);
  double phi = 0;
  for (Index y = 0; y < table_.cols(); ++y) {
    phi += piece(table_(s, y) + table_(t, y)) - piece(table_(s, y)) - piece(table_(t, y));
  }
  const double least = -psi - beta * (phi - psi);
  if (least > limit) return least;  // what H(T|X) adds is not negative
  double given_x = 0;
  for (Index x = 0; x < encoder_.rows(); ++x) {
    const double a = encoder_(x, s);
    const double b = encoder_(x, t);
    if (a > 0 && b > 0) given_x -= joint_->px[x] * (piece(a + b) - piece(a) - piece(b));
  }
  return least - alpha_ * given_x;
}

// Joins each cluster with its nearest (few clusters: with the best of all) if L does not rise.
int SoftChannel::merge(double beta, double slack) {
  const Index k = mass_.size();
  if (k < 2) return 0;
  const Matrix rows = decoder();
  Matrix products;
  if (k > kAllPairs) times_transposed(rows, rows, products);
  std::vector<bool> gone(k, false);
  int merged = 0;
  for (Index s = 0; s < k; ++s) {
    if (gone[s]) continue;
    Index best = -1;
    double least = std::numeric_limits<double>::infinity();
    for (Index t = 0; t < k; ++t) {
      if (t == s || gone[t]) continue;
      const double value =
          k > kAllPairs ? products(t, t) - 2 * products(s, t) : merging(s, t, beta, least);
      if (value < least) {
        least = value;
        best = t;
      }
    }
    if (best < 0) break;
    if (k > kAllPairs) least = merging(s, best, beta, slack);
    if (least > slack) continue;
    encoder_.col(best) += encoder_.col(s);
    table_.row(best) += table_.row(s);
    mass_[best] += mass_[s];
    encoder_.col(s).setZero();
    gone[s] = true;
    ++merged;
  }
  if (merged > 0) decode();
  return merged;
}

SoftChannel::Mode SoftChannel::leading_mode(Index t) const {
  const Vector q = table_.row(t).transpose() / mass_[t];
  const Vector root = q.cwiseMax(kSmallest).cwiseSqrt();
  const Vector weight = (joint_->px.cwiseProduct(encoder_.col(t)) / mass_[t]).cwiseSqrt();
  Matrix spread = (conditional_.rowwise() - q.transpose()) * root.cwiseInverse().asDiagonal();
  // y that the cluster never sees: rows of weight zero may reach them, and must not count.
  for (Index y = 0; y < q.size(); ++y) {
    if (q[y] <= kSmallest) spread.col(y).setZero();
  }
  const Matrix weighted = weight.asDiagonal() * spread;
  Matrix gram;
  const bool by_x = weighted.rows() < weighted.cols();
  if (by_x) {
    times_transposed(weighted, weighted, gram);
  } else {
    transposed_times(weighted, weighted, gram);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
  const Vector top = solver.eigenvectors().col(gram.rows() - 1);
  Mode out;
  out.eigenvalue = solver.eigenvalues()[gram.rows() - 1];
  out.direction = by_x ? Vector(spread * (weighted.transpose() * top)) : Vector(spread * top);
  return out;
}

double SoftChannel::next_critical_beta() const {
  double largest = 0;
  for (Index t = 0; t < mass_.size(); ++t) largest = std::max(largest, leading_mode(t).eigenvalue);
  return largest > 1e-14 ? alpha_ / largest : std::numeric_limits<double>::infinity();
}

int SoftChannel::split(double beta, int most) {
  int done = 0;
  const Index before = mass_.size();
  for (Index t = 0; t < before && encoder_.cols() < most; ++t) {
    const Mode mode = leading_mode(t);
    if (beta * mode.eigenvalue <= alpha_ * (1 + 1e-9)) continue;
    const double size = mode.direction.cwiseAbs().maxCoeff();
    if (!(size > 0)) continue;
    const Vector half =
        encoder_.col(t).cwiseProduct((0.5 + 0.25 * (mode.direction / size).array()).matrix());
    encoder_.conservativeResize(Eigen::NoChange, encoder_.cols() + 1);
    encoder_.col(encoder_.cols() - 1) = half;
    encoder_.col(t) -= half;
    ++done;
  }
  if (done > 0) decode();
  return done;
}

double SoftChannel::entropy_nats() const {
  double sum = 0;
  for (Index t = 0; t < mass_.size(); ++t) sum -= piece(mass_[t]);
  return sum;
}

double SoftChannel::conditional_entropy_nats() const {
  double sum = 0;
  for (Index x = 0; x < encoder_.rows(); ++x) {
    double row = 0;
    for (Index t = 0; t < encoder_.cols(); ++t) row -= piece(encoder_(x, t));
    sum += joint_->px[x] * row;
  }
  return sum;
}

double SoftChannel::relevance_nats() const {
  return core::to_nats(core::Bits(mutual_information_bits(table_))).value;
}

}  // namespace venturi::couple
