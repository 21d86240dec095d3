// venturi measure: information between columns of a person's own files, with error bars.
#include <cmath>

#include "venturi/app/command.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/columns.hpp"
#include "venturi/learn/neural_information.hpp"
#include "venturi/measure/by_kind.hpp"
#include "venturi/measure/certificate.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/neighbours.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;
using measure::Measured;
using measure::Variable;

constexpr const char* kWhere = "app.measure";

struct MeasureOptions {
  measure::MiOptions mi;
  learn::NeuralOptions neural;  // for the methods of learn::bounds()

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    measure::MiOptions::fields(self.mi, visit);
    learn::NeuralOptions::fields(self.neural, visit);
  }
};

struct Measure {
  Common common;
  std::string quantity;
  std::vector<std::string> places;
  std::string given;
  std::string output;
  int lags = 1;
  bool matrix = false;
  bool certify = false;
  std::shared_ptr<OptionFlags<MeasureOptions>> flags;
  learn::NeuralOptions neural;
};

Variable variable(const data::Columns& columns) {
  const bool names =
      std::find(columns.text.begin(), columns.text.end(), true) != columns.text.end();
  if (names && columns.names.size() > 1) {
    core::fail_argument(kWhere, "a column of text stands alone as a variable, got {}",
                        fmt::join(columns.names, ", "));
  }
  return {.name = fmt::format("{}", fmt::join(columns.names, ", ")),
          .values = columns.values,
          .names = names};
}

// One variable a file; of a single file, one a column where several variables are asked for.
std::vector<Variable> variables(const std::vector<std::string>& places, bool each_column) {
  std::vector<Variable> out;
  for (const std::string& place : places) {
    const data::Columns columns = data::read_columns(place);
    if (places.size() > 1 || !each_column) {
      out.push_back(variable(columns));
      continue;
    }
    for (core::Index c = 0; c < columns.values.cols(); ++c) {
      out.push_back(variable(columns.column(c)));
    }
  }
  return out;
}

bool is_neural(const std::string& method) {
  const auto table = learn::bounds();
  return std::any_of(table.begin(), table.end(), [&](const auto& m) { return m.name == method; });
}

// By a trained bound; of the estimators' options it takes scale (none, standard: both are the same
// here; rank) and the interval's level.
Measured by_bound(const Measure& verb, const std::vector<Variable>& v,
                  const MeasureOptions& options) {
  const measure::MiOptions& mi = options.mi;
  if (verb.quantity != "mi" || !verb.given.empty() || v.size() != 2) {
    core::fail_argument(kWhere, "method {} measures mi of two variables alone", mi.method);
  }
  if (mi.permutations > 0 || mi.series) {
    core::fail_argument(kWhere, "method {} has no surrogates and no series; ksg1 has both",
                        mi.method);
  }
  for (const Variable& one : v) {
    if (one.names) {
      core::fail_argument(kWhere, "'{}' holds names, which method {} would take for amounts",
                          one.name, mi.method);
    }
  }
  learn::NeuralOptions neural = options.neural;
  neural.bound = mi.method;
  neural.interval = mi.interval;
  const bool rank = mi.scale == "rank";
  const core::Matrix x = rank ? measure::normal_scores(v[0].values) : v[0].values;
  const core::Matrix y = rank ? measure::normal_scores(v[1].values) : v[1].values;
  const auto monitor = verb.common.monitor();
  return {.estimate =
              learn::neural_information(x, y, neural, core::Key(verb.common.seed),
                                        tensor::parse_device(verb.common.device), *monitor)};
}

Measured one(const Measure& verb, const std::vector<Variable>& v, const MeasureOptions& given) {
  const core::Key key(verb.common.seed);
  const measure::MiOptions& options = given.mi;
  if (is_neural(options.method)) return by_bound(verb, v, given);
  if (verb.quantity == "entropy") return measure::entropy_by_kind(v[0], options, key);
  if (verb.quantity == "tc") return measure::groups_by_kind(v, options, key);
  if (v.size() != 2) {
    core::fail_argument(kWhere, "{} expects two variables (files, or columns of one), got {}",
                        verb.quantity, v.size());
  }
  if (verb.quantity == "te") {
    return measure::transfer_by_kind(v[0], v[1], verb.lags, options, key);
  }
  if (verb.quantity == "dependence") {
    return measure::dependence_by_kind(v[0], v[1], options, key);
  }
  if (verb.given.empty()) return measure::information_by_kind(v[0], v[1], options, key);
  const Variable z = variable(data::read_columns(verb.given));
  return measure::conditional_by_kind(v[0], v[1], z, options, key);
}

// The estimator that was asked for, on other columns than the person's.
measure::Certificate certificate_of(const Measure& verb, const std::vector<Variable>& v,
                                    const MeasureOptions& given) {
  MeasureOptions plain = given;
  plain.mi.permutations = 0;
  const auto informant = [&](const core::Matrix& x, const core::Matrix& y) {
    const Measured m = one(verb, {{v[0].name, x, v[0].names}, {v[1].name, y, v[1].names}}, plain);
    return measure::BitsAndError{m.estimate.bits, m.estimate.standard_error};
  };
  return measure::certify(informant, v[0].values, v[1].values,
                          core::Key(verb.common.seed).split("certificate"));
}

// How a method that chooses came to its choice.
std::string choice_text(const Json& details) {
  core::Table table({{"name", "candidate", ""},
                     {"gain_nats", "held-out gain, nats", "{:.4f}"},
                     {"gain_error", "error beside the chosen", "{:.4f}"},
                     {"nats", "tells, nats", "{:.4f}"},
                     {"seconds", "s", "{:.1f}"}});
  for (const Json& c : details["candidates"]) {
    table.add_row(
        {c["name"].get<std::string>(), c["gain_nats"], c["gain_error"], c["nats"], c["seconds"]});
  }
  if (details["candidates"].empty()) return {};
  return fmt::format(
      "\n{}\nNearest neighbours miss {:+.4f} nats in {} (error {:.4f}): {}. {:.1f} s in all.\n",
      table.text(), details["missed_nats"].get<double>(), details["chosen"].get<std::string>(),
      details["missed_error"].get<double>(),
      details["corrected"].get<bool>() ? "added" : "chance, not added",
      details["seconds"].get<double>());
}

std::string certificate_text(const Json& certificate) {
  core::Table table({{"name", "test", ""},
                     {"bits", "bits", "{:.4f}"},
                     {"relation", "", ""},
                     {"expected", "expected", "{:.4f}"},
                     {"tolerance", "tolerance", "{:.4f}"},
                     {"passes", "", ""}});
  for (const Json& t : certificate["tests"]) {
    table.add_row({t["name"].get<std::string>(), t["bits"], t["relation"].get<std::string>(),
                   t["expected"], t["tolerance"], t["passes"].get<bool>() ? "pass" : "FAIL"});
  }
  return fmt::format("\nCertificate: {} ({} rows, {:.4f} bits, noise {:.4f})\n{}",
                     certificate["passes"].get<bool>() ? "pass" : "FAIL",
                     certificate["n"].get<std::size_t>(), certificate["bits"].get<double>(),
                     certificate["noise"].get<double>(), table.text());
}

core::Table empty_table(double level, bool bare) {
  return core::Table({{"of", "of", ""},
                      {"bits", bare ? "value" : "bits", "{:.4f}"},
                      {"low", fmt::format("{:g} % from", 100 * level), "{:.4f}"},
                      {"high", "to", "{:.4f}"},
                      {"p_value", "p", "{:.4g}"},
                      {"q_value", "q", "{:.4g}"},
                      {"n", "n", "{:.0f}"},
                      {"method", "method", ""}});
}

void add_row(core::Table& table, const std::string& of, const Measured& m, const Json& q) {
  const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(); };
  table.add_row({of, m.estimate.bits, finite(m.estimate.low), finite(m.estimate.high),
                 m.p_value ? Json(*m.p_value) : Json(), q, m.estimate.n, m.estimate.method});
}

Json heat_map(const std::vector<Variable>& v, const std::vector<measure::PairMeasured>& pairs,
              int permutations) {
  report::HeatMap map{.title = "Mutual information of each pair",
                      .row_label = "column",
                      .column_label = "column",
                      .scale = {.label = "bits", .min = 0}};
  for (const Variable& one : v) map.rows.push_back(one.name);
  map.columns = map.rows;
  map.values.assign(v.size() * v.size(), std::nan(""));
  std::size_t significant = 0;
  for (const auto& pair : pairs) {
    map.values[pair.x * v.size() + pair.y] = map.values[pair.y * v.size() + pair.x] =
        pair.measured.estimate.bits;
    significant += pair.q_value <= 0.05 ? 1 : 0;
  }
  map.note = permutations > 0
                 ? fmt::format(
                       "{} of {} pairs stand out of chance at a false discovery rate of "
                       "5 % ({} surrogates each).",
                       significant, pairs.size(), permutations)
                 : "Without surrogates: which pairs stand out of chance is not said.";
  return report::to_json(map);
}

// What two variables tell of a third, in its four parts.
template <class Warn>
Json parts_of(const Measure& verb, const std::vector<Variable>& v,
              const measure::MiOptions& options, core::Table& table, const Warn& warn) {
  if (v.size() != 3) {
    core::fail_argument(kWhere, "pid expects three variables, two sources and a target, got {}",
                        v.size());
  }
  const measure::MeasuredDecomposition parts =
      measure::decomposition_by_kind(v[0], v[1], v[2], options, core::Key(verb.common.seed));
  Json out = {{"quantity", "pid"}, {"of", {v[0].name, v[1].name}}, {"target", v[2].name}};
  const auto add = [&](const char* key, const std::string& of, const Measured& m) {
    add_row(table, of, m, Json());
    out[key] = m.json();
  };
  add("redundancy", "redundancy", parts.redundancy);
  add("unique_x", "unique: " + v[0].name, parts.unique_x);
  add("unique_y", "unique: " + v[1].name, parts.unique_y);
  add("synergy", "synergy", parts.synergy);
  warn("of " + v[2].name, parts.redundancy);
  return out;
}

// What the run found, as its record keeps it.
Json results_of(const Measure& verb, const MeasureOptions& given, core::Table& table,
                std::vector<std::string>& warnings) {
  const measure::MiOptions& options = given.mi;
  const std::vector<Variable> v = variables(verb.places, verb.matrix || verb.quantity != "entropy");
  const auto warn = [&](const std::string& of, const Measured& m) {
    for (const std::string& text : m.estimate.warnings) warnings.push_back(of + ": " + text);
  };
  if (verb.quantity == "pid") return parts_of(verb, v, options, table, warn);
  if (!verb.matrix) {
    const Measured m = one(verb, v, given);
    std::vector<std::string> names;
    for (const Variable& variable : v) names.push_back(variable.name);
    const std::string of = fmt::format("{}", fmt::join(names, "; "));
    add_row(table, of, m, Json());
    warn(of, m);
    Json out = {{"quantity", verb.quantity}, {"of", names}};
    out.update(m.json());
    if (verb.certify) out["certificate"] = certificate_of(verb, v, given).json();
    return out;
  }
  Json rows = Json::array();
  const auto pairs = measure::every_pair(v, options, core::Key(verb.common.seed));
  for (const auto& pair : pairs) {
    const std::string of = v[pair.x].name + "; " + v[pair.y].name;
    const Json q = options.permutations > 0 ? Json(pair.q_value) : Json();
    add_row(table, of, pair.measured, q);
    warn(of, pair.measured);
    rows.push_back({{"x", v[pair.x].name}, {"y", v[pair.y].name}});
    rows.back().update(pair.measured.json());
    rows.back()["q_value"] = q;
  }
  return {{"quantity", "mi of each pair"},
          {"pairs", rows},
          {"heat_maps", {heat_map(v, pairs, options.permutations)}}};
}

void run(const Measure& verb) {
  MeasureOptions all;
  verb.flags->apply(all);
  if (verb.matrix && (verb.quantity != "mi" || !verb.given.empty())) {
    core::fail_argument(kWhere, "--matrix goes with mi alone, got {}",
                        verb.given.empty() ? verb.quantity : "--given");
  }
  if (verb.certify &&
      (verb.quantity != "mi" || verb.matrix || !verb.given.empty() || all.mi.series)) {
    core::fail_argument(kWhere, "--certify goes with mi of two variables alone, without --series");
  }
  if (!verb.given.empty() && verb.quantity != "mi") {
    core::fail_argument(kWhere, "--given goes with mi alone, got {}", verb.quantity);
  }
  if (verb.quantity == "entropy" && verb.places.size() != 1) {
    core::fail_argument(kWhere, "entropy expects one variable, got {}", verb.places.size());
  }
  const measure::MiOptions& options = all.mi;
  const bool neural = is_neural(options.method);
  if (verb.common.device != "cpu" && !neural) {
    if (verb.common.device != "cuda") {
      core::fail_argument(kWhere, "expected --device cpu or cuda, got {}", verb.common.device);
    }
    measure::set_search("cuda");
  }
  const double start = core::now_seconds();
  const bool bare =
      verb.quantity == "dependence" &&
      measure::choose(measure::dependence_methods(), options.method, kWhere).make.unit != "bits";
  core::Table table = empty_table(options.interval, bare || options.method == "wdm");
  std::vector<std::string> warnings;
  Json results = results_of(verb, all, table, warnings);
  core::Record record{
      .command = "measure " + verb.quantity,
      .options = neural ? core::options_to_json(all) : core::options_to_json(options),
      .seed = verb.common.seed,
      .results = results,
      .seconds = core::now_seconds() - start};
  record.options["variables"] = verb.places;
  if (!verb.given.empty()) record.options["given"] = verb.given;
  if (verb.quantity == "te") record.options["lags"] = verb.lags;
  if (!verb.output.empty()) {
    record.results["notes"] = warnings;
    record.results["tables"] = {report::to_json(table)};
    const std::filesystem::path folder = verb.output;
    core::append_record(folder / "records.jsonl", record);
    core::write_file(
        folder / "report.html",
        report::render_records(core::read_records(folder / "records.jsonl"), "Measured").html());
    record.results = results;
  }
  const auto monitor = verb.common.monitor();
  if (!verb.common.json) {
    for (const std::string& text : warnings) monitor->warn(text);
  }
  std::string text = table.text();
  if (results.contains("details")) text += choice_text(results["details"]);
  if (results.contains("certificate")) text += certificate_text(results["certificate"]);
  print_result(verb.common, record.json(), text);
}

std::string footer() {
  std::string out =
      "A variable is x.npy (n or n*d), table.csv or table.csv#a,b (those columns). Two files are "
      "two\nvariables; the columns of a single file are a variable each, but for entropy.\n\n"
      "Methods; `default` goes by the data: names and few values are counted, or measured by ross, "
      "gao,\nmesner-shalizi beside numbers; of numbers information by auto,\nthe rest by the first "
      "of its list:\n";
  for (const auto& m : measure::member_infos()) {
    out += fmt::format("  {:<15} {:<15} {}\n", m.kind, m.name, m.summary);
  }
  for (const auto& m : learn::bounds()) {
    out += fmt::format("  {:<15} {:<15} {}\n", "information", m.name, m.summary);
  }
  return out;
}

}  // namespace

void add_measure(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "measure", "mutual information, entropy and their kin of CSV or NPY columns, with intervals");
  const auto state = std::make_shared<Measure>();
  verb->add_option(
          "quantity", state->quantity,
          "mi, entropy, tc (total correlation), te (transfer entropy from the first to the "
          "second), dependence (kernel measures) or pid (redundant, unique and synergetic "
          "bits that two variables have on a third)")
      ->required()
      ->check(CLI::IsMember({"mi", "entropy", "tc", "te", "dependence", "pid"}));
  verb->add_option("variables", state->places, "x.npy, table.csv or table.csv#a,b")->required();
  verb->add_option("--given", state->given, "mi given this variable too");
  verb->add_option("--lags", state->lags, "te: steps of the past that count [1]");
  verb->add_flag("--matrix", state->matrix, "mi of every pair of columns");
  verb->add_flag("--certify", state->certify,
                 "mi: test whether the estimator keeps the laws of information on these data "
                 "(independence, data processing, additivity)");
  verb->add_option("-o,--output", state->output,
                   "folder: the run is appended to its records.jsonl, drawn in its report.html");
  state->flags = std::make_shared<OptionFlags<MeasureOptions>>(*verb);
  add_common(*verb, state->common);
  verb->footer(footer);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
