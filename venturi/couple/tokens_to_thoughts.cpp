// venturi/couple/tokens_to_thoughts.cpp
#include "venturi/couple/tokens_to_thoughts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "venturi/core/record.hpp"

namespace venturi::couple {
namespace {

constexpr double kGain = 1e-12;  // by which a move must lower L n: ends loops of rounding

// Labels renamed in order of first appearance.
std::vector<int> renamed(std::span<const int> labels, int& clusters) {
  std::map<int, int> names;
  std::vector<int> out;
  out.reserve(labels.size());
  for (const int label : labels) {
    out.push_back(names.emplace(label, static_cast<int>(names.size())).first->second);
  }
  clusters = static_cast<int>(names.size());
  return out;
}

double size_piece(double n) { return n > 0 ? n * std::log2(n) : 0; }

// Sums of each cluster. Up to constants, n L = -sum |C| log2 |C| - beta sum |sum of C|^2 / |C|.
class Groups {
 public:
  Groups(const MatrixView& points, std::vector<int> labels, int clusters, double beta)
      : points_(points),
        beta_(beta),
        labels_(std::move(labels)),
        sums_(Matrix::Zero(clusters, points.cols())),
        sizes_(clusters, 0) {
    for (Index i = 0; i < points.rows(); ++i) put(i, labels_[i]);
  }

  const std::vector<int>& labels() const { return labels_; }

  int move_sweep(core::Random& random) {
    int moved = 0;
    for (const std::size_t at : random.permutation(labels_.size())) {
      const auto i = static_cast<Index>(at);
      const int home = labels_[i];
      take(i);
      int best = home;
      double least = joining(i, home) - kGain;
      bool tried_empty = sizes_[home] == 0;
      for (int c = 0; c < static_cast<int>(sizes_.size()); ++c) {
        if (c == home || (sizes_[c] == 0 && tried_empty)) continue;
        tried_empty = tried_empty || sizes_[c] == 0;
        const double change = joining(i, c);
        if (change < least) {
          least = change;
          best = c;
        }
      }
      put(i, best);
      moved += best != home ? 1 : 0;
    }
    return moved;
  }

  int merge_sweep() {
    int merged = 0;
    for (int s = 0; s < static_cast<int>(sizes_.size()); ++s) {
      double least = -kGain;
      int best = -1;
      for (int t = 0; t < static_cast<int>(sizes_.size()) && sizes_[s] > 0; ++t) {
        if (t == s || sizes_[t] == 0) continue;
        const double change = value(sizes_[s] + sizes_[t], sums_.row(s) + sums_.row(t)) -
                              value(sizes_[s], sums_.row(s)) - value(sizes_[t], sums_.row(t));
        if (change < least) {
          least = change;
          best = t;
        }
      }
      if (best < 0) continue;
      for (Index i = 0; i < points_.rows(); ++i) {
        if (labels_[i] != s) continue;
        take(i);
        put(i, best);
      }
      ++merged;
    }
    return merged;
  }

 private:
  using Row = Eigen::RowVectorXd;

  double value(int size, const Row& sum) const {
    if (size == 0) return 0;
    return -size_piece(size) - beta_ * sum.squaredNorm() / size;
  }
  double joining(Index i, int c) const {
    return value(sizes_[c] + 1, sums_.row(c) + points_.row(i)) - value(sizes_[c], sums_.row(c));
  }
  void put(Index i, int c) {
    labels_[i] = c;
    sums_.row(c) += points_.row(i);
    ++sizes_[c];
  }
  void take(Index i) {
    const int c = labels_[i];
    sums_.row(c) -= points_.row(i);
    if (--sizes_[c] == 0) sums_.row(c).setZero();
  }

  MatrixView points_;
  double beta_;
  std::vector<int> labels_;
  Matrix sums_;
  std::vector<int> sizes_;
};

}  // namespace

CompressionMeaning compression_meaning(const MatrixView& points, std::span<const int> labels,
                                       double beta) {
  constexpr std::string_view kWhere = "couple.compression_meaning";
  if (static_cast<Index>(labels.size()) != points.rows() || labels.empty()) {
    core::fail_argument(kWhere, "expected one label a point (n = {} > 0), got {}", points.rows(),
                        labels.size());
  }
  if (!points.allFinite()) core::fail_data(kWhere, "expected finite points");
  CompressionMeaning out;
  const std::vector<int> own = renamed(labels, out.clusters);
  Matrix means = Matrix::Zero(out.clusters, points.cols());
  std::vector<double> sizes(out.clusters, 0);
  for (Index i = 0; i < points.rows(); ++i) {
    means.row(own[i]) += points.row(i);
    sizes[own[i]] += 1;
  }
  for (int c = 0; c < out.clusters; ++c) means.row(c) /= sizes[c];
  const auto n = static_cast<double>(points.rows());
  for (Index i = 0; i < points.rows(); ++i) {
    out.distortion += (points.row(i) - means.row(own[i])).squaredNorm() / n;
  }
  out.complexity_bits = std::log2(n);
  for (const double size : sizes) out.complexity_bits -= size_piece(size) / n;
  out.complexity_bits = std::max(out.complexity_bits, 0.0);
  out.objective = out.complexity_bits + beta * out.distortion;
  return out;
}

CompressionClusters minimise_compression(const MatrixView& points, core::Key key,
                                         const CompressionOptions& options) {
  constexpr std::string_view kWhere = "couple.minimise_compression";
  core::check_options(options, kWhere);
  if (points.rows() == 0) core::fail_argument(kWhere, "expected points (n*d), got none");
  if (!points.allFinite()) core::fail_data(kWhere, "expected finite points");
  const auto n = static_cast<int>(points.rows());
  const int most = options.clusters == 0 ? n : std::min(options.clusters, n);
  // Around the mean, so that sums of squares do not cancel.
  const Matrix centred = points.rowwise() - points.colwise().mean();
  const double end = core::now_seconds() + options.time_limit_s;
  CompressionClusters best;
  best.value.objective = std::numeric_limits<double>::infinity();
  for (int start = 0; start < options.restarts + 2; ++start) {
    core::Random random(key.split(static_cast<std::uint64_t>(start)));
    std::vector<int> labels(n, 0);
    if (start == 1) {
      for (int i = 0; i < n; ++i) labels[i] = i % most;
    } else if (start > 1) {
      const auto clusters = 1 + random.below(std::min<std::uint64_t>(most, 4 * start));
      for (int& label : labels) label = static_cast<int>(random.below(clusters));
    }
    Groups groups(centred, labels, most, options.beta);
    int sweeps = 0;
    bool converged = false;
    while (!converged && sweeps < options.sweep_limit &&
           (sweeps == 0 || core::now_seconds() < end)) {
      // Merging first brings a start with a cluster a point down before the moves are priced.
      const int merged = groups.merge_sweep();
      converged = merged + groups.move_sweep(random) == 0;
      ++sweeps;
    }
    const CompressionMeaning value = compression_meaning(points, groups.labels(), options.beta);
    if (value.objective < best.value.objective) {
      best = {value, groups.labels(), sweeps, converged};
    }
    best.starts = start + 1;
    if (core::now_seconds() > end) break;
  }
  int clusters = 0;
  best.labels = renamed(best.labels, clusters);
  return best;
}

double adjusted_mutual_information(std::span<const int> a, std::span<const int> b) {
  constexpr std::string_view kWhere = "couple.adjusted_mutual_information";
  if (a.size() != b.size() || a.empty()) {
    core::fail_argument(kWhere, "expected two labels an item, got {} and {}", a.size(), b.size());
  }
  int rows = 0;
  int columns = 0;
  const std::vector<int> u = renamed(a, rows);
  const std::vector<int> v = renamed(b, columns);
  const auto n = static_cast<double>(u.size());
  Matrix table = Matrix::Zero(rows, columns);
  for (std::size_t i = 0; i < u.size(); ++i) table(u[i], v[i]) += 1;
  const Vector in_row = table.rowwise().sum();
  const Vector in_column = table.colwise().sum();
  // E I: cell counts are hypergeometric given the sizes.
  double expected = 0;
  const auto log_factorial = [](double k) { return std::lgamma(k + 1); };
  for (const double r : in_row) {
    for (const double c : in_column) {
      const double fixed = log_factorial(r) + log_factorial(c) + log_factorial(n - r) +
                           log_factorial(n - c) - log_factorial(n);
      for (double k = std::max(1.0, r + c - n); k <= std::min(r, c); k += 1) {
        const double log_chance = fixed - log_factorial(k) - log_factorial(r - k) -
                                  log_factorial(c - k) - log_factorial(n - r - c + k);
        expected += k / n * std::log2(n * k / (r * c)) * std::exp(log_chance);
      }
    }
  }
  const double information = mutual_information_bits(table / n);
  const double mean = 0.5 * (entropy_bits(in_row / n) + entropy_bits(in_column / n));
  if (std::abs(mean - expected) < 1e-15) return rows == columns ? 1 : 0;
  return (information - expected) / (mean - expected);
}

}  // namespace venturi::couple
