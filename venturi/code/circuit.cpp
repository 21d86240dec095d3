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

class Learner {
 public:
  Learner(const LevelView& x, const HiddenTreeOptions& options, HiddenTree& model)
      : x_(x), options_(options), model_(model), pass_(model) {
    for (Index v = 0; v < x.cols(); ++v) {
      Eigen::VectorXf h = Eigen::VectorXf::Constant(model.levels, 1.0F / float(model.levels));
      for (Index i = 0; i < x.rows(); ++i) h[x(i, v)] += 1;
      histogram_.emplace_back(h / h.sum());
    }
    first_guess_shapes();
    flows_.resize_like(model);
    mean_.resize_like(model);
  }

  void first_guess(core::Key key);
  // Rows first .. first + count - 1, then theta. Returns their cost in bits.
  double step(Index first, Index count, float a);

 private:
  void first_guess_shapes();
  void maximise(float a, float scale);

  const LevelView& x_;
  const HiddenTreeOptions& options_;
  HiddenTree& model_;
  HiddenTreePass pass_;
  HiddenTreeFlows flows_;  // of the batch
  HiddenTreeFlows mean_;   // s
  std::vector<Eigen::VectorXf> histogram_;
};

void Learner::first_guess_shapes() {
  for (int v = 0; v < model_.tree.size(); ++v) {
    model_.transition[v].setZero(model_.tree.parent[v] < 0 ? 1 : model_.states, model_.states);
    model_.leaf[v].setZero(model_.levels, model_.states);
  }
}

void Learner::first_guess(core::Key key) {
  core::Random random(key);
  const Index n = std::min(x_.rows(), kFirstRows);
  const auto order = random.permutation(static_cast<std::size_t>(x_.rows()));
  MatrixF rows(n, x_.cols());
  for (Index i = 0; i < n; ++i) rows.row(i) = x_.row(static_cast<Index>(order[i])).cast<float>();
  const auto children = model_.tree.children();
  std::vector<std::vector<int>> state(static_cast<std::size_t>(x_.cols()));
  std::vector<Index> drawn(static_cast<std::size_t>(model_.states));
  for (Index& row : drawn) row = static_cast<Index>(random.below(static_cast<std::uint64_t>(n)));
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < model_.tree.size(); ++v) {
    state[v] = nearest_rows(rows, around(model_.tree, children, v), drawn);
  }
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < model_.tree.size(); ++v) {
    const int above = model_.tree.parent[v];
    for (Index i = 0; i < n; ++i) {
      model_.transition[v](above < 0 ? 0 : state[above][i], state[v][i]) += 1;
      model_.leaf[v](x_(static_cast<Index>(order[i]), v), state[v][i]) += 1;
    }
    MatrixF& t = model_.transition[v];
    t.array() += 1e-3F;
    normalize_rows(t);
    t = (1 - kBlur) * t + MatrixF::Constant(t.rows(), t.cols(), kBlur / float(model_.states));
    MatrixF& l = model_.leaf[v];
    l.colwise() += histogram_[v];
    normalize_columns(l);
    l = (1 - kBlur) * l;
    l.colwise() += kBlur * histogram_[v];
  }
}

void Learner::maximise(float a, float scale) {
  const float prior = static_cast<float>(options_.pseudocount / static_cast<double>(x_.rows()));
  const float even = prior / float(model_.states);
#pragma omp parallel for schedule(dynamic, 8)
  for (int v = 0; v < model_.tree.size(); ++v) {
    MatrixF& t = model_.transition[v];
    MatrixF& flow = flows_.transition[v];
    if (model_.tree.parent[v] >= 0) flow.array() *= t.array();
    mean_.transition[v] = (1 - a) * mean_.transition[v] + a * scale * flow;
    t = mean_.transition[v].array() + even;
    normalize_rows(t);
    mean_.leaf[v] = (1 - a) * mean_.leaf[v] + a * scale * flows_.leaf[v];
    model_.leaf[v] = mean_.leaf[v];
    model_.leaf[v].colwise() += prior * histogram_[v];
    normalize_columns(model_.leaf[v]);
    flow.setZero();
    flows_.leaf[v].setZero();
  }
}

double Learner::step(Index first, Index count, float a) {
  std::vector<double> bits(static_cast<std::size_t>(count), 0.0);
  for (Index at = 0; at < count; at += HiddenTreePass::kBlock) {
    const Index rows = std::min(HiddenTreePass::kBlock, count - at);
    pass_.up(x_, first + at, rows, bits.data() + at);
    pass_.down(x_, first + at, rows, flows_);
  }
  maximise(a, 1 / static_cast<float>(count));
  double sum = 0;
  for (const double b : bits) sum += b;
  return sum;
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
  check_rows(x, tree.size(), levels, kWhere);
  if (x.rows() == 0 || levels < 2 || levels > 256) {
    core::fail_argument(kWhere, "expected samples and 2 to 256 levels, got {} and {}", x.rows(),
                        levels);
  }
  HiddenTree model{.tree = tree, .states = options.states, .levels = levels};
  model.transition.resize(tree.parent.size());
  model.leaf.resize(tree.parent.size());
  // Mini-batches are evenly spread over the set, whatever order it came in.
  core::Random random(key.split("order"));
  const auto order = random.permutation(static_cast<std::size_t>(x.rows()));
  LevelMatrix shuffled(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) shuffled.row(i) = x.row(static_cast<Index>(order[i]));
  const LevelView rows(shuffled);
  Learner learner(rows, options, model);
  learner.first_guess(key.split("first"));
  int t = 0;
  for (int epoch = 1; epoch <= options.epochs + options.full_epochs; ++epoch) {
    const bool full = epoch > options.epochs;
    const Index batch = full ? x.rows() : std::min<Index>(options.batch, x.rows());
    double bits = 0;
    for (Index at = 0; at < x.rows(); at += batch) {
      const double a = full || t == 0 ? 1 : std::pow(t + 2, -options.power);
      bits += learner.step(at, std::min(batch, x.rows() - at), static_cast<float>(a));
      ++t;
    }
    if (watch && !watch(epoch, bits / static_cast<double>(x.size()), model)) break;
  }
  return model;
}

}  // namespace venturi::code
