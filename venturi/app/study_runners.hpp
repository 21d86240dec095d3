// venturi/app/study_runners.hpp: runners of recipes whose networks are small and their own.
#pragma once

#include "venturi/app/recipe.hpp"

namespace venturi::app {

// On a data set by the option `data`, beside the study's own options.
std::vector<Figure> run_hsic_bottleneck(const Run& run);
std::vector<Figure> run_disen_ib(const Run& run);
std::vector<Figure> run_hedged(const Run& run);
std::vector<Figure> run_noisy_labels(const Run& run);

// On images drawn here.
std::vector<Figure> run_tcvae(const Run& run);
std::vector<Figure> run_infovae(const Run& run);
std::vector<Figure> run_qlae(const Run& run);

}  // namespace venturi::app
