#include "venturi/net/plane.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/bins.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/kernel_density.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/principal.hpp"
#include "venturi/measure/weighted_entropy.hpp"
#include "venturi/tensor/tensor.hpp"

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

core::Matrix matrix_of(const Tensor& values) {
  const Tensor x = values.to(torch::kFloat64).contiguous();
  return Eigen::Map<const core::Matrix>(x.data_ptr<double>(), x.size(0), x.size(1));
}

// What is asked of one edge.
struct Question {
  Tensor inputs;  // n*d
  std::span<const std::int32_t> labels;
  const PlaneOptions& options;
};

void by_densities(const Question& q, const Tensor& values, double variance, PlanePoint& out) {
  const core::Matrix all = compact(values);
  const auto rate = bounds_bits(all, variance);
  std::map<std::int32_t, std::vector<core::Index>> classes;
  for (std::size_t i = 0; i < q.labels.size(); ++i) {
    classes[q.labels[i]].push_back(static_cast<core::Index>(i));
  }
  out.rate_low = out.label_low = rate.lower;
  out.rate_high = out.label_high = rate.upper;
  for (const auto& [label, members] : classes) {
    const double share = static_cast<double>(members.size()) / static_cast<double>(q.labels.size());
    const auto within = bounds_bits(all(members, Eigen::all), variance);
    out.label_low -= share * within.lower;
    out.label_high -= share * within.upper;
  }
}

core::Matrix leading(const Tensor& values, int components) {
  const core::Matrix x = matrix_of(values);
  return measure::principal_components(x,
                                       std::min<core::Index>({components, x.cols(), x.rows() - 1}));
}

void by_components(const Question& q, const Tensor& values, double variance, PlanePoint& out) {
  // The same noise for all edges of a size.
  auto generator = tensor::make_generator(core::Key(1).split("plane"), torch::kCPU);
  const Tensor exact = values.to(torch::kFloat64);
  const Tensor noisy =
      exact + std::sqrt(variance) * torch::empty_like(exact).normal_(0, 1, generator);
  const core::Matrix t = leading(noisy, q.options.components);
  const auto mean_bits = [](const std::vector<double>& nats) {
    return core::kBitsPerNat * measure::mean_of(nats);
  };
  out.rate_low = out.rate_high =
      mean_bits(measure::wkl_local(leading(q.inputs, q.options.components), t, q.options.k));
  out.label_low = out.label_high = mean_bits(measure::ross_local(q.labels, t, q.options.k));
}

void by_bins(const Question& q, const Tensor& values, PlanePoint& out) {
  const core::Matrix t = matrix_of(values);
  const auto codes = q.options.estimator == "bins"
                         ? measure::equal_width_codes(t, q.options.bins)
                         : measure::pooled_adaptive_codes(t, q.options.bins);
  const auto rows = measure::joint_labels(codes, static_cast<std::size_t>(t.cols()));
  std::vector<std::int32_t> both;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    both.push_back(rows[i]);
    both.push_back(q.labels[i]);
  }
  const double rate = measure::plug_in_entropy_bits(rows);
  out.rate_low = out.rate_high = rate;
  out.label_low = out.label_high = rate + measure::plug_in_entropy_bits(q.labels) -
                                   measure::plug_in_entropy_bits(measure::joint_labels(both, 2));
}

PlanePoint point(const std::string& edge, const Tensor& values, const Question& q) {
  PlanePoint out{.edge = edge, .units = values.size(1)};
  if (!torch::isfinite(values).all().item<bool>()) {
    core::fail_data(kWhere, "edge '{}' holds values that are not finite", edge);
  }
  const double variance = q.options.noise * q.options.noise *
                          values.to(torch::kFloat64).var(0, false).sum().item<double>();
  if (variance == 0) return out;  // the same for all samples: tells nothing
  if (q.options.estimator == "kde") {
    by_densities(q, values, variance, out);
  } else if (q.options.estimator == "pca") {
    by_components(q, values, variance, out);
  } else {
    by_bins(q, values, out);
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
  const Question question{x.reshape({n, -1}), labels, options};
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
    out.push_back(point(edge, torch::cat(parts), question));
    monitor.progress({"plane", out.size(), edges.size(), "edges", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[net.information_plane] stopped");
  }
  return out;
}

}  // namespace venturi::net
