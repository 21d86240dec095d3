#include "venturi/app/learn_runners.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include "venturi/core/record.hpp"
#include "venturi/core/units.hpp"
#include "venturi/data/load.hpp"
#include "venturi/data/synthetic.hpp"
#include "venturi/learn/comparison.hpp"
#include "venturi/learn/known_curves.hpp"
#include "venturi/learn/method.hpp"
#include "venturi/learn/sweep.hpp"

namespace venturi::app {
namespace {

struct CompareRecipe {
  std::string data = "uci:california-housing";
  std::string methods = "vib+nib+cs-ib";
  int seeds = 5;
  learn::ExperimentOptions experiment;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("data", self.data, "data set");
    visit("methods", self.methods, "joined by '+'");
    visit("seeds", self.seeds, "splits and starts", core::at_least(1));
    learn::ExperimentOptions::fields(self.experiment, visit);
  }
};

struct TargetRecipe {
  std::string sets = "uci:kin8nm";
  std::vector<double> nats = {1, 3, 10, 30};
  learn::ModelOptions model;
  learn::TrainerOptions trainer;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("sets", self.sets, "data sets, joined by blanks");
    visit("nats", self.nats, "target rates, rising", core::above(0));
    learn::ModelOptions::fields(self.model, visit);
    learn::TrainerOptions::fields(self.trainer, visit);
  }
};

struct WidthRecipe {
  std::string data = "uci:california-housing";
  std::vector<double> widths = {0.1, 0.35, 1};
  std::vector<double> target_widths = {0.1, 1};
  std::vector<double> residuals = {0, 1};
  int seeds = 3;
  learn::ExperimentOptions experiment;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("data", self.data, "data set");
    visit("widths", self.widths, "of the kernel on x", core::above(0));
    visit("target_widths", self.target_widths, "of the kernel on y", core::above(0));
    visit("residuals", self.residuals, "parts of the residual added to it", core::at_least(0));
    visit("seeds", self.seeds, "splits and starts", core::at_least(1));
    learn::ExperimentOptions::fields(self.experiment, visit);
  }
};

std::vector<std::string> words(const std::string& text, char mark) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, mark);) out.push_back(word);
  return out;
}

learn::ModelOptions housing_model() {
  learn::ModelOptions out;
  out.hidden = {128, 128, 128};
  out.decoder_hidden = {128};
  out.channel.size = 128;
  return out;
}

data::Dataset housing_like(std::int64_t n, core::Key key) {
  return data::linear({.n = n, .d = 8}, key);
}

// Levels of compression at which methods are held against each other.
constexpr double kLevels[] = {0, 0.5, 0.6};

}  // namespace

std::vector<Figure> run_compare(const Run& run) {
  CompareRecipe recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  const core::Key key(run.seed);
  const std::vector<std::string> methods = words(recipe.methods, '+');
  const learn::Comparison found =
      learn::compare(data::load(recipe.data, key.split("data")),
                     {.experiment = recipe.experiment, .methods = methods, .seeds = recipe.seeds},
                     key, tensor::parse_device(run.device), *run.monitor);
  std::vector<Figure> out;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double level : kLevels) {
    double cs = infinity, rival = infinity, best = infinity;
    for (const learn::Choice& c : found.choices(level)) {
      if (c.seeds < found.seeds) continue;
      const std::string where = fmt::format("{} at r >= {:g}", c.method, level);
      out.push_back({where, c.test.mean, found.unit});
      out.push_back({where + ", deviation", c.test.deviation, found.unit});
      out.push_back({where + ", KDE bound", c.kde_bits.mean, "bits"});
      best = std::min(best, c.test.mean);
      if (c.method == "cs-ib") {
        cs = c.test.mean;
      } else {
        rival = std::min(rival, c.test.mean);
      }
    }
    out.push_back({fmt::format("best at r >= {:g}", level), best, found.unit});
    if (methods.size() < 2) continue;  // no rivals
    // Infinite where cs-ib never removes so much, 0 where it alone does.
    out.push_back(
        {fmt::format("cs-ib over its best rival at r >= {:g}", level), cs / rival, "times"});
  }
  return out;
}

std::vector<Figure> run_cs_widths(const Run& run) {
  WidthRecipe recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  const core::Key key(run.seed);
  const tensor::Device device = tensor::parse_device(run.device);
  const data::DataPair data = data::load(recipe.data, key.split("data"));
  const learn::ExperimentOptions& e = recipe.experiment;
  std::vector<learn::SweepPart> parts;
  std::vector<learn::SweepRun> runs;
  std::vector<data::Dataset> tests;
  for (int s = 0; s < recipe.seeds; ++s) {
    const core::Key own = key.split(static_cast<std::uint64_t>(s));
    auto [training, test] = learn::training_and_test(data, e.test, own.split("test"));
    const auto held = learn::training_and_test({.train = training, .test = {}},
                                               e.trainer.validation, own.split("held"));
    parts.push_back({held.first, held.second});
    runs.push_back({static_cast<std::size_t>(s), 0, own.split("weights")});
    tests.push_back(std::move(test));
  }
  learn::ModelOptions model_options = e.model;
  model_options.channel.kind = "none";
  // Means over seeds of validation and test distortion.
  const auto distortions = [&](const learn::ObjectiveOptions& objective) {
    learn::TrainerOptions trainer = e.trainer;
    trainer.objective = objective;
    const auto swept = learn::sweep(parts, runs, model_options, trainer, key.split("training"),
                                    device, *run.monitor);
    double validation = 0, test = 0;
    for (std::size_t s = 0; s < swept.size(); ++s) {
      const learn::Model& model = *swept[s].model;
      const double lost =
          learn::evaluate(model, model.inputs(tests[s].x), learn::targets(model, tests[s]), 0, key)
              .distortion;
      validation += swept[s].validation_distortion / recipe.seeds;
      test += lost / recipe.seeds;
    }
    return std::pair{validation, test};
  };
  std::vector<Figure> out;
  const auto [plain_validation, plain] = distortions({.prediction = "squared-error"});
  out.push_back({"squared error", plain, "rmse"});
  double least = std::numeric_limits<double>::infinity(), chosen = least;
  learn::ObjectiveOptions best;
  for (const double width : recipe.widths) {
    for (const double target_width : recipe.target_widths) {
      for (const double residual : recipe.residuals) {
        const learn::ObjectiveOptions rule{.prediction = "cs-divergence",
                                           .input_width = width,
                                           .target_width = target_width,
                                           .residual = residual};
        const auto [validation, test] = distortions(rule);
        const std::string name = fmt::format("width {:g}, target width {:g}, residual {:g}", width,
                                             target_width, residual);
        run.monitor->say(fmt::format("{}: {:.4f} on validation, {:.4f}", name, validation, test));
        out.push_back({name, test, "rmse"});
        if (!(validation < least)) continue;
        least = validation;
        chosen = test;
        best = rule;
      }
    }
  }
  out.push_back({"chosen: width", best.input_width, ""});
  out.push_back({"chosen: target width", best.target_width, ""});
  out.push_back({"chosen: residual", best.residual, ""});
  out.push_back({"chosen", chosen, "rmse"});
  out.push_back({"chosen over the squared error", chosen / plain, "times"});
  return out;
}

std::vector<Figure> run_sweep_speed(const Run& run) {
  const tensor::Device device = tensor::parse_device(run.device);
  const core::Key key(run.seed);
  const std::int64_t n = run.quick ? 1280 : 12800;
  const int epochs = 4;
  std::vector<learn::SweepPart> parts;
  std::vector<learn::SweepRun> runs;
  constexpr std::size_t kSeeds = 5;
  const std::vector<double> betas =
      core::find_member(learn::methods(), "vib", "app.recipe").make().betas;
  for (std::size_t s = 0; s < kSeeds; ++s) {
    parts.push_back({housing_like(n, key.split(s)), housing_like(128, key.split(s))});
    for (const double beta : betas) runs.push_back({s, beta, key.split(s)});
  }
  learn::ModelOptions model = housing_model();
  model.channel.kind = "gaussian";
  const learn::TrainerOptions trainer{
      .epochs = epochs, .batch = 128, .schedule = "constant", .validation = 0};
  const auto together_seconds = [&] {
    const double start = core::now_seconds();
    learn::sweep(parts, runs, model, trainer, key, device, *run.monitor);
    return core::now_seconds() - start;
  };
  together_seconds();  // warms up
  const double together = together_seconds();
  learn::Model alone(model, learn::make_problem(parts[0].training, model.scale), key, device);
  const auto result = learn::train(alone, parts[0].training, trainer, key, *run.monitor);
  const double steps = static_cast<double>((n + 127) / 128) * epochs;
  const double apart = result.seconds_per_step * steps * static_cast<double>(runs.size());
  return {{"runs", static_cast<double>(runs.size()), ""},
          {"together", together, "s"},
          {"one after another, by the median step of one", apart, "s"},
          {"one after another over together", apart / together, "times"}};
}

std::vector<Figure> run_step_speed(const Run& run) {
  const core::Key key(run.seed);
  std::vector<Figure> out;
  for (const int batch : {128, 512}) {
    const data::Dataset set = housing_like(20L * batch, key);
    for (const char* name : {"plain", "vib", "nib", "mse-cs-ib", "cs-ib", "hsic"}) {
      const learn::Method method = core::find_member(learn::methods(), name, "app.recipe").make();
      learn::ModelOptions options = housing_model();
      options.channel.kind = method.channel;
      options.channel.prior = method.prior;
      learn::Model model(options, learn::make_problem(set, options.scale), key,
                         tensor::parse_device(run.device));
      const learn::TrainerOptions trainer{.beta = 0.01,
                                          .epochs = run.quick ? 3 : 11,
                                          .batch = batch,
                                          .schedule = "constant",
                                          .validation = 0,
                                          .objective = method.objective};
      const auto result = learn::train(model, set, trainer, key, *run.monitor);
      out.push_back(
          {fmt::format("{}, batch {}", name, batch), 1e3 * result.seconds_per_step, "ms a step"});
    }
  }
  return out;
}

std::vector<Figure> run_target_rates(const Run& run) {
  TargetRecipe recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  const core::Key key(run.seed);
  std::vector<Figure> out;
  double worst = 0, least_gain = std::numeric_limits<double>::infinity();
  for (const std::string& name : words(recipe.sets, ' ')) {
    const auto [training, test] =
        learn::training_and_test(data::load(name, key.split("data")), 0.2, key.split("test"));
    double before = std::numeric_limits<double>::infinity();
    for (const double nats : recipe.nats) {
      learn::Model model(recipe.model, learn::make_problem(training, recipe.model.scale),
                         key.split("weights"), tensor::parse_device(run.device));
      learn::TrainerOptions trainer = recipe.trainer;
      trainer.target_rate = nats * core::kBitsPerNat;
      const auto result =
          learn::train(model, training, trainer, key.split("training"), *run.monitor);
      const double miss = 100 * std::abs(result.train_rate_bits / trainer.target_rate - 1);
      const double lost = learn::evaluate(model, model.inputs(test.x), learn::targets(model, test),
                                          4, key.split("evaluate"))
                              .mean_prediction_bits();
      out.push_back(
          {fmt::format("{}, {:g} nats: distance from the target", name, nats), miss, "%"});
      out.push_back({fmt::format("{}, {:g} nats: test prediction", name, nats), lost, "bits"});
      worst = std::max(worst, miss);
      if (std::isfinite(before)) least_gain = std::min(least_gain, before - lost);
      before = lost;
    }
  }
  out.push_back({"worst distance from a target", worst, "%"});
  out.push_back({"least gain of prediction from a rate to the next", least_gain, "bits"});
  return out;
}

std::vector<Figure> run_gaussian_curve(const Run& run) {
  learn::KnownCurveOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return learn::gaussian_curve_figures(options, core::Key(run.seed), *run.monitor);
}

std::vector<Figure> run_deterministic_curve(const Run& run) {
  learn::KnownCurveOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return learn::deterministic_curve_figures(options, core::Key(run.seed), *run.monitor);
}

}  // namespace venturi::app
