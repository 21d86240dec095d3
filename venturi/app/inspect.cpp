// venturi inspect: what a model is made of, node by node, and what each node costs.
#include <cmath>
#include <map>
#include <optional>

#include "venturi/app/command.hpp"
#include "venturi/app/model_file.hpp"
#include "venturi/measure/weight_spectrum.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/fold.hpp"
#include "venturi/net/fuse.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/net/rewrite.hpp"
#include "venturi/net/shapes.hpp"
#include "venturi/net/weights.hpp"
#include "venturi/report/page.hpp"
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
  bool merge = false;
  bool spectra = false;
  std::string output;
  std::string report;
};

bool is_weights(const std::string& file) {
  return file.ends_with(".vt") || file.ends_with(".safetensors");
}

// Weights, or the whole model as ONNX with the shapes of its edges where they can be told.
void write(const net::Model& model, const net::Shapes& given, const std::string& file,
           core::Monitor& monitor) {
  if (is_weights(file)) {
    net::write_weights(model, file);
    return;
  }
  net::OnnxWriting writing;
  try {
    writing.edges = net::infer_shapes(net::Executor(model), given);
  } catch (const core::Error& error) {
    monitor.warn(fmt::format("written without shapes of its edges: {}", error.what()));
  }
  net::write_onnx(model, file, writing);
}

report::NetworkPicture picture_of(const net::Graph& graph, const net::Costs& costs,
                                  const std::string& title) {
  report::NetworkPicture out{
      .title = title,
      .note =
          "Each box a node: left the bits of the weights that it is the first to read, right "
          "the median time of its run.",
      .layers = {}};
  std::map<std::string, std::size_t> writer;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const net::NodeCost& cost = costs.nodes[i];
    report::NetworkLayer layer{.name = cost.name,
                               .kind = cost.op,
                               .shape = net::shape_text(cost.shape),
                               .bits = static_cast<double>(cost.parameter_bits),
                               .seconds = cost.seconds,
                               .inputs = {}};
    for (const std::string& name : graph.nodes[i].inputs) {
      if (const auto found = writer.find(name); found != writer.end()) {
        layer.inputs.push_back(found->second);
      }
    }
    for (const std::string& name : graph.nodes[i].outputs) writer[name] = i;
    out.layers.push_back(std::move(layer));
  }
  return out;
}

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
  net::Model model = open_network(verb.model);
  std::size_t folded = 0;
  std::size_t merged = 0;
  if (verb.fold) folded = net::fold_constants(model) + net::fold_batch_norms(model);
  if (verb.merge) {
    net::fold_constants(model);
    merged = net::merge_convolutions(model) + net::fuse_activations(model);
  }
  const std::vector<std::string> warnings = net::remarks(model);
  const auto monitor = verb.common.monitor();
  for (const std::string& text : warnings) monitor->warn(text);

  net::Shapes given;
  for (const std::string& text : verb.shapes) given.insert(parse_shape(text, model.graph));
  if (!verb.output.empty()) write(model, given, verb.output, *monitor);
  const auto inputs = net::sample_inputs(model.graph, given, verb.batch);
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
               {"merged_nodes", merged},
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
      "most {} bytes of activations and scratch alive, {:.3f} ms a run\n",
      costs.nodes.size(), costs.parameters, costs.parameter_bits, costs.multiply_adds,
      costs.bytes_moved, costs.peak_bytes, 1e3 * costs.seconds);
  if (!verb.report.empty()) {
    report::Page page(verb.model, totals);
    page.add_network(picture_of(executor.graph(), costs, verb.model));
    page.add_table(table, "Nodes");
    core::write_file(verb.report, page.html());
  }
  if (spectra) json["spectra"] = spectra->json();
  print_result(verb.common, json, table.text() + totals + (spectra ? "\n" + spectra->text() : ""));
}

}  // namespace

void add_inspect(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "inspect", "a network's nodes, with parameters, bits, multiply-adds, memory and time");
  const auto state = std::make_shared<Inspect>();
  verb->add_option("model", state->model, kModelHelp)->required();
  verb->add_option("--shape", state->shapes,
                   "of an input whose axes the model leaves open: NAME=1,3,224,224");
  verb->add_option("--batch", state->batch, "samples, where the model leaves it open [1]")
      ->check(CLI::Range(1, 1 << 20));
  verb->add_option("--repeats", state->repeats, "runs behind the median times [5]")
      ->check(CLI::Range(1, 100000));
  verb->add_flag("--fold", state->fold, "batch normalisations into the layers before them first");
  verb->add_flag("--merge", state->merge,
                 "convolutions that follow each other, and activations in parts, into one first");
  verb->add_option("-o,--output", state->output,
                   "write the model as FILE.onnx, or its weights as FILE.vt or FILE.safetensors");
  verb->add_option("--report", state->report, "draw the network on a page: FILE.html");
  verb->add_flag("--spectra", state->spectra,
                 "condition number and log-volume of each weight, lowest condition first");
  add_common(*verb, state->common);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
