#include "venturi/net/cost.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "venturi/core/error.hpp"
#include "venturi/core/record.hpp"
#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

std::int64_t bytes_of(const Tensor& value) {
  return value.defined() ? static_cast<std::int64_t>(value.nbytes()) : 0;
}

const void* memory_of(const Tensor& value) {
  return value.defined() && value.has_storage() ? value.storage().data() : nullptr;
}

// Products over sums, as the header says. Kernels have checked the shapes by now.
std::int64_t multiply_adds(const NodeRun& run) {
  const std::string& op = run.node.op;
  if (op != "Conv" && op != "ConvTranspose" && op != "Gemm" && op != "MatMul") return 0;
  const Tensor& x = run.inputs[0];
  const Tensor& y = run.outputs[0];
  if (x.numel() == 0 || y.numel() == 0) return 0;
  if (op == "MatMul") return y.numel() * x.size(-1);
  if (op == "Gemm") return y.numel() * x.size(run.node.attributes.integer("transA", 0) ? 0 : 1);
  const Tensor& w = run.inputs[1];
  return (op == "Conv" ? y : x).numel() * (w.numel() / w.size(0));
}

// Of a convolution; see the header. Kernels have checked the shapes by now.
std::int64_t scratch_bytes(const NodeRun& run) {
  const Tensor& x = run.inputs[0];
  const Tensor& y = run.outputs[0];
  if (run.node.op != "Conv" || !x.is_cpu() || x.scalar_type() != torch::kFloat32 ||
      x.numel() == 0 || y.numel() == 0) {
    return 0;
  }
  const Tensor& weight = run.inputs[1];
  const Sizes kernel = weight.sizes().slice(2).vec();
  const Windows w = windows_of({.attributes = run.node.attributes, .inputs = run.inputs},
                               spatial(x), kernel, false);
  const auto ones = [](const Sizes& sizes) {
    return std::ranges::all_of(sizes, [](std::int64_t size) { return size == 1; });
  };
  std::int64_t in = bytes_of(x), padded = 0;
  if (w.begin != w.end) {
    for (std::size_t i = 0; i < kernel.size(); ++i) {
      const std::int64_t size = x.size(static_cast<std::int64_t>(i) + 2);
      in = in / size * (size + w.begin[i] + w.end[i]);
    }
    padded = in;
  }
  const std::int64_t channels = x.size(1);
  const std::int64_t groups = channels / weight.size(1);
  const bool dense = ones(kernel) && ones(w.strides) && !w.dilated();
  const bool large =
      std::ranges::all_of(kernel, [](std::int64_t size) { return size > 3; }) && kernel.size() > 1;
  const bool by_blocks = (!dense || x.size(0) >= 16 || at::get_num_threads() > 1) &&
                         (groups > 1 || large || x.size(0) > 1 || x.numel() > 20480);
  if (by_blocks) {
    const auto blocks = [](std::int64_t bytes, std::int64_t count) {
      return bytes / count * ((count + 7) / 8 * 8);
    };
    const std::int64_t copied = groups == 1 && channels < 8 ? 0 : blocks(in, channels);
    return padded + blocks(bytes_of(y), y.size(1)) +
           std::max<std::int64_t>(copied + bytes_of(weight) - bytes_of(y), 0);
  }
  return padded + (dense ? 0
                         : bytes_of(y) / y.size(1) *
                               (channels * weight.numel() / weight.size(0) / weight.size(1)));
}

// The memory of each edge: where it is and how much of it.
struct Memory {
  const void* place;
  std::int64_t bytes;
};

class Counter {
 public:
  Counter(const Executor& executor, Costs& costs) : executor_(executor), costs_(costs) {
    const Graph& graph = executor.graph();
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const std::string& name : graph.nodes[i].inputs) last_[name] = i;
      for (const std::string& name : graph.nodes[i].outputs) last_.emplace(name, i);
    }
    for (const Port& port : graph.inputs) last_[port.name] = graph.nodes.size();
    for (const Port& port : graph.outputs) last_[port.name] = graph.nodes.size();
  }

  void input(const std::string& name, const Tensor& value) { alive_[name] = memory(value); }

  void node(const NodeRun& run) {
    NodeCost cost{.name = run.node.name, .op = run.node.op, .edge = run.node.outputs[0]};
    if (run.outputs[0].defined()) cost.shape = run.outputs[0].sizes().vec();
    std::set<const void*> inputs;
    for (std::size_t k = 0; k < run.inputs.size(); ++k) {
      const std::string& name = run.node.inputs[k];
      cost.bytes_moved += bytes_of(run.inputs[k]);
      inputs.insert(memory_of(run.inputs[k]));
      if (executor_.weights().contains(name) && counted_.insert(name).second) {
        cost.parameters += run.inputs[k].numel();
        cost.parameter_bits += 8 * bytes_of(run.inputs[k]);
      }
    }
    bool moved = false;
    for (std::size_t k = 0; k < run.node.outputs.size(); ++k) {
      const Tensor& value = run.outputs[k];
      if (!inputs.contains(memory_of(value))) {
        cost.bytes_moved += bytes_of(value);
        moved = true;
      }
      if (!run.node.outputs[k].empty()) alive_[run.node.outputs[k]] = memory(value);
    }
    if (!moved) cost.bytes_moved = 0;
    cost.multiply_adds = multiply_adds(run);
    cost.bytes_alive = alive() + scratch_bytes(run);
    std::erase_if(alive_, [&](const auto& entry) { return last_.at(entry.first) <= run.index; });
    costs_.nodes.push_back(std::move(cost));
  }

 private:
  static Memory memory(const Tensor& value) {
    if (!value.defined() || !value.has_storage()) return {nullptr, 0};
    return {memory_of(value), static_cast<std::int64_t>(value.storage().nbytes())};
  }
  std::int64_t alive() const {
    std::map<const void*, std::int64_t> places;
    for (const auto& [name, memory] : alive_) {
      auto& bytes = places[memory.place];
      bytes = std::max(bytes, memory.bytes);
    }
    std::int64_t out = 0;
    for (const auto& [place, bytes] : places) out += bytes;
    return out;
  }

  const Executor& executor_;
  Costs& costs_;
  std::unordered_map<std::string, std::size_t> last_;
  std::unordered_map<std::string, Memory> alive_;
  std::set<std::string> counted_;
};

// The first axis counts samples: that it is open is no remark.
bool open_past_the_first(const std::vector<std::int64_t>& shape) {
  for (std::size_t d = 1; d < shape.size(); ++d) {
    if (shape[d] < 0) return true;
  }
  return false;
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Costs measure_costs(const Executor& executor, const std::vector<Tensor>& inputs, int repeats) {
  if (repeats < 1) {
    core::fail_argument("net.measure_costs", "expected repeats >= 1, got {}", repeats);
  }
  Costs out;
  Counter counter(executor, out);
  const auto& ports = executor.graph().inputs;
  for (std::size_t i = 0; i < std::min(ports.size(), inputs.size()); ++i) {
    counter.input(ports[i].name, inputs[i]);
  }
  executor.run(inputs, {.hooks = {}, .trace = [&](const NodeRun& run) { counter.node(run); }});
  std::vector<std::vector<double>> seconds(out.nodes.size());
  for (int r = 0; r < repeats; ++r) {
    executor.run(inputs, {.hooks = {}, .trace = [&](const NodeRun& run) {
                            seconds[run.index].push_back(run.seconds);
                          }});
  }
  std::vector<double> whole;
  for (int r = 0; r < repeats; ++r) {
    const double begin = core::now_seconds();
    executor.run(inputs);
    if (executor.options().device.is_cuda()) torch::cuda::synchronize();
    whole.push_back(core::now_seconds() - begin);
  }
  out.seconds = median(whole);
  for (std::size_t i = 0; i < out.nodes.size(); ++i) {
    NodeCost& node = out.nodes[i];
    node.seconds = median(seconds[i]);
    out.parameters += node.parameters;
    out.parameter_bits += node.parameter_bits;
    out.multiply_adds += node.multiply_adds;
    out.bytes_moved += node.bytes_moved;
    out.peak_bytes = std::max(out.peak_bytes, node.bytes_alive);
  }
  return out;
}

std::vector<std::string> remarks(const Model& model) {
  std::vector<std::string> out;
  for (const auto& [name, value] : model.weights) {
    if (!value.is_floating_point()) continue;
    const auto bad = value.numel() - torch::isfinite(value).sum().item<std::int64_t>();
    if (bad > 0) {
      out.push_back(fmt::format("weight '{}': {} of {} values are NaN or infinite", name, bad,
                                value.numel()));
    }
  }
  std::set<std::string> read;
  for (const Node& node : model.graph.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  for (const Port& port : model.graph.outputs) read.insert(port.name);
  for (const Port& port : model.graph.inputs) {
    if (!read.contains(port.name)) {
      out.push_back(fmt::format("input '{}': nothing reads it", port.name));
    }
    if (!port.ranked) {
      out.push_back(fmt::format("input '{}': any shape; the data decides", port.name));
    } else if (open_past_the_first(port.shape)) {
      out.push_back(fmt::format("input '{}': shape {}; the data decides the axes marked ?",
                                port.name, shape_text(port.shape)));
    }
  }
  return out;
}

}  // namespace venturi::net
