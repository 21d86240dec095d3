#include "venturi/learn/model.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

namespace venturi::learn {
namespace {

using tensor::Tensor;

std::vector<net::Layer> body_layers(const ModelOptions& options, const Problem& problem) {
  if (options.encoder == "mlp") return net::mlp(options.hidden, options.activation);
  if (problem.shape.size() != 3) {
    core::fail_argument("learn.Model",
                        "encoder 'cnn' needs images (channels*height*width), the inputs have {} "
                        "dimension(s); use --encoder mlp",
                        problem.shape.size());
  }
  if (options.hidden.size() < 2) {
    core::fail_argument("learn.Model",
                        "encoder 'cnn' expects hidden = channels of each "
                        "convolution, then the dense layer; got {} number(s)",
                        options.hidden.size());
  }
  const std::vector<std::int64_t> channels(options.hidden.begin(), options.hidden.end() - 1);
  return net::small_cnn(channels, options.hidden.back(), options.dropout);
}

// Mean and deviation of each column, or (pooled) of all elements; a constant column keeps scale 1.
void fit_scaling(const core::MatrixF& x, bool pooled, std::vector<double>& mean,
                 std::vector<double>& scale) {
  const auto columns = static_cast<std::size_t>(x.cols());
  mean.assign(columns, 0);
  scale.assign(columns, 0);
  for (core::Index c = 0; c < x.cols(); ++c) {
    double sum = 0;
    double square = 0;
    for (core::Index i = 0; i < x.rows(); ++i) {
      const double v = x(i, c);
      sum += v;
      square += v * v;
    }
    mean[c] = sum / static_cast<double>(x.rows());
    scale[c] = square / static_cast<double>(x.rows());
  }
  const auto average = [](const std::vector<double>& v) {
    return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  };
  if (pooled) {
    mean = {average(mean)};
    scale = {average(scale)};
  }
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double variance = scale[c] - mean[c] * mean[c];
    scale[c] = variance > 1e-12 * (scale[c] + 1e-30) ? std::sqrt(variance) : 1.0;
  }
}

Tensor row_tensor(const std::vector<double>& values, const tensor::Device& device) {
  return torch::tensor(values, torch::kFloat32).to(device);
}

// What nothing can be learnt from.
void refuse_constant(const data::Dataset& training) {
  const auto& labels = training.labels;
  if (!labels.empty() &&
      std::adjacent_find(labels.begin(), labels.end(), std::not_equal_to<>()) == labels.end()) {
    core::fail_data("learn.make_problem", "'{}': all {} labels are of one class", training.name,
                    labels.size());
  }
  for (core::Index t = 0; t < training.y.cols(); ++t) {
    if (training.y.col(t).minCoeff() == training.y.col(t).maxCoeff()) {
      core::fail_data("learn.make_problem", "'{}': target {} is {} in every sample", training.name,
                      t, training.y(0, t));
    }
  }
}

}  // namespace

std::int64_t Problem::inputs() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

Problem make_problem(const data::Dataset& training, const std::string& scale) {
  training.check("learn.make_problem");
  if (training.size() < 2) {
    core::fail_argument("learn.make_problem", "expected at least 2 training samples, got {}",
                        training.size());
  }
  refuse_constant(training);
  Problem out;
  out.shape = training.shape;
  out.feature_names = training.feature_names;
  out.class_names = training.class_names;
  if (training.task == data::Task::kClasses) {
    out.classes = training.classes;
  } else if (training.task == data::Task::kRegression) {
    out.targets = training.y.cols();
    fit_scaling(training.y, false, out.target_mean, out.target_scale);
  } else {
    core::fail_argument("learn.make_problem", "'{}' has no labels or targets to learn from",
                        training.name);
  }
  if (scale == "symmetric") {
    out.input_mean = {0.5};
    out.input_scale = {0.5};
  } else if (scale == "none") {
    out.input_mean = {0};
    out.input_scale = {1};
  } else {
    fit_scaling(training.x, training.shape.size() > 1, out.input_mean, out.input_scale);
  }
  return out;
}

std::int64_t parameter_count(const ModelOptions& options, const Problem& problem) {
  return Model(options, problem).parameters_.size();
}

Model::Model(ModelOptions options, Problem problem)
    : options_(std::move(options)), problem_(std::move(problem)) {
  core::check_options(options_, "learn.Model");
  body_.emplace("body", body_layers(options_, problem_), problem_.shape, parameters_);
  body_size_ = parameters_.size();
  channel_ = make_channel(options_.channel, parameters_);
  std::vector<net::Layer> projection = net::mlp(options_.projection_hidden, options_.activation);
  projection.push_back({.type = "linear", .out = channel_->inputs()});
  projection_.emplace("projection", projection, body_->output(), parameters_);
  std::vector<net::Layer> head = net::mlp(options_.decoder_hidden, options_.activation);
  head.push_back(
      {.type = "linear", .out = problem_.regression() ? problem_.targets : problem_.classes});
  const std::vector<std::int64_t> code_shape{options_.channel.size};
  decoder_.emplace("decoder", head, code_shape, parameters_);
  if (problem_.regression()) {
    log_variance_ = parameters_.add("log_variance", {problem_.targets}, {});
  }
}

Model::Model(ModelOptions options, Problem problem, core::Key key, const tensor::Device& device)
    : Model(std::move(options), std::move(problem)) {
  parameters_.allocate(key, device);
  set_scaling(device);
}

Model::Model(ModelOptions options, Problem problem, std::span<const core::Key> keys,
             const tensor::Device& device)
    : Model(std::move(options), std::move(problem)) {
  if (options_.encoder != "mlp" || options_.channel.kind == "quantized") {
    core::fail_argument("learn.Model",
                        "copies of a model run as one with encoder mlp and channels that are not "
                        "quantized; got {} and {}",
                        options_.encoder, options_.channel.kind);
  }
  parameters_.allocate(keys, device);
  set_scaling(device);
}

void Model::set_scaling(const tensor::Device& device) {
  input_mean_ = row_tensor(problem_.input_mean, device);
  input_scale_ = row_tensor(problem_.input_scale, device);
}

Tensor Model::inputs(const core::MatrixViewF& x) const {
  if (x.cols() != problem_.inputs()) {
    core::fail_argument("learn.Model", "expected inputs of {} features, got {}", problem_.inputs(),
                        x.cols());
  }
  Tensor out = tensor::from_matrix(x);
  if (!torch::isfinite(out).all().item<bool>()) {
    const Tensor bad = torch::nonzero(torch::isfinite(out).logical_not())[0];
    core::fail_data("learn.Model", "the input is not finite at row {}, column {}",
                    bad[0].item<std::int64_t>(), bad[1].item<std::int64_t>());
  }
  out = (out.to(parameters_.device()) - input_mean_) / input_scale_;
  std::vector<std::int64_t> shape{out.size(0)};
  shape.insert(shape.end(), problem_.shape.begin(), problem_.shape.end());
  return out.view(shape);
}

Tensor Model::features(const Tensor& x, const net::Pass& pass) const {
  return body_->forward(parameters_, x, pass);
}

Tensor Model::project(const Tensor& features) const {
  return projection_->forward(parameters_, features, {});
}

Tensor Model::decode(const Tensor& z, const net::Pass& pass) const {
  return decoder_->forward(parameters_, z, pass);
}

Tensor Model::prediction_nats(const Tensor& output, const Tensor& target) const {
  if (!problem_.regression() && output.dim() > 2) {
    return -torch::log_softmax(output, -1).gather(-1, target.unsqueeze(-1)).squeeze(-1);
  }
  if (!problem_.regression()) {
    return torch::nn::functional::cross_entropy(
        output, target, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  }
  const Tensor log_variance = parameters_[log_variance_].clamp(-12, 12);
  const Tensor squared = (output - target).square() * torch::exp(-log_variance);
  return (0.5 * (squared + log_variance + std::log(2 * std::numbers::pi))).sum(-1);
}

void Model::copy_shared_parameters(const Model& other) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.count(); ++i) {
    for (std::size_t j = 0; j < other.parameters_.count(); ++j) {
      if (parameters_.name(i) == other.parameters_.name(j) &&
          parameters_.shape(i) == other.parameters_.shape(j)) {
        Tensor view = parameters_[i];
        view.copy_(other.parameters_[j]);
      }
    }
  }
}

}  // namespace venturi::learn
