#include "venturi/code/circuit.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/code/circuit_pass.hpp"

namespace venturi::code {
namespace {

using core::Index;
using core::MatrixF;

constexpr Index kFirstRows = 8192;  // that the first guess sees
constexpr float kBlur = 0.1F;       // of the first guess, which is otherwise certain

void check_rows(const LevelView& x, Index d, int levels, std::string_view where) {
  if (x.cols() != d || (x.size() > 0 && x.maxCoeff() >= levels)) {
    core::fail_argument(where, "expected samples of {} variables below {}, got {}*{}", d, levels,
                        x.rows(), x.cols());
  }
}

void normalize_rows(MatrixF& m) { m.array().colwise() /= m.rowwise().sum().array().eval(); }
void normalize_columns(MatrixF& m) { m.array().rowwise() /= m.colwise().sum().array().eval(); }

// Variables up to two edges from v.
std::vector<int> around(const VariableTree& tree, const std::vector<std::vector<int>>& children,
                        int v) {
  std::vector<int> near{v};
  for (int step = 0; step < 2; ++step) {
    const std::vector<int> edge = near;
    for (const int u : edge) {
      if (tree.parent[u] >= 0) near.push_back(tree.parent[u]);
      near.insert(near.end(), children[u].begin(), children[u].end());
    }
    std::sort(near.begin(), near.end());
    near.erase(std::unique(near.begin(), near.end()), near.end());
  }
  return near;
}

// For each of the first rows the nearest of M drawn rows over `variables`.
std::vector<int> nearest_rows(const MatrixF& x, const std::vector<int>& variables,
                              const std::vector<Index>& drawn) {
  const auto k = static_cast<Index>(variables.size());
  MatrixF part(x.rows(), k);
  for (Index j = 0; j < k; ++j) part.col(j) = x.col(variables[j]);
  MatrixF centre(k, static_cast<Index>(drawn.size()));
  for (std::size_t z = 0; z < drawn.size(); ++z) {
    centre.col(static_cast<Index>(z)) = part.row(drawn[z]).transpose();
  }
  MatrixF distance = -2 * (part * centre);
  distance.rowwise() += centre.colwise().squaredNorm();
  std::vector<int> out(static_cast<std::size_t>(x.rows()));
  for (Index i = 0; i < x.rows(); ++i) distance.row(i).minCoeff(&out[i]);
  return out;
}

// Of each variable, smoothed by one count.
std::vector<Eigen::VectorXf> histograms(const LevelView& x, int levels) {
  std::vector<Eigen::VectorXf> out;
  for (Index v = 0; v < x.cols(); ++v) {
    Eigen::VectorXf h = Eigen::VectorXf::Constant(levels, 1.0F / float(levels));
    for (Index i = 0; i < x.rows(); ++i) h[x(i, v)] += 1;
    out.emplace_back(h / h.sum());
  }
  return out;
}

// Adds up exp(-|x - y| / width) times column y: column x of the result, in O(columns).
void spread(Eigen::Ref<MatrixF> rows, float decay) {
  MatrixF after = rows;
  const Index n = rows.rows();
  for (Index x = n - 2; x >= 0; --x) after.row(x) += decay * after.row(x + 1);
  for (Index x = 1; x < n; ++x) rows.row(x) += decay * rows.row(x - 1);
  rows.topRows(n - 1) += decay * after.bottomRows(n - 1);
}

// K of circuit.hpp applied to each column of the flow s (levels*M), columns scaled to sum to 1.
MatrixF smoothed(const MatrixF& flow, const Eigen::VectorXf& histogram, double width) {
  const auto decay = static_cast<float>(std::exp(-1 / width));
  MatrixF reach = histogram;
  spread(reach, decay);
  MatrixF out = flow.array().colwise() / reach.col(0).array();
  spread(out, decay);
  out.array().colwise() *= histogram.array();
  out.array().rowwise() /= out.colwise().sum().array().max(1e-30F).eval();
  return out;
}

class Learner {
 public:
  Learner(const LevelView& x, const HiddenTreeOptions& options, HiddenTree& model)
      : x_(x),
        options_(options),
        model_(model),
        pass_(model),
        histogram_(histograms(x, model.levels)) {
    flows_ = pass_.no_flows();
    mean_ = flows_;
  }

  // Rows first .. first + count - 1, then theta. Returns their cost in bits.
  double step(Index first, Index count, float a);

 private:
  void maximise(float a, float scale);
  void maximise_edges(int v, float a, float scale, float even);

  const LevelView& x_;
  const HiddenTreeOptions& options_;
  HiddenTree& model_;
  HiddenTreePass pass_;
  SparseFlows flows_;  // of the batch
  SparseFlows mean_;   // s
  std::vector<Eigen::VectorXf> histogram_;
};

void Learner::maximise(float a, float scale) {
  const float prior = static_cast<float>(options_.pseudocount / static_cast<double>(x_.rows()));
  const auto near = static_cast<float>(options_.neighbours / static_cast<double>(x_.rows()));
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < model_.tree.size(); ++v) {
    maximise_edges(v, a, scale, prior / float(model_.states));
    mean_.leaf[v] = (1 - a) * mean_.leaf[v] + a * scale * flows_.leaf[v];
    model_.leaf[v] = mean_.leaf[v];
    model_.leaf[v].colwise() += prior * histogram_[v];
    if (near > 0) {
      model_.leaf[v] += near * smoothed(mean_.leaf[v], histogram_[v], options_.width);
    }
    normalize_columns(model_.leaf[v]);
    flows_.leaf[v].setZero();
  }
}

void Learner::maximise_edges(int v, float a, float scale, float even) {
  const SparseView<float> edges = pass_.edges(v);
  const bool root = model_.tree.parent[v] < 0;
  std::vector<float>& flow = flows_.transition[v];
  std::vector<float>& mean = mean_.transition[v];
  for (Index z = 0; z < edges.rows; ++z) {
    float sum = 0;
    for (std::uint32_t i = edges.start[z]; i < edges.start[z + 1]; ++i) {
      mean[i] = (1 - a) * mean[i] + a * scale * flow[i] * (root ? 1 : edges.value[i]);
      flow[i] = 0;
      sum += mean[i] + even;
    }
    for (std::uint32_t i = edges.start[z]; i < edges.start[z + 1]; ++i) {
      model_.transition[v](z, edges.column[i]) = (mean[i] + even) / sum;
    }
  }
  pass_.refresh(v);
}

double Learner::step(Index first, Index count, float a) {
  std::vector<double> bits(static_cast<std::size_t>(count), 0.0);
  for (Index at = 0; at < count; at += HiddenTreePass::kBlock) {
    const Index rows = std::min(HiddenTreePass::kBlock, count - at);
    pass_.up_and_down(x_, first + at, rows, bits.data() + at, flows_);
  }
  maximise(a, 1 / static_cast<float>(count));
  double sum = 0;
  for (const double b : bits) sum += b;
  return sum;
}

HiddenTree first_guess(const LevelView& x, int levels, const VariableTree& tree, int states,
                       core::Key key) {
  HiddenTree model{.tree = tree, .states = states, .levels = levels};
  model.transition.resize(tree.parent.size());
  model.leaf.resize(tree.parent.size());
  core::Random random(key);
  const Index n = std::min(x.rows(), kFirstRows);
  const auto order = random.permutation(static_cast<std::size_t>(x.rows()));
  MatrixF rows(n, x.cols());
  for (Index i = 0; i < n; ++i) rows.row(i) = x.row(static_cast<Index>(order[i])).cast<float>();
  const auto children = tree.children();
  const auto histogram = histograms(x, levels);
  std::vector<std::vector<int>> state(static_cast<std::size_t>(x.cols()));
  std::vector<Index> drawn(static_cast<std::size_t>(states));
  for (Index& row : drawn) row = static_cast<Index>(random.below(static_cast<std::uint64_t>(n)));
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < tree.size(); ++v) {
    state[v] = nearest_rows(rows, around(tree, children, v), drawn);
  }
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < tree.size(); ++v) {
    const int above = tree.parent[v];
    MatrixF& t = model.transition[v];
    MatrixF& l = model.leaf[v];
    t.setConstant(above < 0 ? 1 : states, states, 1e-3F);
    l = histogram[v].replicate(1, states);
    for (Index i = 0; i < n; ++i) {
      t(above < 0 ? 0 : state[above][i], state[v][i]) += 1;
      l(x(static_cast<Index>(order[i]), v), state[v][i]) += 1;
    }
    normalize_rows(t);
    t = (1 - kBlur) * t + MatrixF::Constant(t.rows(), t.cols(), kBlur / float(states));
    normalize_columns(l);
    l = (1 - kBlur) * l;
    l.colwise() += kBlur * histogram[v];
  }
  return model;
}

// Mini-batches are evenly spread over the set, whatever order it came in.
LevelMatrix shuffled(const LevelView& x, core::Key key) {
  core::Random random(key);
  const auto order = random.permutation(static_cast<std::size_t>(x.rows()));
  LevelMatrix out(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) out.row(i) = x.row(static_cast<Index>(order[i]));
  return out;
}

void check_samples(const LevelView& x, Index d, int levels, std::string_view where) {
  check_rows(x, d, levels, where);
  if (x.rows() == 0 || levels < 2 || levels > 256) {
    core::fail_argument(where, "expected samples and 2 to 256 levels, got {} and {}", x.rows(),
                        levels);
  }
}

// `t` mini-batches are taken as done; from 0, the first sets the parameters alone.
void fit(const LevelView& x, const HiddenTreeOptions& options, const HiddenTreeWatch& watch,
         Index t, Learner& learner, HiddenTree& model) {
  for (int epoch = 1; epoch <= options.epochs + options.full_epochs; ++epoch) {
    const bool full = epoch > options.epochs;
    const Index batch = full ? x.rows() : std::min<Index>(options.batch, x.rows());
    double bits = 0;
    for (Index at = 0; at < x.rows(); at += batch) {
      const double a = full || t == 0 ? 1 : std::pow(static_cast<double>(t) + 2, -options.power);
      bits += learner.step(at, std::min(batch, x.rows() - at), static_cast<float>(a));
      ++t;
    }
    if (watch && !watch(epoch, bits / static_cast<double>(x.size()), model)) break;
  }
}

}  // namespace

core::Vector HiddenTree::cost_bits(const LevelView& x) const {
  check_rows(x, tree.size(), levels, "code.HiddenTree.cost_bits");
  core::Vector bits = core::Vector::Zero(x.rows());
  HiddenTreePass pass(*this);
  for (Index at = 0; at < x.rows(); at += HiddenTreePass::kBlock) {
    pass.up(x, at, std::min(HiddenTreePass::kBlock, x.rows() - at), bits.data() + at);
  }
  return bits;
}

double HiddenTree::bits_per_dimension(const LevelView& x) const {
  return cost_bits(x).mean() / static_cast<double>(x.cols());
}

HiddenTree learn_hidden_tree(const LevelView& x, int levels, const VariableTree& tree,
                             const HiddenTreeOptions& options, core::Key key,
                             const HiddenTreeWatch& watch) {
  constexpr std::string_view kWhere = "code.learn_hidden_tree";
  core::check_options(options, kWhere);
  check_samples(x, tree.size(), levels, kWhere);
  const LevelMatrix rows = shuffled(x, key.split("order"));
  HiddenTree model = first_guess(rows, levels, tree, options.states, key.split("first"));
  Learner learner(rows, options, model);
  fit(rows, options, watch, 0, learner, model);
  return model;
}

HiddenTree refine_hidden_tree(const LevelView& x, HiddenTree model,
                              const HiddenTreeOptions& options, core::Key key,
                              const HiddenTreeWatch& watch) {
  constexpr std::string_view kWhere = "code.refine_hidden_tree";
  core::check_options(options, kWhere);
  check_samples(x, model.tree.size(), model.levels, kWhere);
  const LevelMatrix rows = shuffled(x, key.split("order"));
  Learner learner(rows, options, model);
  learner.step(0, rows.rows(), 1);
  fit(rows, options, watch, (rows.rows() + options.batch - 1) / options.batch, learner, model);
  return model;
}

HiddenTreeFlows mean_flows(const LevelView& x, const HiddenTree& model) {
  check_samples(x, model.tree.size(), model.levels, "code.mean_flows");
  HiddenTreePass pass(model);
  SparseFlows sum = pass.no_flows();
  std::vector<double> bits(HiddenTreePass::kBlock);
  for (Index at = 0; at < x.rows(); at += HiddenTreePass::kBlock) {
    pass.up_and_down(x, at, std::min(HiddenTreePass::kBlock, x.rows() - at), bits.data(), sum);
  }
  const float scale = 1 / static_cast<float>(x.rows());
  HiddenTreeFlows out;
  for (int v = 0; v < model.tree.size(); ++v) {
    const SparseView<float> edges = pass.edges(v);
    const bool root = model.tree.parent[v] < 0;
    MatrixF& t = out.transition.emplace_back(MatrixF::Zero(edges.rows, model.states));
    for (Index z = 0; z < edges.rows; ++z) {
      for (std::uint32_t i = edges.start[z]; i < edges.start[z + 1]; ++i) {
        t(z, edges.column[i]) = scale * sum.transition[v][i] * (root ? 1 : edges.value[i]);
      }
    }
    out.leaf.emplace_back(scale * sum.leaf[v]);
  }
  return out;
}

}  // namespace venturi::code
