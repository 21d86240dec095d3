#include "venturi/net/fit.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/net/descent.hpp"
#include "venturi/net/executor.hpp"
#include "venturi/tensor/repeated_work.hpp"

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
  const tensor::ExactCuda exact(device.is_cuda());
  std::vector<std::string> running;
  Model training{training_graph(model.graph, running), {}};
  Model read = model;
  read.graph.outputs.resize(1);
  remove_unused(read);
  std::vector<std::string> trained;
  std::vector<Tensor> parameters;
  for (const auto& [name, value] : model.weights) {
    training.weights[name] = value.detach().clone();
    const bool fixed = std::find(running.begin(), running.end(), name) != running.end();
    if (!value.is_floating_point() || fixed || !read.weights.contains(name)) continue;
    trained.push_back(name);
    parameters.push_back(value.detach());
  }
  Descent descent(parameters, options.momentum, options.weight_decay, device);
  for (std::size_t i = 0; i < trained.size(); ++i) training.weights[trained[i]] = parameters[i];
  const Executor executor(std::move(training), {.device = device});
  const std::int64_t batches = n / options.batch;
  const std::int64_t steps = batches * options.epochs;
  const Tensor samples = x.to(device);
  const Tensor classes = labels.to(device);
  const Tensor rates = cosine_rates(options.learning_rate, steps).to(device);
  Tensor batch = torch::empty({options.batch}, classes.options());
  Tensor rate = torch::zeros({}, rates.options());
  Tensor sum = torch::zeros({}, torch::TensorOptions(torch::kFloat64).device(device));
  tensor::RepeatedWork step(device, [&] {
    const auto out =
        executor.run({samples.index_select(0, batch)}, {.hooks = {}, .gradients = true});
    const Tensor loss =
        torch::nn::functional::cross_entropy(out[0], classes.index_select(0, batch));
    descent.zero_grad();
    loss.backward();
    descent.step(rate);
    const torch::NoGradGuard no_grad;
    for (std::size_t k = 0; k < running.size(); ++k) {
      Tensor(executor.weights().find(running[k])->second).copy_(out[k + 1]);
    }
    sum.add_(loss);
  });
  double mean_bits = 0;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    auto order = core::Random(key.split(static_cast<std::uint64_t>(epoch)))
                     .permutation(static_cast<std::size_t>(n));
    const Tensor rows =
        torch::tensor(std::vector<std::int64_t>(order.begin(), order.end())).to(device);
    sum.zero_();
    for (std::int64_t i = 0; i < batches; ++i) {
      batch.copy_(rows.narrow(0, i * options.batch, options.batch));
      rate.copy_(rates[epoch * batches + i]);
      step();
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
