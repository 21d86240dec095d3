#include "venturi/net/evaluate.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/core/record.hpp"
#include "venturi/core/units.hpp"

namespace venturi::net {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "net.evaluate";

// `values` as 1*channels*1*1..., to lie over n*channels*...
Tensor by_channel(const std::vector<double>& values, const Tensor& x, const char* what) {
  const auto count = static_cast<std::int64_t>(values.size());
  if (count != 1 && count != x.size(1)) {
    core::fail_argument(kWhere, "expected one {} or {}, one a channel, got {}", what, x.size(1),
                        count);
  }
  std::vector<std::int64_t> shape(x.dim(), 1);
  shape[1] = count;
  return torch::tensor(values, torch::kFloat64).to(torch::kFloat32).reshape(shape);
}

// log p of each output, as the header says.
Tensor log_probabilities(const Graph& graph, const Tensor& outputs) {
  for (const Node& node : graph.nodes) {
    const bool last = std::ranges::find(node.outputs, graph.outputs[0].name) != node.outputs.end();
    if (last && node.op == "Softmax") return outputs.log();
    if (last && node.op == "LogSoftmax") return outputs;
  }
  return outputs.log_softmax(1);
}

}  // namespace

Tensor model_inputs(const Graph& graph, const data::Dataset& dataset,
                    const EvaluateOptions& options) {
  core::check_options(options, kWhere);
  if (graph.inputs.size() != 1) {
    core::fail_argument(kWhere, "expected a model of one input, got {}", graph.inputs.size());
  }
  std::vector<std::int64_t> shape = {dataset.size()};
  const Port& port = graph.inputs[0];
  const bool flat = port.ranked && port.shape.size() == 2;
  if (flat) {
    shape.push_back(dataset.x.cols());
  } else {
    // A plane of numbers counts as an image of one channel; a sequence of vectors has none.
    const bool plane =
        port.ranked && dataset.shape.size() == 3 && dataset.shape[0] == 1 && port.shape.size() == 3;
    shape.insert(shape.end(), dataset.shape.begin() + (plane ? 1 : 0), dataset.shape.end());
  }
  bool fits_port = !port.ranked || port.shape.size() == shape.size();
  for (std::size_t d = 1; fits_port && port.ranked && d < shape.size(); ++d) {
    fits_port = port.shape[d] < 0 || port.shape[d] == shape[d];
  }
  if (!fits_port) {
    core::fail_data(kWhere, "the model's input '{}' is {}, a sample of '{}' is {}", port.name,
                    shape_text(port.shape), dataset.name, shape_text(dataset.shape));
  }
  Tensor x = tensor::from_matrix(dataset.x).reshape(shape);
  if (!options.mean.empty()) x = x - by_channel(options.mean, x, "mean");
  if (!options.deviation.empty()) x = x / by_channel(options.deviation, x, "deviation");
  const bool whole = port.type != torch::ScalarType::Undefined && !c10::isFloatingType(port.type);
  return whole ? x.to(port.type) : x;
}

Tensor predict(const Executor& executor, const Tensor& x, std::int64_t batch,
               core::Monitor& monitor) {
  const Port& port = executor.graph().inputs.at(0);
  const bool fixed = port.ranked && !port.shape.empty() && port.shape[0] > 0;
  if (fixed) batch = port.shape[0];
  const std::int64_t n = x.size(0);
  std::vector<Tensor> parts;
  for (std::int64_t begin = 0; begin < n; begin += batch) {
    const std::int64_t count = std::min(batch, n - begin);
    Tensor part = x.slice(0, begin, begin + count);
    if (fixed && count < batch) {
      part = torch::cat({part, part.slice(0, 0, 1).repeat_interleave(batch - count, 0)});
    }
    const Tensor y = executor.run({part})[0];
    if (y.dim() < 1 || y.size(0) != part.size(0)) {
      core::fail_data(kWhere, "expected an output with a row for each of {} samples, got {}",
                      part.size(0), shape_text(y.sizes().vec()));
    }
    parts.push_back(y.slice(0, 0, count).reshape({count, -1}).to(torch::kCPU));
    monitor.progress({"eval", static_cast<std::uint64_t>(begin + count),
                      static_cast<std::uint64_t>(n), "samples", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[net.evaluate] stopped");
  }
  return torch::cat(parts);
}

Evaluation evaluate(const Executor& executor, const data::Dataset& dataset,
                    const EvaluateOptions& options, core::Monitor& monitor) {
  if (dataset.task == data::Task::kNone) {
    core::fail_data(kWhere, "'{}' has neither labels nor numbers to predict", dataset.name);
  }
  const Tensor x = model_inputs(executor.graph(), dataset, options);
  const double start = core::now_seconds();
  Evaluation out{.predictions = predict(executor, x, options.batch, monitor)};
  out.samples = dataset.size();
  out.seconds = core::now_seconds() - start;
  const Tensor y = out.predictions.to(torch::kFloat64);
  if (dataset.task == data::Task::kRegression) {
    const core::MatrixF& target = dataset.y;
    if (y.size(1) != target.cols()) {
      core::fail_data(kWhere, "the model gives {} numbers a sample, '{}' has {}", y.size(1),
                      dataset.name, target.cols());
    }
    out.squared_error = (y - tensor::from_matrix(target)).square().mean().item<double>();
    return out;
  }
  out.classes = true;
  if (y.size(1) < dataset.classes) {
    core::fail_data(kWhere, "the model has {} outputs, '{}' has {} classes", y.size(1),
                    dataset.name, dataset.classes);
  }
  const Tensor labels = tensor::from_labels(dataset.labels);
  out.accuracy = y.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>();
  const Tensor log_p = log_probabilities(executor.graph(), y).gather(1, labels.unsqueeze(1));
  out.cross_entropy_bits = -log_p.mean().item<double>() * core::kBitsPerNat;
  return out;
}

}  // namespace venturi::net
