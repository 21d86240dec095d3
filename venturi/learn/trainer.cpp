// Over 400 lines: one training run, whose state its steps, checkpoints and rate control share.
#include "venturi/learn/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/record.hpp"
#include "venturi/core/units.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/checkpoint.hpp"
#include "venturi/learn/joint_law.hpp"
#include "venturi/learn/schedule.hpp"

namespace venturi::learn {
namespace {

using core::Json;
using tensor::Tensor;

constexpr double kCheckpointSeconds = 60;
// Dual ascent on log(beta): how fast, how much of the gap itself is added (without it the rate
// overshoots, and clusters of z once apart do not merge again), and where it stays.
constexpr double kDualStep = 0.01;
constexpr double kDualDamping = 3;
constexpr double kRateTolerance = 0.02;
constexpr double kLogBetaLow = -18, kLogBetaHigh = 7;

// Where a run stands; with the flat tensors all that a checkpoint holds.
struct Position {
  std::string stage;
  int epoch = 0;          // finished epochs of the stage
  std::int64_t step = 0;  // finished steps of the current epoch
  double best_objective = std::numeric_limits<double>::infinity();
  int epochs_since_best = 0;
};

class Trainer {
 public:
  Trainer(Model& model, const TrainingData& training, const TrainerOptions& options, core::Key key,
          core::Monitor& monitor, std::filesystem::path checkpoint)
      : model_(model),
        options_(options),
        key_(key),
        monitor_(monitor),
        checkpoint_(std::move(checkpoint)),
        device_(model.parameters().device()),
        objective_(options.objective, key.split("critic")) {
    split(training.set);
    features_ = training.features;
    log_beta_ = torch::full({}, std::log(std::max(options.beta, 1e-30)), device_);
    terms_ = torch::zeros({steps_per_epoch(), static_cast<std::int64_t>(objective_.names().size())},
                          device_);
    rate_gap_ = torch::zeros({}, device_);
  }

  TrainingResult run() {
    const bool resumed = !checkpoint_.empty() && std::filesystem::exists(checkpoint_);
    if (resumed) {
      try {
        load();
      } catch (const Json::exception& error) {
        core::fail_data("learn.train", "'{}' is not a checkpoint of training: {}",
                        checkpoint_.string(), error.what());
      }
    }
    if (options_.head_epochs == 0 || (resumed && position_.stage != "head")) {
      features_ = Tensor();
    } else {
      train_stage("head", options_.head_epochs);
    }
    if (options_.epochs > 0) {
      features_ = Tensor();  // the body is about to change
      train_stage("whole", options_.epochs);
    }
    result_.beta = options_.target_rate > 0 ? std::exp(log_beta_.item<double>()) : options_.beta;
    result_.train_rate_bits = used_rate().bits;
    const double miss = std::abs(result_.train_rate_bits / options_.target_rate - 1);
    if (options_.target_rate > 0 && miss > kRateTolerance) {
      monitor_.warn(
          fmt::format("the target rate of {} bits was not reached: {:.3f} bits at beta "
                      "{:.3g}; the model may not need more, or more epochs may help",
                      options_.target_rate, result_.train_rate_bits, result_.beta));
    }
    if (validation_rows_.size(0) > 0) result_.validation = measure(validation_rows_);
    if (!checkpoint_.empty()) std::filesystem::remove(checkpoint_);
    return std::move(result_);
  }

 private:
  void split(const data::Dataset& training) {
    const std::int64_t n = training.size();
    x_ = model_.inputs(training.x);
    target_ = targets(model_, training);
    labels_ = &training.labels;
    const auto held_out = static_cast<std::int64_t>(static_cast<double>(n) * options_.validation);
    if (n - held_out < 1) core::fail_argument("learn.train", "no training samples are left");
    if (options_.validation > 0 && held_out == 0) {
      core::fail_argument("learn.train",
                          "a validation part of {} of {} samples is empty; use validation = 0 or "
                          "more samples",
                          options_.validation, n);
    }
    if (options_.patience > 0 && held_out == 0) {
      core::fail_argument("learn.train", "patience needs a validation part (validation > 0)");
    }
    const auto order = core::Random(key_.split("validation")).permutation(n);
    std::vector<std::int64_t> rows(order.begin(), order.end());
    const Tensor all = torch::tensor(rows, torch::kInt64);
    validation_rows_ = all.narrow(0, 0, held_out).to(device_);
    train_rows_ = all.narrow(0, held_out, n - held_out).to(device_);
  }

  // Is the plane measured after this epoch? epochs^(i / (planes - 1)), rounded, i = 0, 1, ...
  bool plane_due(int epoch) const {
    for (int i = 0; i < options_.planes; ++i) {
      const double along = options_.planes > 1 ? static_cast<double>(i) / (options_.planes - 1) : 1;
      if (std::lround(std::pow(options_.epochs, along)) == epoch) return true;
    }
    return false;
  }

  std::vector<net::PlanePoint> plane() {
    constexpr std::int64_t kMost = 500;
    const Tensor rows =
        (validation_rows_.size(0) > 1 ? validation_rows_ : train_rows_).slice(0, 0, kMost);
    std::vector<std::int32_t> labels;
    const Tensor places = rows.to(torch::kCPU).contiguous();
    for (std::int64_t i = 0; i < places.size(0); ++i) {
      labels.push_back((*labels_)[static_cast<std::size_t>(places.data_ptr<std::int64_t>()[i])]);
    }
    return net::information_plane(net::Executor(model_.graph(), {.device = device_}),
                                  x_.index_select(0, rows), labels,
                                  {.estimator = options_.plane_estimator}, core::silent());
  }

  Evaluation measure(const Tensor& rows) {
    const Tensor target = target_.index_select(0, rows);
    const core::Key key = key_.split("evaluate");
    return features_.defined()
               ? evaluate_features(model_, features_.index_select(0, rows), target, 0, key)
               : evaluate(model_, x_.index_select(0, rows), target, 0, key);
  }

  // Bits a sample of the training part in the mode of use, as its file will have them, and what
  // part that is of the rate that training steers.
  struct UsedRate {
    double bits, part;
  };
  UsedRate used_rate() {
    const Evaluation evaluation = measure(train_rows_);
    const double apart = evaluation.mean_rate_bits();
    if (model_.channel().density() == nullptr) return {apart, 1};
    const Tensor inputs = (features_.defined() ? features_ : x_).index_select(0, train_rows_);
    const auto symbols = integers(features_.defined() ? signals_of_features(model_, inputs)
                                                      : signals(model_, inputs));
    const double used = mean_bits_as_filed(
        symbols, static_cast<std::size_t>(model_.options().channel.size), evaluation.rate_bits);
    return {used, used / apart};
  }

  std::int64_t steps_per_epoch() const {
    return (train_rows_.size(0) + options_.batch - 1) / options_.batch;
  }

  void train_stage(const std::string& stage, int epochs) {
    const bool whole = stage == "whole";
    if (position_.stage != stage) position_ = {.stage = stage};
    // The head learns on features computed once; the body's part of the flat tensor stays.
    if (!whole && !features_.defined()) features_ = body_features(model_, x_);
    const Tensor inputs = whole ? x_ : features_;
    Adam adam(model_.parameters().flat(), model_.parameters().flat_gradient(),
              whole ? 0 : model_.body_size(),
              {options_.adam_beta1, options_.adam_beta2, options_.clip, options_.average});
    if (saved_) {
      adam.set_state(saved_->optimizer.to(device_),
                     saved_->facts["adam_steps"].get<std::int64_t>());
      best_ = saved_->best.defined() ? saved_->best.to(device_) : Tensor();
      saved_.reset();
    }
    model_.parameters().flat_gradient().zero_();
    good_ = model_.parameters().flat().clone();
    std::vector<double> step_seconds;
    while (position_.epoch < epochs) {
      const double start = core::now_seconds();
      const std::int64_t first = position_.step;
      run_epoch(inputs, whole, epochs, adam);
      const double seconds = core::now_seconds() - start;
      step_seconds.push_back(seconds / static_cast<double>(steps_per_epoch() - first));
      ++position_.epoch;
      position_.step = 0;
      if (finish_epoch(stage, adam, seconds)) break;
    }
    model_.parameters().set_values(best_.defined() ? best_ : adam.averaged());
    best_ = good_ = Tensor();
    position_.stage = "";
    std::sort(step_seconds.begin(), step_seconds.end());
    if (!step_seconds.empty()) result_.seconds_per_step = step_seconds[step_seconds.size() / 2];
  }

  void run_epoch(const Tensor& inputs, bool whole, int epochs, Adam& adam) {
    const core::Key epoch_key = key_.split(position_.stage).split(position_.epoch);
    const auto order = core::Random(epoch_key.split("order")).permutation(train_rows_.size(0));
    const std::vector<std::int64_t> order64(order.begin(), order.end());
    const Tensor rows =
        train_rows_.index_select(0, torch::tensor(order64, torch::kInt64).to(device_));
    auto generator = tensor::make_generator(epoch_key, device_);
    const std::int64_t steps = steps_per_epoch();
    for (; position_.step < steps; ++position_.step) {
      if (monitor_.stop_requested()) stop(adam);
      const std::int64_t begin = position_.step * options_.batch;
      const Tensor batch = rows.slice(0, begin, begin + options_.batch);
      const double done = static_cast<double>(position_.epoch) +
                          static_cast<double>(position_.step) / static_cast<double>(steps);
      tensor::reseed(generator, epoch_key.split(position_.step));
      take_step(inputs, batch, whole, done / epochs, generator);
      adam.step(learning_rate(options_, whole, done / epochs, position_.epoch));
      report(epochs, steps);
      maybe_save(adam);
    }
  }

  void take_step(const Tensor& inputs, const Tensor& batch, bool whole, double part,
                 torch::Generator& generator) {
    Tensor x = inputs.index_select(0, batch);
    const Tensor target = target_.index_select(0, batch);
    if (whole && options_.augment == "flip") {
      const Tensor mirrored = torch::empty({x.size(0), 1, 1, 1}, x.options())
                                  .bernoulli_(0.5, generator)
                                  .to(torch::kBool);
      x = torch::where(mirrored, x.flip(-1), x);
    }
    const net::Pass pass{.training = true, .generator = &generator};
    const Tensor features = whole ? model_.features(x, pass) : x;
    const Throat how = throat(options_, model_.options().channel, whole, part);
    const Losses losses =
        objective_.losses(model_, run_forward(model_, x, features, target, how, pass));
    const Tensor loss =
        losses.prediction + (log_beta_ + kDualDamping * rate_gap_).exp() * losses.charged;
    loss.backward();
    const torch::NoGradGuard no_grad;
    terms_[position_.step].copy_(losses.terms);
    if (options_.target_rate > 0) {
      const double target_nats = options_.target_rate / core::kBitsPerNat;
      rate_gap_ = (losses.rate.detach() * rate_part_ / target_nats - 1).clamp(-1, 1);
      log_beta_.add_(rate_gap_, kDualStep).clamp_(kLogBetaLow, kLogBetaHigh);
    }
  }

  // Closes the epoch's record; true when patience has run out.
  bool finish_epoch(const std::string& stage, const Adam& adam, double seconds) {
    if (!torch::isfinite(terms_).all().item<bool>()) fail_not_finite(stage);
    const std::vector<double> means = tensor::to_doubles(terms_.mean(0));
    EpochRecord record{.stage = stage,
                       .epoch = position_.epoch,
                       .train_prediction_bits = means[0] * core::kBitsPerNat,
                       .train_rate_bits = objective_.rate(means) * core::kBitsPerNat,
                       .beta = std::exp(log_beta_.item<double>()),
                       .seconds = seconds};
    bool finished = false;
    const Tensor used = adam.averaged();
    good_ = used;
    const bool draws = stage == "whole" && plane_due(position_.epoch);
    std::optional<Evaluation> held;
    if (draws || validation_rows_.size(0) > 0) {
      const Tensor current = model_.parameters().flat().clone();
      model_.parameters().set_values(used);
      if (draws) record.plane = plane();
      if (validation_rows_.size(0) > 0) held = measure(validation_rows_);
      model_.parameters().set_values(current);
    }
    if (held) {
      const Evaluation& evaluation = *held;
      record.validation_prediction_bits = evaluation.mean_prediction_bits();
      record.validation_rate_bits = evaluation.mean_rate_bits();
      record.validation_distortion = evaluation.distortion;
      finished = update_best(record, used);
    }
    result_.history.push_back(record);
    if (options_.target_rate > 0) follow_rate(stage == "whole", used);
    return finished;
  }

  // The epoch that just ended has a loss that is not finite: names the terms that went first.
  [[noreturn]] void fail_not_finite(const std::string& stage) {
    const Tensor bad = torch::isfinite(terms_).logical_not().to(torch::kCPU);
    const std::int64_t first = bad.any(1).nonzero()[0].item<std::int64_t>();
    std::vector<std::string> names;
    for (std::size_t k = 0; k < objective_.names().size(); ++k) {
      if (bad[first][static_cast<std::int64_t>(k)].item<bool>()) {
        names.push_back(objective_.names()[k]);
      }
    }
    model_.parameters().set_values(good_);
    core::fail_data("learn.train",
                    "the loss is not finite: {} went first, at step {} of epoch {} ({}); the model "
                    "is as before that epoch. Try a smaller learning_rate or clip = 1",
                    fmt::join(names, " and "), first + 1, position_.epoch, stage);
  }

  // What files will take of the rate that is steered. Around its target the rate swings a little:
  // of the epochs in the mode of use, the weights whose rate on the training part is nearest the
  // target are kept; within 1 % the latest.
  void follow_rate(bool whole, const Tensor& weights) {
    const Tensor current = model_.parameters().flat().clone();
    model_.parameters().set_values(weights);
    const UsedRate used = used_rate();
    model_.parameters().set_values(current);
    rate_part_ = used.part;
    const int epochs = whole ? options_.epochs : options_.head_epochs;
    const double part = static_cast<double>(position_.epoch) / epochs;
    if (model_.options().channel.kind == "quantized" &&
        throat(options_, model_.options().channel, whole, part).mode != Throat::Mode::kHard) {
      return;
    }
    const double gap = std::abs(used.bits / options_.target_rate - 1);
    if (std::max(gap, 0.01) > position_.best_objective) return;
    position_.best_objective = std::max(gap, 0.01);
    best_ = weights.clone();
  }

  bool update_best(const EpochRecord& record, const Tensor& weights) {
    if (options_.patience == 0 || options_.target_rate > 0) return false;
    const double objective =
        record.validation_prediction_bits + record.beta * record.validation_rate_bits;
    if (objective < position_.best_objective) {
      position_.best_objective = objective;
      position_.epochs_since_best = 0;
      best_ = weights.clone();
      return false;
    }
    return ++position_.epochs_since_best >= options_.patience;
  }

  void report(int epochs, std::int64_t steps) {
    std::string metric;
    if (!result_.history.empty()) {
      const EpochRecord& last = result_.history.back();
      const bool regression = model_.problem().regression();
      metric = fmt::format("{} {:.4g}{} at {:.3g} bits", regression ? "rmse" : "error",
                           last.validation_distortion * (regression ? 1 : 100),
                           regression ? "" : " %", last.validation_rate_bits);
    }
    monitor_.progress({position_.stage == "head" ? "train head" : "train",
                       static_cast<std::uint64_t>(position_.epoch * steps + position_.step + 1),
                       static_cast<std::uint64_t>(epochs * steps), "steps", metric});
  }

  // --- checkpoints ---

  void save(const Adam& adam) {
    Json facts = {{"stage", position_.stage},
                  {"epoch", position_.epoch},
                  {"step", position_.step},
                  {"epochs_since_best", position_.epochs_since_best},
                  {"adam_steps", adam.steps()},
                  {"options", core::options_to_json(options_)},
                  {"model", core::options_to_json(model_.options())},
                  {"key", key_.value()},
                  {"history", to_json(result_)["history"]}};
    write_checkpoint(checkpoint_, {.facts = std::move(facts),
                                   .scalars = {log_beta_.item<double>(), position_.best_objective,
                                               rate_part_, rate_gap_.item<double>()},
                                   .sums = terms_,
                                   .weights = model_.parameters().flat(),
                                   .optimizer = adam.state(),
                                   .best = best_,
                                   .critics = objective_.critic_state()});
    saved_at_ = core::now_seconds();
  }

  void load() {
    Checkpoint read = read_checkpoint(checkpoint_);
    const auto same = [&](const char* field, const Json& own) {
      if (read.facts[field] != own) {
        core::fail_data("learn.train",
                        "'{}' belongs to another run (its {} differs); remove it to "
                        "start anew",
                        checkpoint_.string(), field);
      }
    };
    same("options", core::options_to_json(options_));
    same("model", core::options_to_json(model_.options()));
    same("key", key_.value());
    if (read.scalars.size() != 4 || read.sums.numel() != terms_.numel()) {
      core::fail_data("learn.train", "'{}' is not a checkpoint of training", checkpoint_.string());
    }
    position_ = {.stage = read.facts["stage"].get<std::string>(),
                 .epoch = read.facts["epoch"].get<int>(),
                 .step = read.facts["step"].get<std::int64_t>(),
                 .best_objective = read.scalars.at(1),
                 .epochs_since_best = read.facts["epochs_since_best"].get<int>()};
    for (const Json& one : read.facts["history"]) {
      result_.history.push_back(epoch_record_from_json(one));
    }
    log_beta_.fill_(read.scalars.at(0));
    rate_part_ = read.scalars.at(2);
    rate_gap_.fill_(read.scalars.at(3));
    terms_.copy_(read.sums.view(terms_.sizes()));
    model_.parameters().set_values(read.weights);
    if (read.critics.defined()) objective_.set_critic_state(read.critics);
    monitor_.say(fmt::format("resuming '{}' after {} epoch(s) and {} step(s) of stage {}",
                             checkpoint_.string(), position_.epoch, position_.step,
                             position_.stage));
    saved_ = std::move(read);
  }

  void maybe_save(const Adam& adam) {
    if (checkpoint_.empty()) return;
    if (saved_at_ == 0) saved_at_ = core::now_seconds();
    if (core::now_seconds() - saved_at_ < kCheckpointSeconds) return;
    if (!torch::isfinite(terms_).all().item<bool>()) return;  // the last good one stays
    ++position_.step;                                         // this step is done
    save(adam);
    --position_.step;
  }

  [[noreturn]] void stop(const Adam& adam) {
    if (checkpoint_.empty()) throw core::Interrupted("[learn.train] stopped; nothing was saved");
    save(adam);
    throw core::Interrupted(fmt::format("[learn.train] stopped; the same command goes on from '{}'",
                                        checkpoint_.string()));
  }

  Model& model_;
  TrainerOptions options_;
  core::Key key_;
  core::Monitor& monitor_;
  std::filesystem::path checkpoint_;
  tensor::Device device_;
  Tensor x_, target_, train_rows_, validation_rows_;
  const std::vector<std::int32_t>* labels_ = nullptr;  // of all rows
  Tensor features_;                                    // the body's, while it stays as it is
  Tensor log_beta_;
  Tensor rate_gap_;       // of the step before: (rate - target) / target, within +-1
  double rate_part_ = 1;  // of the steered rate, what files take
  Objective objective_;
  Tensor terms_;  // of each step of the epoch: prediction, then each rate
  Tensor good_;   // weights of the last epoch whose loss was finite
  Tensor best_;
  Position position_;
  TrainingResult result_;
  std::optional<Checkpoint> saved_;
  double saved_at_ = 0;
};

}  // namespace

TrainingResult train(Model& model, const TrainingData& training, const TrainerOptions& options,
                     core::Key key, core::Monitor& monitor,
                     const std::filesystem::path& checkpoint) {
  check_trainer_options(model, options);
  return Trainer(model, training, options, key, monitor, checkpoint).run();
}

}  // namespace venturi::learn
