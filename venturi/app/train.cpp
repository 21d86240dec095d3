// venturi train: bottleneck models of any data set, their bits, and a table of what they cost.
#include "venturi/app/compare.hpp"
#include "venturi/app/results.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/load.hpp"
#include "venturi/learn/method.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

struct Train {
  explicit Train(CLI::App& verb) : flags(verb) {}
  Common common;
  std::string data;
  std::string output = "venturi-runs";
  std::vector<std::string> compare;
  int seeds = 5;
  OptionFlags<learn::ExperimentOptions> flags;

  void run_comparison() const {
    learn::CompareOptions options{.methods = compare, .seeds = seeds};
    flags.apply(options.experiment);
    const auto monitor = common.monitor();
    const double start = core::now_seconds();
    const core::Key key(common.seed);
    const learn::Comparison comparison =
        learn::compare(data::load(data, key.split("data")), options, key,
                       tensor::parse_device(common.device), *monitor);
    core::Record record{.command = "train --compare",
                        .options = core::options_to_json(options.experiment),
                        .seed = common.seed,
                        .results = comparison_results(comparison),
                        .seconds = core::now_seconds() - start};
    record.options["data"] = data;
    record.options["device"] = common.device;
    record.options["compare"] = compare;
    record.options["seeds"] = seeds;
    const std::filesystem::path folder(output);
    core::append_record(folder / "records.jsonl", record);
    core::write_file(folder / "report.html",
                     report::render_records({record.json()}, "Methods compared on " + data).html());
    std::string text = choice_table(comparison).text() + "\n";
    for (const core::Json& note : record.results["notes"]) text += note.get<std::string>() + "\n";
    print_result(common, record.json(),
                 text + fmt::format("\nreport.html and records.jsonl are in {}/\n", output));
  }

  void run() const {
    if (!compare.empty()) {
      run_comparison();
      return;
    }
    learn::ExperimentOptions options;
    flags.apply(options);
    const auto monitor = common.monitor();
    const tensor::Device device = tensor::parse_device(common.device);
    const double start = core::now_seconds();
    const core::Key key(common.seed);
    const data::DataPair pair = data::load(data, key.split("data"));
    const learn::Experiment experiment =
        learn::run_experiment(pair, options, key, device, output, *monitor);
    core::Record record{.command = "train",
                        .options = core::options_to_json(options),
                        .seed = common.seed,
                        .results = experiment_results(experiment),
                        .seconds = core::now_seconds() - start};
    record.options["data"] = data;
    record.options["device"] = common.device;
    core::append_record(std::filesystem::path(output) / "records.jsonl", record);
    const core::Table table = experiment_table(experiment);
    print_result(
        common, record.json(),
        table.text() + fmt::format("\nModels, bits and records.jsonl are in {}/\n", output));
  }
};

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("train", "learn a bottleneck of a data set");
  const auto train = std::make_shared<Train>(*verb);
  verb->add_option("data", train->data,
                   "data set: a name, URI or file (fashion-mnist, csv:FILE#target=price, ...)")
      ->required();
  verb->add_option("-o,--output", train->output, "folder of models, bits and records")
      ->capture_default_str();
  std::vector<std::string> names;
  for (const auto& method : learn::methods()) names.emplace_back(method.name);
  verb->add_option("--compare", train->compare,
                   fmt::format("methods side by side on the same network, splits and seeds, of "
                               "{}; makes report.html",
                               fmt::join(names, ", ")))
      ->delimiter(',');
  verb->add_option("--seeds", train->seeds, "splits and starts that --compare averages")
      ->capture_default_str();
  add_common(*verb, train->common);
  verb->callback([train] { train->run(); });
}

}  // namespace venturi::app
