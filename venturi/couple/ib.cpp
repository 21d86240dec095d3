// venturi/couple/ib.cpp
#include "venturi/couple/ib.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "venturi/core/record.hpp"
#include "venturi/couple/clustering.hpp"
#include "venturi/couple/soft_channel.hpp"

namespace venturi::couple {
namespace {

constexpr double kCoarseMerge = 1e-5;         // nats a merge may cost while there are many clusters
constexpr Index kMostCells = Index{1} << 28;  // of q(t|x): 2 GiB
constexpr double kNatsPerBit = std::numbers::ln2;

// A solution without its encoder, which one update gives back.
struct Compact {
  IbPoint point;
  Vector mass;
  Matrix decoder;
};

// Everything a call shares: the table, the limits, the best solution so far at each beta.
class Search {
 public:
  Search(const Joint& joint, const IbOptions& options, core::Key key, std::vector<double> betas)
      : joint_(joint),
        options_(options),
        key_(key),
        betas_(std::move(betas)),
        best_(betas_.size()) {
    most_ = static_cast<int>(joint.p.rows());
    if (options.clusters > 0) most_ = std::min(most_, options.clusters);
    if (joint.p.rows() * most_ > kMostCells) {
      core::fail_argument("couple.ib",
                          "expected at most 2^28 cells in q(t|x), got {} x {}; set clusters",
                          joint.p.rows(), most_);
    }

    limits_ = {options.tolerance * kNatsPerBit, options.sweep_limit,
               core::now_seconds() + options.time_limit_s, kCoarseMerge};
  }

  // betas_ ascend. The order of the ways is that of what they usually give.
  void all(core::Monitor& monitor) {
    down(monitor);
    up();
    for (std::size_t k = 0; k < betas_.size() && !late(); ++k) random_starts(k);
    exchange();
  }

  const std::vector<Compact>& best() const { return best_; }

  IbSolution expand(std::size_t k) const {
    SoftChannel channel(joint_, options_.alpha);
    channel.set_decoder(best_[k].mass, best_[k].decoder, betas_[k]);
    IbSolution out;
    const IbPoint& found = best_[k].point;
    out.point = describe(betas_[k], channel, {found.sweeps, found.converged});
    out.mass = channel.mass();
    out.encoder = out.mass.transpose().replicate(joint_.given_rows, 1);
    out.encoder(joint_.rows, Eigen::all) = channel.encoder();
    out.decoder = Matrix::Zero(out.mass.size(), joint_.given_columns);
    out.decoder(Eigen::all, joint_.columns) = channel.decoder();
    return out;
  }

 private:
  bool late() const { return core::now_seconds() > limits_.end_seconds; }

  IbPoint describe(double beta, const SoftChannel& channel, SoftChannel::Outcome outcome) const {
    IbPoint point;
    point.beta = beta;
    point.entropy_bits = channel.entropy_nats() / kNatsPerBit;
    const double given_x = channel.conditional_entropy_nats() / kNatsPerBit;
    point.rate_bits = std::max(point.entropy_bits - given_x, 0.0);
    point.relevance_bits = channel.relevance_nats() / kNatsPerBit;
    point.objective_bits =
        point.entropy_bits - options_.alpha * given_x - beta * point.relevance_bits;
    point.clusters = channel.clusters();
    point.sweeps = outcome.sweeps;
    point.converged = outcome.converged;
    return point;
  }

  void offer(std::size_t k, const SoftChannel& channel, SoftChannel::Outcome outcome) {
    const IbPoint point = describe(betas_[k], channel, outcome);
    if (best_[k].mass.size() > 0 && point.objective_bits >= best_[k].point.objective_bits - 1e-13) {
      return;
    }
    best_[k] = {point, channel.mass(), channel.decoder()};
  }

  Matrix widest_start() const {
    const Index n = joint_.p.rows();
    if (most_ == n) return Matrix::Identity(n, n);
    Matrix encoder = Matrix::Zero(n, most_);
    if (n > kMostMerged / 4) {  // a tree would take longer than the sweeps
      core::Random random(key_.split("start"));
      for (Index x = 0; x < n; ++x) encoder(x, static_cast<Index>(random.below(most_))) = 1;
      return encoder;
    }
    const Agglomeration tree = agglomerative_ib(joint_);
    const auto labels = evaluate_clustering(joint_, tree.labels(most_), 0).labels;
    for (Index x = 0; x < n; ++x) encoder(x, labels[x]) = 1;
    return encoder;
  }

  void down(core::Monitor& monitor) {
    SoftChannel channel(joint_, options_.alpha);
    channel.set_encoder(widest_start());
    for (std::size_t k = betas_.size(); k-- > 0;) {
      offer(k, channel, channel.run(betas_[k], limits_));
      monitor.progress({"bottleneck", betas_.size() - k, betas_.size(), "betas", ""});
      if (monitor.stop_requested()) throw core::Interrupted("stopped while tracing the curve");
    }
  }

  void up() {
    const int most = std::min(options_.split_limit, most_);
    if (most < 1) return;
    SoftChannel channel(joint_, options_.alpha);
    channel.set_encoder(Matrix::Ones(joint_.p.rows(), 1));
    for (std::size_t k = 0; k < betas_.size() && !late(); ++k) {
      SoftChannel::Outcome outcome = channel.run(betas_[k], limits_);
      // A split may uncover the next; each round adds a cluster, so `most` rounds are enough.
      for (int round = 0; round < most && channel.split(betas_[k], most) > 0; ++round) {
        outcome = channel.run(betas_[k], limits_);
      }
      offer(k, channel, outcome);
      if (channel.clusters() >= most && most < most_) break;
    }
  }

  void random_starts(std::size_t k) {
    for (int start = 0; start < options_.restarts && !late(); ++start) {
      core::Random random(key_.split(k).split(static_cast<std::uint64_t>(start)));
      Matrix encoder(joint_.p.rows(), most_);
      for (Index x = 0; x < encoder.rows(); ++x) {
        for (Index t = 0; t < most_; ++t) encoder(x, t) = -std::log(1 - random.uniform());
        encoder.row(x) /= encoder.row(x).sum();
      }
      SoftChannel channel(joint_, options_.alpha);
      channel.set_encoder(std::move(encoder));
      offer(k, channel, channel.run(betas_[k], limits_));
    }
  }

  // L of any solution at any beta is at hand; where a neighbour's is lower, start from it.
  void exchange() {
    for (std::size_t k = 0; k < betas_.size() && !late(); ++k) {
      std::size_t from = k;
      double least = best_[k].point.objective_bits - 1e-9;
      for (std::size_t j = 0; j < betas_.size(); ++j) {
        const IbPoint& p = best_[j].point;
        const double value = p.objective_bits + (p.beta - betas_[k]) * p.relevance_bits;
        if (value < least) {
          least = value;
          from = j;
        }
      }
      if (from == k) continue;
      SoftChannel channel(joint_, options_.alpha);
      channel.set_decoder(best_[from].mass, best_[from].decoder, betas_[from]);
      offer(k, channel, channel.run(betas_[k], limits_));
    }
  }

  const Joint& joint_;
  const IbOptions& options_;
  core::Key key_;
  std::vector<double> betas_;
  std::vector<Compact> best_;
  int most_ = 1;
  SoftChannel::Limits limits_;
};

void check(const std::vector<double>& betas, const IbOptions& options, std::string_view where) {
  core::check_options(options, where);
  for (const double beta : betas) {
    if (!(beta >= 0) || std::isinf(beta)) {
      core::fail_argument(where, "expected finite betas >= 0, got {}", beta);
    }
  }
}

IbPoint hard_point(const HardClustering& hard, double beta) {
  return {
      beta,          hard.entropy_bits, hard.relevance_bits, hard.entropy_bits, hard.objective_bits,
      hard.clusters, hard.sweeps,       hard.converged};
}

DibOptions dib_options(const IbOptions& options, std::size_t betas) {
  return {options.clusters, options.restarts + 3, options.sweep_limit,
          options.time_limit_s / static_cast<double>(betas)};
}

IbSolution solve_hard(const Joint& joint, double beta, core::Key key, const IbOptions& options) {
  const HardClustering hard = deterministic_ib(joint, beta, key, dib_options(options, 1));
  IbSolution out;
  out.point = hard_point(hard, beta);
  out.mass = Vector::Zero(hard.clusters);
  out.decoder = Matrix::Zero(hard.clusters, joint.given_columns);
  for (std::size_t i = 0; i < joint.rows.size(); ++i) {
    const int t = hard.labels[joint.rows[i]];
    out.mass[t] += joint.px[static_cast<Index>(i)];
    for (std::size_t j = 0; j < joint.columns.size(); ++j) {
      out.decoder(t, joint.columns[j]) += joint.p(static_cast<Index>(i), static_cast<Index>(j));
    }
  }
  out.decoder = Matrix(out.mass.cwiseInverse().asDiagonal() * out.decoder);
  out.encoder = out.mass.transpose().replicate(joint.given_rows, 1);
  for (const Index x : joint.rows) {
    out.encoder.row(x).setZero();
    out.encoder(x, hard.labels[x]) = 1;
  }
  return out;
}

}  // namespace

IbSolution solve_ib(const Joint& joint, double beta, core::Key key, const IbOptions& options) {
  check({beta}, options, "couple.solve_ib");
  if (options.alpha == 0) return solve_hard(joint, beta, key, options);
  // The ways need betas to come from: a ladder through the wished one.
  std::vector<double> ladder;
  const double lowest = first_critical_beta(joint);
  if (!std::isinf(lowest) && beta > lowest) {
    for (double b = 1.01 * lowest; b < beta && ladder.size() < 60; b *= 1.15) ladder.push_back(b);
  }
  const std::size_t at = ladder.size();
  ladder.push_back(beta);
  for (const double factor : {1.3, 1.7, 2.5, 4.0}) ladder.push_back(beta * factor);
  IbOptions inner = options;
  inner.restarts = 0;
  Search search(joint, inner, key, ladder);
  search.all(core::silent());
  if (options.restarts == 0) return search.expand(at);
  Search starts(joint, options, key, {beta});
  starts.all(core::silent());
  const bool better =
      starts.best()[0].point.objective_bits < search.best()[at].point.objective_bits;
  return better ? starts.expand(0) : search.expand(at);
}

std::vector<IbPoint> ib_curve(const Joint& joint, const std::vector<double>& betas, core::Key key,
                              const IbOptions& options, core::Monitor& monitor) {
  check(betas, options, "couple.ib_curve");
  std::vector<IbPoint> out(betas.size());
  if (options.alpha == 0) {
    for (std::size_t k = 0; k < betas.size(); ++k) {
      out[k] = hard_point(
          deterministic_ib(joint, betas[k], key.split(k), dib_options(options, betas.size())),
          betas[k]);
    }
    return out;
  }
  std::vector<std::size_t> order(betas.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return betas[a] < betas[b]; });
  std::vector<double> sorted;
  sorted.reserve(order.size());
  for (const std::size_t k : order) sorted.push_back(betas[k]);
  Search search(joint, options, key, sorted);
  search.all(monitor);
  for (std::size_t k = 0; k < order.size(); ++k) out[order[k]] = search.best()[k].point;
  return out;
}

std::vector<double> log_spaced(double low, double high, int count) {
  if (!(low > 0 && high > low) || std::isinf(high) || count < 2) {
    core::fail_argument("couple.log_spaced",
                        "expected 0 < low < high and count >= 2, got {}, {}, {}", low, high, count);
  }
  std::vector<double> out(count);
  for (int k = 0; k < count; ++k) out[k] = low * std::pow(high / low, k / (count - 1.0));
  return out;
}

double first_critical_beta(const Joint& joint) {
  SoftChannel channel(joint, 1);
  channel.set_encoder(Matrix::Ones(joint.p.rows(), 1));
  return channel.next_critical_beta();
}

Transitions critical_betas(const Joint& joint, const CriticalOptions& options) {
  core::check_options(options, "couple.critical_betas");
  const SoftChannel::Limits limits{1e-13, 20000, core::now_seconds() + options.time_limit_s};
  Transitions out;
  SoftChannel channel(joint, 1);
  channel.set_encoder(Matrix::Ones(joint.p.rows(), 1));
  double beta = channel.next_critical_beta();
  const auto most = static_cast<int>(joint.p.rows());
  const auto stopped = [&](double at) {
    out.reached_beta = at;
    out.time_out = core::now_seconds() > limits.end_seconds;
    return out.time_out;
  };
  while (beta <= options.beta_limit && !stopped(beta)) {
    out.found.push_back({beta, channel.clusters()});
    if (static_cast<int>(out.found.size()) >= options.count_limit || channel.clusters() >= most) {
      return out;
    }
    double low = beta;
    beta *= options.step;
    channel.split(beta, most);
    channel.run(beta, limits);
    // March until unstable again; then halve the last step.
    SoftChannel before = channel;
    while (channel.next_critical_beta() > beta) {
      if (stopped(low) || beta > options.beta_limit) return out;
      before = channel;
      low = beta;
      beta *= options.step;
      channel.run(beta, limits);
    }
    double high = beta;
    while (high / low > 1 + 1e-7) {
      if (stopped(low)) return out;
      const double middle = std::sqrt(low * high);
      SoftChannel trial = before;
      trial.run(middle, limits);
      if (trial.next_critical_beta() > middle) {
        before = std::move(trial);
        low = middle;
      } else {
        high = middle;
      }
    }
    channel = before;
    beta = high;
  }
  if (!out.time_out) out.reached_beta = std::min(beta, options.beta_limit);
  return out;
}

core::RatePoint rate_point(const IbPoint& point, const Joint& joint) {
  return {core::Bits(point.rate_bits),
          std::max(mutual_information_bits(joint.p) - point.relevance_bits, 0.0),
          "bits of relevance lost"};
}

}  // namespace venturi::couple
