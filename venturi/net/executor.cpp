#include "venturi/net/executor.hpp"

#include "venturi/core/error.hpp"
#include "venturi/core/record.hpp"
#include "venturi/tensor/repeated_work.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "net.run";

// Double stays double: it is what the model asks for.
bool computes(torch::ScalarType type) {
  return type == torch::kFloat32 || type == torch::kFloat16 || type == torch::kBFloat16;
}

bool port_takes(const Port& port, const Tensor& value) {
  if (!port.ranked) return true;
  if (value.dim() != static_cast<std::int64_t>(port.shape.size())) return false;
  for (std::int64_t d = 0; d < value.dim(); ++d) {
    if (port.shape[d] >= 0 && port.shape[d] != value.size(d)) return false;
  }
  return true;
}

}  // namespace

Hook observe(std::string edges, std::function<void(const std::string&, const Tensor&)> see) {
  return {std::move(edges), [see = std::move(see)](const std::string& edge, const Tensor& value) {
            see(edge, value);
            return value;
          }};
}

Hook replace(std::string edges, Tensor value) {
  return {std::move(edges), [with = std::move(value)](const std::string& edge, const Tensor& old) {
            if (with.sizes() != old.sizes()) {
              core::fail_data(kWhere, "edge '{}': expected a replacement of shape {}, got {}", edge,
                              shape_text(old.sizes().vec()), shape_text(with.sizes().vec()));
            }
            return with.to(old.device(), old.scalar_type());
          }};
}

Hook add_noise(std::string edges, double deviation, core::Key key) {
  if (!(deviation >= 0) || !std::isfinite(deviation)) {
    core::fail_argument("net.add_noise", "expected a deviation >= 0, got {}", deviation);
  }
  return {std::move(edges), [deviation, key](const std::string& edge, const Tensor& value) {
            if (!value.is_floating_point()) {
              core::fail_data(kWhere, "edge '{}' holds {}: noise is for real numbers", edge,
                              c10::toString(value.scalar_type()));
            }
            auto generator = tensor::make_generator(key.split(edge), value.device());
            return value + deviation * torch::empty_like(value).normal_(0, 1, generator);
          }};
}

std::vector<Tensor> run_node(const Graph& graph, std::size_t i, std::span<const Tensor> inputs) {
  const Node& node = graph.nodes.at(i);
  try {
    auto out = find_operator(node.op)->run({.attributes = node.attributes,
                                            .inputs = inputs,
                                            .opset = graph.opset,
                                            .outputs = node.outputs.size()});
    if (out.size() < node.outputs.size()) {
      core::fail_data(kWhere, "gives {} outputs where {} are named", out.size(),
                      node.outputs.size());
    }
    return out;
  } catch (const core::DataError& error) {
    core::fail_data(kWhere, "node {}: {}", describe(graph, i), error.what());
  } catch (const c10::Error& error) {
    std::string text = error.what_without_backtrace();
    core::fail_data(kWhere, "node {}: {}", describe(graph, i), text.substr(0, text.find('\n')));
  }
}

Executor::Executor(Model model, const ExecutorOptions& options)
    : model_(std::move(model)), options_(options) {
  const Graph& g = model_.graph;
  check_graph(g);
  check_weights(g, model_.weights);
  if (!computes(options_.compute)) {
    core::fail_argument("net.Executor", "expected float32, float16 or bfloat16, got {}",
                        c10::toString(options_.compute));
  }
  const auto slot = [&](const std::string& name) {
    return name.empty() ? -1 : slot_.emplace(name, static_cast<int>(slot_.size())).first->second;
  };
  for (const Port& port : g.inputs) slot(port.name);
  std::map<int, std::size_t> last;  // reader or writer
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const Node& node = g.nodes[i];
    Step step{.inputs = {}, .outputs = {}, .done = {}};
    for (const std::string& name : node.inputs) step.inputs.push_back(slot(name));
    for (const std::string& name : node.outputs) step.outputs.push_back(slot(name));
    for (const auto& names : {step.inputs, step.outputs}) {
      for (const int s : names) last[s] = i;
    }
    steps_.push_back(std::move(step));
  }
  for (const Port& port : g.outputs) last.erase(slot(port.name));
  last.erase(-1);
  start_.resize(slot_.size());
  for (const std::string& name : parameter_names(g)) {
    Tensor& weight = model_.weights.find(name)->second;
    weight = prepared(weight);
    start_[slot_.at(name)] = weight;
    last.erase(slot_.at(name));
  }
  for (const auto& [s, reader] : last) steps_[reader].done.push_back(s);
}

Tensor Executor::prepared(const Tensor& weight) const {
  const auto type = computes(weight.scalar_type()) ? options_.compute : weight.scalar_type();
  // Short lists of integers are shapes and axes, which kernels read on the host.
  if (!weight.is_floating_point() && weight.dim() <= 1) return weight;
  return weight.to(options_.device, type);
}

Tensor Executor::checked_input(std::size_t i, const Tensor& value) const {
  const Port& port = model_.graph.inputs[i];
  if (!value.defined() || !port_takes(port, value)) {
    core::fail_data(kWhere, "input '{}': expected shape {}, got {}", port.name,
                    shape_text(port.shape),
                    value.defined() ? shape_text(value.sizes().vec()) : "nothing");
  }
  const auto type = port.type == torch::ScalarType::Undefined ? value.scalar_type() : port.type;
  if (c10::isFloatingType(type) != value.is_floating_point()) {
    core::fail_data(kWhere, "input '{}': expected elements {}, got {}", port.name,
                    c10::toString(type), c10::toString(value.scalar_type()));
  }
  return value.to(options_.device, computes(type) ? options_.compute : type);
}

void Executor::store(int slot, const std::string& edge, Tensor value, std::vector<Tensor>& slots,
                     const RunOptions& options) const {
  for (const Hook& hook : options.hooks) {
    if (fits(hook.edges, edge)) value = hook.act(edge, value);
  }
  slots[slot] = std::move(value);
}

void Executor::run_step(std::size_t i, std::vector<Tensor>& slots,
                        const RunOptions& options) const {
  const Step& step = steps_[i];
  const Node& node = model_.graph.nodes[i];
  std::vector<Tensor> inputs;
  inputs.reserve(step.inputs.size());
  for (const int s : step.inputs) inputs.push_back(s < 0 ? Tensor() : slots[s]);
  const bool timed = options.trace != nullptr;
  const double begin = timed ? core::now_seconds() : 0;
  std::vector<Tensor> outputs;
  if (options.gradients) {
    outputs = run_node(model_.graph, i, inputs);
  } else {  // straight to the kernels: autograd's layers have nothing to note
    const at::AutoDispatchBelowADInplaceOrView below;
    outputs = run_node(model_.graph, i, inputs);
  }
  if (timed) {
    if (options_.device.is_cuda()) torch::cuda::synchronize();
    options.trace({i, node, inputs, outputs, core::now_seconds() - begin});
  }
  for (std::size_t o = 0; o < node.outputs.size(); ++o) {
    const int s = step.outputs[o];
    if (s < 0) continue;
    Tensor& value = outputs[o];
    if (!value.defined()) {
      core::fail_data(kWhere, "node {} does not give '{}'", describe(model_.graph, i),
                      node.outputs[o]);
    }
    if (value.scalar_type() != options_.compute && computes(value.scalar_type())) {
      value = value.to(options_.compute);
    }
    store(s, node.outputs[o], std::move(value), slots, options);
  }
  for (const int s : step.done) slots[s].reset();
}

std::vector<Tensor> Executor::run(const std::vector<Tensor>& inputs,
                                  const RunOptions& options) const {
  const Graph& g = model_.graph;
  if (inputs.size() != g.inputs.size()) {
    core::fail_argument(kWhere, "expected {} inputs, got {}", g.inputs.size(), inputs.size());
  }
  const tensor::ExactCuda exact(options_.device.is_cuda());
  const torch::AutoGradMode gradients(options.gradients);
  std::vector<Tensor> slots = start_;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    store(slot_.at(g.inputs[i].name), g.inputs[i].name, checked_input(i, inputs[i]), slots,
          options);
  }
  for (std::size_t i = 0; i < g.nodes.size(); ++i) run_step(i, slots, options);
  std::vector<Tensor> out;
  out.reserve(g.outputs.size());
  for (const Port& port : g.outputs) {
    const Tensor& value = slots[slot_.at(port.name)];
    out.push_back(computes(value.scalar_type()) ? value.to(torch::kFloat32) : value);
  }
  return out;
}

}  // namespace venturi::net
