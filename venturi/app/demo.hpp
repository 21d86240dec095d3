// venturi/app/demo.hpp
//
// The demo as a call, for the command and for recipes.
#pragma once

#include <filesystem>

#include "venturi/app/results.hpp"

namespace venturi::app {

struct DemoRequest {
  learn::ExperimentOptions options;
  std::filesystem::path folder;
  tensor::Device device = torch::kCPU;
  std::uint64_t seed = 1;
  bool quick = false;  // a tenth of the training images
};

struct DemoResult {
  learn::Experiment experiment;
  std::vector<Rival> rivals;  // raw, zstd, JPEG at several qualities
};

learn::ExperimentOptions demo_options(bool quick);
// Fashion-MNIST through run_experiment(), then the rivals on its test images.
DemoResult run_demo(const DemoRequest& request, core::Monitor& monitor);
core::Json demo_results(const DemoResult& demo);

}  // namespace venturi::app
