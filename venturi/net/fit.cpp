#include "venturi/net/fit.hpp"

#include <cmath>
#include <numbers>
#include <set>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/net/executor.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "net.fit";

// The graph whose batch normalisations train; `running` are the parameters with their statistics,
// in the order of the outputs that follow the first.
Graph training_graph(const Graph& graph, std::vector<std::string>& running) {
  Graph out = graph;
  out.outputs.resize(1);
  for (Node& node : out.nodes) {
    if (node.op != "BatchNormalization") continue;
    if (graph.opset < 14) {
      core::fail_argument(kWhere, "expected operator set 14 or later, got {}", graph.opset);
    }
    node.attributes.set("training_mode", std::int64_t{1});
    node.outputs.resize(1);
    for (const std::size_t k : {std::size_t{3}, std::size_t{4}}) {
      const std::string edge = fmt::format("{}/running{}", node.outputs[0], k);
      node.outputs.push_back(edge);
      out.outputs.push_back({.name = edge, .shape = {}});
      running.push_back(node.inputs.at(k));
    }
  }
  return out;
}

double rate_at(const FitOptions& options, std::int64_t step, std::int64_t steps) {
  const double part = static_cast<double>(step) / static_cast<double>(steps);
  return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * part));
}

// Stochastic gradient descent, momentum after Nesterov; all parameters in few operations, which
// counts where each has a kernel to start.
class Descent {
 public:
  Descent(std::vector<Tensor> parameters, const FitOptions& options)
      : parameters_(std::move(parameters)), options_(options) {
    for (const Tensor& p : parameters_) velocity_.push_back(torch::zeros_like(p));
  }
  void zero_grad() {
    for (Tensor& p : parameters_) p.mutable_grad().reset();
  }
  void step(double rate) {
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> with, gradient, velocity;  // a parameter that nothing reads has no gradient
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (!parameters_[i].grad().defined()) continue;
      with.push_back(parameters_[i]);
      gradient.push_back(parameters_[i].grad());
      velocity.push_back(velocity_[i]);
    }
    if (options_.weight_decay != 0) {
      gradient = at::_foreach_add(gradient, with, options_.weight_decay);
    }
    if (options_.momentum > 0) {
      at::_foreach_mul_(velocity, options_.momentum);
      at::_foreach_add_(velocity, gradient);
      gradient = at::_foreach_add(gradient, velocity, options_.momentum);
    }
    at::_foreach_add_(with, gradient, -rate);
  }

 private:
  std::vector<Tensor> parameters_, velocity_;
  const FitOptions& options_;
};

}  // namespace

double fit(Model& model, const Tensor& x, const Tensor& labels, const FitOptions& options,
           core::Key key, const tensor::Device& device, core::Monitor& monitor) {
  core::check_options(options, kWhere);
  const std::int64_t n = x.size(0);
  if (model.graph.inputs.size() != 1 || labels.dim() != 1 || labels.size(0) != n ||
      labels.scalar_type() != torch::kInt64 || n < options.batch) {
    core::fail_argument(kWhere,
                        "expected one input and n >= batch = {} samples with n int64 labels, got "
                        "{} inputs, {} samples and labels {}",
                        options.batch, model.graph.inputs.size(), n,
                        shape_text(labels.sizes().vec()));
  }
  std::vector<std::string> running;
  Model training{training_graph(model.graph, running), {}};
  const std::set<std::string> fixed(running.begin(), running.end());
  std::vector<Tensor> trained;
  for (const auto& [name, value] : model.weights) {
    Tensor weight = value.detach().clone().to(device);
    if (weight.is_floating_point() && !fixed.contains(name)) {
      trained.push_back(weight.requires_grad_(true));
    }
    training.weights[name] = weight;
  }
  Executor executor(std::move(training), {.device = device});
  Descent descent(std::move(trained), options);
  const std::int64_t batches = n / options.batch;
  const std::int64_t steps = batches * options.epochs;
  double mean_bits = 0;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    auto order = core::Random(key.split(static_cast<std::uint64_t>(epoch)))
                     .permutation(static_cast<std::size_t>(n));
    const Tensor rows = torch::tensor(std::vector<std::int64_t>(order.begin(), order.end()));
    Tensor sum = torch::zeros({}, torch::TensorOptions(torch::kFloat64).device(device));
    for (std::int64_t i = 0; i < batches; ++i) {
      const Tensor batch = rows.narrow(0, i * options.batch, options.batch);
      const auto out = executor.run({x.index_select(0, batch)}, {.hooks = {}, .gradients = true});
      const Tensor loss =
          torch::nn::functional::cross_entropy(out[0], labels.index_select(0, batch).to(device));
      descent.zero_grad();
      loss.backward();
      descent.step(rate_at(options, epoch * batches + i, steps));
      for (std::size_t k = 0; k < running.size(); ++k) {
        executor.set_weight(running[k], out[k + 1].detach());
      }
      sum += loss.detach();
      if (monitor.stop_requested()) throw core::Interrupted("[net.fit] stopped");
    }
    mean_bits = sum.item<double>() / static_cast<double>(batches) * core::kBitsPerNat;
    if (!std::isfinite(mean_bits)) {
      core::fail_data(kWhere, "the loss is not finite in epoch {}; try a smaller learning rate",
                      epoch + 1);
    }
    monitor.progress({"fit", static_cast<std::uint64_t>(epoch + 1),
                      static_cast<std::uint64_t>(options.epochs), "epochs",
                      fmt::format("{:.3f} bits", mean_bits)});
  }
  for (auto& [name, value] : model.weights) {
    const Tensor& now = executor.weights().find(name)->second;
    value = now.detach().to(value.device(), value.scalar_type()).clone();
  }
  return mean_bits;
}

}  // namespace venturi::net
