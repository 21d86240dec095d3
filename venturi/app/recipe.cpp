#include "venturi/app/recipe.hpp"

#include "venturi/tensor/tensor.hpp"

namespace venturi::app {
namespace {

using core::Json;

std::string text_field(const Json& json, const char* name, const std::filesystem::path& path) {
  if (!json.contains(name) || !json[name].is_string()) {
    core::fail_data("app.read_recipe", "{}: expected a text '{}'", path.string(), name);
  }
  return json[name].get<std::string>();
}

Figure figure_from_json(const Json& json, const std::filesystem::path& path) {
  Figure out{.name = text_field(json, "name", path)};
  if (!json.contains("relation")) return out;
  out.relation = text_field(json, "relation", path);
  if ((out.relation != "<=" && out.relation != ">=") || !json.contains("target") ||
      !json["target"].is_number()) {
    core::fail_data("app.read_recipe", "{}: figure '{}' needs a relation <= or >= and a target",
                    path.string(), out.name);
  }
  out.target = json["target"].get<double>();
  return out;
}

}  // namespace

Json to_json(const Figure& figure) {
  Json out = {{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
  if (!figure.relation.empty()) {
    out["relation"] = figure.relation;
    out["target"] = figure.target;
  }
  out["holds"] = figure.holds();
  return out;
}

Recipe read_recipe(const std::filesystem::path& path) {
  const Json json = core::parse_toml(core::read_text(path), path.string());
  static const std::vector<std::string> known = {"id",    "source",  "claim", "room",  "runner",
                                                 "needs", "options", "quick", "figure"};
  for (const auto& item : json.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      core::fail_data("app.read_recipe", "{}: unknown field '{}'; known: {}", path.string(),
                      item.key(), fmt::join(known, ", "));
    }
  }
  Recipe out{.id = text_field(json, "id", path),
             .source = text_field(json, "source", path),
             .claim = text_field(json, "claim", path),
             .room = text_field(json, "room", path),
             .runner = text_field(json, "runner", path)};
  const Json needs = json.value("needs", Json::object());
  out.files = needs.value("files", std::vector<std::string>{});
  out.device = needs.value("device", "cpu");
  out.options = json.value("options", Json::object());
  out.quick = json.value("quick", Json::object());
  for (const Json& one : json.value("figure", Json::array())) {
    out.figures.push_back(figure_from_json(one, path));
  }
  return out;
}

std::string missing_needs(const Recipe& recipe, const std::string& device) {
  for (const std::string& file : recipe.files) {
    const std::filesystem::path path =
        file.starts_with('/') ? std::filesystem::path(file) : core::shared_data_folder() / file;
    if (!std::filesystem::exists(path)) return fmt::format("'{}' (see VENTURI_DATA)", file);
  }
  if (recipe.device == "cuda" && !device.starts_with("cuda")) return "a GPU (--device cuda)";
  return {};
}

std::vector<Figure> run_recipe(const Recipe& recipe, Run run) {
  run.options = recipe.options;
  if (run.quick) run.options.update(recipe.quick);
  std::vector<Figure> out = core::find_member(runners(), recipe.runner, "app.run_recipe").make(run);
  for (const Figure& promised : recipe.figures) {
    const auto measured = std::find_if(out.begin(), out.end(),
                                       [&](const Figure& f) { return f.name == promised.name; });
    if (measured == out.end()) {
      core::fail_data("app.run_recipe", "recipe {}: its runner gives no figure '{}'", recipe.id,
                      promised.name);
    }
    measured->relation = promised.relation;
    measured->target = promised.target;
  }
  return out;
}

std::filesystem::path recipe_folder() {
  return std::filesystem::is_directory("recipes") ? "recipes" : VENTURI_RECIPES;
}

}  // namespace venturi::app
