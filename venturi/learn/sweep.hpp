// venturi/learn/sweep.hpp
//
// Many models of one shape trained as one: ten betas and five seeds of a small network are 50
// copies whose layers are batched matrix products (net::Parameters). A small network leaves a
// device idle between the launches of its kernels; copies share them.
//
// Each run has its own start, order, beta, noise, critic and kept epoch; it learns what train()
// would teach it with the same objective, schedule and optimiser, from the whole model at once.
// Without noise in channel and data order a run equals one trained alone, up to rounding. Of the
// epochs of the second half, the one with the least validation distortion is kept (in the first
// half the rate has not settled). Copies do not touch: one whose loss is no longer finite keeps its
// best weights and says so. Cost: as all the runs together; memory: parts, 5 times all parameters,
// activations of runs*batch samples.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/monitor.hpp"
#include "venturi/learn/trainer_options.hpp"

namespace venturi::learn {

// What one seed's runs see. All parts have the same sizes.
struct SweepPart {
  data::Dataset training, validation;
};

struct SweepRun {
  std::size_t part = 0;
  double beta = 0;
  core::Key key;  // of the starting weights
};

struct SweptModel {
  std::unique_ptr<Model> model;  // alone, its part's scaling in it
  int epoch = 0;                 // whose weights these are, from 1; 0: none was finite
  double validation_distortion = 0;
  std::string failure;  // empty, or the term that went first, and when
};

// One model a run, in their order. InvalidArgument as Model's and Objective's constructors, for
// parts that are empty or of different sizes, for options of one model alone (target_rate,
// head_epochs, augment); Interrupted on the monitor's wish.
std::vector<SweptModel> sweep(std::span<const SweepPart> parts, std::span<const SweepRun> runs,
                              const ModelOptions& model_options, const TrainerOptions& options,
                              core::Key key, const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::learn
