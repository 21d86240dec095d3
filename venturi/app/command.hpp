// venturi/app/command.hpp
//
// What the verbs share: common options, options structs on the command line, printing of results.
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <string>

#include "venturi/core/file.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/core/table.hpp"

namespace venturi::app {

// Options that every verb knows; `seed`, `threads` and `device` where they mean something.
struct Common {
  bool json = false;
  bool quiet = false;
  std::uint64_t seed = 1;
  int threads = 0;
  std::string device = "cpu";

  std::unique_ptr<core::Monitor> monitor() const {
    return std::make_unique<core::TerminalMonitor>(quiet);
  }
};

void add_common(CLI::App& verb, Common& common, bool computes = true);

// Options of a struct, gathered from --options FILE.toml and from flags; flags win. Both pass
// through core::options_from_json, so that limits and unknown keys are checked in one place.
template <class Options>
class OptionFlags {
 public:
  explicit OptionFlags(CLI::App& verb) {
    verb.add_option("--options", file_, "TOML file of the options below")->type_name("FILE");
    Options defaults;
    Options::fields(defaults, [&]<class T>(const char* name, const T& value, const char* help,
                                           const core::Limits& limits = {}) {
      std::string flag = std::string("--") + name;
      std::replace(flag.begin(), flag.end(), '_', '-');
      std::string text = help;
      if (const std::string range = limits.text(); !range.empty()) text += " (" + range + ")";
      text += " [" + core::Json(value).dump() + "]";
      const std::string key = name;
      CLI::Option* option = nullptr;
      if constexpr (std::is_same_v<T, bool>) {  // --flag, or --flag=false
        option = verb.add_flag_function(
            flag, [this, key](std::int64_t given) { flags_[key] = given > 0; }, text);
      } else {
        option = verb.add_option_function<T>(
            flag, [this, key](const T& given) { flags_[key] = given; }, text);
      }
      if constexpr (!std::is_arithmetic_v<T> && !std::is_same_v<T, std::string>) {
        option->delimiter(',');
      }
      option->group("Options of the method");
    });
  }

  // `options` holds the presets; what a person gave is laid over them.
  void apply(Options& options) const {
    if (!file_.empty()) {
      core::options_from_json(options, core::parse_toml(core::read_text(file_), file_), file_);
    }
    core::options_from_json(options, flags_, "venturi");
  }

 private:
  std::string file_;
  core::Json flags_ = core::Json::object();
};

// Results to stdout: one JSON document, or the text.
void print_result(const Common& common, const core::Json& json, const std::string& text);

// The verbs. Each adds itself to the command and runs when chosen.
void add_train(CLI::App& app);
void add_encode(CLI::App& app);
void add_decode(CLI::App& app);
void add_predict(CLI::App& app);
void add_circuit(CLI::App& app);
void add_compress(CLI::App& app);
void add_couple(CLI::App& app);
void add_measure(CLI::App& app);
void add_analyse(CLI::App& app);
void add_inspect(CLI::App& app);
void add_eval(CLI::App& app);
void add_plane(CLI::App& app);
void add_report(CLI::App& app);
void add_list(CLI::App& app);
void add_demo(CLI::App& app);
void add_reproduce(CLI::App& app);

// The whole command; the exit code (0 done, 1 failed, 2 wrong usage).
int run(int argc, char** argv);

}  // namespace venturi::app
