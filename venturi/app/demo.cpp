// venturi demo: the main job on Fashion-MNIST, ending with a table, results.json and report.html.
#include <cmath>

#include "venturi/app/demo.hpp"
#include "venturi/app/rivals.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/load.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;

struct Demo {
  Common common;
  std::string output = "venturi-demo";
  bool quick = false;
};

core::Table rival_table(const std::vector<Rival>& rivals) {
  core::Table table({{"name", "the image itself", ""},
                     {"bits", "bits/image", "{:.2f}"},
                     {"accuracy", "accuracy", "{:.2f} %"}});
  for (const Rival& r : rivals) table.add_row({r.name, r.bits, r.accuracy});
  return table;
}

}  // namespace

learn::ExperimentOptions demo_options(bool quick) {
  learn::ExperimentOptions out;
  out.model.encoder = "cnn";
  out.model.hidden = {32, 64, 128};
  out.model.projection_hidden = {128};
  out.model.decoder_hidden = {64};
  out.model.channel = {.kind = "quantized", .size = 3, .components = 16};
  out.pretrain_epochs = quick ? 2 : 6;
  out.trainer.head_epochs = quick ? 4 : 30;
  out.trainer.head_learning_rate = 1e-3;
  out.trainer.epochs = 0;
  out.trainer.validation = 0.05;
  out.betas = quick ? std::vector<double>{0.01, 0.3}
                    : std::vector<double>{0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1.5};
  return out;
}

DemoResult run_demo(const DemoRequest& request, core::Monitor& monitor) {
  const core::Key key(request.seed);
  data::DataPair pair = data::load("fashion-mnist");
  if (request.quick) {
    constexpr std::size_t kImages = 6000;
    const auto rows = core::Random(key.split("quick")).permutation(pair.train.size());
    pair.train = pair.train.subset(std::span(rows).first(kImages));
  }
  DemoResult out{.experiment = learn::run_experiment(pair, request.options, key, request.device,
                                                     request.folder, monitor)};
  const data::Dataset& test = *pair.test;
  const double reference = 100 * (1 - out.experiment.reference->distortion);
  out.rivals.push_back({"raw pixels", 8.0 * static_cast<double>(test.x.cols()), reference});
  monitor.say("the same images by zstd and JPEG");
  out.rivals.push_back({"zstd -19, all images in one file", zstd_bits_per_image(test), reference});
  const learn::Codec codec = learn::load_codec(out.experiment.reference_path, request.device);
  for (Rival& rival : jpeg_rivals(test, codec, {1, 5, 10, 25, 50, 90})) {
    out.rivals.push_back(std::move(rival));
  }
  return out;
}

Json demo_results(const DemoResult& demo) {
  Json out = experiment_results(demo.experiment, demo.rivals);
  Json rivals = Json::array();
  for (const Rival& r : demo.rivals) {
    rivals.push_back({{"name", r.name}, {"bits", r.bits}, {"accuracy", r.accuracy}});
  }
  out["tables"].push_back(report::to_json(rival_table(demo.rivals), "Sending the images"));
  out["rivals"] = std::move(rivals);
  return out;
}

namespace {

void run(const Demo& verb) {
  const auto monitor = verb.common.monitor();
  const double start = core::now_seconds();
  const DemoRequest request{.options = demo_options(verb.quick),
                            .folder = verb.output,
                            .device = tensor::parse_device(verb.common.device),
                            .seed = verb.common.seed,
                            .quick = verb.quick};
  const DemoResult demo = run_demo(request, *monitor);
  core::Record record{.command = "demo",
                      .options = core::options_to_json(request.options),
                      .seed = verb.common.seed,
                      .results = demo_results(demo),
                      .seconds = core::now_seconds() - start};
  const std::filesystem::path folder = verb.output;
  const Json json = record.json();
  core::write_file(folder / "results.json", json.dump(2) + "\n");
  core::write_file(
      folder / "report.html",
      report::render_records({json}, "Fashion-MNIST through a throat of a few bits").html());
  core::write_file(folder / "rate-accuracy.svg",
                   report::to_svg(rate_plot(demo.experiment, demo.rivals)));
  print_result(
      verb.common, json,
      fmt::format("{}\n{}\nlog2(10) = {:.4f} bits would name each label exactly.\n"
                  "{:.0f} s. Open {}\n",
                  experiment_table(demo.experiment).text(), rival_table(demo.rivals).text(),
                  std::log2(10.0), record.seconds, (folder / "report.html").string()));
}

}  // namespace

void add_demo(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("demo", "the main job on Fashion-MNIST, in some minutes");
  const auto state = std::make_shared<Demo>();
  verb->add_option("-o,--output", state->output, "folder of its files")->capture_default_str();
  verb->add_flag("--quick", state->quick, "a tenth of the images, two models: a check, no figures");
  add_common(*verb, state->common);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
