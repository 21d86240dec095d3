#include "venturi/compress/correct.hpp"

#include <algorithm>
#include <unordered_map>

#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

// Inputs of the matrices and their outputs' means, of the trained network.
struct Trained {
  std::vector<Tensor> x, y_mean;
};

// Over all but the axis of outputs.
Tensor mean_outputs(const net::Node& node, const Tensor& y) {
  return node.op == "Conv" ? y.transpose(0, 1).flatten(1).mean(1)
                           : y.reshape({-1, y.size(-1)}).mean(0);
}

Trained run_trained(const Subject& subject, const Tensor& x,
                    const std::unordered_map<std::size_t, std::size_t>& of_node) {
  Trained out;
  out.x.resize(subject.nodes().size());
  out.y_mean.resize(subject.nodes().size());
  net::RunOptions run;
  run.trace = [&](const net::NodeRun& r) {
    const auto found = of_node.find(r.index);
    if (found == of_node.end()) return;
    out.x[found->second] = r.inputs[0];
    out.y_mean[found->second] = mean_outputs(r.node, r.outputs[0]);
  };
  subject.executor().run({x}, run);
  return out;
}

// The shifted target of one matrix, group by group.
Tensor shifted(const net::Node& node, const net::MatrixNode& matrix, const Tensor& w,
               const Tensor& weight, const Tensor& x, const Tensor& x_now, double damping) {
  const Tensor a = net::input_vectors(node, matrix, x, weight);
  const Tensor b = net::input_vectors(node, matrix, x_now, weight);
  const Tensor h = torch::bmm(b.transpose(1, 2), b).to(torch::kFloat64);
  const Tensor c = torch::bmm((a - b).transpose(1, 2), b).to(torch::kFloat64);
  Tensor damped = h.clone();
  Tensor diagonal = damped.diagonal(0, 1, 2);
  diagonal += damping * diagonal.mean(1, true) + 1e-12;
  const Tensor wide = w.to(torch::kFloat64).reshape({matrix.groups, -1, matrix.inputs});
  const Tensor shift = torch::linalg_solve(damped, torch::bmm(wide, c).transpose(1, 2).contiguous(),
                                           /*left=*/true);
  const Tensor out =
      (wide + shift.transpose(1, 2)).reshape({matrix.outputs, matrix.inputs}).to(torch::kFloat32);
  return out.isfinite().all().item<bool>() ? out : w;  // products beyond numbers: no shift
}

// The bias's name, made where the node has none; empty where it cannot have one.
std::string bias_of(CompressedModel& model, const net::MatrixNode& matrix) {
  net::Node& node = model.graph.nodes[matrix.node];
  if (node.op == "MatMul") return {};
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
    const auto found = model.rest.find(node.inputs[2]);
    const bool plain = found != model.rest.end() && found->second.numel() == matrix.outputs &&
                       found->second.dim() == 1 && node.attributes.real("beta", 1) == 1;
    return plain ? node.inputs[2] : std::string();
  }
  const std::string name = matrix.weight + ".bias";
  if (model.rest.contains(name)) return {};
  node.inputs.resize(3);
  node.inputs[2] = name;
  model.rest[name] = torch::zeros({matrix.outputs});
  return name;
}

}  // namespace

void correct_in_order(const Subject& subject, const Round& round, CompressedModel& model,
                      const CorrectOptions& options, core::Monitor& monitor) {
  const torch::NoGradGuard no_grad;
  const auto& nodes = subject.nodes();
  std::unordered_map<std::size_t, std::size_t> of_node;
  std::unordered_map<std::size_t, std::size_t> of_compressed;  // quantisers shift its nodes
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    of_node[nodes[k].node] = k;
    of_compressed[model.nodes[k].node] = k;
  }
  const Tensor x = subject.inputs().slice(0, 0, options.samples);
  const Trained trained = run_trained(subject, x, of_node);
  std::vector<std::string> bias(nodes.size());
  for (std::size_t k = 0; k < nodes.size(); ++k) bias[k] = bias_of(model, model.nodes[k]);
  net::Graph graph = model.graph;
  net::Weights start = model.model().weights;
  const net::Executor executor({graph, start});
  std::unordered_map<std::string, Tensor> better;  // outputs of nodes, with their new weights
  net::RunOptions run;
  run.trace = [&](const net::NodeRun& r) {
    const auto found = of_compressed.find(r.index);
    if (found == of_compressed.end()) return;
    const std::size_t k = found->second;
    const Tensor& weight = start.at(nodes[k].weight);
    const Tensor w = subject.matrix(k);
    const Tensor target = options.weights ? shifted(r.node, nodes[k], w, weight, trained.x[k],
                                                    r.inputs[0], options.damping)
                                          : w;
    model.matrices[k] = round(k, target);
    std::vector<Tensor> inputs(r.inputs.begin(), r.inputs.end());
    inputs[1] = net::from_matrix_of(nodes[k], to_tensor(model.matrices[k]), weight);
    Tensor y = net::run_node(graph, r.index, inputs)[0];
    if (!bias[k].empty()) {
      Tensor& b = model.rest[bias[k]];
      const Tensor moved =
          kept(b + (trained.y_mean[k] - mean_outputs(r.node, y)).to(b.scalar_type()));
      inputs[2] = moved;
      b = moved;
      y = net::run_node(graph, r.index, inputs)[0];
    }
    better[r.node.outputs[0]] = y;
    monitor.progress({"correct", k + 1, nodes.size(), "layers", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[compress.correct_in_order] stopped");
  };
  run.hooks.push_back({"*", [&](const std::string& edge, const Tensor& value) {
                         const auto found = better.find(edge);
                         if (found == better.end()) return value;
                         Tensor out = found->second;
                         better.erase(found);
                         return out;
                       }});
  executor.run({x}, run);
}

}  // namespace venturi::compress
