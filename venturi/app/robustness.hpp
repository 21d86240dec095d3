// venturi/app/robustness.hpp: the verb `robustness`.
#pragma once

#include <CLI/CLI.hpp>

namespace venturi::app {

void add_robustness(CLI::App& app);

}  // namespace venturi::app
