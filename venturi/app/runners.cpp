// Over 400 lines: the table of all runners, and short adapters to their rooms.
// The runners of recipes: options in, figures out.
#include <cmath>

#include "venturi/allocate/figures.hpp"
#include "venturi/app/circuit.hpp"
#include "venturi/app/compress_runners.hpp"
#include "venturi/app/demo.hpp"
#include "venturi/app/learn_runners.hpp"
#include "venturi/app/recipe.hpp"
#include "venturi/app/study_runners.hpp"
#include "venturi/code/circuit_figures.hpp"
#include "venturi/code/figures.hpp"
#include "venturi/core/file.hpp"
#include "venturi/couple/figures.hpp"
#include "venturi/data/array.hpp"
#include "venturi/data/load.hpp"
#include "venturi/data/pack.hpp"
#include "venturi/data/safetensors.hpp"
#include "venturi/data/xz.hpp"
#include "venturi/learn/bound_figures.hpp"
#include "venturi/learn/fit_and_compress.hpp"
#include "venturi/learn/generalization_gap.hpp"
#include "venturi/learn/generator_bound.hpp"
#include "venturi/learn/half_bayes.hpp"
#include "venturi/learn/information_plane.hpp"
#include "venturi/learn/network_studies.hpp"
#include "venturi/learn/robustness.hpp"
#include "venturi/measure/analysis_figures.hpp"
#include "venturi/measure/figures.hpp"
#include "venturi/measure/program_figures.hpp"
#include "venturi/net/figures.hpp"
#include "venturi/net/reversible_unet.hpp"

namespace venturi::app {
namespace {

using core::Json;

// A data set by `data`, an experiment by the other options; figures of its last point.
std::vector<Figure> run_train(const Run& run) {
  Json options_json = run.options;
  if (!options_json.contains("data") || !options_json["data"].is_string()) {
    core::fail_argument("app.recipe", "the runner 'train' expects an option data = \"...\"");
  }
  const std::string data = options_json["data"].get<std::string>();
  options_json.erase("data");
  std::vector<double> attacks;  // FGSM's eps, of images
  if (options_json.contains("attacks")) {
    attacks = options_json["attacks"].get<std::vector<double>>();
    options_json.erase("attacks");
  }
  learn::ExperimentOptions options;
  core::options_from_json(options, options_json, "app.recipe");
  const core::ScratchFolder folder;
  const core::Key key(run.seed);
  const data::DataPair pair = data::load(data, key.split("data"));
  const tensor::Device device = tensor::parse_device(run.device);
  const auto experiment =
      learn::run_experiment(pair, options, key, device, folder.path(), *run.monitor);
  const learn::Point& p = experiment.points.back();
  const bool classes = experiment.target_entropy_bits > 0;
  std::vector<Figure> out = {
      {"rate", p.rate.bits.value, "bits/sample"},
      {classes ? "test error" : "test rmse", classes ? 100 * p.rate.distortion : p.rate.distortion,
       classes ? "%" : p.rate.unit},
      {"step", 1e3 * p.training.seconds_per_step, "ms"}};
  if (classes) out.push_back({"I(Z;Y) lower bound", p.information.bits, "bits"});
  if (options.trainer.target_rate > 0) {
    const double miss = p.training.train_rate_bits / options.trainer.target_rate - 1;
    out.push_back({"distance from the target rate", 100 * std::abs(miss), "%"});
  }
  if (!attacks.empty()) {
    const learn::Codec codec = learn::load_codec(p.model_path, device);
    const data::Dataset test =
        learn::training_and_test(pair, options.test, key.split("test")).second;
    for (const double eps : attacks) {
      data::Dataset under = test;
      under.x = learn::attacked(*codec.model, test, {.eps = eps}, key.split("attack"));
      const auto found = learn::evaluate(*codec.model, codec.model->inputs(under.x),
                                         learn::targets(*codec.model, under), 0, key);
      out.push_back({fmt::format("error under FGSM of {:g}", eps), 100 * found.distortion, "%"});
    }
  }
  if (p.bits_on_disk) out.push_back({"bits on disk", *p.bits_on_disk, "bits/sample"});
  return out;
}

// The fewest bits at which JPEG, in the better of the two ways of sending it, classifies at least
// as well; the raw pixels' if it does so at no quality tried.
double jpeg_bits_for(const std::vector<Rival>& rivals, double accuracy) {
  double bits = rivals.front().bits;
  for (const Rival& r : rivals) {
    if (r.name.starts_with("JPEG") && r.accuracy >= accuracy) bits = std::min(bits, r.bits);
  }
  return bits;
}

std::vector<Figure> run_demo_recipe(const Run& run) {
  if (!run.options.empty()) core::fail_argument("app.recipe", "the runner 'demo' has no options");
  const core::ScratchFolder folder;
  const DemoResult demo = run_demo({.options = demo_options(run.quick),
                                    .folder = folder.path(),
                                    .device = tensor::parse_device(run.device),
                                    .seed = run.seed,
                                    .quick = run.quick},
                                   *run.monitor);
  const double reference = 100 * (1 - demo.experiment.reference->distortion);
  double least_factor = std::numeric_limits<double>::infinity();
  double worst_gap = 0;
  // Of the rows of at most 5 bits, the one that validation would choose.
  double loss_at_5 = 100;
  double least_validation = std::numeric_limits<double>::infinity();
  double smallest_jpeg = std::numeric_limits<double>::infinity();
  for (const Rival& r : demo.rivals) {
    if (r.name.find("JPEG") == 0) smallest_jpeg = std::min(smallest_jpeg, r.bits);
  }
  for (const learn::Point& p : demo.experiment.points) {
    const double accuracy = 100 * (1 - p.rate.distortion);
    least_factor = std::min(least_factor, jpeg_bits_for(demo.rivals, accuracy) / *p.bits_on_disk);
    const double model_bytes =
        p.rate.bits.value / *p.bits_on_disk * static_cast<double>(*p.file_bytes);
    // Bytes beyond 64, as a part of what the model says.
    const double excess = std::abs(static_cast<double>(*p.file_bytes) - model_bytes) - 64;
    worst_gap = std::max(worst_gap, 100 * excess / model_bytes);
    const double validation = p.training.history.back().validation_distortion;
    if (*p.bits_on_disk <= 5.0 && validation < least_validation) {
      least_validation = validation;
      loss_at_5 = reference - accuracy;
    }
  }
  return {{"accuracy without a bottleneck", reference, "%"},
          {"accuracy lost at <= 5 bits on disk", loss_at_5, "points"},
          {"JPEG's bits for the same accuracy, least", least_factor, "times ours"},
          {"smallest JPEG", smallest_jpeg, "bits/image"},
          {"disk against model, beyond 64 bytes", worst_gap, "%"}};
}

template <std::vector<Figure> (*Compute)(core::Key, bool)>
std::vector<Figure> run_keyed(const Run& run) {
  return Compute(core::Key(run.seed), run.quick);
}

// The convolutions of a ResNet-20, each as output channels by the rest.
std::vector<Figure> run_vcllm(const Run& run) {
  const auto file =
      data::Safetensors::open(core::shared_data_folder() / "resnet_cifar10/resnet20.safetensors");
  std::vector<code::WeightMatrix> weights;
  for (const std::string& name : file.names()) {
    const data::Array array = file[name].copy();
    if (array.shape.size() != 4 || array.count() == 0) continue;
    std::vector<float> values(array.count());
    data::to_floats(array, 1, values);
    const auto rows = static_cast<std::uint64_t>(array.shape[0]);
    weights.push_back({values.size() / rows, std::move(values)});
  }
  return code::vcllm_figures(weights, run.quick);
}

std::vector<Figure> run_equal_info_windows(const Run& run) {
  const auto text =
      data::unpack_xz(core::read_file(core::shared_data_folder() / "text/darwin.txt.xz"));
  return code::equal_info_windows_figures(text, run.quick);
}

struct CircuitRecipe {
  code::GrowingOptions growing;
  int train_rows = 0;
  int test_rows = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    code::GrowingOptions::fields(self.growing, visit);
    visit("train_rows", self.train_rows, "images learned from; 0: all", core::at_least(0));
    visit("test_rows", self.test_rows, "images coded; 0: all", core::at_least(0));
  }
};

// Circuits on MNIST and Fashion-MNIST.
template <auto Compute>
std::vector<Figure> run_circuits(const Run& run) {
  CircuitRecipe options;
  core::options_from_json(options, run.options, "app.recipe");
  std::vector<Figure> out;
  for (const std::string name : {"mnist", "fashion-mnist"}) {
    const core::Key key = core::Key(run.seed).split(name);
    const data::DataPair pair = data::load(name, key.split("data"));
    const auto rows = [&](const data::Dataset& part, int most) {
      const code::LevelMatrix all = levels_of(part);
      return code::LevelMatrix(
          all.topRows(most > 0 ? std::min<core::Index>(most, all.rows()) : all.rows()));
    };
    run.monitor->say(fmt::format("circuits of {}", name));
    const auto figures = Compute(name, rows(pair.train, options.train_rows),
                                 rows(pair.test.value(), options.test_rows), options.growing, key);
    out.insert(out.end(), figures.begin(), figures.end());
  }
  return out;
}

// How hard to generalise: synthetic surfaces, then MNIST and CIFAR-10, as many rows of each.
std::vector<Figure> run_difficulty(const Run& run) {
  const core::Key key(run.seed);
  const core::Index most = run.quick ? 500 : 3000;
  std::vector<core::Matrix> rows;
  std::vector<data::Dataset> sets;
  for (const std::string name : {"mnist", "cifar10"}) {
    sets.push_back(data::load(name, key.split("data")).train);
    rows.push_back(sets.back().x.topRows(std::min(most, sets.back().size())).cast<double>());
  }
  std::vector<measure::NamedRows> images;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const auto count = static_cast<std::size_t>(rows[s].rows());
    images.push_back(
        {s == 0 ? "MNIST" : "CIFAR-10", rows[s], std::span(sets[s].labels).first(count)});
  }
  return measure::difficulty_figures(images, key, run.quick);
}

// Estimators of information against laws whose information is known.
template <class Options, std::vector<Figure> (*Compute)(const Options&, core::Key)>
std::vector<Figure> run_measure(const Run& run) {
  Options options;
  core::options_from_json(options, run.options, "app.recipe");
  return Compute(options, core::Key(run.seed));
}

std::vector<Figure> run_programs(const Run& run) {
  measure::ProgramOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  const measure::Packer packers[] = {
      {"gzip", [](core::Bytes bytes) { return data::pack_gzip(bytes).size(); }},
      {"LZMA", [](core::Bytes bytes) { return data::pack_xz(bytes).size(); }}};
  return measure::program_figures(options, core::Key(run.seed), packers);
}

std::vector<Figure> run_information_plane(const Run& run) {
  learn::PlaneOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return learn::plane_figures(options, core::Key(run.seed), *run.monitor);
}

std::vector<Figure> run_fit(const Run& run) {
  learn::FitOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return learn::fit_figures(options, core::Key(run.seed), *run.monitor);
}

std::vector<Figure> run_gap(const Run& run) {
  learn::GapOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return learn::gap_figures(options, core::Key(run.seed), *run.monitor);
}

struct NetworkRecipe {
  std::string data = "cifar10";
  net::ComparisonOptions comparison;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("data", self.data, "images with labels");
    net::ComparisonOptions::fields(self.comparison, visit);
  }
};

template <auto Compute>
std::vector<Figure> run_networks(const Run& run) {
  NetworkRecipe options;
  core::options_from_json(options, run.options, "app.recipe");
  const core::Key key(run.seed);
  return Compute(options.comparison, data::load(options.data, key.split("data")), key,
                 tensor::parse_device(run.device), *run.monitor);
}

std::vector<Figure> run_reversible(const Run& run) {
  return net::reversible_figures(core::Key(run.seed), run.quick);
}

template <std::vector<Figure> (*Compute)(core::Key, bool, core::Monitor&)>
std::vector<Figure> run_study(const Run& run) {
  return Compute(core::Key(run.seed), run.quick, *run.monitor);
}

std::vector<Figure> run_smile(const Run& run) {
  learn::StaircaseOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  const core::Key key(run.seed);
  const data::DataPair mnist = data::load("mnist", key.split("data"));
  return learn::smile_figures(options, mnist.train.x, key, tensor::parse_device(run.device),
                              *run.monitor);
}

std::vector<Figure> run_wdm(const Run& run) {
  learn::SymbolOptions options;
  core::options_from_json(options, run.options, "app.recipe");
  return learn::wdm_figures(options, core::Key(run.seed), tensor::parse_device(run.device),
                            *run.monitor);
}

constexpr core::Member<Runner> kRunners[] = {
    {"accuracy", "estimators against laws of known information", "see recipe", "minutes",
     run_measure<measure::AccuracyOptions, measure::accuracy_figures>},
    {"compressed-images",
     "principal components, then nearest neighbours, on images of known information", "see recipe",
     "seconds", run_measure<measure::CompressionOptions, measure::compression_figures>},
    {"channels", "information from likelihoods, on discrete channels of known information",
     "see recipe", "seconds", run_measure<measure::ChannelOptions, measure::channel_figures>},
    {"programs", "sequences of random programs, scored", "see recipe", "seconds", run_programs},
    {"information-plane", "adaptive estimates of what layers keep while they learn", "see recipe",
     "minutes", run_information_plane},
    {"fit-and-compress", "the 12-bit task's information plane against the exact curve",
     "see recipe", "minutes", run_fit},
    {"generalization-gap", "I(X;Z|Y) and rivals against the gaps of a hundred networks",
     "see recipe", "minutes", run_gap},
    {"v-info-complexity", "depth of planted features from their layers", "see recipe", "seconds",
     run_keyed<measure::complexity_figures>},
    {"qlae", "InfoMEC of planted codes and of trained autoencoders", "see recipe", "minutes",
     run_qlae},
    {"tcvae", "the mutual information gap of turned factors and of trained autoencoders",
     "see recipe", "minutes", run_tcvae},
    {"infovae", "what a code keeps under an autoregressive decoder", "see recipe", "minutes",
     run_infovae},
    {"half-bayes", "three objectives on linear regression in closed form", "see recipe", "seconds",
     run_keyed<learn::half_bayes_figures>},
    {"hsic-bottleneck", "layers trained one by one without backpropagation", "see recipe",
     "minutes", run_hsic_bottleneck},
    {"disen-ib", "two codes of an image, one for its label", "see recipe", "minutes", run_disen_ib},
    {"hedged", "embeddings that say how sure they are", "see recipe", "minutes", run_hedged},
    {"noisy-labels", "nested dropout and co-teaching under wrong labels", "see recipe", "minutes",
     run_noisy_labels},
    {"precision-recall", "modes dropped and outliers added", "see recipe", "seconds",
     run_keyed<measure::precision_recall_figures>},
    {"generalization-difficulty", "inductive bias of spheres and of images", "see recipe",
     "minutes", run_difficulty},
    {"sampled-bias", "inductive bias by sampling linear hypotheses", "see recipe", "seconds",
     run_keyed<measure::sampled_bias_figures>},
    {"interaction-tensor", "accuracy and agreement of models of planted features", "see recipe",
     "seconds", run_keyed<measure::interaction_figures>},
    {"kappatune", "tensors tuned by their condition number, forgetting", "see recipe", "minutes",
     run_study<learn::kappatune_figures>},
    {"active-passive", "unused latents of a small variational autoencoder", "see recipe", "minutes",
     run_study<learn::active_passive_figures>},
    {"feature-bias", "variance that easy and hard features take up", "see recipe", "minutes",
     run_study<learn::feature_bias_figures>},
    {"generator-bound", "PAC-Bayes bounds of generators in two dimensions", "see recipe", "minutes",
     run_keyed<learn::generator_bound_figures>},
    {"smile", "bounds on a staircase of information, and their consistency on images",
     "Song, Ermon, ICLR 2020", "minutes", run_smile},
    {"wdm", "symbols that representations keep, Wasserstein against contrastive",
     "Ozair et al., NeurIPS 2019", "minutes", run_wdm},
    {"train", "an experiment of the room learn on one data set", "own", "as its options",
     run_train},
    {"compare", "methods of the room learn side by side on one data set", "own", "as its options",
     run_compare},
    {"cs-widths", "rules for the kernels of the conditional Cauchy-Schwarz divergence", "own",
     "as its options", run_cs_widths},
    {"target-rates", "rates asked for on several data sets, and what is lost at each", "see recipe",
     "as its options", run_target_rates},
    {"sweep-speed", "50 small models trained as one against one after another", "own", "seconds",
     run_sweep_speed},
    {"step-speed", "one training step of each method", "own", "seconds", run_step_speed},
    {"gaussian-curve", "linear bottlenecks against the analytic curve of Gaussian pairs",
     "Chechik et al., JMLR 2005", "a minute", run_gaussian_curve},
    {"deterministic-curve", "plain and squared Lagrangian on y = x mod 4",
     "Kolchinsky et al., ICLR 2019", "minutes", run_deterministic_curve},
    {"demo", "the demo, held against JPEG and its own model", "own", "minutes", run_demo_recipe},
    {"mec-b", "minimum entropy coupling with bottleneck", "Ebrahimi et al., NeurIPS 2024",
     "seconds", run_keyed<couple::mec_b_figures>},
    {"spectr", "k-sequential draft selection", "Sun et al., NeurIPS 2023", "seconds",
     run_keyed<couple::spectr_figures>},
    {"optimal-mdsd", "optimal acceptance of several drafts", "see recipe", "seconds",
     run_keyed<couple::optimal_mdsd_figures>},
    {"projektor", "transport distances between mixtures predict accuracy", "see recipe", "seconds",
     run_keyed<couple::projektor_figures>},
    {"tokens-to-thoughts", "rate and distortion of categories", "see recipe", "seconds",
     run_keyed<couple::tokens_to_thoughts_figures>},
    {"evopress", "level switches on small networks, against enumeration and part errors",
     "Sieberling et al., ICML 2025", "seconds", run_keyed<allocate::evopress_figures>},
    {"network-budget", "a ResNet-20 at sizes on the disk, by every method", "own", "minutes",
     run_network_budget},
    {"trained-budget", "the same of a ResNet trained here on Fashion-MNIST", "own", "minutes",
     run_trained_budget},
    {"demo-squeeze", "the demo's network without its throat, many times smaller", "own", "minutes",
     run_demo_squeeze},
    {"gptq", "rounding with error feedback on a ResNet-20", "Frantar et al., ICLR 2023", "a minute",
     run_gptq},
    {"squeezellm", "weighted k-means, dense and sparse, on a ResNet-20", "Kim et al., ICML 2024",
     "a minute", run_squeezellm},
    {"edkm", "soft assignment over distinct values", "Cho et al. 2023", "a minute", run_edkm},
    {"higgs", "Gaussian grids and the linearity theorem on a ResNet-20",
     "Malinovskii et al., NAACL 2025", "minutes", run_higgs},
    {"augmented-hessian-ptq", "interactions of layers on a ResNet-20", "arXiv:2306.04879",
     "minutes", run_augmented_hessian},
    {"vcllm", "tensors by intra coding against rounding to nearest", "arXiv 2407.00467", "seconds",
     run_vcllm},
    {"pc-lossless", "images by hidden Chow-Liu trees, bytes written", "Liu et al., ICLR 2022",
     "minutes", run_circuits<code::pc_lossless_figures>},
    {"sparse-pc", "pruned and grown hidden Chow-Liu trees", "Dang et al., NeurIPS 2022", "minutes",
     run_circuits<code::sparse_pc_figures>},
    {"mobilenet-v2", "linear bottlenecks against others", "Sandler et al., CVPR 2018", "minutes",
     run_networks<net::mobilenet_figures>},
    {"ghostnetv2", "ghost modules with and without attention", "Tang et al., NeurIPS 2022",
     "minutes", run_networks<net::ghostnet_figures>},
    {"reversible-mbconv-unet", "gradients and memory of reversible blocks", "arXiv 2104.09648",
     "minutes", run_reversible},
    {"equal-info-windows", "text in windows of 16 bits", "arXiv 2404.03626", "seconds",
     run_equal_info_windows},
};

}  // namespace

std::span<const core::Member<Runner>> runners() { return kRunners; }

}  // namespace venturi::app
