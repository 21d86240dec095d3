#include "venturi/net/statistics.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "venturi/core/error.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "net.matrix_statistics";

// The matrix of a node, if it has one.
std::optional<MatrixNode> matrix_of(const Model& model, std::size_t i) {
  const Node& node = model.graph.nodes[i];
  if (node.inputs.size() < 2) return std::nullopt;
  const auto found = model.weights.find(node.inputs[1]);
  if (found == model.weights.end() || !found->second.is_floating_point()) return std::nullopt;
  const Tensor& w = found->second;
  MatrixNode out{.node = i, .weight = found->first};
  if (node.op == "Conv" && (w.dim() == 3 || w.dim() == 4)) {
    out.outputs = w.size(0);
    out.inputs = w.numel() / std::max<std::int64_t>(w.size(0), 1);
    out.groups = node.attributes.integer("group", 1);
    const std::string pad = node.attributes.text("auto_pad", "NOTSET");
    if (pad != "NOTSET" && pad != "VALID") return std::nullopt;
  } else if (w.dim() == 2 && (node.op == "MatMul" ||
                              (node.op == "Gemm" && node.attributes.integer("transA", 0) == 0 &&
                               node.attributes.real("alpha", 1) == 1))) {
    out.transposed = node.op == "MatMul" || node.attributes.integer("transB", 0) == 0;
    out.outputs = w.size(out.transposed ? 1 : 0);
    out.inputs = w.size(out.transposed ? 0 : 1);
  } else {
    return std::nullopt;
  }
  if (out.outputs < 1 || out.inputs < 1) return std::nullopt;
  return out;
}

// Channels first in a convolution's output, last in a product's: positions*outputs of each sample.
Tensor by_position(const Node& node, const Tensor& y) {
  if (node.op == "Conv") return y.flatten(2).transpose(1, 2).flatten(0, 1);
  return y.reshape({-1, y.size(-1)});
}

void check_finite(const Tensor& x, const std::string& edge) {
  if (!x.isfinite().all().item<bool>()) {
    core::fail_data(kWhere, "edge '{}' is not finite on these samples", edge);
  }
}

// What one run leaves of a node.
struct Seen {
  Tensor x, y;
};

void accumulate(const Node& node, const MatrixNode& matrix, const Tensor& weight, const Seen& seen,
                const std::vector<Tensor>& gradients, MatrixStatistics& out) {
  const Tensor vectors = input_vectors(node, matrix, seen.x, weight);  // groups*m*inputs
  const std::int64_t n = seen.x.size(0);
  const auto add = [](Tensor& to, const Tensor& value) {
    const Tensor wide = value.to(torch::kFloat64);
    to = to.defined() ? to + wide : wide;
  };
  add(out.mean, vectors.sum(1));
  const Tensor y = by_position(node, seen.y.detach());
  add(out.output_mean, y.sum(0));
  out.low = std::min(out.low, vectors.min().item<double>());
  out.high = std::max(out.high, vectors.max().item<double>());
  out.samples += n;
  out.positions = y.size(0) / n;
  add(out.second, torch::bmm(vectors.transpose(1, 2), vectors));
  for (const Tensor& gradient : gradients) {
    const Tensor g = by_position(node, gradient);  // m*outputs
    const Tensor grouped = g.reshape({g.size(0), matrix.groups, -1}).transpose(0, 1);
    const Tensor listened = grouped.square().mean(2).unsqueeze(2);  // groups*m*1
    add(out.listened, torch::bmm((vectors * listened).transpose(1, 2), vectors));
    add(out.output_fisher, g.square().sum(0));
    // The gradient of each sample's weights: groups, samples, outputs of a group, inputs.
    const auto per_sample = [&](const Tensor& v) {
      return v.reshape({matrix.groups, n, -1, v.size(2)});
    };
    Tensor squared;
    const Tensor gs = per_sample(grouped), xs = per_sample(vectors);
    for (std::int64_t s = 0; s < n; ++s) {
      const Tensor one = torch::bmm(gs.select(1, s).transpose(1, 2), xs.select(1, s)).square();
      squared = squared.defined() ? squared + one : one;
    }
    add(out.weight_fisher, squared.reshape({matrix.outputs, matrix.inputs}));
  }
}

void finish(MatrixStatistics& s, int draws, std::int64_t rows_of_group) {
  const auto n = static_cast<double>(s.samples);
  const double vectors = n * static_cast<double>(s.positions);
  s.mean = s.mean / vectors;
  s.output_mean = s.output_mean / vectors;
  s.second = s.second / n;
  if (draws == 0) return;
  s.output_fisher = s.output_fisher / (n * draws);
  s.weight_fisher = s.weight_fisher / (n * draws);
  // s_nt has mean 1 over positions: divide by the mean of what the outputs of a group were weighed
  // with.
  const Tensor mean =
      s.output_fisher.reshape({-1, rows_of_group}).mean(1) / static_cast<double>(s.positions);
  s.listened = s.listened / (n * draws) / mean.clamp_min(1e-300).reshape({-1, 1, 1});
}

}  // namespace

std::vector<MatrixNode> matrix_nodes(const Model& model) {
  std::map<std::string, int> readers;
  std::vector<MatrixNode> out;
  for (std::size_t i = 0; i < model.graph.nodes.size(); ++i) {
    if (auto matrix = matrix_of(model, i)) {
      ++readers[matrix->weight];
      out.push_back(std::move(*matrix));
    }
  }
  std::erase_if(out, [&](const MatrixNode& m) { return readers[m.weight] > 1; });
  return out;
}

Tensor as_matrix(const MatrixNode& node, const Tensor& weight) {
  const Tensor w = weight.detach();
  return node.transposed ? w.t().contiguous() : w.reshape({node.outputs, node.inputs});
}

Tensor from_matrix_of(const MatrixNode& node, const Tensor& matrix, const Tensor& like) {
  const Tensor m = node.transposed ? matrix.t().contiguous() : matrix.reshape(like.sizes());
  return m.to(like.options());
}

Tensor input_vectors(const Node& node, const MatrixNode& matrix, const Tensor& x,
                     const Tensor& weight) {
  if (node.op != "Conv") return x.detach().reshape({1, -1, matrix.inputs});
  const bool line = x.dim() == 3;  // one spatial axis: a plane of height 1
  Tensor image = x.detach();
  std::vector<std::int64_t> kernel = weight.sizes().slice(2).vec();
  const std::size_t axes = kernel.size();
  auto strides = node.attributes.integers("strides", std::vector<std::int64_t>(axes, 1));
  auto dilations = node.attributes.integers("dilations", std::vector<std::int64_t>(axes, 1));
  auto pads = node.attributes.integers("pads", std::vector<std::int64_t>(2 * axes, 0));
  if (node.attributes.text("auto_pad", "NOTSET") == "VALID") pads.assign(2 * axes, 0);
  if (line) {
    image = image.unsqueeze(2);
    kernel.insert(kernel.begin(), 1);
    strides.insert(strides.begin(), 1);
    dilations.insert(dilations.begin(), 1);
    pads = {0, pads[0], 0, pads[1]};
  }
  image = torch::constant_pad_nd(image, {pads[1], pads[3], pads[0], pads[2]});
  const Tensor columns = at::im2col(image, kernel, dilations, {0, 0}, strides);  // n*(c k)*t
  return columns.reshape({columns.size(0), matrix.groups, matrix.inputs, -1})
      .permute({1, 0, 3, 2})
      .reshape({matrix.groups, -1, matrix.inputs});
}

std::vector<MatrixStatistics> matrix_statistics(const Executor& executor, const Tensor& x,
                                                const std::vector<MatrixNode>& nodes,
                                                const StatisticsOptions& options,
                                                core::Monitor& monitor) {
  if (x.dim() < 1 || x.size(0) < 1) core::fail_argument(kWhere, "expected samples, got none");
  std::unordered_map<std::size_t, std::size_t> of_node;
  for (std::size_t k = 0; k < nodes.size(); ++k) of_node[nodes[k].node] = k;
  std::vector<MatrixStatistics> out(nodes.size());
  auto generator = tensor::make_generator(options.key, torch::kCPU);
  for (std::int64_t begin = 0; begin < x.size(0); begin += options.batch) {
    const Tensor part = x.slice(0, begin, std::min(begin + options.batch, x.size(0)));
    std::vector<Seen> seen(nodes.size());
    RunOptions run;
    run.trace = [&](const NodeRun& r) {
      const auto found = of_node.find(r.index);
      if (found == of_node.end()) return;
      check_finite(r.inputs[0], r.node.inputs[0]);
      seen[found->second] = {r.inputs[0], r.outputs[0]};
    };
    std::vector<std::vector<Tensor>> gradients(nodes.size());
    if (options.draws > 0) {
      run.gradients = true;
      const Tensor leaf = part.to(executor.options().device).detach().requires_grad_(true);
      const Tensor y = executor.run({leaf}, run)[0];
      const torch::AutoGradMode on(true);
      const Tensor logp = y.reshape({y.size(0), -1}).log_softmax(1);
      const Tensor root = logp.detach().mul(.5).exp();
      std::vector<Tensor> edges;
      for (const Seen& s : seen) edges.push_back(s.y);
      for (int d = 0; d < options.draws; ++d) {
        const Tensor signs =
            torch::randint(0, 2, root.sizes(), generator, root.options().device(torch::kCPU)) * 2 -
            1;
        const Tensor score = (logp * root * signs.to(root.device())).sum();
        const auto g =
            torch::autograd::grad({score}, edges, {}, d + 1 < options.draws, false, true);
        for (std::size_t k = 0; k < nodes.size(); ++k) {
          gradients[k].push_back(g[k].defined() ? g[k] : torch::zeros_like(edges[k]));
        }
      }
    } else {
      executor.run({part}, run);
    }
    const torch::NoGradGuard no_grad;
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      accumulate(executor.graph().nodes[nodes[k].node], nodes[k],
                 executor.weights().find(nodes[k].weight)->second, seen[k], gradients[k], out[k]);
    }
    monitor.progress({"calibrate", static_cast<std::uint64_t>(begin + part.size(0)),
                      static_cast<std::uint64_t>(x.size(0)), "samples", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[net.matrix_statistics] stopped");
  }
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    finish(out[k], options.draws, nodes[k].outputs / nodes[k].groups);
  }
  return out;
}

}  // namespace venturi::net
