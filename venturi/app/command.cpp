#include "venturi/app/command.hpp"

#include "venturi/app/robustness.hpp"

#include <csignal>
#include <cstdio>

#include "venturi/core/record.hpp"
#include "venturi/tensor/tensor.hpp"

namespace venturi::app {
namespace {

std::string version_text() {
  core::Json facts = core::build_facts();
  facts.update(tensor::torch_facts());
  return fmt::format("venturi {} ({}, {}, LibTorch {}{})", facts["venturi"].get<std::string>(),
                     facts["compiler"].get<std::string>(), facts["build"].get<std::string>(),
                     facts["torch"].get<std::string>(), facts["cuda"].get<bool>() ? ", CUDA" : "");
}

// One line, whatever the message holds.
int fail(const char* kind, std::string_view text, int code) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "venturi: {}{}\n", kind, line);
  return code;
}

}  // namespace

void add_common(CLI::App& verb, Common& common, bool computes) {
  verb.add_flag("--json", common.json, "results as one JSON document")->group("Common");
  verb.add_flag("--quiet,-q", common.quiet, "no progress and no remarks")->group("Common");
  if (!computes) return;
  verb.add_option("--seed", common.seed, "of all randomness [1]")->group("Common");
  verb.add_option_function<int>(
          "--threads", [](const int& n) { tensor::set_threads(n); },
          "0: OMP_NUM_THREADS, without it all cores [0]")
      ->group("Common");
  verb.add_option("--device", common.device, "cpu, cuda or cuda:i [cpu]")->group("Common");
}

void print_result(const Common& common, const core::Json& json, const std::string& text) {
  if (common.json) {
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{}", text);
  }
}

int run(int argc, char** argv) {
  tensor::set_threads(0);
  std::signal(SIGXFSZ, SIG_IGN);  // a full quota is an error of the write, with its message
  CLI::App app(
      "Learns which bits of data matter, measures in bits what passes, and writes exactly those "
      "bits.");
  app.name("venturi");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  add_demo(app);
  add_train(app);
  add_encode(app);
  add_decode(app);
  add_predict(app);
  add_circuit(app);
  add_compress(app);
  add_couple(app);
  add_measure(app);
  add_analyse(app);
  add_inspect(app);
  add_eval(app);
  add_plane(app);
  add_robustness(app);
  add_report(app);
  add_reproduce(app);
  add_list(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::RuntimeError& status) {  // a verb that has printed its verdict
    return status.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return fail("", std::string(error.what()) + " (try --help)", 2);
  } catch (const core::InvalidArgument& error) {
    return fail("", error.what(), 2);
  } catch (const core::BugError& error) {
    return fail("a bug of ours, please report it: ", error.what(), 1);
  } catch (const core::Error& error) {
    return fail("", error.what(), 1);
  } catch (const c10::Error& error) {
    return fail("LibTorch: ", error.what_without_backtrace(), 1);
  } catch (const std::bad_alloc&) {
    return fail("", "out of memory", 1);
  } catch (const std::exception& error) {
    return fail("unexpected: ", error.what(), 1);
  }
}

}  // namespace venturi::app
