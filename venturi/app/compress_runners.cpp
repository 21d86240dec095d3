// Recipes of the room compress: a trained network, training images to calibrate and choose on, and
// test images on which nothing is chosen.
#include "venturi/app/compress_runners.hpp"

#include "venturi/app/demo.hpp"
#include "venturi/compress/figures.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/load.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/net/evaluate.hpp"
#include "venturi/net/fit.hpp"
#include "venturi/net/resnet.hpp"

namespace venturi::app {
namespace {

using tensor::Tensor;

struct Network {
  compress::Subject subject;
  compress::TestSet test;
  Tensor training;  // as the network takes them
};

// A random part of so many samples; all for 0.
data::Dataset drawn(const data::Dataset& all, std::int64_t samples, core::Key key) {
  if (samples <= 0) return all;
  auto rows = core::Random(key).permutation(static_cast<std::size_t>(all.size()));
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(samples)));
  return all.subset(rows);
}

// The network with its calibration samples, and the test part.
Network network_of(net::Model model, const Tensor& calibration, const data::Dataset& test,
                   const net::EvaluateOptions& inputs, Tensor training, const Run& run) {
  const Tensor x = net::model_inputs(model.graph, test, inputs);
  compress::Subject subject(std::move(model), calibration, core::Key(run.seed).split("signs"),
                            *run.monitor);
  compress::TestSet held(subject, x, tensor::from_labels(test.labels),
                         tensor::parse_device(run.device));
  return {std::move(subject), std::move(held), std::move(training)};
}

// The trained ResNet-20 for CIFAR-10.
Network resnet20(const Run& run, std::int64_t samples) {
  const auto folder = core::shared_data_folder();
  net::Model model = net::open_model("cifar-resnet20:" +
                                     (folder / "resnet_cifar10/resnet20.safetensors").string());
  const data::DataPair pair = data::load("cifar10:" + (folder / "cifar10").string());
  const net::EvaluateOptions inputs{.mean = {.485, .456, .406}, .deviation = {.229, .224, .225}};
  const core::Key key(run.seed);
  const Tensor x = net::model_inputs(
      model.graph, drawn(pair.train, run.quick ? 64 : samples, key.split("samples")), inputs);
  const Tensor all = net::model_inputs(
      model.graph, drawn(pair.train, run.quick ? 512 : 0, key.split("training")), inputs);
  const data::Dataset test = drawn(pair.test.value(), run.quick ? 100 : 0, key.split("test"));
  return network_of(std::move(model), x, test, inputs, all, run);
}

struct BudgetRecipe {
  std::int64_t samples = 768;
  compress::ComparisonOptions comparison;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("samples", self.samples, "training images to calibrate on", core::at_least(1));
    compress::ComparisonOptions::fields(self.comparison, visit);
  }
};

struct TrainedRecipe {
  BudgetRecipe budget;
  int depth = 20;
  std::int64_t held_back = 5000;
  std::int64_t train_rows = 0;
  std::int64_t test_rows = 0;
  net::FitOptions fit;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    BudgetRecipe::fields(self.budget, visit);
    visit("depth", self.depth, "of the ResNet", core::between(8, 1202));
    visit("held_back", self.held_back,
          "training images that the network is not trained on, out of which it is calibrated",
          core::at_least(1));
    visit("train_rows", self.train_rows, "training images, those held back among them; 0: all",
          core::at_least(0));
    visit("test_rows", self.test_rows, "test images; 0: all", core::at_least(0));
    net::FitOptions::fields(self.fit, visit);
  }
};

struct SqueezeRecipe {
  std::int64_t samples = 1024;
  std::int64_t train_rows = 0;
  std::int64_t test_rows = 0;
  std::vector<double> times = {16, 40};
  int recover_epochs = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("samples", self.samples, "training images to calibrate on", core::at_least(1));
    visit("train_rows", self.train_rows, "training images; 0: all", core::at_least(0));
    visit("test_rows", self.test_rows, "test images; 0: all", core::at_least(0));
    visit("times", self.times, "float32's size by the file's", core::above(1));
    visit("recover_epochs", self.recover_epochs, "of training after rounding", core::at_least(0));
  }
};

std::vector<Figure> budget(const Network& n, const compress::ComparisonOptions& options,
                           const Run& run) {
  return compress::budget_figures(n.subject, n.test, n.training, options, core::Key(run.seed),
                                  tensor::parse_device(run.device), *run.monitor);
}

}  // namespace

std::vector<Figure> run_network_budget(const Run& run) {
  BudgetRecipe recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  return budget(resnet20(run, recipe.samples), recipe.comparison, run);
}

std::vector<Figure> run_trained_budget(const Run& run) {
  TrainedRecipe recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  const core::Key key(run.seed);
  const data::DataPair pair = data::load("fashion-mnist", key.split("data"));
  const net::EvaluateOptions inputs{.mean = {.286}, .deviation = {.353}};
  const data::Dataset all = drawn(pair.train, recipe.train_rows, key.split("train"));
  net::Model model =
      net::cifar_resnet(recipe.depth, key.split("weights"), all.classes, {1, 28, 28});
  const Tensor x = net::model_inputs(model.graph, all, inputs);
  const Tensor labels = tensor::from_labels(all.labels);
  const std::int64_t trained = x.size(0) - recipe.held_back;
  if (trained < 1 || recipe.budget.samples > recipe.held_back) {
    core::fail_argument("app.recipe", "{} images are too few for {} held back and {} of them used",
                        x.size(0), recipe.held_back, recipe.budget.samples);
  }
  net::fit(model, x.slice(0, 0, trained), labels.slice(0, 0, trained), recipe.fit, key.split("fit"),
           tensor::parse_device(run.device), *run.monitor);
  const Tensor calibration = x.slice(0, trained, trained + recipe.budget.samples);
  const data::Dataset test = drawn(pair.test.value(), recipe.test_rows, key.split("test"));
  return budget(network_of(std::move(model), calibration, test, inputs, x, run),
                recipe.budget.comparison, run);
}

std::vector<Figure> run_demo_squeeze(const Run& run) {
  SqueezeRecipe recipe;
  core::options_from_json(recipe, run.options, "app.recipe");
  const core::Key key(run.seed);
  const tensor::Device device = tensor::parse_device(run.device);
  const data::DataPair pair = data::load("fashion-mnist", key.split("data"));
  const data::Dataset all = drawn(pair.train, recipe.train_rows, key.split("train"));
  const data::Dataset test = drawn(pair.test.value(), recipe.test_rows, key.split("test"));
  // The demo's own experiment, of which only the reference is wanted: one model of its sweep, for
  // an epoch.
  learn::ExperimentOptions options = demo_options(run.quick);
  options.betas = {options.betas.front()};
  options.trainer.head_epochs = 1;
  const core::ScratchFolder folder;
  const auto experiment = learn::run_experiment({.train = all, .test = test}, options, key, device,
                                                folder.path(), *run.monitor);
  net::Model model = learn::load_codec(experiment.reference_path, torch::kCPU).model->graph();
  const Tensor x = net::model_inputs(model.graph, all, {});
  const Tensor calibration =
      net::model_inputs(model.graph, drawn(all, recipe.samples, key.split("samples")), {});
  const Network n = network_of(std::move(model), calibration, test, {}, x, run);
  return compress::squeeze_figures(n.subject, n.test, n.training, recipe.times,
                                   recipe.recover_epochs, key, device, *run.monitor);
}

std::vector<Figure> run_gptq(const Run& run) {
  const Network n = resnet20(run, 256);
  return compress::gptq_figures(n.subject, n.test);
}

std::vector<Figure> run_squeezellm(const Run& run) {
  const Network n = resnet20(run, 256);
  return compress::squeezellm_figures(n.subject, n.test);
}

std::vector<Figure> run_edkm(const Run& run) {
  const Network n = resnet20(run, 64);
  return compress::edkm_figures(n.subject, n.test);
}

std::vector<Figure> run_higgs(const Run& run) {
  const Network n = resnet20(run, 128);
  return compress::higgs_figures(n.subject, core::Key(run.seed), run.quick);
}

std::vector<Figure> run_augmented_hessian(const Run& run) {
  const Network n = resnet20(run, 128);
  return compress::augmented_hessian_figures(n.subject, core::Key(run.seed), run.quick);
}

}  // namespace venturi::app
