#include "venturi/learn/experiment.hpp"

#include <cmath>

#include "venturi/core/file.hpp"
#include "venturi/data/split.hpp"
#include "venturi/measure/bounds.hpp"
#include "venturi/measure/discrete.hpp"

namespace venturi::learn {
namespace {

using core::Json;
using tensor::Tensor;

// Trains one model, or takes it from the folder if it was finished there before.
class Bench {
 public:
  Bench(const ExperimentOptions& options, core::Key key, const tensor::Device& device,
        std::filesystem::path folder, core::Monitor& monitor)
      : options_(options),
        key_(key),
        device_(device),
        folder_(std::move(folder)),
        monitor_(monitor) {
    // A folder that cannot be written is found out now, not after an hour of training.
    core::AtomicFile probe(folder_ / ".writable");
  }

  Codec obtain(const std::string& stem, const ModelOptions& model_options,
               const TrainerOptions& trainer_options, const Problem& problem,
               const data::Dataset& training, const Codec* start, TrainingResult& result) {
    const std::filesystem::path path = folder_ / (stem + ".vt");
    const Json identity = {{"model", core::options_to_json(model_options)},
                           {"trainer", core::options_to_json(trainer_options)},
                           {"pretrain_epochs", options_.pretrain_epochs},
                           {"data", training.name},
                           {"n", training.size()},
                           {"key", key_.value()},
                           {"start", start == nullptr ? 0 : start->id}};
    if (std::filesystem::exists(path)) {
      Codec codec = load_codec(path, device_);
      if (codec.facts.value("identity", Json()) == identity) {
        monitor_.say(fmt::format("'{}' is there already and is kept", path.string()));
        result = training_result_from_json(codec.facts.at("training"));
        return codec;
      }
    }
    auto model = std::make_unique<Model>(model_options, problem, key_.split("weights"), device_);
    if (start != nullptr) model->copy_shared_parameters(*start->model);
    monitor_.say(fmt::format("training {}", stem));
    // One key for all: the same rows are held out from every model of a sweep.
    const bool one_body = start != nullptr && trainer_options.epochs == 0;
    if (one_body && !features_.defined()) {
      features_ = body_features(*start->model, start->model->inputs(training.x));
    }
    result = train(*model, {training, one_body ? features_ : Tensor()}, trainer_options,
                   key_.split("training"), monitor_, folder_ / (stem + ".checkpoint.vt"));
    Tensor z;  // only integers have a joint law
    if (model->channel().density() != nullptr) {
      z = one_body ? signals_of_features(*model, features_)
                   : signals(*model, model->inputs(training.x));
    }
    Codec codec =
        make_codec(std::move(model), {{"identity", identity}, {"training", to_json(result)}}, z);
    save_codec(path, codec);
    return codec;
  }

 private:
  const ExperimentOptions& options_;
  core::Key key_;
  tensor::Device device_;
  std::filesystem::path folder_;
  core::Monitor& monitor_;
  Tensor features_;  // of the training data, where all models of a sweep share the reference's body
};

Evaluation evaluate_on(const Model& model, const data::Dataset& test, std::int64_t samples,
                       core::Key key) {
  return evaluate(model, model.inputs(test.x), targets(model, test), samples, key);
}

// Each model starts from the one before: a list that goes up and down is a mistake.
void check_order(const std::vector<double>& betas) {
  for (std::size_t i = 1; i < betas.size(); ++i) {
    if (betas[i] == betas[i - 1] || (betas[i] > betas[i - 1]) != (betas[1] > betas[0])) {
      core::fail_argument("learn.run_experiment",
                          "expected betas that rise or fall throughout, got {} after {}", betas[i],
                          betas[i - 1]);
    }
  }
}

}  // namespace

std::pair<data::Dataset, data::Dataset> training_and_test(const data::DataPair& data, double test,
                                                          core::Key key) {
  if (data.test) return {data.train, *data.test};
  const double parts[] = {test, 1 - test};
  std::vector<data::Dataset> split = data::split(data.train, parts, key);
  if (split[0].size() == 0 || split[1].size() == 0) {
    core::fail_argument("learn.training_and_test",
                        "a test part of {} of {} samples leaves a part empty", test,
                        data.train.size());
  }
  return {std::move(split[1]), std::move(split[0])};
}

Json Point::json() const {
  const auto optional = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  return {{"beta", beta},
          {"bits_model", rate.bits.value},
          {"bits_on_disk", optional(bits_on_disk)},
          {"file_bytes", optional(file_bytes)},
          {"distortion", rate.distortion},
          {"distortion_from_file", optional(distortion_from_file)},
          {"unit", rate.unit},
          {"information", information.method.empty() ? Json(nullptr) : information.json()},
          {"rate_bound", rate_bound.json()},
          {"train_rate_bits", training.train_rate_bits},
          {"seconds_per_step", training.seconds_per_step},
          {"model", model_path.string()},
          {"bits", bits_path.empty() ? Json(nullptr) : Json(bits_path.string())}};
}

Point measure_point(const Codec& codec, const data::Dataset& test, std::int64_t samples,
                    core::Key key, const std::filesystem::path& bits_path) {
  const Model& model = *codec.model;
  const Tensor x = model.inputs(test.x);
  const Tensor target = targets(model, test);
  const bool coded = !codec.tables.empty();
  Evaluation evaluation = evaluate(model, x, target, coded ? 0 : samples, key);
  Point out;
  if (coded) {
    const std::vector<std::int32_t> symbols = quantize(codec, x);
    code::write_container(bits_path, encode_bits(codec, symbols));
    // From here on only the file speaks.
    const std::vector<std::int32_t> read = decode_bits(codec, code::read_container(bits_path));
    const Evaluation from_file = evaluate_signals(model, signals_from_symbols(codec, read), target);
    out.file_bytes = std::filesystem::file_size(bits_path);
    out.bits_on_disk =
        8.0 * static_cast<double>(*out.file_bytes) / static_cast<double>(test.size());
    out.distortion_from_file = from_file.distortion;
    evaluation.prediction_bits = from_file.prediction_bits;
    evaluation.distortion = from_file.distortion;
    evaluation.rate_bits = model_bits(codec, symbols);
    out.bits_path = bits_path;
  }
  out.rate = evaluation.rate_point();
  out.rate_bound = measure::rate_upper_bound(evaluation.rate_bits);
  if (!model.problem().regression()) {
    out.information = measure::information_lower_bound(test.labels, evaluation.prediction_bits);
  }
  return out;
}

Experiment run_experiment(const data::DataPair& data, const ExperimentOptions& options,
                          core::Key key, const tensor::Device& device,
                          const std::filesystem::path& folder, core::Monitor& monitor) {
  core::check_options(options, "learn.run_experiment");
  if (options.trainer.target_rate > 0 && !options.betas.empty()) {
    core::fail_argument("learn.run_experiment",
                        "expected betas or target_rate, not both: a target rate finds its beta");
  }
  check_order(options.betas);
  const auto [training, test] = training_and_test(data, options.test, key.split("test"));
  const Problem problem = make_problem(training, options.model.scale);
  Bench bench(options, key, device, folder, monitor);
  Experiment out;
  if (!problem.regression()) {
    out.target_entropy_bits = measure::plug_in_entropy_bits(test.labels);
  }
  std::optional<Codec> reference;
  std::optional<Codec> previous;  // each model of a sweep starts from the one before
  if (options.pretrain_epochs > 0) {
    ModelOptions plain = options.model;
    plain.channel = {.kind = "none", .size = 64};
    plain.projection_hidden = {};
    plain.decoder_hidden = {};
    TrainerOptions trainer = options.trainer;
    trainer.beta = 0;
    trainer.target_rate = 0;
    trainer.head_epochs = 0;
    trainer.epochs = options.pretrain_epochs;
    TrainingResult ignored;
    reference = bench.obtain("reference", plain, trainer, problem, training, nullptr, ignored);
    out.reference = evaluate_on(*reference->model, test, 0, key.split("test"));
    out.reference_path = folder / "reference.vt";
  }
  const std::vector<double> betas =
      options.betas.empty() ? std::vector<double>{options.trainer.beta} : options.betas;
  for (const double beta : betas) {
    TrainerOptions trainer = options.trainer;
    trainer.beta = beta;
    const std::string stem = trainer.target_rate > 0 ? fmt::format("rate-{:g}", trainer.target_rate)
                                                     : fmt::format("beta-{:g}", beta);
    TrainingResult result;
    const Codec* start = previous ? &*previous : reference ? &*reference : nullptr;
    Codec codec = bench.obtain(stem, options.model, trainer, problem, training, start, result);
    Point point = measure_point(codec, test, options.samples, key.split("test"),
                                folder / (stem + ".bits.vt"));
    point.beta = result.beta;
    point.training = std::move(result);
    point.model_path = folder / (stem + ".vt");
    out.points.push_back(std::move(point));
    previous = std::move(codec);
  }
  return out;
}

}  // namespace venturi::learn
