// venturi/couple/sinkhorn.cpp
#include "venturi/couple/sinkhorn.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "venturi/core/record.hpp"
#include "venturi/couple/kernels.hpp"

namespace venturi::couple {
namespace {

constexpr std::string_view kWhere = "couple.sinkhorn";
constexpr Index kBlocks = 16;  // of rows; each sums its columns apart
constexpr double kTiny = 1e-200;

// Works on the scaled potentials phi = f / epsilon and gamma = g / epsilon + log b, on laws without
// zero masses: P_ij = a_i exp(phi_i + gamma_j - C_ij / epsilon).
class Rounds {
 public:
  Rounds(const Vector& a, const Vector& b, const Matrix& cost)
      : a_(a),
        b_(b),
        log_b_(b.array().log()),
        cost_(cost),
        k_(kernels()),
        phi_(Vector::Zero(a.size())),
        gamma_(log_b_),
        sums_(kBlocks, b.size()) {}

  void set_epsilon(double epsilon) {
    const double factor = epsilon_ / epsilon;  // 0 at first: the potentials are then 0
    phi_ *= factor;
    gamma_ = (gamma_ - log_b_) * factor + log_b_;
    epsilon_ = epsilon;
  }

  // One update of f, then of g. Returns sum_i |row sum - a_i| before the update of f.
  double round() {
    std::array<double, kBlocks> errors{};
    const Index n = a_.size();
    const Index m = b_.size();
    // Below, a round is shorter than waking the threads.
#pragma omp parallel if (n * m > 500000)
    {
      Vector row(m);
#pragma omp for schedule(dynamic, 1)
      for (Index block = 0; block < kBlocks; ++block) {
        double* const sums = sums_.row(block).data();
        std::fill(sums, sums + m, 0.0);
        for (Index i = block * n / kBlocks; i < (block + 1) * n / kBlocks; ++i) {
          errors[block] += update_row(i, row, sums);
        }
      }
    }
    double error = 0;
    for (const double e : errors) error += e;
    update_columns();
    return error;
  }

  // The cost and the row sums at the present potentials.
  SinkhornResult result() const {
    const Index m = b_.size();
    Vector row(m);
    SinkhornResult out;
    out.epsilon = epsilon_;
    out.f = phi_ * epsilon_;
    out.g = (gamma_ - log_b_) * epsilon_;
    double divergence_nats = 0;
    for (Index i = 0; i < a_.size(); ++i) {
      const double sum = exp_row(i, -phi_[i], row.data());
      const double cost = cost_.row(i).dot(row);
      out.marginal_error += std::abs(sum - 1) * a_[i];
      out.cost += a_[i] * cost;
      divergence_nats += a_[i] * (phi_[i] * sum + row.dot(gamma_ - log_b_) - cost / epsilon_);
    }
    out.objective = out.cost + epsilon_ * divergence_nats;
    return out;
  }

 private:
  double exp_row(Index i, double shift, double* row) const {
    return k_.exp_sum(cost_.data() + i * b_.size(), gamma_.data(), -1 / epsilon_, shift, row,
                      static_cast<std::size_t>(b_.size()));
  }

  // Adds the row's part to the column sums; returns how far its own sum was from a_i.
  double update_row(Index i, Vector& row, double* sums) {
    double sum = exp_row(i, -phi_[i], row.data());
    double error = std::abs(sum - 1) * a_[i];
    if (!(sum > kTiny && sum < 1 / kTiny)) {
      phi_[i] = -k_.max_sum(cost_.data() + i * b_.size(), gamma_.data(), -1 / epsilon_,
                            static_cast<std::size_t>(b_.size()));
      sum = exp_row(i, -phi_[i], row.data());
      error = a_[i];
    }
    phi_[i] -= std::log(sum);
    const double mass = a_[i] / sum;
    for (Index j = 0; j < b_.size(); ++j) sums[j] += mass * row[j];
    return error;
  }

  void update_columns() {
    for (Index j = 0; j < b_.size(); ++j) {
      double sum = 0;
      for (Index block = 0; block < kBlocks; ++block) sum += sums_(block, j);
      if (sum > kTiny) {
        gamma_[j] += std::log(b_[j] / sum);
        continue;
      }
      const Eigen::ArrayXd logs = phi_.array() + a_.array().log() - cost_.col(j).array() / epsilon_;
      const double high = logs.maxCoeff();
      gamma_[j] = log_b_[j] - high - std::log((logs - high).exp().sum());
    }
  }

  const Vector& a_;
  const Vector& b_;
  const Vector log_b_;
  const Matrix& cost_;
  const Kernels& k_;
  Vector phi_;
  Vector gamma_;
  Matrix sums_;  // kBlocks * m
  double epsilon_ = 0;
};

SinkhornResult run(const Vector& a, const Vector& b, const Matrix& cost,
                   const SinkhornOptions& options) {
  Rounds rounds(a, b, cost);
  const double end = core::now_seconds() + options.time_limit_s;
  const double highest = cost.cwiseAbs().maxCoeff();
  double epsilon = options.scaling > 0 ? std::max(options.epsilon, highest) : options.epsilon;
  rounds.set_epsilon(epsilon);
  int done = 0;
  bool converged = false;
  for (; done < options.iteration_limit; ++done) {
    const double error = rounds.round();
    if (epsilon > options.epsilon) {
      epsilon = std::max(options.epsilon, epsilon * options.scaling);
      rounds.set_epsilon(epsilon);
    } else if (error <= options.tolerance) {
      converged = true;
      ++done;
      break;
    }
    if (core::now_seconds() > end) break;
  }
  if (epsilon > options.epsilon) rounds.set_epsilon(options.epsilon);
  SinkhornResult out = rounds.result();
  out.iterations = done;
  out.converged = converged;
  return out;
}

std::vector<Index> support(const Vector& p) {
  std::vector<Index> out;
  for (Index i = 0; i < p.size(); ++i) {
    if (p[i] > 0) out.push_back(i);
  }
  return out;
}

}  // namespace

SinkhornResult sinkhorn(const VectorView& a, const VectorView& b, const MatrixView& cost,
                        const SinkhornOptions& options) {
  core::check_options(options, kWhere);
  const Vector from = checked_distribution(a, kWhere);
  const Vector to = checked_distribution(b, kWhere);
  if (cost.rows() != a.size() || cost.cols() != b.size()) {
    core::fail_argument(kWhere, "expected costs (n*m = {}*{}), got {}*{}", a.size(), b.size(),
                        cost.rows(), cost.cols());
  }
  if (!cost.allFinite()) core::fail_data(kWhere, "expected finite costs");
  const auto rows = support(from);
  const auto columns = support(to);
  if (static_cast<Index>(rows.size()) == a.size() &&
      static_cast<Index>(columns.size()) == b.size()) {
    return run(from, to, cost, options);
  }
  const Vector some_a = from(rows);
  const Vector some_b = to(columns);
  SinkhornResult out = run(some_a, some_b, cost(rows, columns), options);
  // Places without mass get the potential that any mass there would have.
  Vector f(a.size());
  Vector g(b.size());
  for (Index i = 0; i < a.size(); ++i) {
    const Vector row = cost.row(i)(columns);
    const Eigen::ArrayXd logs = some_b.array().log() + (out.g - row).array() / options.epsilon;
    const double high = logs.maxCoeff();
    f[i] = -options.epsilon * (high + std::log((logs - high).exp().sum()));
  }
  for (Index j = 0; j < b.size(); ++j) {
    const Vector column = cost.col(j)(rows);
    const Eigen::ArrayXd logs = some_a.array().log() + (out.f - column).array() / options.epsilon;
    const double high = logs.maxCoeff();
    g[j] = -options.epsilon * (high + std::log((logs - high).exp().sum()));
  }
  f(rows) = out.f;
  g(columns) = out.g;
  out.f = f;
  out.g = g;
  return out;
}

Matrix SinkhornResult::plan(const VectorView& a, const VectorView& b,
                            const MatrixView& costs) const {
  if (costs.rows() != f.size() || costs.cols() != g.size() || a.size() != f.size() ||
      b.size() != g.size()) {
    core::fail_argument("couple.SinkhornResult.plan", "expected costs (n*m = {}*{}), got {}*{}",
                        f.size(), g.size(), costs.rows(), costs.cols());
  }
  Matrix out(f.size(), g.size());
  for (Index i = 0; i < f.size(); ++i) {
    for (Index j = 0; j < g.size(); ++j) {
      out(i, j) = a[i] * b[j] * std::exp((f[i] + g[j] - costs(i, j)) / epsilon);
    }
  }
  return out;
}

Matrix round_to_marginals(Matrix plan, const VectorView& a, const VectorView& b) {
  if (plan.rows() != a.size() || plan.cols() != b.size()) {
    core::fail_argument("couple.round_to_marginals", "expected a plan (n*m = {}*{}), got {}*{}",
                        a.size(), b.size(), plan.rows(), plan.cols());
  }
  for (Index i = 0; i < plan.rows(); ++i) {
    const double sum = plan.row(i).sum();
    if (sum > a[i]) plan.row(i) *= a[i] / sum;
  }
  for (Index j = 0; j < plan.cols(); ++j) {
    const double sum = plan.col(j).sum();
    if (sum > b[j]) plan.col(j) *= b[j] / sum;
  }
  const Vector missing_a = (a - plan.rowwise().sum()).cwiseMax(0.0);
  const Vector missing_b = (b - plan.colwise().sum().transpose()).cwiseMax(0.0);
  const double missing = missing_a.sum();
  if (missing > 0) plan += missing_a * missing_b.transpose() / missing;
  return plan;
}

double sinkhorn_divergence(const WeightedPoints& x, const WeightedPoints& y,
                           const SinkhornOptions& options) {
  const auto value = [&](const WeightedPoints& p, const WeightedPoints& q) {
    return sinkhorn(p.masses, q.masses, squared_distances(p.points, q.points), options).objective;
  };
  return value(x, y) - 0.5 * value(x, x) - 0.5 * value(y, y);
}

}  // namespace venturi::couple
