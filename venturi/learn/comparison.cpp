#include "venturi/learn/comparison.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/record.hpp"
#include "venturi/data/split.hpp"
#include "venturi/learn/method.hpp"
#include "venturi/learn/sweep.hpp"
#include "venturi/measure/discrete.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "learn.compare";

// What the methods share: a split for each seed.
struct Table {
  std::vector<SweepPart> parts;
  std::vector<data::Dataset> tests;
  std::vector<core::Key> keys;
};

Table split_for_seeds(const data::DataPair& data, const CompareOptions& options, core::Key key) {
  Table out;
  const double held = options.experiment.trainer.validation;
  if (!(held > 0)) core::fail_argument(kWhere, "models are chosen on validation: expected > 0");
  for (int s = 0; s < options.seeds; ++s) {
    const core::Key own = key.split("seed").split(static_cast<std::uint64_t>(s));
    auto [training, test] = training_and_test(data, options.experiment.test, own.split("test"));
    const auto parts = training_and_test({.train = training, .test = {}}, held, own.split("held"));
    out.parts.push_back({parts.first, parts.second});
    out.tests.push_back(std::move(test));
    out.keys.push_back(own);
  }
  return out;
}

double target_bits(const Model& model, const data::Dataset& test, const Evaluation& evaluation) {
  if (!model.problem().regression()) {
    return measure::plug_in_entropy_bits(test.labels) - evaluation.mean_prediction_bits();
  }
  const core::Matrix y = test.y.cast<double>();
  const double variance =
      (y.rowwise() - y.colwise().mean()).squaredNorm() / static_cast<double>(y.size());
  return 0.5 * std::log2(variance / (evaluation.distortion * evaluation.distortion));
}

ComparedModel measured(const SweptModel& swept, const Table& table, std::size_t seed, int samples) {
  ComparedModel out{.seed = static_cast<int>(seed),
                    .epoch = swept.epoch,
                    .validation = swept.validation_distortion,
                    .failure = swept.failure};
  if (swept.epoch == 0) return out;  // never finite
  const Model& model = *swept.model;
  const data::Dataset& test = table.tests[seed];
  const Evaluation evaluation = evaluate(model, model.inputs(test.x), targets(model, test), 0,
                                         table.keys[seed].split("evaluate"));
  out.test = evaluation.distortion;
  out.target_bits = target_bits(model, test, evaluation);
  const Tensor held = model.inputs(table.parts[seed].validation.x);
  out.compression =
      measure_compression(model, held.slice(0, 0, samples), table.keys[seed].split("compression"));
  return out;
}

}  // namespace

Spread spread_of(const std::vector<double>& values) {
  Spread out;
  if (values.empty()) return out;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) out.mean += v / n;
  for (const double v : values) out.deviation += (v - out.mean) * (v - out.mean);
  out.deviation = n > 1 ? std::sqrt(out.deviation / (n - 1)) : 0;
  return out;
}

std::vector<Choice> Comparison::choices(double level) const {
  std::vector<Choice> out;
  for (const std::string& method : methods) {
    Choice choice{.method = method, .level = level};
    std::vector<double> validation, test, removed, bits;
    for (int s = 0; s < seeds; ++s) {
      const ComparedModel* best = nullptr;
      for (const ComparedModel& m : models) {
        if (m.method != method || m.seed != s || m.epoch == 0 || m.removed < level) continue;
        if (best == nullptr || m.validation < best->validation) best = &m;
      }
      if (best == nullptr) continue;
      validation.push_back(best->validation);
      test.push_back(best->test);
      removed.push_back(best->removed);
      bits.push_back(best->compression.kde_bits);
      choice.least_beta = choice.seeds == 0 ? best->beta : std::min(choice.least_beta, best->beta);
      choice.most_beta = std::max(choice.most_beta, best->beta);
      ++choice.seeds;
    }
    choice.validation = spread_of(validation);
    choice.test = spread_of(test);
    choice.removed = spread_of(removed);
    choice.kde_bits = spread_of(bits);
    out.push_back(std::move(choice));
  }
  return out;
}

Comparison compare(const data::DataPair& data, const CompareOptions& options, core::Key key,
                   const tensor::Device& device, core::Monitor& monitor) {
  if (options.seeds < 1 || options.compression_samples < 2) {
    core::fail_argument(kWhere, "expected at least 1 seed and 2 samples, got {} and {}",
                        options.seeds, options.compression_samples);
  }
  Comparison out{.seeds = options.seeds, .methods = {"plain"}};
  for (const std::string& name : options.methods) {
    core::find_member(methods(), name, kWhere);
    if (std::ranges::find(out.methods, name) == out.methods.end()) out.methods.push_back(name);
  }
  const Table table = split_for_seeds(data, options, key);
  const bool classes = table.tests[0].task == data::Task::kClasses;
  out.unit = classes ? "error rate" : "rmse";
  std::vector<double> reference(table.parts.size());
  for (const std::string& name : out.methods) {
    const Method method = core::find_member(methods(), name, kWhere).make();
    ModelOptions model = options.experiment.model;
    model.channel.kind = method.channel;
    model.channel.prior = method.prior;
    TrainerOptions trainer = options.experiment.trainer;
    trainer.objective = method.objective;
    if (classes) trainer.objective.prediction = "likelihood";
    std::vector<double> betas = method.betas;
    if (name != "plain" && !options.experiment.betas.empty()) betas = options.experiment.betas;
    std::vector<SweepRun> runs;
    for (std::size_t s = 0; s < table.parts.size(); ++s) {
      for (const double beta : betas) runs.push_back({s, beta, table.keys[s].split("weights")});
    }
    monitor.say(fmt::format("{}: {} models", name, runs.size()));
    const double start = core::now_seconds();
    const auto swept =
        sweep(table.parts, runs, model, trainer, key.split("sweep"), device, monitor);
    out.seconds.push_back(core::now_seconds() - start);
    for (std::size_t r = 0; r < runs.size(); ++r) {
      ComparedModel one = measured(swept[r], table, runs[r].part, options.compression_samples);
      one.method = name;
      one.beta = runs[r].beta;
      if (name == "plain") reference[runs[r].part] = one.compression.qmi;
      one.removed = 1 - one.compression.qmi / reference[runs[r].part];
      if (!one.failure.empty()) {
        monitor.warn(
            fmt::format("{}, beta {:g}, seed {}: {}", name, one.beta, one.seed, one.failure));
      }
      out.models.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace venturi::learn
