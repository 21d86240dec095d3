// Recipes of the room compress: a trained ResNet-20, training images to calibrate on, and the exact
// test images, on which nothing is chosen.
#include "venturi/app/compress_runners.hpp"

#include <numeric>

#include "venturi/compress/figures.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/load.hpp"
#include "venturi/net/architectures.hpp"
#include "venturi/net/evaluate.hpp"

namespace venturi::app {
namespace {

struct Network {
  compress::Subject subject;
  compress::TestSet test;
};

Network resnet20(const Run& run, std::int64_t samples) {
  const auto folder = core::shared_data_folder();
  net::Model model = net::open_model("cifar-resnet20:" +
                                     (folder / "resnet_cifar10/resnet20.safetensors").string());
  const data::DataPair pair = data::load("cifar10:" + (folder / "cifar10").string());
  const net::EvaluateOptions inputs{.mean = {.485, .456, .406}, .deviation = {.229, .224, .225}};
  const core::Key key(run.seed);
  auto rows =
      core::Random(key.split("samples")).permutation(static_cast<std::size_t>(pair.train.size()));
  rows.resize(static_cast<std::size_t>(run.quick ? 64 : samples));
  const auto x = net::model_inputs(model.graph, pair.train.subset(rows), inputs);
  data::Dataset tests = pair.test.value();
  if (run.quick) {
    std::vector<std::size_t> few(100);
    std::iota(few.begin(), few.end(), std::size_t{0});
    tests = tests.subset(few);
  }
  compress::TestSet test{net::model_inputs(model.graph, tests, inputs),
                         tensor::from_labels(tests.labels)};
  return {compress::Subject(std::move(model), x, key.split("signs"), *run.monitor),
          std::move(test)};
}

}  // namespace

std::vector<Figure> run_network_budget(const Run& run) {
  const Network n = resnet20(run, 768);
  return compress::budget_figures(n.subject, n.test, core::Key(run.seed), run.quick, *run.monitor);
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
