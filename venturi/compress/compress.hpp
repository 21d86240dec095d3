// venturi/compress/compress.hpp
//
// A trained network into a budget of bytes: menus for every matrix (menu.hpp), their predictions
// brought to scale by probes, one knapsack over all (room allocate), perhaps evolution on measured
// divergence, then a last pass in which each layer makes up for those before it (correct.hpp).
// Labels are used only where the budget is a drop of accuracy. Activations (activations.hpp) are
// parts of the same knapsack where they are asked for: the budget is then bytes of the file and
// bytes of activations of one sample together.
//
// Menus are kept, matrix by matrix, in a folder where one is named: an interrupted run that is
// started again with the same network, inputs and options does not redo them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "venturi/compress/activations.hpp"
#include "venturi/compress/budget.hpp"
#include "venturi/compress/menu.hpp"
#include "venturi/core/options.hpp"

namespace venturi::compress {

struct CompressOptions {
  std::string methods = "rate,rank,mask";
  std::int64_t probe_samples = 256;
  double probe_temperature = 3;
  bool correct = true;
  int generations = 0;
  std::int64_t refine_samples = 128;
  std::string activations = "none";
  std::string ranges = "static";
  std::vector<std::int64_t> activation_bits = {4, 6, 8, 32};
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("methods", self.methods, "of the menus: rate, rank, mask");
    visit("probe_samples", self.probe_samples, "inputs that scale the predictions; 0: none",
          core::at_least(0));
    visit("probe_temperature", self.probe_temperature,
          "of the outputs that probes compare: above 1, few inputs that the network is unsure of "
          "tell less",
          core::between(1, 100));
    visit("correct", self.correct, "a last pass in which layers make up for those before them");
    visit("generations", self.generations, "of evolution on measured divergence",
          core::between(0, 1e6));
    visit("refine_samples", self.refine_samples, "inputs that evolution measures on",
          core::at_least(1));
    visit("activations", self.activations,
          "counted in the budget, for one sample: none, all of them (total), or the most at one "
          "time (peak)",
          core::one_of({"none", "total", "peak"}));
    visit("ranges", self.ranges, "of activations: fixed by the inputs given, or found a token",
          core::one_of({"static", "token"}));
    visit("activation_bits", self.activation_bits,
          "that an edge may get, 2 to 8; 32: it may stay as it is", core::between(2, 32));
  }
};

// A matrix of the result.
struct LayerChoice {
  std::string name, method, way;
  std::int64_t weights = 0;
  std::int64_t bytes = 0;
  double predicted_bits = 0;  // of divergence
};

// An edge of the result, where activations are in the budget.
struct EdgeChoice {
  std::string edge;
  std::int64_t elements = 0;  // of a sample
  int bits = 32;              // each
  double predicted_bits = 0;
};

// The curve that the menus predict: bits a parameter of the whole budget, divergence in bits.
struct CurvePoint {
  double bits = 0, predicted_bits = 0;
};

struct Compressed {
  CompressedModel model;
  std::vector<LayerChoice> layers;
  std::vector<EdgeChoice> edges;
  std::vector<CurvePoint> curve;
  std::int64_t budget_bytes = 0;
  std::int64_t counted_bytes = 0;     // what the allocator counted, of the file
  std::int64_t file_bytes = 0;        // what the file has
  std::int64_t activation_bytes = 0;  // of one sample, where they are in the budget
  double predicted_bits = 0;          // divergence, of the allocation
  double measured_bits = 0;           // of the result, on the calibration inputs
  std::vector<std::string> remarks;
};

class Compressor {
 public:
  // Menus of all matrices; `resume`: folder to keep them in, or empty. Throws core::Interrupted
  // when the monitor says stop; what was done is kept.
  Compressor(const Subject& subject, const CompressOptions& options,
             const std::filesystem::path& resume = {}, core::Monitor& monitor = core::silent());

  std::int64_t smallest_bytes() const;
  std::vector<CurvePoint> curve() const;
  const std::vector<Menu>& menus() const { return menus_; }
  const CompressedModel& base() const { return base_; }
  const ActivationChoices& activations() const { return activations_; }

  // Parameters, and the elements of activations that count: what "bits" of a budget are of.
  std::int64_t counted_numbers() const;
  // The allocation alone: knapsack, and what it predicts. InvalidArgument for a budget below
  // smallest_bytes(), which it states.
  Compressed allocate(std::int64_t bytes) const;
  // And evolution, the last pass, and its measurement; at most `bytes`.
  Compressed run(std::int64_t bytes, core::Key key, core::Monitor& monitor = core::silent());

 private:
  void make_menus(const std::filesystem::path& resume, core::Monitor& monitor);
  void make_activations(const std::filesystem::path& resume, core::Monitor& monitor);
  std::vector<allocate::Part> parts() const;
  std::int64_t weight_bits(std::int64_t bytes) const;  // of a budget, what choices may take
  CompressedModel assembled(std::span<const std::size_t> choice) const;
  std::vector<std::size_t> evolved(std::vector<std::size_t> start, std::int64_t bits, core::Key key,
                                   core::Monitor& monitor) const;
  std::vector<std::size_t> choice_within(std::int64_t bytes) const;
  Compressed with(const std::vector<std::size_t>& choice) const;
  Compressed corrected(const std::vector<std::size_t>& choice, bool weights,
                       core::Monitor& monitor) const;

  const Subject& subject_;
  CompressOptions options_;
  MenuOptions menu_options_;
  CompressedModel base_;
  std::vector<Menu> menus_;
  ActivationChoices activations_;
  std::int64_t fixed_bytes_ = 0;  // of the file, whatever is chosen; at most
  std::vector<std::string> remarks_;
  double probed_bits_ = 0;
};

}  // namespace venturi::compress
