// venturi reproduce: does a paper's claim hold? Recipes in, verdicts out.
#include <algorithm>

#include "venturi/app/recipe.hpp"
#include "venturi/core/record.hpp"
#include "venturi/report/plot.hpp"

namespace venturi::app {
namespace {

struct Reproduce {
  Common common;
  std::vector<std::string> ids;
  std::string room;
  std::string record;
  bool all = false;
  bool quick = false;
};

std::vector<Recipe> chosen(const Reproduce& verb) {
  std::vector<std::filesystem::path> paths;
  if (verb.ids.empty() && verb.room.empty() && !verb.all) {
    core::fail_argument("app.reproduce", "name recipes, or --room R, or --all");
  }
  for (const std::string& id : verb.ids) {
    if (id.find('/') != std::string::npos) {
      core::fail_argument("app.reproduce", "expected a recipe's id, got '{}'", id);
    }
    paths.push_back(recipe_folder() / (id + ".toml"));
  }
  if (verb.ids.empty()) {
    for (const std::string& name : core::list_files(recipe_folder())) {
      if (name.ends_with(".toml")) paths.push_back(recipe_folder() / name);
    }
  }
  std::vector<Recipe> out;
  for (const auto& path : paths) {
    Recipe recipe = read_recipe(path);
    if (verb.room.empty() || recipe.room == verb.room) out.push_back(std::move(recipe));
  }
  return out;
}

std::string verdict_text(const core::Json& v) {
  std::string out = fmt::format("{}: {}\n  {}\n", v["id"].get<std::string>(),
                                v["claim"].get<std::string>(), v["source"].get<std::string>());
  if (v.contains("skipped")) {
    return out + fmt::format("  skipped: needs {}\n", v["skipped"].get<std::string>());
  }
  for (const core::Json& f : v["figures"]) {
    out += fmt::format("  {:<44} {:>12.6g} {:<12}", f["name"].get<std::string>(),
                       f["value"].get<double>(), f["unit"].get<std::string>());
    if (f.contains("relation")) {
      out += fmt::format(" {} {:g}: {}", f["relation"].get<std::string>(),
                         f["target"].get<double>(), f["holds"].get<bool>() ? "holds" : "FAILS");
    }
    out += "\n";
  }
  return out + fmt::format("  {} ({:.1f} s)\n",
                           v["holds"].get<bool>() ? "the claim holds" : "the claim does NOT hold",
                           v["seconds"].get<double>());
}

// The figures that are points of curves, a plot for each title.
core::Json plots_of(const std::vector<Figure>& figures) {
  std::vector<report::Plot> plots;
  for (const Figure& f : figures) {
    if (!f.point) continue;
    if (plots.empty() || plots.back().title != f.point->plot) {
      plots.push_back({.title = f.point->plot,
                       .x = {.label = f.point->x_label, .log = true},
                       .y = {.label = f.unit, .min = 0}});
    }
    auto& all = plots.back().series;
    auto at = std::find_if(all.begin(), all.end(),
                           [&](const auto& series) { return series.name == f.point->series; });
    if (at == all.end()) {
      at = all.insert(at, {.name = f.point->series, .style = report::Style::kLinePoints});
    }
    at->x.push_back(f.point->x);
    at->y.push_back(f.value);
  }
  core::Json out = core::Json::array();
  for (const report::Plot& plot : plots) out.push_back(report::to_json(plot));
  return out;
}

core::Json verdict(const Recipe& recipe, const Reproduce& verb, core::Monitor& monitor) {
  core::Json out = {{"id", recipe.id}, {"claim", recipe.claim}, {"source", recipe.source}};
  if (const std::string lacks = missing_needs(recipe, verb.common.device); !lacks.empty()) {
    out["skipped"] = lacks;
    return out;
  }
  const double start = core::now_seconds();
  const auto figures = run_recipe(recipe, {.options = {},
                                           .seed = verb.common.seed,
                                           .device = verb.common.device,
                                           .quick = verb.quick,
                                           .monitor = &monitor});
  bool holds = true;
  core::Json list = core::Json::array();
  for (const Figure& figure : figures) {
    holds = holds && figure.holds();
    list.push_back(to_json(figure));
  }
  out["holds"] = holds;
  out["figures"] = std::move(list);
  if (core::Json plots = plots_of(figures); !plots.empty()) out["plots"] = std::move(plots);
  out["seconds"] = core::now_seconds() - start;
  out["seed"] = verb.common.seed;
  out["quick"] = verb.quick;
  out["machine"] = core::machine_facts();
  return out;
}

void run(const Reproduce& verb) {
  const auto monitor = verb.common.monitor();
  core::Json all = core::Json::array();
  bool holds = true;
  for (const Recipe& recipe : chosen(verb)) {
    const core::Json one = verdict(recipe, verb, *monitor);
    holds = holds && one.value("holds", true);
    if (!verb.common.json) fmt::print("{}\n", verdict_text(one));
    if (!verb.record.empty() && !one.contains("skipped")) {
      const std::filesystem::path folder(verb.record);
      core::append_record(folder / "records.jsonl", {.command = "reproduce " + recipe.id,
                                                     .seed = verb.common.seed,
                                                     .results = one,
                                                     .seconds = one["seconds"].get<double>()});
    }
    all.push_back(one);
  }
  if (verb.common.json) fmt::print("{}\n", (all.size() == 1 ? all[0] : all).dump(2));
  if (!holds) throw CLI::RuntimeError(1);
}

}  // namespace

void add_reproduce(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("reproduce", "run recipes and say whether their claims hold");
  const auto state = std::make_shared<Reproduce>();
  verb->add_option("ids", state->ids, "recipes by id (files of recipes/)");
  verb->add_option("--room", state->room, "all recipes of a room");
  verb->add_flag("--all", state->all, "all recipes");
  verb->add_option(
      "--record", state->record,
      "folder: each result is appended to its records.jsonl (plots too: venturi report)");
  verb->add_flag("--quick", state->quick, "the shortest honest version");
  add_common(*verb, state->common);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
