#include "venturi/app/study_runners.hpp"

#include "venturi/data/load.hpp"
#include "venturi/learn/disentangled_bottleneck.hpp"
#include "venturi/learn/factor_codes.hpp"
#include "venturi/learn/hedged_embedding.hpp"
#include "venturi/learn/hsic_training.hpp"
#include "venturi/learn/noisy_labels.hpp"
#include "venturi/measure/analysis_figures.hpp"

namespace venturi::app {
namespace {

template <class Options>
struct StudyRecipe {
  std::string data = "mnist";
  Options study;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("data", self.data, "images with labels");
    Options::fields(self.study, visit);
  }
};

template <class Options, auto Compute>
std::vector<Figure> on_data(const Run& run) {
  StudyRecipe<Options> recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  const core::Key key(run.seed);
  return Compute(recipe.study, data::load(recipe.data, key.split("data")), key,
                 tensor::parse_device(run.device), *run.monitor);
}

template <auto Compute>
std::vector<Figure> on_factors(const Run& run) {
  learn::FactorOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return Compute(options, core::Key(run.seed), tensor::parse_device(run.device), *run.monitor);
}

std::vector<Figure> joined(std::vector<Figure> first, const std::vector<Figure>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

std::vector<Figure> run_hsic_bottleneck(const Run& run) {
  return on_data<learn::HsicOptions, learn::hsic_bottleneck_figures>(run);
}
std::vector<Figure> run_disen_ib(const Run& run) {
  return on_data<learn::DisenIbOptions, learn::disen_ib_figures>(run);
}
std::vector<Figure> run_hedged(const Run& run) {
  return on_data<learn::HedgedOptions, learn::hedged_figures>(run);
}
std::vector<Figure> run_noisy_labels(const Run& run) {
  return on_data<learn::NoisyLabelOptions, learn::noisy_label_figures>(run);
}

// The metric on planted codes, then training.
std::vector<Figure> run_tcvae(const Run& run) {
  return joined(measure::mig_figures(core::Key(run.seed), run.quick),
                on_factors<learn::tcvae_figures>(run));
}
std::vector<Figure> run_infovae(const Run& run) { return on_factors<learn::infovae_figures>(run); }
std::vector<Figure> run_qlae(const Run& run) {
  return joined(measure::infomec_figures(core::Key(run.seed), run.quick),
                on_factors<learn::qlae_figures>(run));
}

}  // namespace venturi::app
