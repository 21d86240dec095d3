// venturi/couple/clustering.cpp
#include "venturi/couple/clustering.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "venturi/core/record.hpp"

namespace venturi::couple {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kGain = 1e-12;  // bits by which a move must lower L: ends loops of rounding

// p log2 p, the pieces of all entropies here.
double piece(double p) { return p > 0 ? p * std::log2(p) : 0; }

// Clusters as sums of rows. With psi = p_t log p_t and phi = sum_y p(t,y) log p(t,y),
// H(T) = -sum psi and I(T;Y) = sum phi - sum psi + H(Y): a move changes two clusters only.
class Clusters {
 public:
  Clusters(const Joint& joint, std::vector<int> labels, int clusters, double beta)
      : joint_(joint),
        beta_(beta),
        labels_(std::move(labels)),
        mass_(Vector::Zero(clusters)),
        table_(Matrix::Zero(clusters, joint.p.cols())),
        size_(clusters, 0) {
    for (Index x = 0; x < joint.p.rows(); ++x) put(x, labels_[x]);
    support_.resize(joint.p.rows());
    for (Index x = 0; x < joint.p.rows(); ++x) {
      for (Index y = 0; y < joint.p.cols(); ++y) {
        if (joint.p(x, y) > 0) support_[x].push_back(y);
      }
    }
  }

  int count() const { return static_cast<int>(mass_.size()); }
  int size(int t) const { return size_[t]; }
  const std::vector<int>& labels() const { return labels_; }

  void put(Index x, int t) {
    labels_[x] = t;
    mass_[t] += joint_.px[x];
    table_.row(t) += joint_.p.row(x);
    ++size_[t];
  }
  void take(Index x) {
    const int t = labels_[x];
    mass_[t] -= joint_.px[x];
    table_.row(t) -= joint_.p.row(x);
    if (--size_[t] == 0) {
      mass_[t] = 0;  // exactly, whatever rounding left
      table_.row(t).setZero();
    }
  }

  // The change of L when x (now in no cluster) joins t.
  double joining(Index x, int t) const {
    const double psi = piece(mass_[t] + joint_.px[x]) - piece(mass_[t]);
    double phi = 0;
    for (const Index y : support_[x]) {
      const double old = std::max(table_(t, y), 0.0);
      phi += piece(old + joint_.p(x, y)) - piece(old);
    }
    return std::isinf(beta_) ? psi - phi : -psi - beta_ * (phi - psi);
  }

  // The change of L when s joins t.
  double merging(int s, int t) const {
    const double psi = piece(mass_[s] + mass_[t]) - piece(mass_[s]) - piece(mass_[t]);
    double phi = 0;
    for (Index y = 0; y < table_.cols(); ++y) {
      phi += piece(table_(s, y) + table_(t, y)) - piece(table_(s, y)) - piece(table_(t, y));
    }
    return std::isinf(beta_) ? psi - phi : -psi - beta_ * (phi - psi);
  }
  void merge(int s, int t) {
    for (Index x = 0; x < joint_.p.rows(); ++x) {
      if (labels_[x] != s) continue;
      take(x);
      put(x, t);
    }
  }

  // Moves each x, in random order, to its best cluster. Returns how many moved.
  int move_sweep(core::Random& random, bool may_empty) {
    int moved = 0;
    for (const std::size_t at : random.permutation(labels_.size())) {
      const auto x = static_cast<Index>(at);
      const int home = labels_[x];
      if (!may_empty && size_[home] == 1) continue;
      take(x);
      int best = home;
      double least = joining(x, home) - kGain;
      bool tried_empty = size_[home] == 0;
      for (int t = 0; t < count(); ++t) {
        if (t == home || (size_[t] == 0 && tried_empty)) continue;
        tried_empty = tried_empty || size_[t] == 0;
        const double change = joining(x, t);
        if (change < least) {
          least = change;
          best = t;
        }
      }
      put(x, best);
      moved += best != home ? 1 : 0;
    }
    return moved;
  }

  // Each cluster joins the one where that lowers L most, if it does. Returns how many merges.
  int merge_sweep() {
    int merged = 0;
    for (int s = 0; s < count(); ++s) {
      double least = -kGain;
      int best = -1;
      for (int t = 0; t < count() && size_[s] > 0; ++t) {
        if (t == s || size_[t] == 0) continue;
        const double change = merging(s, t);
        if (change < least) {
          least = change;
          best = t;
        }
      }
      if (best < 0) continue;
      merge(s, best);
      ++merged;
    }
    return merged;
  }

 private:
  const Joint& joint_;
  double beta_;
  std::vector<int> labels_;
  Vector mass_;
  Matrix table_;  // clusters * y: p(t,y)
  std::vector<int> size_;
  std::vector<std::vector<Index>> support_;
};

std::vector<int> random_labels(core::Random& random, Index rows, int clusters) {
  const auto order = random.permutation(static_cast<std::size_t>(rows));
  std::vector<int> labels(rows);
  // The first `clusters` rows seed one cluster each, so none starts empty.
  for (Index k = 0; k < rows; ++k) {
    labels[order[k]] = static_cast<int>(k < clusters ? k : random.below(clusters));
  }
  return labels;
}

// Labels of all given rows; -1 where there was no mass.
void expand_labels(const Joint& joint, HardClustering& out) {
  std::vector<int> all(joint.given_rows, -1);
  for (std::size_t i = 0; i < joint.rows.size(); ++i) all[joint.rows[i]] = out.labels[i];
  out.labels = std::move(all);
}

}  // namespace

HardClustering evaluate_clustering(const Joint& joint, const std::vector<int>& labels,
                                   double beta) {
  constexpr std::string_view kWhere = "couple.evaluate_clustering";
  if (static_cast<Index>(labels.size()) != joint.p.rows()) {
    core::fail_argument(kWhere, "expected {} labels, got {}", joint.p.rows(), labels.size());
  }
  std::vector<int> names;  // names[k] is the given label that became k
  HardClustering out;
  for (const int label : labels) {
    if (label < 0) core::fail_argument(kWhere, "expected labels >= 0, got {}", label);
    auto at = std::find(names.begin(), names.end(), label);
    if (at == names.end()) at = names.insert(names.end(), label);
    out.labels.push_back(static_cast<int>(at - names.begin()));
  }
  out.clusters = static_cast<int>(names.size());
  Matrix table = Matrix::Zero(out.clusters, joint.p.cols());
  for (Index x = 0; x < joint.p.rows(); ++x) table.row(out.labels[x]) += joint.p.row(x);
  out.entropy_bits = couple::entropy_bits(table.rowwise().sum());
  out.relevance_bits = mutual_information_bits(table);
  out.objective_bits =
      std::isinf(beta) ? -out.relevance_bits : out.entropy_bits - beta * out.relevance_bits;
  return out;
}

std::vector<int> Agglomeration::labels(int clusters) const {
  const auto n = static_cast<int>(merges.size()) + 1;
  if (clusters < 1 || clusters > n) {
    core::fail_argument("couple.Agglomeration.labels", "expected clusters in [1, {}], got {}", n,
                        clusters);
  }
  std::vector<int> labels(n);
  std::iota(labels.begin(), labels.end(), 0);
  for (int k = 0; k < n - clusters; ++k) {
    const int kept = labels[merges[k].first];
    const int gone = labels[merges[k].second];
    std::replace(labels.begin(), labels.end(), gone, kept);
  }
  return labels;
}

Agglomeration agglomerative_ib(const Joint& joint, double beta) {
  constexpr std::string_view kWhere = "couple.agglomerative_ib";
  if (!(beta > 0)) core::fail_argument(kWhere, "expected beta > 0, got {}", beta);
  if (joint.p.rows() > kMostMerged) {
    core::fail_argument(kWhere, "expected at most {} rows with mass, got {}", kMostMerged,
                        joint.p.rows());
  }
  const auto n = static_cast<int>(joint.p.rows());
  std::vector<int> own(n);
  std::iota(own.begin(), own.end(), 0);
  Clusters clusters(joint, own, n, beta);
  std::vector<bool> alive(n, true);
  Matrix change = Matrix::Constant(n, n, kInfinity);
  std::vector<int> nearest(n, -1);  // of each i, the best partner j > i
  const auto refresh = [&](int i) {
    nearest[i] = -1;
    for (int j = i + 1; j < n; ++j) {
      if (alive[j] && (nearest[i] < 0 || change(i, j) < change(i, nearest[i]))) nearest[i] = j;
    }
  };
#pragma omp parallel for schedule(dynamic, 16)
  for (int i = 0; i < n; ++i) {
    for (int j = i + 1; j < n; ++j) change(i, j) = clusters.merging(i, j);
  }
  for (int i = 0; i < n; ++i) refresh(i);
  Agglomeration out;
  double relevance = mutual_information_bits(joint.p);
  double entropy = couple::entropy_bits(joint.px);
  Vector mass = joint.px;
  for (int step = 1; step < n; ++step) {
    int s = -1;
    for (int i = 0; i < n; ++i) {
      if (!alive[i] || nearest[i] < 0) continue;
      if (s < 0 || change(i, nearest[i]) < change(s, nearest[s])) s = i;
    }
    const int t = nearest[s];
    const double lost_entropy = piece(mass[s] + mass[t]) - piece(mass[s]) - piece(mass[t]);
    const double delta = change(s, t);
    const double lost = std::isinf(beta) ? delta : (delta + lost_entropy) / beta;
    relevance = std::max(relevance - lost, 0.0);
    entropy = std::max(entropy - lost_entropy, 0.0);
    out.merges.push_back({s, t, lost, relevance, entropy});
    mass[s] += mass[t];
    clusters.merge(t, s);
    alive[t] = false;
#pragma omp parallel for schedule(static)
    for (int k = 0; k < n; ++k) {
      if (k == s || !alive[k]) continue;
      change(std::min(k, s), std::max(k, s)) = clusters.merging(k, s);
    }
    for (int i = 0; i < n; ++i) {
      if (!alive[i]) continue;
      if (i == s || nearest[i] == t || nearest[i] == s) {
        refresh(i);
      } else if (i < s && change(i, s) < change(i, nearest[i])) {
        nearest[i] = s;
      }
    }
  }
  return out;
}

HardClustering sequential_ib(const Joint& joint, core::Key key, const SequentialOptions& options) {
  constexpr std::string_view kWhere = "couple.sequential_ib";
  core::check_options(options, kWhere);
  if (options.clusters > joint.p.rows()) {
    core::fail_argument(kWhere, "expected clusters <= {} rows with mass, got {}", joint.p.rows(),
                        options.clusters);
  }
  const double beta = options.beta == 0 ? kInfinity : options.beta;
  const double end = core::now_seconds() + options.time_limit_s;
  HardClustering best;
  best.objective_bits = kInfinity;
  for (int start = 0; start < options.restarts; ++start) {
    core::Random random(key.split(static_cast<std::uint64_t>(start)));
    Clusters clusters(joint, random_labels(random, joint.p.rows(), options.clusters),
                      options.clusters, beta);
    int sweeps = 0;
    bool converged = false;
    while (!converged && sweeps < options.sweep_limit &&
           (sweeps == 0 || core::now_seconds() < end)) {
      converged = clusters.move_sweep(random, false) == 0;
      ++sweeps;
    }
    HardClustering found = evaluate_clustering(joint, clusters.labels(), beta);
    found.sweeps = sweeps;
    found.converged = converged;
    if (found.objective_bits < best.objective_bits) best = std::move(found);
    best.starts = start + 1;
    if (core::now_seconds() > end) break;
  }
  expand_labels(joint, best);
  return best;
}

HardClustering deterministic_ib(const Joint& joint, double beta, core::Key key,
                                const DibOptions& options) {
  constexpr std::string_view kWhere = "couple.deterministic_ib";
  core::check_options(options, kWhere);
  if (!(beta >= 0) || std::isinf(beta)) {
    core::fail_argument(kWhere, "expected a finite beta >= 0, got {}", beta);
  }
  const auto n = static_cast<int>(joint.p.rows());
  const int most = options.clusters == 0 ? n : std::min(options.clusters, n);
  const double end = core::now_seconds() + options.time_limit_s;
  HardClustering best;
  best.objective_bits = kInfinity;
  // Start 0: one cluster; 1: the agglomeration, cut where it serves L best; then random ones.
  for (int start = 0; start < options.restarts + 2; ++start) {
    core::Random random(key.split(static_cast<std::uint64_t>(start)));
    std::vector<int> labels(n, 0);
    if (start == 1 && beta > 0 && n <= kMostMerged / 4) {
      const Agglomeration tree = agglomerative_ib(joint, beta);
      int cut = 1;
      double least = 0;
      for (std::size_t k = 0; k < tree.merges.size(); ++k) {
        const int left = n - 1 - static_cast<int>(k);
        const double value = tree.merges[k].entropy_bits - beta * tree.merges[k].relevance_bits;
        if (left <= most && value < least) {
          least = value;
          cut = left;
        }
      }
      labels = tree.labels(cut);
      // Cluster names are rows; bring them below `most`.
      labels = evaluate_clustering(joint, labels, beta).labels;
    } else if (start > 1) {
      const int clusters = start == 2 ? most : 1 + static_cast<int>(random.below(most));
      labels = random_labels(random, n, clusters);
    }
    Clusters clusters(joint, labels, most, beta);
    int sweeps = 0;
    bool converged = false;
    while (!converged && sweeps < options.sweep_limit &&
           (sweeps == 0 || core::now_seconds() < end)) {
      converged = clusters.move_sweep(random, true) + clusters.merge_sweep() == 0;
      ++sweeps;
    }
    HardClustering found = evaluate_clustering(joint, clusters.labels(), beta);
    found.sweeps = sweeps;
    found.converged = converged;
    if (found.objective_bits < best.objective_bits) best = std::move(found);
    best.starts = start + 1;
    if (core::now_seconds() > end) break;
  }
  expand_labels(joint, best);
  return best;
}

}  // namespace venturi::couple
