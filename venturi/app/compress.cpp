// venturi compress: a trained network into a budget of bytes.
#include "venturi/compress/compress.hpp"

#include <algorithm>

#include "venturi/app/array_files.hpp"
#include "venturi/app/command.hpp"
#include "venturi/app/model_file.hpp"
#include "venturi/compress/recover.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/load.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/evaluate.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;
using tensor::Tensor;

constexpr std::string_view kWhere = "app.compress";

struct Compress {
  explicit Compress(CLI::App& verb) : flags(verb) {
    verb.add_option("model", model, kModelHelp)->required();
    verb.add_option("--calib", calib, "data set of inputs: a name, URI or file")->required();
    verb.add_option("--budget", budget,
                    "10% (of float32), 200KB, 2.5bits (a parameter), drop=0.5 "
                    "(points of accuracy)")
        ->required();
    verb.add_option("-o,--output", output,
                    "what to write: .vt, .onnx (QuantizeLinear where it can say it) or "
                    ".safetensors; several, with commas")
        ->delimiter(',');
    verb.add_option("--samples", samples, "inputs used, drawn from the training part [512]")
        ->check(CLI::Range(1, 1 << 20));
    verb.add_option("--recover", recover, "training afterwards, at the same size: Nepoch [none]");
    verb.add_option("--record", record, "folder: the run is appended to its records.jsonl");
    verb.add_flag("--dry-run", dry, "menus, allocation and predicted curve; nothing is written");
    for (auto* list : {&inputs.mean, &inputs.deviation}) {
      verb.add_option(list == &inputs.mean ? "--mean" : "--deviation", *list,
                      list == &inputs.mean ? "of each channel, taken off the inputs"
                                           : "of each channel, by which the inputs are divided")
          ->delimiter(',');
    }
    add_common(verb, common);
  }
  Common common;
  OptionFlags<compress::CompressOptions> flags;
  net::EvaluateOptions inputs;
  std::string model, calib, budget, recover, record;
  std::vector<std::string> output;
  std::int64_t samples = 512;
  bool dry = false;

  void run() const;
};

// Samples of the training part, drawn by the key.
data::Dataset drawn(const data::Dataset& all, std::int64_t samples, core::Key key) {
  const auto n = static_cast<std::size_t>(all.size());
  auto rows = core::Random(key.split("samples")).permutation(n);
  rows.resize(std::min(n, static_cast<std::size_t>(samples)));
  return all.subset(rows);
}

int epochs_of(const std::string& text) {
  if (text.empty()) return 0;
  const bool named = text.ends_with("epoch") || text.ends_with("epochs");
  const std::string number = text.substr(0, text.find("epoch"));
  if (!named || number.empty() || number.size() > 3 ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    core::fail_argument(kWhere, "expected --recover as 1epoch, got '{}'", text);
  }
  return std::stoi(number);
}

core::Table layer_table(const compress::Compressed& c) {
  core::Table table({{"layer", "layer", ""},
                     {"method", "method", ""},
                     {"weights", "weights", "{:.0f}"},
                     {"bytes", "bytes", "{:.0f}"},
                     {"bits", "bits/weight", "{:.3f}"},
                     {"predicted_bits", "predicted loss, bits", "{:.2e}"}});
  for (const auto& layer : c.layers) {
    table.add_row({layer.name, layer.method, layer.weights, layer.bytes,
                   8.0 * static_cast<double>(layer.bytes) / static_cast<double>(layer.weights),
                   layer.predicted_bits});
  }
  return table;
}

report::Plot curve_plot(const compress::Compressed& c, double parameters) {
  report::Series line{.style = report::Style::kLinePoints};
  line.name = "predicted";
  for (const auto& p : c.curve) {
    line.x.push_back(p.bits);
    line.y.push_back(p.predicted_bits);
  }
  report::Series point{.style = report::Style::kPoints};
  point.name = "measured";
  point.x = {8.0 * static_cast<double>(c.file_bytes) / parameters};
  point.y = {c.measured_bits};
  return {.title = "Rate and distortion",
          .note = "Divergence from the network as it was, against the file's bits a parameter.",
          .x = {.label = "bits a parameter, on the disk"},
          .y = {.label = "divergence, bits"},
          .series = {std::move(line), std::move(point)}};
}

// Accuracy on labelled samples, or none.
std::optional<double> accuracy(const net::Model& model, const Tensor& x,
                               const data::Dataset& samples, std::int64_t batch) {
  if (samples.task != data::Task::kClasses) return std::nullopt;
  const Tensor y = net::predict(net::Executor(model), x, batch);
  return y.argmax(1)
      .eq(tensor::from_labels(samples.labels))
      .to(torch::kFloat64)
      .mean()
      .item<double>();
}

// The smallest file that loses at most `points`, by bisection over the size.
compress::Compressed to_drop(compress::Compressor& work, double points, const net::Model& trained,
                             const Tensor& x, const data::Dataset& samples, std::int64_t most,
                             core::Key key, core::Monitor& monitor) {
  if (samples.task != data::Task::kClasses) {
    core::fail_argument(kWhere, "a budget drop=... needs labelled calibration data");
  }
  const double before = *accuracy(trained, x, samples, 64);
  std::int64_t low = work.smallest_bytes(), high = most;
  std::optional<compress::Compressed> best;
  for (int step = 0; step < 7; ++step) {
    const std::int64_t middle = (low + high) / 2;
    compress::Compressed one = work.run(middle, key, monitor);
    const double lost = 100 * (before - *accuracy(one.model.model(), x, samples, 64));
    monitor.say(fmt::format("{} bytes: {:.2f} points lost", one.file_bytes, lost));
    if (lost <= points) {
      high = middle;
      best = std::move(one);
    } else {
      low = middle;
    }
  }
  return best ? std::move(*best) : work.run(most, key, monitor);
}

void write(const compress::CompressedModel& model, const std::string& file,
           core::Monitor& monitor) {
  if (file.ends_with(".vt")) {
    code::write_container(file, compress::to_container(model));
  } else if (file.ends_with(".onnx")) {
    const compress::OnnxOut out = compress::to_onnx(model);
    net::write_onnx(out.model, file);
    monitor.say(fmt::format("{}: {} of {} matrices behind DequantizeLinear, the others float32",
                            file, out.quantized, model.matrices.size()));
  } else {
    std::vector<code::NamedTensor> arrays;
    for (const auto& [name, value] : model.model().weights) {
      const auto floats = tensor::to_floats(value);
      const auto bytes = std::as_bytes(std::span(floats));
      arrays.emplace_back(name, data::Array{.element = data::Element::kF32,
                                            .shape = value.sizes().vec(),
                                            .bytes = {bytes.begin(), bytes.end()}});
    }
    write_arrays(file, arrays);
  }
}

void Compress::run() const {
  compress::CompressOptions options;
  flags.apply(options);
  const int epochs = epochs_of(recover);
  if (output.empty() && !dry) core::fail_argument(kWhere, "expected -o FILE.vt, or --dry-run");
  for (const std::string& file : output) {
    if (!file.ends_with(".vt") && !file.ends_with(".onnx") && !file.ends_with(".safetensors")) {
      core::fail_argument(kWhere, "expected an output .vt, .onnx or .safetensors, got '{}'", file);
    }
  }
  const auto monitor = common.monitor();
  const double start = core::now_seconds();
  const core::Key key(common.seed);
  net::Model opened = open_network(model);
  data::DataPair pair = data::load(calib, key.split("data"));
  const data::Dataset samples_set = drawn(pair.train, samples, key);
  const Tensor x = net::model_inputs(opened.graph, samples_set, inputs);
  const compress::Subject subject(std::move(opened), x, key.split("signs"), *monitor);
  const auto before = accuracy(subject.model(), x, samples_set, inputs.batch);
  if (before && *before <= 1.5 / std::max(samples_set.classes, 1)) {
    monitor->warn(
        fmt::format("the network is about at chance before anything is done: {:.1f} % of "
                    "{} classes; are mean and deviation of its inputs right?",
                    100 * *before, samples_set.classes));
  }
  const compress::Budget wanted = compress::parse_budget(budget, subject.parameters());
  // A budget that no menu reaches is found out before hours of work where it is hopeless anyway.
  const auto parts_folder = [&]() -> std::filesystem::path {
    return output.empty() ? std::filesystem::path()
                          : std::filesystem::path(output.front() + ".parts");
  }();
  compress::Compressor work(subject, options, parts_folder, *monitor);
  const std::int64_t floats = 4 * subject.parameters();
  compress::Compressed result;
  if (dry) {
    result = work.allocate(wanted.bytes > 0 ? wanted.bytes : floats / 8);
  } else if (wanted.bytes > 0) {
    result = work.run(wanted.bytes, key, *monitor);
  } else {
    result = to_drop(work, wanted.drop, subject.model(), x, samples_set, floats / 4, key, *monitor);
  }
  for (const std::string& remark : result.remarks) monitor->warn(remark);
  if (epochs > 0 && !dry) {
    const data::Dataset all = std::move(pair.train);
    const Tensor every = net::model_inputs(subject.model().graph, all, inputs);
    const std::int64_t most = wanted.bytes > 0 ? wanted.bytes : result.file_bytes;
    compress::recover(subject, every, most, {.epochs = epochs}, key, result.model, *monitor);
    result.file_bytes = static_cast<std::int64_t>(compress::file_bytes(result.model));
    result.measured_bits = subject.measure(result.model.model());
  }
  const auto n = static_cast<double>(subject.parameters());
  const core::Table layers = layer_table(result);
  Json json = {{"model", model},
               {"parameters", subject.parameters()},
               {"float_bytes", floats},
               {"budget_bytes", result.budget_bytes},
               {"counted_bytes", result.counted_bytes},
               {"file_bytes", result.file_bytes},
               {"bits_per_parameter", 8.0 * static_cast<double>(result.file_bytes) / n},
               {"predicted_divergence_bits", result.predicted_bits},
               {"layers", layers.json()},
               {"tables", Json::array({report::to_json(layers, "Layers of " + model)})},
               {"plots", Json::array({report::to_json(curve_plot(result, n))})}};
  std::string text = layers.text();
  if (dry) {
    text += "\npredicted:  bits/parameter  divergence, bits\n";
    for (const auto& p : result.curve) {
      text += fmt::format("            {:14.3f}  {:.3e}\n", p.bits, p.predicted_bits);
    }
    Json curve = Json::array();
    for (const auto& p : result.curve) curve.push_back({p.bits, p.predicted_bits});
    json["curve"] = std::move(curve);
    return print_result(common, json, text);
  }
  json["measured_divergence_bits"] = result.measured_bits;
  const net::Model small = result.model.model();
  const Tensor y = subject.outputs_of(small);
  json["agreement"] = compress::agreement(subject.outputs(), y);
  if (before) {
    json["accuracy_before"] = *before;
    json["accuracy"] = *accuracy(small, x, samples_set, inputs.batch);
  }
  const std::vector<Tensor> one = {x.slice(0, 0, 1)};
  json["seconds_a_sample"] = net::measure_costs(net::Executor(small), one, 3).seconds;
  json["seconds_a_sample_before"] = net::measure_costs(subject.executor(), one, 3).seconds;
  for (const std::string& file : output) write(result.model, file, *monitor);
  core::remove_folder(parts_folder);
  core::Record kept{.command = "compress",
                    .options = core::options_to_json(options),
                    .seed = common.seed,
                    .results = json,
                    .seconds = core::now_seconds() - start};
  kept.options.update(
      {{"model", model}, {"calib", calib}, {"budget", budget}, {"samples", samples}});
  if (!record.empty()) {
    const std::filesystem::path folder(record);
    core::append_record(folder / "records.jsonl", kept);
    core::write_file(folder / "report.html",
                     report::render_records(core::read_records(folder / "records.jsonl")).html());
  }
  text += fmt::format(
      "\n{}: {} bytes, {:.3f} bits a parameter, {:.1f} times smaller than float32; "
      "divergence {:.5f} bits (predicted {:.5f}), agreement {:.2f} %\n",
      output.front(), result.file_bytes, 8.0 * static_cast<double>(result.file_bytes) / n,
      static_cast<double>(floats) / static_cast<double>(result.file_bytes), result.measured_bits,
      result.predicted_bits, 100 * json["agreement"].get<double>());
  if (before) {
    text += fmt::format("accuracy on the calibration samples {:.2f} %, before {:.2f} %\n",
                        100 * json["accuracy"].get<double>(), 100 * *before);
  }
  print_result(common, json, text);
}

}  // namespace

void add_compress(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("compress", "a trained network into a budget of bytes");
  const auto state = std::make_shared<Compress>(*verb);
  verb->callback([state] { state->run(); });
}

}  // namespace venturi::app
