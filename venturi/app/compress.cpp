// venturi compress: a trained network into a budget of bytes.
#include "venturi/compress/compress.hpp"

#include <algorithm>

#include "venturi/app/array_files.hpp"
#include "venturi/app/command.hpp"
#include "venturi/app/compress_report.hpp"
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

constexpr std::int64_t kPlaneSamples = 256;

struct Compress {
  explicit Compress(CLI::App& verb) : flags(verb) {
    verb.add_option("model", model, kModelHelp)->required();
    verb.add_option("--calib", calib,
                    "data set of inputs, and labels where it has some: a name, URI or file")
        ->required();
    verb.add_option("--budget", budget,
                    "of the file: 200KB, 10% (of float32), 2.5bits (a parameter), drop=0.5 "
                    "(points of accuracy); with --activations of file and activations together")
        ->required();
    verb.add_option("-o,--output", output,
                    "what to write: .vt, .onnx (QuantizeLinear where it can say it) or "
                    ".safetensors; several, with commas. Until all is done FILE.parts beside the "
                    "first keeps finished layers: the same command goes on from them")
        ->delimiter(',');
    verb.add_option("--samples", samples, "inputs used, drawn from the training part [512]")
        ->check(CLI::Range(1, 1 << 20));
    verb.add_option("--recover", recover, "training afterwards, at the same size: 1epoch [none]");
    verb.add_option("--record", record,
                    "folder: the run is appended to its records.jsonl and drawn in its "
                    "report.html: curve over budgets, allocation, information plane");
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

 private:
  void check() const;
  compress::Compressed result(compress::Compressor& work, const compress::Subject& subject,
                              data::DataPair& pair, const data::Dataset& drawn, core::Key key,
                              core::Monitor& monitor) const;
  void print_dry(const compress::Compressor& work, const compress::Subject& subject) const;
  void keep(const compress::CompressOptions& options, const compress::Compressor& work,
            const compress::Compressed& result, const compress::Subject& subject,
            const data::Dataset& drawn, const Json& json, double start,
            core::Monitor& monitor) const;
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
  if (best) return std::move(*best);
  monitor.warn(fmt::format("no size up to {} bytes loses less than {} points", most, points));
  return work.run(most, key, monitor);
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

// A budget's bytes, once it is known what counts.
compress::Budget budget_of(const std::string& text, const compress::Compressor& work) {
  return compress::parse_budget(text, work.counted_numbers());
}

std::string size_text(std::int64_t bytes, std::int64_t activations) {
  return activations == 0 ? fmt::format("{} bytes", bytes)
                          : fmt::format("{} bytes and {} of activations", bytes, activations);
}

// Numbers of a result that a record and --json share.
Json numbers(const compress::Compressed& c, const compress::Subject& subject,
             const std::string& model) {
  const core::Table layers = layer_table(c);
  Json out = {{"model", model},
              {"parameters", subject.parameters()},
              {"float_bytes", 4 * subject.parameters()},
              {"budget_bytes", c.budget_bytes},
              {"counted_bytes", c.counted_bytes},
              {"file_bytes", c.file_bytes},
              {"bits_per_parameter",
               8.0 * static_cast<double>(c.file_bytes) / static_cast<double>(subject.parameters())},
              {"predicted_divergence_bits", c.predicted_bits},
              {"remarks", c.remarks},
              {"layers", layers.json()},
              {"tables", Json::array({report::to_json(layers, "Layers of " + model)})}};
  Json curve = Json::array();
  for (const auto& p : c.curve) curve.push_back({p.bits, p.predicted_bits});
  out["curve"] = std::move(curve);
  if (!c.edges.empty()) {
    const core::Table edges = edge_table(c);
    out["activation_bytes"] = c.activation_bytes;
    out["edges"] = edges.json();
    out["tables"].push_back(report::to_json(edges, "Activations of " + model));
  }
  return out;
}

// Edges behind a quantiser are written under another name; what was there before is compared.
std::vector<net::PlanePoint> plane_of(const net::Executor& network, const Tensor& x,
                                      const data::Dataset& samples, core::Monitor& monitor) {
  std::vector<std::int32_t> labels(samples.labels.begin(), samples.labels.begin() + x.size(0));
  auto out = net::information_plane(network, x, labels, {}, monitor);
  for (net::PlanePoint& p : out) {
    if (p.edge.ends_with("/before")) p.edge.resize(p.edge.size() - 7);
  }
  return out;
}

void Compress::check() const {
  epochs_of(recover);
  if (output.empty() && !dry) core::fail_argument(kWhere, "expected -o FILE.vt, or --dry-run");
  for (const std::string& file : output) {
    if (!file.ends_with(".vt") && !file.ends_with(".onnx") && !file.ends_with(".safetensors")) {
      core::fail_argument(kWhere, "expected an output .vt, .onnx or .safetensors, got '{}'", file);
    }
  }
}

compress::Compressed Compress::result(compress::Compressor& work, const compress::Subject& subject,
                                      data::DataPair& pair, const data::Dataset& drawn,
                                      core::Key key, core::Monitor& monitor) const {
  const compress::Budget wanted = budget_of(budget, work);
  compress::Compressed out = wanted.bytes > 0
                                 ? work.run(wanted.bytes, key, monitor)
                                 : to_drop(work, wanted.drop, subject.model(), subject.inputs(),
                                           drawn, work.counted_numbers(), key, monitor);
  if (const int epochs = epochs_of(recover); epochs > 0) {
    const data::Dataset all = std::move(pair.train);
    const Tensor every = net::model_inputs(subject.model().graph, all, inputs);
    const std::int64_t most =
        wanted.bytes > 0 ? wanted.bytes - out.activation_bytes : out.file_bytes;
    compress::recover(subject, every, most, {.epochs = epochs}, key, out.model, monitor);
    out.file_bytes = static_cast<std::int64_t>(compress::file_bytes(out.model));
    out.measured_bits = subject.measure(out.model.model());
  }
  return out;
}

void Compress::print_dry(const compress::Compressor& work, const compress::Subject& subject) const {
  const compress::Budget wanted = budget_of(budget, work);
  const compress::Compressed c =
      work.allocate(wanted.bytes > 0 ? wanted.bytes
                                     : std::max(work.counted_numbers() / 2, work.smallest_bytes()));
  Json json = numbers(c, subject, model);
  const core::Table menus = menu_table(work);
  json["smallest_bytes"] = work.smallest_bytes();
  json["menus"] = menus.json();
  std::string text = "menus, what no other choice beats:\n" + menus.text() + "\nallocation:\n" +
                     layer_table(c).text();
  if (!c.edges.empty()) text += "\n" + edge_table(c).text();
  text += "\npredicted:  bits/parameter  divergence, bits\n";
  for (const auto& p : c.curve) {
    text += fmt::format("            {:14.3f}  {:.3e}\n", p.bits, p.predicted_bits);
  }
  text += fmt::format(
      "\nat {} bytes: {}, divergence {:.5f} bits predicted; smallest reachable {} "
      "bytes; nothing written\n",
      c.budget_bytes, size_text(c.file_bytes, c.activation_bytes), c.predicted_bits,
      work.smallest_bytes());
  print_result(common, json, text);
}

void Compress::keep(const compress::CompressOptions& options, const compress::Compressor& work,
                    const compress::Compressed& c, const compress::Subject& subject,
                    const data::Dataset& drawn, const Json& json, double start,
                    core::Monitor& monitor) const {
  const auto n = static_cast<double>(work.counted_numbers());
  const auto bits_of = [&](const compress::Compressed& one) {
    return 8.0 * static_cast<double>(one.file_bytes + one.activation_bytes) / n;
  };
  std::vector<compress::CurvePoint> allocated;
  for (const double part : {.5, .7, 1.0, 1.4, 2.0}) {
    const auto bytes =
        static_cast<std::int64_t>(part * static_cast<double>(c.file_bytes + c.activation_bytes));
    if (bytes < work.smallest_bytes()) continue;
    const compress::Compressed one = work.allocate(bytes);
    allocated.push_back({bits_of(one), subject.measure(one.model.model())});
  }
  Json results = json;
  results["plots"] =
      Json::array({report::to_json(curve_plot(c.curve, allocated, {bits_of(c), c.measured_bits}))});
  Json measured = Json::array();
  for (const auto& p : allocated) measured.push_back({p.bits, p.predicted_bits});
  results["measured_curve"] = std::move(measured);
  if (drawn.task == data::Task::kClasses && drawn.size() > 1) {
    const Tensor x = subject.inputs().slice(0, 0, kPlaneSamples);
    const PlanePair planes{plane_of(subject.executor(), x, drawn, monitor),
                           plane_of(net::Executor(c.model.model()), x, drawn, monitor)};
    const core::Table table = plane_table(planes);
    results["plane"] = table.json();
    results["tables"].push_back(
        report::to_json(table, fmt::format("Information plane, {} samples", x.size(0))));
    results["plots"].push_back(report::to_json(plane_plot(planes)));
  }
  core::Record kept{.command = "compress",
                    .options = core::options_to_json(options),
                    .seed = common.seed,
                    .results = std::move(results),
                    .seconds = core::now_seconds() - start};
  kept.options.update({{"model", model},
                       {"calib", calib},
                       {"budget", budget},
                       {"samples", samples},
                       {"recover", recover}});
  const std::filesystem::path folder(record);
  core::append_record(folder / "records.jsonl", kept);
  core::write_file(folder / "report.html",
                   report::render_records(core::read_records(folder / "records.jsonl")).html());
}

void Compress::run() const {
  compress::CompressOptions options;
  flags.apply(options);
  check();
  const auto monitor = common.monitor();
  const double start = core::now_seconds();
  const core::Key key(common.seed);
  net::Model opened = open_network(model);
  compress::parse_budget(budget, 1 << 20);  // a typing error is found before hours of work
  data::DataPair pair = data::load(calib, key.split("data"));
  const data::Dataset drawn_set = drawn(pair.train, samples, key);
  const Tensor x = net::model_inputs(opened.graph, drawn_set, inputs);
  const compress::Subject subject(std::move(opened), x, key.split("signs"), *monitor);
  const auto before = accuracy(subject.model(), x, drawn_set, inputs.batch);
  if (before && *before <= 1.5 / std::max(drawn_set.classes, 1)) {
    monitor->warn(
        fmt::format("the network is about at chance before anything is done: {:.1f} % of "
                    "{} classes; are mean and deviation of its inputs right?",
                    100 * *before, drawn_set.classes));
  }
  const std::filesystem::path parts = output.empty() ? "" : output.front() + ".parts";
  compress::Compressor work(subject, options, parts, *monitor);
  if (dry) return print_dry(work, subject);
  const compress::Compressed c = result(work, subject, pair, drawn_set, key, *monitor);
  for (const std::string& remark : c.remarks) monitor->warn(remark);
  const net::Model small = c.model.model();
  Json json = numbers(c, subject, model);
  json["measured_divergence_bits"] = c.measured_bits;
  json["agreement"] = compress::agreement(subject.outputs(), subject.outputs_of(small));
  if (before) {
    json["accuracy_before"] = *before;
    json["accuracy"] = *accuracy(small, x, drawn_set, inputs.batch);
  }
  const std::vector<Tensor> one = {x.slice(0, 0, 1)};
  json["seconds_a_sample"] = net::measure_costs(net::Executor(small), one, 3).seconds;
  json["seconds_a_sample_before"] = net::measure_costs(subject.executor(), one, 3).seconds;
  json["outputs"] = output;
  for (const std::string& file : output) write(c.model, file, *monitor);
  core::remove_folder(parts);
  if (!record.empty()) keep(options, work, c, subject, drawn_set, json, start, *monitor);
  std::string text = layer_table(c).text();
  if (!c.edges.empty()) text += "\n" + edge_table(c).text();
  text += fmt::format(
      "\n{}: {}, {:.3f} bits a parameter, {:.1f} times smaller than float32; "
      "divergence {:.5f} bits (predicted {:.5f}), agreement {:.2f} %\n",
      fmt::join(output, ", "), size_text(c.file_bytes, c.activation_bytes),
      json["bits_per_parameter"].get<double>(),
      static_cast<double>(4 * subject.parameters()) / static_cast<double>(c.file_bytes),
      c.measured_bits, c.predicted_bits, 100 * json["agreement"].get<double>());
  if (before) {
    text += fmt::format("accuracy on the calibration samples {:.2f} %, before {:.2f} %\n",
                        100 * json["accuracy"].get<double>(), 100 * *before);
  }
  text += fmt::format("one sample takes {:.2f} ms, before {:.2f} ms\n",
                      1e3 * json["seconds_a_sample"].get<double>(),
                      1e3 * json["seconds_a_sample_before"].get<double>());
  print_result(common, json, text);
}

}  // namespace

void add_compress(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("compress", "a trained network into a budget of bytes");
  const auto state = std::make_shared<Compress>(*verb);
  verb->callback([state] { state->run(); });
}

}  // namespace venturi::app
