#include "venturi/code/circuit_growth.hpp"

#include <algorithm>
#include <numbers>

namespace venturi::code {
namespace {

using core::Index;
using core::MatrixF;

void normalize_rows(MatrixF& m) { m.array().colwise() /= m.rowwise().sum().array().eval(); }

// Flows of the edges that are not 0, without the root's.
std::vector<float> edge_flows(const HiddenTree& model, const HiddenTreeFlows& flows) {
  std::vector<float> out;
  for (int v = 0; v < model.tree.size(); ++v) {
    if (model.tree.parent[v] < 0) continue;
    for (Index k = 0; k < model.transition[v].size(); ++k) {
      if (model.transition[v].data()[k] > 0) out.push_back(flows.transition[v].data()[k]);
    }
  }
  return out;
}

}  // namespace

PrunedTree prune_hidden_tree(const LevelView& x, const HiddenTree& model, double keep) {
  if (!(keep > 0 && keep <= 1)) {
    core::fail_argument("code.prune_hidden_tree", "expected keep in (0, 1], got {}", keep);
  }
  const HiddenTreeFlows flows = mean_flows(x, model);
  std::vector<float> edges = edge_flows(model, flows);
  PrunedTree out{.model = model};
  if (edges.empty()) return out;
  const auto drop = static_cast<std::size_t>((1 - keep) * static_cast<double>(edges.size()));
  std::nth_element(edges.begin(), edges.begin() + static_cast<std::ptrdiff_t>(drop), edges.end());
  const float least = edges[drop];
  std::size_t dropped = 0;
  for (int v = 0; v < model.tree.size(); ++v) {
    if (model.tree.parent[v] < 0) continue;
    MatrixF& t = out.model.transition[v];
    for (Index z = 0; z < t.rows(); ++z) {
      Index greatest = 0;
      t.row(z).maxCoeff(&greatest);
      for (Index k = 0; k < t.cols(); ++k) {
        if (!(t(z, k) > 0) || k == greatest || flows.transition[v](z, k) >= least) continue;
        out.first_order += flows.transition[v](z, k) / std::numbers::ln2;
        t(z, k) = 0;
        ++dropped;
      }
    }
  }
  out.kept = 1 - static_cast<double>(dropped) / static_cast<double>(edges.size());
  out.bound_bits = out.model.cost_bits(x).mean() - model.cost_bits(x).mean();
  for (int v = 0; v < model.tree.size(); ++v) {
    if (model.tree.parent[v] >= 0) normalize_rows(out.model.transition[v]);
  }
  return out;
}

HiddenTree grow_hidden_tree(const HiddenTree& model, double noise, core::Key key) {
  constexpr std::string_view kWhere = "code.grow_hidden_tree";
  const Index m = model.states;
  if (2 * m > 256) core::fail_argument(kWhere, "expected at most 128 states, got {}", m);
  if (!(noise >= 0 && noise < 1)) core::fail_argument(kWhere, "noise {} is not in [0, 1)", noise);
  HiddenTree out{.tree = model.tree, .states = 2 * model.states, .levels = model.levels};
  core::Random random(key);
  const auto shake = [&](MatrixF& a) {
    for (Index k = 0; k < a.size(); ++k) {
      a.data()[k] *= std::max(0.01F, static_cast<float>(1 + noise * random.normal()));
    }
  };
  for (int v = 0; v < model.tree.size(); ++v) {
    const MatrixF& from = model.transition[v];
    MatrixF t = from.replicate(model.tree.parent[v] < 0 ? 1 : 2, 2);
    shake(t);
    normalize_rows(t);
    out.transition.push_back(std::move(t));
    MatrixF l = model.leaf[v].replicate(1, 2);
    shake(l);
    l.array().rowwise() /= l.colwise().sum().array().eval();
    out.leaf.push_back(std::move(l));
  }
  return out;
}

GrownTree learn_by_growing(const LevelView& x, int levels, const GrowingOptions& options,
                           core::Key key, const HiddenTreeWatch& watch) {
  constexpr std::string_view kWhere = "code.learn_by_growing";
  core::check_options(options, kWhere);
  if ((options.learning.states << options.rounds) > 256) {
    core::fail_argument(kWhere, "{} states doubled {} times are more than 256",
                        options.learning.states, options.rounds);
  }
  bool going = true;
  const HiddenTreeWatch own = [&](int pass, double bits, const HiddenTree& model) {
    going = !watch || watch(pass, bits, model);
    return going;
  };
  const VariableTree tree = chow_liu_tree(x, levels, options.tree);
  GrownTree out{learn_hidden_tree(x, levels, tree, options.learning, key.split("first"), own), {}};
  for (int round = 0; round < options.rounds && going; ++round) {
    const core::Key part = key.split("round").split(static_cast<std::uint64_t>(round));
    if (options.keep < 1) {
      PrunedTree pruned = prune_hidden_tree(x, out.model, options.keep);
      out.rounds.push_back(
          {.states = out.model.states,
           .kept = pruned.kept,
           .bound_bits = pruned.bound_bits,
           .loss_bits = pruned.model.cost_bits(x).mean() - out.model.cost_bits(x).mean()});
      out.model = std::move(pruned.model);
    }
    out.model =
        refine_hidden_tree(x, grow_hidden_tree(out.model, options.noise, part.split("copies")),
                           options.learning, part.split("refine"), own);
  }
  return out;
}

}  // namespace venturi::code
