#include "venturi/learn/sweep.hpp"

#include <limits>

#include "venturi/learn/adam.hpp"
#include "venturi/learn/evaluate.hpp"
#include "venturi/learn/schedule.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "learn.sweep";
constexpr std::int64_t kValidationSlice = 1024;

Tensor indices(const std::vector<std::int64_t>& values) {
  return torch::tensor(values, torch::kInt64);
}

class Sweep {
 public:
  Sweep(std::span<const SweepPart> parts, std::span<const SweepRun> runs,
        const ModelOptions& model_options, const TrainerOptions& options, core::Key key,
        const tensor::Device& device, core::Monitor& monitor)
      : runs_(runs),
        options_(options),
        key_(key),
        device_(device),
        monitor_(monitor),
        objective_(options.objective, key.split("critic")) {
    check(parts);
    std::vector<Tensor> x, y, held_x, held_y, scales;
    for (const SweepPart& part : parts) {
      alone_.emplace_back(model_options, make_problem(part.training, model_options.scale),
                          core::Key(0), device);
      const Model& model = alone_.back();
      x.push_back(model.inputs(part.training.x).flatten(1));
      y.push_back(targets(model, part.training));
      held_x.push_back(model.inputs(part.validation.x).flatten(1));
      held_y.push_back(targets(model, part.validation));
      std::vector<double> scale = model.problem().target_scale;
      if (scale.empty()) scale = {1};  // classes
      scales.push_back(torch::tensor(scale, torch::kFloat32).view({1, -1}));
    }
    std::vector<std::int64_t> part_of_run;
    std::vector<core::Key> keys;
    std::vector<double> betas;
    for (const SweepRun& run : runs) {
      part_of_run.push_back(static_cast<std::int64_t>(run.part));
      keys.push_back(run.key);
      betas.push_back(run.beta);
    }
    part_of_run_ = indices(part_of_run);
    samples_ = parts[0].training.size();
    x_ = torch::cat(x);
    y_ = torch::cat(y);
    const Tensor of_run = part_of_run_.to(device);
    held_x_ = torch::stack(held_x);
    held_y_ = torch::stack(held_y);
    scale_ = torch::stack(scales).to(device).index_select(0, of_run);
    beta_ = torch::tensor(betas, torch::kFloat32).to(device);
    model_.emplace(model_options, alone_[0].problem(), keys, device);
    best_ = model_->parameters().flat().clone();
    const auto n = static_cast<std::int64_t>(runs.size());
    least_ = torch::full({n}, std::numeric_limits<float>::infinity(), device_);
    best_epoch_ = torch::zeros({n}, torch::TensorOptions(torch::kInt64).device(device_));
    failures_.resize(runs.size());
  }

  std::vector<SweptModel> run() {
    net::Parameters& parameters = model_->parameters();
    Adam adam(parameters.flat(), parameters.flat_gradient(), 0,
              {options_.adam_beta1, options_.adam_beta2, options_.clip, options_.average});
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      train_epoch(epoch, adam);
      note_failures(epoch + 1);
      if (2 * (epoch + 1) <= options_.epochs && epoch + 1 < options_.epochs) continue;
      const Tensor current = parameters.flat().clone();
      const Tensor used = adam.averaged();
      parameters.set_values(used);
      keep_better(validation_distortion(), used, epoch + 1);
      parameters.set_values(current);
    }
    return results();
  }

 private:
  void check(std::span<const SweepPart> parts) {
    core::check_options(options_, kWhere);
    if (options_.target_rate > 0 || options_.head_epochs > 0 || options_.augment != "none") {
      core::fail_argument(kWhere, "target_rate, head_epochs and augment are for one model alone");
    }
    if (parts.empty() || runs_.empty()) core::fail_argument(kWhere, "expected parts and runs");
    for (const SweepPart& part : parts) {
      if (part.training.size() == 0 || part.validation.size() == 0) {
        core::fail_argument(kWhere, "a part is empty: {} samples to train on, {} held out",
                            part.training.size(), part.validation.size());
      }
      if (part.training.size() != parts[0].training.size() ||
          part.validation.size() != parts[0].validation.size()) {
        core::fail_argument(kWhere, "expected parts of one size, got {} and {} training samples",
                            parts[0].training.size(), part.training.size());
      }
    }
    for (const SweepRun& run : runs_) {
      if (run.part >= parts.size()) core::fail_argument(kWhere, "there is no part {}", run.part);
    }
  }

  // Rows of x_ in this epoch's order, runs*samples; runs of one part share it.
  Tensor order(core::Key key) const {
    std::vector<Tensor> rows;
    for (std::size_t p = 0; p < alone_.size(); ++p) {
      const auto permutation =
          core::Random(key.split(p)).permutation(static_cast<std::size_t>(samples_));
      rows.push_back(indices({permutation.begin(), permutation.end()}) +
                     static_cast<std::int64_t>(p) * samples_);
    }
    return torch::stack(rows).index_select(0, part_of_run_).to(device_);
  }

  Tensor pick(const Tensor& values, const Tensor& rows) const {
    std::vector<std::int64_t> shape = rows.sizes().vec();
    for (std::int64_t i = 1; i < values.dim(); ++i) shape.push_back(values.size(i));
    return values.index_select(0, rows.flatten()).view(shape);
  }

  void train_epoch(int epoch, Adam& adam) {
    const core::Key key = key_.split(static_cast<std::uint64_t>(epoch));
    const Tensor rows = order(key);
    auto generator = tensor::make_generator(key, device_);
    const net::Pass pass{.training = true, .generator = &generator};
    const std::int64_t steps = (samples_ + options_.batch - 1) / options_.batch;
    steps_.clear();
    for (std::int64_t step = 0; step < steps; ++step) {
      if (monitor_.stop_requested()) throw core::Interrupted("[learn.sweep] stopped");
      const double part =
          (epoch + static_cast<double>(step) / static_cast<double>(steps)) / options_.epochs;
      const Tensor batch = rows.slice(1, step * options_.batch, (step + 1) * options_.batch);
      const Tensor x = pick(x_, batch);
      const Throat how = throat(options_, model_->options().channel, true, part);
      const Losses losses = objective_.losses(
          *model_, run_forward(*model_, x, model_->features(x, pass), pick(y_, batch), how, pass));
      backward((losses.prediction + beta_ * losses.charged).sum());
      adam.step(learning_rate(options_, true, part, epoch));
      steps_.push_back(losses.terms);
      monitor_.progress({"sweep", static_cast<std::uint64_t>(epoch * steps + step + 1),
                         static_cast<std::uint64_t>(options_.epochs * steps), "steps", ""});
    }
  }

  // All gradients by one copy: added each to its own rows they would cost a kernel a parameter.
  void backward(const Tensor& loss) {
    const net::Parameters& parameters = model_->parameters();
    std::vector<Tensor> leaves;
    for (std::size_t i = 0; i < parameters.count(); ++i) leaves.push_back(parameters[i]);
    std::vector<Tensor> parts = torch::autograd::grad({loss}, leaves, {}, {}, false, true);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Tensor part = parts[i].defined() ? parts[i] : torch::zeros_like(leaves[i]);
      parts[i] = part.reshape({parameters.copies(), -1});
    }
    parameters.flat_gradient().copy_(torch::cat(parts, 1));
  }

  void note_failures(int epoch) {
    const Tensor bad = torch::isfinite(torch::stack(steps_)).logical_not();  // steps*terms*runs
    if (!bad.any().item<bool>()) return;
    const Tensor on_cpu = bad.to(torch::kCPU);
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      const Tensor own = on_cpu.select(2, static_cast<std::int64_t>(r));
      if (!failures_[r].empty() || !own.any().item<bool>()) continue;
      const Tensor first = own.nonzero()[0];
      failures_[r] = fmt::format("{} went first, at step {} of epoch {}",
                                 objective_.names()[first[1].item<std::int64_t>()],
                                 first[0].item<std::int64_t>() + 1, epoch);
    }
  }

  // Of each run, in the mode of use: error rate, or root mean squared error in the target's unit.
  Tensor validation_distortion() {
    const torch::NoGradGuard no_grad;
    auto unused = tensor::make_generator(core::Key(0), device_);
    const net::Pass pass{.generator = &unused};
    const Tensor of_run = part_of_run_.to(device_);
    const std::int64_t n = held_x_.size(1);
    Tensor sum = torch::zeros_like(least_);
    for (std::int64_t begin = 0; begin < n; begin += kValidationSlice) {
      const Tensor x = held_x_.slice(1, begin, begin + kValidationSlice).index_select(0, of_run);
      const Tensor y = held_y_.slice(1, begin, begin + kValidationSlice).index_select(0, of_run);
      const Tensor output = run_forward(*model_, x, model_->features(x, pass), y, {}, pass).output;
      sum += model_->problem().regression() ? ((output - y) * scale_).square().mean(-1).sum(-1)
                                            : (output.argmax(-1) != y).to(torch::kFloat32).sum(-1);
    }
    sum /= static_cast<double>(n);
    return model_->problem().regression() ? sum.sqrt() : sum;
  }

  void keep_better(const Tensor& distortion, const Tensor& weights, int epoch) {
    const Tensor better = distortion < least_;  // false for NaN
    least_ = torch::where(better, distortion, least_);
    best_ = torch::where(better.unsqueeze(1), weights, best_);
    best_epoch_.masked_fill_(better, epoch);
  }

  std::vector<SweptModel> results() {
    std::vector<SweptModel> out;
    const std::vector<double> least = tensor::to_doubles(least_);
    const Tensor epochs = best_epoch_.to(torch::kCPU);
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      const auto row = static_cast<std::int64_t>(r);
      auto model = std::make_unique<Model>(model_->options(), alone_[runs_[r].part].problem(),
                                           runs_[r].key, device_);
      model->parameters().set_values(best_[row]);
      out.push_back({.model = std::move(model),
                     .epoch = static_cast<int>(epochs[row].item<std::int64_t>()),
                     .validation_distortion = least[r],
                     .failure = failures_[r]});
    }
    return out;
  }

  std::span<const SweepRun> runs_;
  const TrainerOptions& options_;
  core::Key key_;
  tensor::Device device_;
  core::Monitor& monitor_;
  Objective objective_;
  std::vector<Model> alone_;  // one a part: its scaling
  std::optional<Model> model_;
  Tensor part_of_run_;
  std::int64_t samples_ = 0;
  Tensor x_, y_;            // of all parts, one after the other
  Tensor held_x_, held_y_;  // parts*n...
  Tensor scale_, beta_;
  std::vector<Tensor> steps_;  // terms*runs of each step of the epoch
  Tensor best_, least_, best_epoch_;
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<SweptModel> sweep(std::span<const SweepPart> parts, std::span<const SweepRun> runs,
                              const ModelOptions& model_options, const TrainerOptions& options,
                              core::Key key, const tensor::Device& device, core::Monitor& monitor) {
  return Sweep(parts, runs, model_options, options, key, device, monitor).run();
}

}  // namespace venturi::learn
