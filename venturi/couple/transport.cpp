// venturi/couple/transport.cpp
#include "venturi/couple/transport.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "venturi/core/record.hpp"
#include "venturi/couple/kernels.hpp"

namespace venturi::couple {
namespace {

constexpr std::string_view kWhere = "couple.exact_transport";
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kShift = 1e-13;  // total mass by which ties are broken

// A spanning tree of the n sources (nodes 0..n-1) and m sinks (n..n+m-1), rooted, with the flow of
// each node's arc to its parent. Every arc runs from a source to a sink.
class Simplex {
 public:
  Simplex(const Vector& a, const Vector& b, const Matrix& cost)
      : n_(a.size()),
        m_(b.size()),
        cost_(cost),
        kernels_(kernels()),
        nodes_(n_ + m_),
        u_(n_),
        v_(m_) {
    start(shifted(a), b);
  }

  // Prices rows in turn; a pivot on the best arc of each block. True at the optimum.
  bool solve(std::int64_t pivot_limit, double time_limit_s) {
    const double end = core::now_seconds() + time_limit_s;
    Index row = 0;
    Index clean = 0;  // rows in succession without an arc worth entering
    while (clean < n_) {
      if (pivots_ >= pivot_limit) return false;
      if ((pivots_ & 255) == 0 && core::now_seconds() > end) return false;
      const Smallest best = kernels_.smallest_difference(cost_.data() + row * m_, v_.data(),
                                                         static_cast<std::size_t>(m_));
      const double reduced = best.value - u_[row];
      if (reduced < -tolerance(row, best)) {
        pivot(row, static_cast<Index>(best.index), reduced);
        clean = 0;
      } else {
        ++clean;
      }
      row = row + 1 == n_ ? 0 : row + 1;
    }
    return true;
  }

  // Flows of the final tree under the true masses, leaves first.
  std::vector<Flow> flows(const Vector& a, const Vector& b) const {
    std::vector<Index> order{root_};
    for (std::size_t at = 0; at < order.size(); ++at) {
      for (Index c = nodes_[order[at]].child; c >= 0; c = nodes_[c].next) order.push_back(c);
    }
    Vector left(n_ + m_);
    left << a, b;
    std::vector<Flow> out;
    for (std::size_t at = order.size() - 1; at > 0; --at) {
      const Index node = order[at];
      const Index up = nodes_[node].parent;
      const double mass = std::max(left[node], 0.0);
      left[up] -= mass;
      if (mass == 0) continue;
      out.push_back(node < n_ ? Flow{node, up - n_, mass} : Flow{up, node - n_, mass});
    }
    return out;
  }

  const Vector& u() const { return u_; }
  const Vector& v() const { return v_; }
  std::int64_t pivots() const { return pivots_; }

 private:
  struct Node {
    Index parent = -1;
    Index child = -1;
    Index next = -1;
    Index previous = -1;
    Index depth = 0;
    double flow = 0;  // on the arc to the parent
  };

  static Vector shifted(const Vector& a) {
    // Uneven shifts, so that sums of them do not tie either; the last sink takes the balance.
    Vector out = a;
    core::Random random{core::Key(static_cast<std::uint64_t>(a.size()))};
    const double unit = kShift / static_cast<double>(a.size());
    for (Index i = 0; i < out.size(); ++i) out[i] += unit * (0.5 + random.uniform());
    return out;
  }

  double tolerance(Index row, const Smallest& best) const {
    const double c = cost_(row, static_cast<Index>(best.index));
    return 4e-15 * (std::abs(c) + std::abs(u_[row]) + std::abs(v_[best.index])) + 1e-300;
  }

  void attach(Index node, Index parent) {
    Node& x = nodes_[node];
    x.parent = parent;
    x.previous = -1;
    x.next = nodes_[parent].child;
    if (x.next >= 0) nodes_[x.next].previous = node;
    nodes_[parent].child = node;
  }
  void detach(Index node) {
    Node& x = nodes_[node];
    if (x.previous >= 0) {
      nodes_[x.previous].next = x.next;
    } else {
      nodes_[x.parent].child = x.next;
    }
    if (x.next >= 0) nodes_[x.next].previous = x.previous;
  }

  void start(const Vector& a, Vector b);
  void hang(const std::vector<std::vector<std::pair<Index, double>>>& arcs);
  void pivot(Index source, Index sink, double reduced);
  void move(Index top, Index node, Index new_parent, double flow, double source_add);

  Index n_;
  Index m_;
  const Matrix& cost_;
  const Kernels& kernels_;
  std::vector<Node> nodes_;
  Vector u_;
  Vector v_;
  Index root_ = 0;
  std::int64_t pivots_ = 0;
};

// Modified row minimum: each source in turn sends what it can to its cheapest open sink. Every step
// closes one side, so the n + m - 1 arcs used make a tree.
void Simplex::start(const Vector& a, Vector b) {
  b[m_ - 1] += a.sum() - b.sum();
  Vector left = a;
  std::vector<std::vector<std::pair<Index, double>>> arcs(nodes_.size());
  Vector open = Vector::Zero(m_);  // -inf closes a sink for the pricing kernel
  std::vector<Index> sources(n_);
  for (Index i = 0; i < n_; ++i) sources[i] = i;
  Index open_sinks = m_;
  while (!sources.empty()) {
    std::vector<Index> still;
    for (std::size_t at = 0; at < sources.size(); ++at) {
      const Index i = sources[at];
      const bool last_source = still.empty() && at + 1 == sources.size();
      const auto j = static_cast<Index>(
          kernels_
              .smallest_difference(cost_.data() + i * m_, open.data(), static_cast<std::size_t>(m_))
              .index);
      // The last open sink closes only with the last source, and takes what rounding left.
      const bool close_source = open_sinks == 1 || (!last_source && left[i] <= b[j]);
      const double mass = std::max(close_source ? left[i] : b[j], 0.0);
      arcs[i].emplace_back(n_ + j, mass);
      arcs[n_ + j].emplace_back(i, mass);
      left[i] -= mass;
      b[j] -= mass;
      if (close_source) continue;
      open[j] = -kInfinity;
      --open_sinks;
      still.push_back(i);
    }
    sources = std::move(still);
  }
  hang(arcs);
}

// Roots the tree at node 0 and computes its potentials.
void Simplex::hang(const std::vector<std::vector<std::pair<Index, double>>>& arcs) {
  std::vector<Index> order{0};
  u_[0] = 0;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const Index node = order[at];
    for (const auto& [other, mass] : arcs[node]) {
      if (other == nodes_[node].parent) continue;
      attach(other, node);
      nodes_[other].flow = mass;
      nodes_[other].depth = nodes_[node].depth + 1;
      if (node < n_) {
        v_[other - n_] = cost_(node, other - n_) - u_[node];
      } else {
        u_[other] = cost_(other, node - n_) - v_[node - n_];
      }
      order.push_back(other);
    }
  }
  if (order.size() != nodes_.size()) {
    core::fail_bug(kWhere, "the starting tree reaches {} of {} nodes", order.size(), nodes_.size());
  }
}

// The arc source -> sink enters. Around the cycle flow falls on the arcs of sources on the source's
// side and of sinks on the sink's side, and grows on the others.
void Simplex::pivot(Index source, Index sink, double reduced) {
  ++pivots_;
  Index p = source;
  Index q = n_ + sink;
  double theta = kInfinity;
  Index leaving = -1;
  bool on_source_side = true;
  while (p != q) {
    if (nodes_[p].depth >= nodes_[q].depth) {
      if (p < n_ && nodes_[p].flow < theta) {
        theta = nodes_[p].flow;
        leaving = p;
        on_source_side = true;
      }
      p = nodes_[p].parent;
    } else {
      if (q >= n_ && nodes_[q].flow <= theta) {
        theta = nodes_[q].flow;
        leaving = q;
        on_source_side = false;
      }
      q = nodes_[q].parent;
    }
  }
  for (Index k = source; k != p; k = nodes_[k].parent) nodes_[k].flow += k < n_ ? -theta : theta;
  for (Index k = n_ + sink; k != p; k = nodes_[k].parent) nodes_[k].flow += k < n_ ? theta : -theta;
  if (on_source_side) {
    move(leaving, source, n_ + sink, theta, reduced);
  } else {
    move(leaving, n_ + sink, source, theta, -reduced);
  }
}

// Cuts the subtree at `top` and hangs it by its member `node` under `new_parent`; potentials of its
// sources grow by `source_add`, those of its sinks fall by it.
void Simplex::move(Index top, Index node, Index new_parent, double flow, double source_add) {
  Index under = new_parent;
  double carried = flow;
  for (Index k = node;;) {
    const Index up = nodes_[k].parent;
    detach(k);
    attach(k, under);
    std::swap(carried, nodes_[k].flow);
    if (k == top) break;
    under = k;
    k = up;
  }
  nodes_[node].depth = nodes_[new_parent].depth + 1;
  Index k = node;
  for (;;) {
    if (k < n_) {
      u_[k] += source_add;
    } else {
      v_[k - n_] -= source_add;
    }
    if (const Index down = nodes_[k].child; down >= 0) {
      nodes_[down].depth = nodes_[k].depth + 1;
      k = down;
      continue;
    }
    while (k != node && nodes_[k].next < 0) k = nodes_[k].parent;
    if (k == node) break;
    nodes_[nodes_[k].next].depth = nodes_[k].depth;
    k = nodes_[k].next;
  }
}

// The dual value after lowering u to feasibility: a lower bound on the cost of any plan.
double lower_bound(const Vector& a, const Vector& b, const Matrix& cost, const Vector& u,
                   const Vector& v) {
  double value = b.dot(v);
  for (Index i = 0; i < a.size(); ++i) {
    const double least = kernels()
                             .smallest_difference(cost.data() + i * cost.cols(), v.data(),
                                                  static_cast<std::size_t>(cost.cols()))
                             .value;
    value += a[i] * std::min(u[i], least);
  }
  return value;
}

}  // namespace

Matrix TransportPlan::dense() const {
  Matrix out = Matrix::Zero(u.size(), v.size());
  for (const Flow& flow : flows) out(flow.from, flow.to) += flow.mass;
  return out;
}

TransportPlan exact_transport(const VectorView& a, const VectorView& b, const MatrixView& cost,
                              const ExactTransportOptions& options) {
  core::check_options(options, kWhere);
  const Vector from = checked_distribution(a, kWhere);
  const Vector to = checked_distribution(b, kWhere);
  if (cost.rows() != a.size() || cost.cols() != b.size()) {
    core::fail_argument(kWhere, "expected costs (n*m = {}*{}), got {}*{}", a.size(), b.size(),
                        cost.rows(), cost.cols());
  }
  if (!cost.allFinite()) core::fail_data(kWhere, "expected finite costs");
  const Matrix whole = cost;
  Simplex simplex(from, to, whole);
  const std::int64_t limit =
      options.pivot_limit > 0 ? options.pivot_limit : 1000 * (a.size() + b.size());
  TransportPlan out;
  out.optimal = simplex.solve(limit, options.time_limit_s);
  out.flows = simplex.flows(from, to);
  out.u = simplex.u();
  out.v = simplex.v();
  out.pivots = simplex.pivots();
  for (const Flow& flow : out.flows) out.cost += flow.mass * whole(flow.from, flow.to);
  out.gap = out.cost - lower_bound(from, to, whole, out.u, out.v);
  return out;
}

std::vector<Index> optimal_assignment(const MatrixView& cost,
                                      const ExactTransportOptions& options) {
  constexpr std::string_view kHere = "couple.optimal_assignment";
  const Index n = cost.rows();
  if (n != cost.cols() || n == 0) {
    core::fail_argument(kHere, "expected square costs (n*n), got {}*{}", n, cost.cols());
  }
  const Vector uniform = Vector::Constant(n, 1.0 / static_cast<double>(n));
  const TransportPlan plan = exact_transport(uniform, uniform, cost, options);
  if (!plan.optimal) core::fail_data(kHere, "stopped at a limit after {} pivots", plan.pivots);
  std::vector<Index> partner(n, -1);
  for (const Flow& flow : plan.flows) {
    if (flow.mass > 0.5 / static_cast<double>(n)) partner[flow.from] = flow.to;
  }
  return partner;
}

Matrix squared_distances(const MatrixView& x, const MatrixView& y) {
  if (x.cols() != y.cols()) {
    core::fail_argument("couple.squared_distances", "expected y (m*d) of d = {}, got {}", x.cols(),
                        y.cols());
  }
  // By differences, not by |x|^2 - 2 x.y + |y|^2, which loses near points to cancellation.
  Matrix out(x.rows(), y.rows());
  for (Index i = 0; i < x.rows(); ++i) {
    out.row(i) = (y.rowwise() - x.row(i)).rowwise().squaredNorm().transpose();
  }
  return out;
}

Matrix conditional_squared_distances(const ConditionedPoints& x, const ConditionedPoints& y,
                                     double weight) {
  constexpr std::string_view kHere = "couple.conditional_squared_distances";
  if (!(weight >= 0)) core::fail_argument(kHere, "expected weight >= 0, got {}", weight);
  if (x.points.rows() != x.conditions.rows() || y.points.rows() != y.conditions.rows()) {
    core::fail_argument(kHere, "expected one condition a point, got {} for {} and {} for {}",
                        x.conditions.rows(), x.points.rows(), y.conditions.rows(), y.points.rows());
  }
  return squared_distances(x.points, y.points) +
         weight * squared_distances(x.conditions, y.conditions);
}

std::vector<std::pair<Index, Index>> sample_pairs(const TransportPlan& plan, Index count,
                                                  core::Key key) {
  std::vector<double> upto;
  double sum = 0;
  for (const Flow& flow : plan.flows) upto.push_back(sum += flow.mass);
  if (upto.empty()) core::fail_argument("couple.sample_pairs", "expected a plan with flows");
  core::Random random(key);
  std::vector<std::pair<Index, Index>> out;
  for (Index k = 0; k < count; ++k) {
    const auto at = std::upper_bound(upto.begin(), upto.end() - 1, random.uniform() * sum);
    const Flow& flow = plan.flows[at - upto.begin()];
    out.emplace_back(flow.from, flow.to);
  }
  return out;
}

}  // namespace venturi::couple
