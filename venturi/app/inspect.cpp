// venturi inspect: what a model is made of, node by node, and what each node costs.
#include <cmath>
#include <map>
#include <optional>

#include "venturi/app/command.hpp"
#include "venturi/measure/weight_spectrum.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/fold.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/tensor/tensor.hpp"

namespace venturi::app {
namespace {

using core::Json;
using net::Port;

constexpr std::string_view kWhere = "app.inspect";

struct Inspect {
  Common common;
  std::string model;
  std::vector<std::string> shapes;
  std::int64_t batch = 1;
  int repeats = 5;
  bool fold = false;
  bool spectra = false;
  std::string output;
};

// "image=1,3,224,224", or "1,3,224,224" of a single input.
std::pair<std::string, std::vector<std::int64_t>> parse_shape(const std::string& text,
                                                              const net::Graph& graph) {
  const auto equals = text.find('=');
  std::string name = equals == std::string::npos ? "" : text.substr(0, equals);
  if (equals == std::string::npos && graph.inputs.size() == 1) name = graph.inputs[0].name;
  std::vector<std::int64_t> sizes;
  std::string rest = equals == std::string::npos ? text : text.substr(equals + 1);
  bool good = !name.empty();
  while (good && !rest.empty()) {
    const auto comma = rest.find(',');
    const std::string one = rest.substr(0, comma);
    good =
        !one.empty() && one.size() <= 9 && one.find_first_not_of("0123456789") == std::string::npos;
    if (good) sizes.push_back(std::stoll(one));
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  if (!good) core::fail_argument(kWhere, "expected a shape as NAME=1,3,224,224, got '{}'", text);
  return {name, sizes};
}

// Zeros of the input's shape: given, or fixed by the model, with `batch` along an open first axis.
tensor::Tensor sample(const Port& port,
                      const std::map<std::string, std::vector<std::int64_t>>& given,
                      std::int64_t batch) {
  std::vector<std::int64_t> shape = port.shape;
  if (const auto found = given.find(port.name); found != given.end()) {
    shape = found->second;
  } else {
    if (!shape.empty() && shape[0] < 0) shape[0] = batch;
    if (!port.ranked || std::find(shape.begin(), shape.end(), -1) != shape.end()) {
      core::fail_argument(kWhere,
                          "input '{}' leaves its shape {} open: say --shape {}=..., with numbers",
                          port.name, port.ranked ? net::shape_text(shape) : "", port.name);
    }
  }
  return torch::zeros(shape, port.type);
}

core::Table node_table(const net::Costs& costs) {
  core::Table table({{"node", "node", ""},
                     {"op", "operator", ""},
                     {"shape", "output", ""},
                     {"parameters", "parameters", "{:.0f}"},
                     {"parameter_bits", "bits", "{:.0f}"},
                     {"multiply_adds", "multiply-adds", "{:.0f}"},
                     {"bytes_moved", "bytes moved", "{:.0f}"},
                     {"bytes_alive", "bytes alive", "{:.0f}"},
                     {"microseconds", "us", "{:.1f}"}});
  for (const auto& n : costs.nodes) {
    table.add_row({n.name, n.op, net::shape_text(n.shape), n.parameters, n.parameter_bits,
                   n.multiply_adds, n.bytes_moved, n.bytes_alive, 1e6 * n.seconds});
  }
  return table;
}

// Weights of two axes and more as output channels by the rest, in the order in which they are to be
// tuned; what has no spectrum (all zero, not finite) is left out.
core::Table spectrum_table(const net::Model& model) {
  core::Table table({{"weight", "weight", ""},
                     {"shape", "shape", ""},
                     {"condition", "condition number", "{:.4g}"},
                     {"log2_volume", "log-volume, bits", "{:.2f}"}});
  struct Row {
    std::string name, shape;
    measure::WeightSpectrum spectrum;
  };
  std::vector<Row> rows;
  std::vector<double> conditions;
  for (const std::string& name : net::parameter_names(model.graph)) {
    const tensor::Tensor& w = model.weights.at(name);
    if (w.dim() < 2 || w.numel() == 0 || !w.is_floating_point()) continue;
    const tensor::Tensor flat = w.to(torch::kDouble).reshape({w.size(0), -1}).contiguous();
    const Eigen::Map<const core::Matrix> matrix(flat.data_ptr<double>(), flat.size(0),
                                                flat.size(1));
    if (!matrix.allFinite() || (matrix.array() == 0).all()) continue;
    rows.push_back({name, net::shape_text(w.sizes().vec()), measure::weight_spectrum(matrix)});
    conditions.push_back(rows.back().spectrum.condition);
  }
  const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(); };
  for (const std::size_t r : measure::tuning_order(conditions)) {
    table.add_row({rows[r].name, rows[r].shape, finite(rows[r].spectrum.condition),
                   finite(rows[r].spectrum.log2_volume)});
  }
  return table;
}

Json ports_json(const std::vector<Port>& ports) {
  Json out = Json::array();
  for (const Port& port : ports) {
    out.push_back({{"name", port.name},
                   {"type", c10::toString(port.type)},
                   {"shape", port.ranked ? net::shape_text(port.shape) : "any"}});
  }
  return out;
}

void run(const Inspect& verb) {
  net::Model model = net::open_model(verb.model);
  std::size_t folded = 0;
  if (verb.fold) folded = net::fold_constants(model) + net::fold_batch_norms(model);
  if (!verb.output.empty()) net::write_onnx(model, verb.output);
  const std::vector<std::string> warnings = net::remarks(model);
  const auto monitor = verb.common.monitor();
  for (const std::string& text : warnings) monitor->warn(text);

  std::map<std::string, std::vector<std::int64_t>> given;
  for (const std::string& text : verb.shapes) given.insert(parse_shape(text, model.graph));
  for (const auto& [name, shape] : given) {
    const auto& inputs = model.graph.inputs;
    if (std::ranges::none_of(inputs, [&](const Port& port) { return port.name == name; })) {
      std::vector<std::string> names;
      for (const Port& port : inputs) names.push_back(port.name);
      core::fail_argument(kWhere, "no input '{}'; the model has {}", name, fmt::join(names, ", "));
    }
  }
  std::vector<tensor::Tensor> inputs;
  for (const Port& port : model.graph.inputs) inputs.push_back(sample(port, given, verb.batch));
  const Json in = ports_json(model.graph.inputs);
  const Json out = ports_json(model.graph.outputs);
  const int opset = model.graph.opset;
  std::optional<core::Table> spectra;
  if (verb.spectra) spectra = spectrum_table(model);
  const net::Executor executor(std::move(model),
                               {.device = tensor::parse_device(verb.common.device)});
  const net::Costs costs = net::measure_costs(executor, inputs, verb.repeats);
  const core::Table table = node_table(costs);
  Json json = {{"model", verb.model},
               {"opset", opset},
               {"inputs", in},
               {"outputs", out},
               {"folded_nodes", folded},
               {"warnings", warnings},
               {"parameters", costs.parameters},
               {"parameter_bits", costs.parameter_bits},
               {"multiply_adds", costs.multiply_adds},
               {"bytes_moved", costs.bytes_moved},
               {"peak_bytes", costs.peak_bytes},
               {"seconds", costs.seconds},
               {"nodes", table.json()}};
  const std::string totals = fmt::format(
      "\n{} nodes, {} parameters in {} bits; for these inputs {} multiply-adds, {} bytes moved, at "
      "most {} bytes of activations alive, {:.3f} ms a run\n",
      costs.nodes.size(), costs.parameters, costs.parameter_bits, costs.multiply_adds,
      costs.bytes_moved, costs.peak_bytes, 1e3 * costs.seconds);
  if (spectra) json["spectra"] = spectra->json();
  print_result(verb.common, json, table.text() + totals + (spectra ? "\n" + spectra->text() : ""));
}

}  // namespace

void add_inspect(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "inspect", "a network's nodes, with parameters, bits, multiply-adds, memory and time");
  const auto state = std::make_shared<Inspect>();
  verb->add_option("model", state->model, "FILE.onnx, or NAME:FILE.safetensors")->required();
  verb->add_option("--shape", state->shapes,
                   "of an input whose axes the model leaves open: NAME=1,3,224,224");
  verb->add_option("--batch", state->batch, "samples, where the model leaves it open [1]")
      ->check(CLI::Range(1, 1 << 20));
  verb->add_option("--repeats", state->repeats, "runs behind the median times [5]")
      ->check(CLI::Range(1, 100000));
  verb->add_flag("--fold", state->fold, "batch normalisations into the layers before them first");
  verb->add_flag("--spectra", state->spectra,
                 "condition number and log-volume of each weight, lowest condition first");
  verb->add_option("-o,--output", state->output, "write the model as ONNX");
  add_common(*verb, state->common);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
