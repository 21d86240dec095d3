#include "venturi/compress/recover.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr std::int64_t kStepsBetweenSizes = 10;

// What one level of each weight is worth (rows*columns).
Tensor unit_of(const CodedMatrix& m) {
  CodedMatrix ones = m;
  std::fill(ones.levels.begin(), ones.levels.end(), 1);
  return to_tensor(ones);
}

void set_levels(CodedMatrix& m, const Tensor& levels) {
  const Tensor whole = levels.to(torch::kCPU, torch::kInt32).contiguous();
  const auto* p = whole.data_ptr<std::int32_t>();
  m.levels.assign(p, p + whole.numel());
}

// A parameter in training: the value that the network runs with, its float copy, Adam's moments.
struct Trained {
  std::string name;
  std::size_t matrix = 0;
  bool is_matrix = false;
  Tensor copy, unit, used, first, second;
};

// x, in levels, to the whole number below |x| - dead + .5.
Tensor levels_of(const Tensor& x, double dead) {
  const Tensor shrunk = x.abs() - dead;
  return torch::where(shrunk.gt(.5), torch::floor(shrunk + .5), torch::zeros_like(x)) * x.sign();
}

class Training {
 public:
  Training(CompressedModel& model, const tensor::Device& device)
      : model_(model), device_(device), start_(model.model().weights) {
    for (auto& [name, value] : start_) {
      if (value.is_floating_point()) value = value.to(device);
    }
    for (std::size_t k = 0; k < model.nodes.size(); ++k) {
      if (model.matrices[k].way != Way::steps) continue;
      Trained one{.name = model.nodes[k].weight, .matrix = k, .is_matrix = true};
      one.copy = to_tensor(model.matrices[k]).to(device);
      one.unit = unit_of(model.matrices[k]).to(device);
      add(std::move(one));
    }
    for (const auto& [name, value] : model.rest) {
      if (!value.is_floating_point()) continue;
      add({.name = name, .copy = value.to(device, /*non_blocking=*/false, /*copy=*/true)});
    }
  }

  // Writes levels and biases into the model.
  void settle() {
    for (const Trained& one : all_) {
      if (one.is_matrix) {
        set_levels(model_.matrices[one.matrix], levels_of(one.copy / one.unit, dead_));
      } else {
        model_.rest[one.name] = kept(one.copy.to(torch::kCPU));
      }
    }
  }

  double step(const Tensor& x, const Tensor& target, double rate) {
    ++steps_;
    net::Weights weights = start_;
    for (Trained& one : all_) {
      Tensor value = one.copy;
      if (one.is_matrix) {
        value = net::from_matrix_of(model_.nodes[one.matrix],
                                    levels_of(one.copy / one.unit, dead_) * one.unit,
                                    start_.at(one.name));
      }
      one.used = value.detach().clone().requires_grad_(true);
      weights[one.name] = one.used;
    }
    const net::Executor executor({model_.graph, std::move(weights)}, {.device = device_});
    const torch::AutoGradMode on(true);
    const Tensor y =
        executor.run({x}, {.hooks = straight_through(), .gradients = true, .trace = {}})[0];
    const Tensor logq = y.reshape({y.size(0), -1}).log_softmax(1);
    const Tensor logp = target.log_softmax(1);
    const Tensor loss = (logp.exp() * (logp - logq)).sum(1).mean();
    loss.backward();
    move(rate);
    return loss.item<double>();
  }

  // The dead zone a step towards where the file fills `most_bytes`.
  void steer(std::int64_t most_bytes) {
    settle();
    const auto bytes = static_cast<std::int64_t>(file_bytes(model_));
    if (bytes > most_bytes) {
      dead_ = std::min(dead_ + .01, 1.0);
    } else if (bytes < most_bytes - most_bytes / 500) {
      dead_ = std::max(dead_ - .01, 0.0);
    }
  }

  // A larger dead zone until the file fits.
  void shrink_to(std::int64_t most_bytes) {
    settle();
    while (dead_ < 1 && static_cast<std::int64_t>(file_bytes(model_)) > most_bytes) {
      dead_ += .005;
      settle();
    }
  }

 private:
  // Quantised edges pass gradients on as if they were not.
  std::vector<net::Hook> straight_through() {
    std::vector<net::Hook> out;
    for (const std::string& edge : model_.quantised) {
      const auto before = std::make_shared<Tensor>();
      out.push_back(net::observe(edge + "/before",
                                 [before](const std::string&, const Tensor& v) { *before = v; }));
      out.push_back({edge, [before](const std::string&, const Tensor& v) {
                       return *before + (v - *before).detach();
                     }});
    }
    return out;
  }

  void add(Trained one) {
    one.first = torch::zeros_like(one.copy);
    one.second = torch::zeros_like(one.copy);
    all_.push_back(std::move(one));
  }

  void move(double rate) {
    const torch::NoGradGuard no_grad;
    constexpr double b1 = .9, b2 = .999;
    for (Trained& one : all_) {
      Tensor g = one.used.grad();
      if (!g.defined()) continue;
      if (one.is_matrix) g = net::as_matrix(model_.nodes[one.matrix], g);
      one.first.mul_(b1).add_(g, 1 - b1);
      one.second.mul_(b2).addcmul_(g, g, 1 - b2);
      const Tensor m = one.first / (1 - std::pow(b1, steps_));
      const Tensor v = (one.second / (1 - std::pow(b2, steps_))).sqrt() + 1e-10;
      one.copy.sub_(m / v, rate);
    }
  }

  CompressedModel& model_;
  tensor::Device device_;
  net::Weights start_;
  std::vector<Trained> all_;
  double dead_ = 0;
  int steps_ = 0;
};

}  // namespace

void recover(const Subject& subject, const Tensor& x, std::int64_t most_bytes,
             const RecoverOptions& options, core::Key key, CompressedModel& model,
             core::Monitor& monitor) {
  const std::int64_t n = x.size(0), batch = std::min(options.batch, n);
  if (n < 1) core::fail_argument("compress.recover", "expected training inputs, got none");
  const std::int64_t per_epoch = n / batch, total = per_epoch * options.epochs;
  Training training(model, options.device);
  const net::Executor teacher(subject.model(), {.device = options.device});
  std::int64_t done = 0;
  double running = 0;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    const auto order = core::Random(key.split("recover").split(static_cast<std::uint64_t>(epoch)))
                           .permutation(static_cast<std::size_t>(n));
    for (std::int64_t b = 0; b < per_epoch; ++b, ++done) {
      std::vector<std::int64_t> rows(order.begin() + b * batch, order.begin() + (b + 1) * batch);
      const Tensor part = x.index_select(0, torch::tensor(rows));
      Tensor target;
      {
        const torch::NoGradGuard no_grad;
        target = teacher.run({part})[0].reshape({batch, -1});
      }
      const double rate =
          options.learning_rate * .5 *
          (1 + std::cos(std::numbers::pi * static_cast<double>(done) / static_cast<double>(total)));
      const double loss = training.step(part, target, rate);
      running = done == 0 ? loss : .95 * running + .05 * loss;
      monitor.progress({"recover", static_cast<std::uint64_t>(done + 1),
                        static_cast<std::uint64_t>(total), "steps",
                        fmt::format("divergence {:.4f} nats", running)});
      if (done % kStepsBetweenSizes == 0) training.steer(most_bytes);
      if (monitor.stop_requested()) throw core::Interrupted("[compress.recover] stopped");
    }
  }
  training.shrink_to(most_bytes);
}

}  // namespace venturi::compress
