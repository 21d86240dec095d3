#include "venturi/net/plane.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/kernel_density.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "net.information_plane";
constexpr std::int64_t kMostSamples = 1 << 14;

std::vector<std::string> edges_of(const Graph& graph, const std::string& pattern) {
  static const std::set<std::string> activations = {
      "Relu",     "LeakyRelu", "PRelu",   "Elu",       "Selu",        "Celu",
      "Gelu",     "Tanh",      "Sigmoid", "Clip",      "HardSigmoid", "HardSwish",
      "Softplus", "Mish",      "Softmax", "LogSoftmax"};
  std::set<std::string> outputs;
  for (const Port& port : graph.outputs) outputs.insert(port.name);
  std::vector<std::string> out;
  for (const Node& node : graph.nodes) {
    for (const std::string& name : node.outputs) {
      if (name.empty()) continue;
      const bool wanted = pattern.empty() ? activations.contains(node.op) || outputs.contains(name)
                                          : fits(pattern, name);
      if (wanted) out.push_back(name);
    }
  }
  if (out.empty()) {
    core::fail_argument(kWhere, "no edge fits '{}'; the graph has {} nodes, the first writes '{}'",
                        pattern, graph.nodes.size(),
                        graph.nodes.empty() ? "" : graph.nodes[0].outputs[0]);
  }
  return out;
}

// Rows with the same distances in at most n columns: x = U S V', of which U S is kept.
core::Matrix compact(const Tensor& values) {
  Tensor x = values.to(torch::kFloat64);
  x = x - x.mean(0, true);
  if (x.size(1) > x.size(0)) {
    const auto [squares, vectors] = at::linalg_eigh(x.matmul(x.t()), "L");
    x = vectors * squares.clamp_min(0).sqrt();
  }
  x = x.contiguous();
  return Eigen::Map<const core::Matrix>(x.data_ptr<double>(), x.size(0), x.size(1));
}

measure::MixtureBounds bounds_bits(const core::Matrix& rows, double variance) {
  if (rows.rows() < 2) return {};
  const auto nats = measure::noisy_rate_bounds_nats(rows, variance);
  return {nats.lower * core::kBitsPerNat, nats.upper * core::kBitsPerNat};
}

PlanePoint point(const std::string& edge, const Tensor& values,
                 std::span<const std::int32_t> labels, double noise) {
  PlanePoint out{.edge = edge, .units = values.size(1)};
  if (!torch::isfinite(values).all().item<bool>()) {
    core::fail_data(kWhere, "edge '{}' holds values that are not finite", edge);
  }
  const auto n = static_cast<std::size_t>(values.size(0));
  const double variance =
      noise * noise * values.to(torch::kFloat64).var(0, false).sum().item<double>();
  if (variance == 0) return out;  // the same for all samples: tells nothing
  const core::Matrix all = compact(values);
  const auto rate = bounds_bits(all, variance);
  std::map<std::int32_t, std::vector<core::Index>> classes;
  for (std::size_t i = 0; i < n; ++i) classes[labels[i]].push_back(static_cast<core::Index>(i));
  out.rate_low = out.label_low = rate.lower;
  out.rate_high = out.label_high = rate.upper;
  for (const auto& [label, members] : classes) {
    const double share = static_cast<double>(members.size()) / static_cast<double>(n);
    const auto within = bounds_bits(all(members, Eigen::all), variance);
    out.label_low -= share * within.lower;
    out.label_high -= share * within.upper;
  }
  return out;
}

}  // namespace

std::vector<PlanePoint> information_plane(const Executor& executor, const Tensor& x,
                                          std::span<const std::int32_t> labels,
                                          const PlaneOptions& options, core::Monitor& monitor) {
  core::check_options(options, kWhere);
  const std::int64_t n = x.size(0);
  if (n < 2 || n > kMostSamples || n != static_cast<std::int64_t>(labels.size())) {
    core::fail_argument(kWhere, "expected 2 to {} samples with a label each, got {} and {}",
                        kMostSamples, n, labels.size());
  }
  if (executor.graph().inputs.size() != 1) {
    core::fail_argument(kWhere, "expected a graph of one input, got {}",
                        executor.graph().inputs.size());
  }
  std::vector<PlanePoint> out;
  const auto edges = edges_of(executor.graph(), options.edges);
  // One edge at a time: all activations of n samples at once may not fit into memory.
  for (const std::string& edge : edges) {
    std::vector<Tensor> parts;
    for (std::int64_t begin = 0; begin < n; begin += options.batch) {
      const Tensor batch = x.slice(0, begin, std::min(n, begin + options.batch));
      RunOptions run;
      run.hooks.push_back({"*", [&](const std::string& name, const Tensor& value) {
                             if (name != edge) return value;
                             if (value.dim() < 1 || value.size(0) != batch.size(0)) {
                               core::fail_data(kWhere, "edge '{}': expected a row a sample, got {}",
                                               edge, shape_text(value.sizes().vec()));
                             }
                             parts.push_back(value.reshape({value.size(0), -1}).to(torch::kCPU));
                             return value;
                           }});
      executor.run({batch}, run);
    }
    out.push_back(point(edge, torch::cat(parts), labels, options.noise));
    monitor.progress({"plane", out.size(), edges.size(), "edges", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[net.information_plane] stopped");
  }
  return out;
}

}  // namespace venturi::net
