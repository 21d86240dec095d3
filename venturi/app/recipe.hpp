// venturi/app/recipe.hpp
//
// A recipe holds what a paper or an experiment promises, and how to find out whether it holds.
//
//   id = "vib"
//   source = "Alemi et al., ICLR 2017"
//   claim = "..."
//   room = "learn"
//   runner = "train"            # a member of runners()
//   [needs]                     # optional; without it the recipe is skipped, saying so
//   files = ["mnist"]           # under $VENTURI_DATA, or absolute
//   device = "cuda"
//   [options]                   # the runner's
//   [quick]                     # laid over the options by --quick
//   [[figure]]                  # of those that the runner gives
//   name = "test error"
//   relation = "<="             # <=, >=, or none: reported only
//   target = 1.25
#pragma once

#include <span>
#include <string>
#include <vector>

#include "venturi/app/command.hpp"
#include "venturi/core/figure.hpp"
#include "venturi/core/members.hpp"

namespace venturi::app {

using core::Figure;
core::Json to_json(const Figure& figure);

struct Run {
  core::Json options;  // the recipe's, with --quick laid over
  std::uint64_t seed = 1;
  std::string device = "cpu";
  bool quick = false;
  core::Monitor* monitor = nullptr;
};

using Runner = std::vector<Figure> (*)(const Run& run);
std::span<const core::Member<Runner>> runners();

struct Recipe {
  std::string id, source, claim, room, runner;
  std::vector<std::string> files;
  std::string device = "cpu";
  core::Json options = core::Json::object();
  core::Json quick = core::Json::object();
  std::vector<Figure> figures;  // names, relations and targets; values come from the run
};

// DataError naming the file and field on anything unexpected.
Recipe read_recipe(const std::filesystem::path& path);
// Empty if the recipe can run here, else what it lacks.
std::string missing_needs(const Recipe& recipe, const std::string& device);
// Runs it and lays the recipe's relations over the figures; DataError if it names a figure that the
// runner does not give.
std::vector<Figure> run_recipe(const Recipe& recipe, Run run);
// The folder of recipes: recipes/ of the working folder, or of the source tree.
std::filesystem::path recipe_folder();

}  // namespace venturi::app
