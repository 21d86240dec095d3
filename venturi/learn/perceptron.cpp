#include "venturi/learn/perceptron.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::learn {

using tensor::Tensor;

Perceptron::Perceptron(std::int64_t inputs, const std::vector<std::int64_t>& hidden,
                       std::int64_t outputs, core::Key key, const tensor::Device& device,
                       const std::string& activation) {
  std::int64_t width = inputs;
  if (!hidden.empty()) {
    body_ = std::make_unique<net::Network>("body", net::mlp(hidden, activation),
                                           std::vector{inputs}, parameters_);
    width = hidden.back();
  }
  const std::vector<net::Layer> last = {{.type = "linear", .out = outputs}};
  head_ = std::make_unique<net::Network>("head", last, std::vector{width}, parameters_);
  parameters_.allocate(key, device);
}

Tensor Perceptron::hidden(const Tensor& x) const {
  return body_ ? body_->forward(parameters_, x, {}) : x;
}

void Perceptron::step(double learning_rate, double decay) {
  if (!adam_) {
    adam_ =
        std::make_unique<Adam>(parameters_.flat(), parameters_.flat_gradient(), 0, Adam::Options{});
  }
  if (decay > 0) {
    const torch::NoGradGuard no_grad;
    parameters_.flat().mul_(1 - learning_rate * decay);
  }
  adam_->step(learning_rate);
}

Labelled labelled(const data::Dataset& set, std::int64_t most, const tensor::Device& device) {
  if (set.task != data::Task::kClasses) {
    core::fail_argument("learn.labelled", "'{}' has no classes", set.name);
  }
  const std::int64_t n = most > 0 ? std::min<std::int64_t>(most, set.size()) : set.size();
  const auto some = std::span(set.labels).first(static_cast<std::size_t>(n));
  return {tensor::from_matrix(set.x.topRows(n)).to(device), tensor::from_labels(some).to(device)};
}

Batches::Batches(std::int64_t n, std::int64_t batch, core::Key key, const tensor::Device& device)
    : n_(n), batch_(std::min(n, batch)), key_(key), device_(device) {
  if (n < 1 || batch < 1) core::fail_argument("learn.Batches", "expected rows and a batch");
  per_epoch_ = n_ / batch_;
}

Tensor Batches::next() {
  const std::int64_t at = step_ % per_epoch_;
  if (at == 0) {
    const auto order = core::Random(key_.split(static_cast<std::uint64_t>(step_ / per_epoch_)))
                           .permutation(static_cast<std::size_t>(n_));
    order_ = torch::tensor(std::vector<std::int64_t>(order.begin(), order.end()), torch::kInt64)
                 .to(device_);
  }
  ++step_;
  return order_.narrow(0, at * batch_, batch_);
}

double percent_right(const Tensor& outputs, const Tensor& labels) {
  return 100 * outputs.argmax(-1).eq(labels).to(torch::kFloat64).mean().item<double>();
}

}  // namespace venturi::learn
