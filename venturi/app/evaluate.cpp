// venturi eval, venturi plane: a person's own network on labelled data; what its layers know.
#include <algorithm>
#include <numeric>

#include "venturi/app/command.hpp"
#include "venturi/app/model_file.hpp"
#include "venturi/app/results.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/load.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/evaluate.hpp"
#include "venturi/net/fold.hpp"
#include "venturi/net/plane.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;

// What both verbs open: a model, and the part of a data set that it is held against.
struct Subject {
  Common common;
  std::string model, data, part = "test", compute = "float32", output;

  data::Dataset dataset() const {
    data::DataPair pair = data::load(data, core::Key(common.seed).split("data"));
    if (part == "train" || !pair.test) return std::move(pair.train);
    return std::move(*pair.test);
  }
  net::Executor executor(core::Monitor& monitor) const { return executor_of(model, monitor); }
  net::Executor executor_of(const std::string& place, core::Monitor& monitor) const {
    net::Model opened = open_network(place);
    net::fold_constants(opened);
    for (const std::string& text : net::remarks(opened)) monitor.warn(text);
    const auto type = compute == "float16"    ? torch::kFloat16
                      : compute == "bfloat16" ? torch::kBFloat16
                                              : torch::kFloat32;
    return net::Executor(std::move(opened),
                         {.device = tensor::parse_device(common.device), .compute = type});
  }
  // Keeps the record where a folder was named.
  void keep(const core::Record& record) const {
    if (output.empty()) return;
    const std::filesystem::path folder(output);
    core::append_record(folder / "records.jsonl", record);
    core::write_file(folder / "report.html",
                     report::render_records(core::read_records(folder / "records.jsonl")).html());
  }
  Json options(const Json& method) const {
    Json out = method;
    out.update({{"model", model},
                {"data", data},
                {"part", part},
                {"compute", compute},
                {"device", common.device}});
    return out;
  }
};

void add_subject(CLI::App& verb, Subject& subject) {
  verb.add_option("model", subject.model, kModelHelp)->required();
  verb.add_option("--data", subject.data, "labelled data set: a name, URI or file")->required();
  verb.add_option("--part", subject.part, "of a data set that has a test part [test]")
      ->check(CLI::IsMember({"train", "test"}));
  verb.add_option("--compute", subject.compute, "float32, float16 or bfloat16 [float32]")
      ->check(CLI::IsMember({"float32", "float16", "bfloat16"}));
  verb.add_option("-o,--output", subject.output,
                  "folder: the run is appended to its records.jsonl, drawn in its report.html");
  add_common(verb, subject.common);
}

struct Eval : Subject {
  explicit Eval(CLI::App& verb) : flags(verb) {
    verb.add_option("--predictions", predictions, "write the outputs of all samples: FILE.npy");
  }
  OptionFlags<net::EvaluateOptions> flags;
  std::string predictions;

  void run() const {
    net::EvaluateOptions options;
    flags.apply(options);
    const auto monitor = common.monitor();
    const net::Executor network = executor(*monitor);
    const data::Dataset samples = dataset();
    const net::Evaluation e = net::evaluate(network, samples, options, *monitor);
    if (!predictions.empty()) {
      const core::MatrixF y = tensor::to_matrix(e.predictions);
      const auto bytes = std::as_bytes(std::span(y.data(), static_cast<std::size_t>(y.size())));
      data::write_npy(predictions, {.element = data::Element::kF32,
                                    .shape = {y.rows(), y.cols()},
                                    .bytes = {bytes.begin(), bytes.end()}});
    }
    std::int64_t bits = 0;
    for (const auto& [name, value] : network.model().weights) {
      bits += 8 * static_cast<std::int64_t>(value.nbytes());
    }
    core::Table table({{"samples", "samples", "{:.0f}"},
                       {"model_bits", "bits of the model", "{:.0f}"},
                       {"accuracy", "accuracy", "{:.4f}"},
                       {"cross_entropy_bits", "cross-entropy, bits", "{:.4f}"},
                       {"squared_error", "squared error", "{:.6g}"},
                       {"seconds", "s", "{:.2f}"}});
    const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(); };
    table.add_row({e.samples, bits, e.classes ? Json(e.accuracy) : Json(),
                   e.classes ? finite(e.cross_entropy_bits) : Json(),
                   e.classes ? Json() : finite(e.squared_error), e.seconds});
    core::Record record{.command = "eval",
                        .options = Subject::options(core::options_to_json(options)),
                        .seed = common.seed,
                        .results = table.json()[0],
                        .seconds = e.seconds};
    record.results["tables"] = Json::array({report::to_json(table, "Evaluation of " + model)});
    keep(record);
    Json json = table.json()[0];
    json["model"] = model;
    json["data"] = data;
    print_result(common, json, table.text());
  }
};

// Midpoints of the two bounds, the bounds as whiskers.
report::Plot drawn(const std::vector<net::PlanePoint>& points) {
  report::Series series{.style = report::Style::kLinePoints};
  for (const auto& p : points) {
    series.x.push_back((p.rate_low + p.rate_high) / 2);
    series.y.push_back((p.label_low + p.label_high) / 2);
    series.y_low.push_back(std::min(p.label_low, p.label_high));
    series.y_high.push_back(std::max(p.label_low, p.label_high));
    series.tips.push_back(fmt::format("{}: I(X;T) {:.3f} to {:.3f}, I(Y;T) {:.3f} to {:.3f} bits",
                                      p.edge, p.rate_low, p.rate_high, p.label_low, p.label_high));
  }
  return {.title = "Information plane of the layers",
          .note =
              "What each edge, with noise, tells of the input and of the label, in the order of "
              "the network.",
          .x = {.label = "I(X;T), bits"},
          .y = {.label = "I(Y;T), bits"},
          .series = {std::move(series)}};
}

core::Table plane_table(const std::vector<net::PlanePoint>& points) {
  core::Table table({{"edge", "edge T", ""},
                     {"units", "units", "{:.0f}"},
                     {"rate_low", "I(X;T) bits, from", "{:.4f}"},
                     {"rate_high", "to", "{:.4f}"},
                     {"label_low", "I(Y;T) bits, by the lower", "{:.4f}"},
                     {"label_high", "by the upper bound", "{:.4f}"}});
  for (const auto& p : points) {
    table.add_row({p.edge, p.units, p.rate_low, p.rate_high, p.label_low, p.label_high});
  }
  return table;
}

struct Plane : Subject {
  explicit Plane(CLI::App& verb) : flags(verb) {
    verb.add_option("--samples", samples, "drawn from the data, at most [1000]")
        ->check(CLI::Range(2, 1 << 14));
    for (auto* list : {&inputs.mean, &inputs.deviation}) {
      verb.add_option(list == &inputs.mean ? "--mean" : "--deviation", *list,
                      list == &inputs.mean ? "of each channel, taken off the inputs"
                                           : "of each channel, by which the inputs are divided")
          ->delimiter(',');
    }
  }
  OptionFlags<net::PlaneOptions> flags;
  net::EvaluateOptions inputs;
  std::size_t samples = 1000;
  std::vector<std::string> later;

  void run() const {
    net::PlaneOptions options;
    flags.apply(options);
    const auto monitor = common.monitor();
    const double start = core::now_seconds();
    data::Dataset all = dataset();
    if (all.task != data::Task::kClasses) {
      core::fail_data("app.plane", "'{}' has no labels", data);
    }
    const auto n = static_cast<std::size_t>(all.size());
    if (n > samples) {
      auto rows = core::Random(core::Key(common.seed).split("samples")).permutation(n);
      rows.resize(samples);
      all = all.subset(rows);
    }
    std::vector<std::string> places = {model};
    places.insert(places.end(), later.begin(), later.end());
    std::vector<std::vector<net::PlanePoint>> planes;
    for (const std::string& place : places) {
      const net::Executor network = executor_of(place, *monitor);
      planes.push_back(net::information_plane(
          network, net::model_inputs(network.graph(), all, inputs), all.labels, options, *monitor));
      if (!std::ranges::equal(planes.back(), planes.front(), {}, &net::PlanePoint::edge,
                              &net::PlanePoint::edge)) {
        core::fail_data("app.plane", "'{}' has other edges than '{}'", place, model);
      }
    }
    const bool several = planes.size() > 1;
    Json moments = Json::array();
    std::string text;
    for (std::size_t i = 0; i < planes.size(); ++i) {
      const core::Table table = plane_table(planes[i]);
      moments.push_back({{"model", places[i]}, {"points", table.json()}});
      text += (several ? places[i] + "\n" : "") + table.text() + "\n";
    }
    const core::Table table = plane_table(planes.back());
    const report::Plot plot = several
                                  ? moving_plane("Information plane of the layers", planes, places)
                                  : drawn(planes.front());
    core::Record record{.command = "plane",
                        .options = Subject::options(core::options_to_json(options)),
                        .seed = common.seed,
                        .results = {{"tables", Json::array({report::to_json(table, "Edges")})},
                                    {"plots", Json::array({report::to_json(plot)})},
                                    {"samples", all.size()},
                                    {"points", table.json()}},
                        .seconds = core::now_seconds() - start};
    if (several) record.results["moments"] = std::move(moments);
    keep(record);
    const bool noisy = options.estimator == "kde" || options.estimator == "pca";
    text +=
        fmt::format("{} samples; {}; at most log2(samples) = {:.4f} bits can show\n", all.size(),
                    noisy ? fmt::format("noise of {} of an edge's spread", options.noise)
                          : fmt::format("{} bins", options.bins),
                    std::log2(static_cast<double>(all.size())));
    print_result(common, record.results, text);
  }
};

template <class Verb>
std::pair<CLI::App*, std::shared_ptr<Verb>> add(CLI::App& app, const char* name, const char* help) {
  CLI::App* verb = app.add_subcommand(name, help);
  const auto state = std::make_shared<Verb>(*verb);
  add_subject(*verb, *state);
  verb->callback([state] { state->run(); });
  return {verb, state};
}

}  // namespace

void add_eval(CLI::App& app) {
  add<Eval>(app, "eval", "accuracy and cross-entropy of a network (ONNX) on labelled data");
}

void add_plane(CLI::App& app) {
  const auto [verb, plane] =
      add<Plane>(app, "plane", "what each layer of a network tells of its input and of the label");
  // Behind the model, which comes first.
  verb->add_option("later", plane->later,
                   "the same network later in its training, in order: the report then shows its "
                   "layers moving through the plane");
}

}  // namespace venturi::app
