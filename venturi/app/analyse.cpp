// venturi analyse: what measure/analyses.hpp can say of a person's own arrays.
#include <cmath>

#include "venturi/app/command.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/columns.hpp"
#include "venturi/measure/analyses.hpp"

namespace venturi::app {
namespace {

using core::Json;

struct Analyse {
  Common common;
  std::string analysis;
  std::vector<std::string> places;
  std::shared_ptr<OptionFlags<measure::AnalysisOptions>> flags;
};

void run(const Analyse& verb) {
  measure::AnalysisOptions options;
  verb.flags->apply(options);
  if (verb.common.device != "cpu") {
    core::fail_argument("app.analyse", "expected --device cpu, got {}", verb.common.device);
  }
  // A wrong name is said before any file is read.
  core::find_member(measure::analyses(), verb.analysis, "app.analyse");
  std::vector<core::Matrix> arrays;
  for (const std::string& place : verb.places) {
    arrays.push_back(data::read_columns(place).values);
  }
  const std::vector<core::MatrixView> views(arrays.begin(), arrays.end());
  const double start = core::now_seconds();
  const auto readings =
      measure::analyse(verb.analysis, views, options, core::Key(verb.common.seed));
  core::Table table({{"reading", "reading", ""},
                     {"value", "value", "{:.4g}"},
                     {"low", fmt::format("{:g} % from", 100 * options.interval), "{:.4g}"},
                     {"high", "to", "{:.4g}"},
                     {"unit", "unit", ""},
                     {"n", "n", "{:.0f}"}});
  Json out = Json::array();
  const auto monitor = verb.common.monitor();
  for (const measure::Reading& reading : readings) {
    const measure::Estimate& e = reading.estimate;
    const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(); };
    table.add_row({reading.name, finite(e.bits), finite(e.low), finite(e.high),
                   e.unit == "1" ? "" : e.unit, e.n});
    out.push_back({{"reading", reading.name}});
    out.back().update(e.json());
    if (verb.common.json) continue;
    for (const std::string& text : e.warnings) monitor->warn(reading.name + ": " + text);
  }
  core::Record record{.command = "analyse " + verb.analysis,
                      .options = core::options_to_json(options),
                      .seed = verb.common.seed,
                      .results = {{"analysis", verb.analysis}, {"readings", out}},
                      .seconds = core::now_seconds() - start};
  record.options["arrays"] = verb.places;
  print_result(verb.common, record.json(), table.text());
}

std::string footer() {
  std::string out = "Arrays are x.npy (n or n*d), table.csv or table.csv#a,b. Analyses:\n";
  for (const auto& m : measure::analyses()) {
    const auto& [first, second] = m.make.arrays;
    out += fmt::format("  {:<20} {:<15} {}\n", m.name,
                       second.empty() ? std::string(first) : fmt::format("{} {}", first, second),
                       m.summary);
  }
  return out;
}

}  // namespace

void add_analyse(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "analyse",
      "codes against factors, generated against real samples, probes, dimension, weights");
  const auto state = std::make_shared<Analyse>();
  verb->add_option("analysis", state->analysis, "by name, see below")->required();
  verb->add_option("arrays", state->places, "x.npy, table.csv or table.csv#a,b")->required();
  state->flags = std::make_shared<OptionFlags<measure::AnalysisOptions>>(*verb);
  add_common(*verb, state->common);
  verb->footer(footer);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
