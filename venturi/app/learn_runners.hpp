// venturi/app/learn_runners.hpp: runners of the room learn's recipes.
#pragma once

#include "venturi/app/recipe.hpp"

namespace venturi::app {

// Methods on one data set: options `data`, `methods` (joined by '+'), `seeds`, and an experiment's.
std::vector<Figure> run_compare(const Run& run);
// cs-divergence at beta 0 under rules for its kernels: options `data`, `widths` (of the kernel on
// x), `target_widths` and `residuals` (every combination), `seeds`, and an experiment's; beside it
// the squared error. The rule with the least validation distortion is the one reported as chosen.
std::vector<Figure> run_cs_widths(const Run& run);
// 10 betas * 5 seeds as one run against 50 one after the other, network and data of a comparison.
std::vector<Figure> run_sweep_speed(const Run& run);
// Milliseconds of one training step of each method, batches of 128 and 512.
std::vector<Figure> run_step_speed(const Run& run);
// Target rates on several data sets: options `sets` (joined by ' '), `nats`, and an experiment's.
std::vector<Figure> run_target_rates(const Run& run);
std::vector<Figure> run_gaussian_curve(const Run& run);
std::vector<Figure> run_deterministic_curve(const Run& run);

}  // namespace venturi::app
