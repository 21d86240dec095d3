// venturi/app/compress_runners.hpp
//
// Runners of the recipes of the room compress.
#pragma once

#include "venturi/app/recipe.hpp"

namespace venturi::app {

std::vector<Figure> run_network_budget(const Run& run);
std::vector<Figure> run_trained_budget(const Run& run);
std::vector<Figure> run_demo_squeeze(const Run& run);
std::vector<Figure> run_gptq(const Run& run);
std::vector<Figure> run_squeezellm(const Run& run);
std::vector<Figure> run_edkm(const Run& run);
std::vector<Figure> run_higgs(const Run& run);
std::vector<Figure> run_augmented_hessian(const Run& run);

}  // namespace venturi::app
