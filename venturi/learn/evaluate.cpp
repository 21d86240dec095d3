#include "venturi/learn/evaluate.hpp"

#include <cmath>
#include <exception>
#include <numeric>

#include "venturi/core/units.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

// Small enough to balance two threads on a few thousand samples, large enough for the GEMMs.
constexpr std::int64_t kSlice = 250;
constexpr std::int64_t kSliceCuda = 10000;

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

Tensor affine(const Tensor& y, const std::vector<double>& scale, const std::vector<double>& shift) {
  return y * torch::tensor(scale, torch::kFloat32).to(y.device()) +
         torch::tensor(shift, torch::kFloat32).to(y.device());
}

// Per sample of a slice: prediction nats, rate nats, error or squared error.
struct SliceResult {
  Tensor prediction_nats, rate_nats, loss;
};

// Prediction and loss of the decoder's `output` (logits, or standardised means).
SliceResult judge(const Model& model, const Tensor& output, const Tensor& target) {
  const Problem& problem = model.problem();
  const Tensor nats = model.prediction_nats(output, target);
  if (!problem.regression()) {
    return {nats, {}, (output.argmax(1) != target).to(torch::kFloat32)};
  }
  const std::vector<double> zero(problem.target_scale.size(), 0.0);
  return {nats, {}, affine(output - target, problem.target_scale, zero).square().mean(1)};
}

SliceResult evaluate_slice(const Model& model, const Tensor& features, const Tensor& target,
                           std::int64_t samples, core::Key key) {
  const Problem& problem = model.problem();
  auto generator = tensor::make_generator(key, features.device());
  const Tensor e = model.project(features);
  const Throat throat{samples == 0 ? Throat::Mode::kHard : Throat::Mode::kNoisy};
  Tensor rate;
  Tensor average;  // of probabilities, or of means
  const std::int64_t draws = std::max<std::int64_t>(samples, 1);
  for (std::int64_t s = 0; s < draws; ++s) {
    const Signal signal = model.channel().transmit(model.parameters(), e, throat, generator);
    const Tensor output = model.decode(signal.z, {});
    const Tensor one = problem.regression() ? output : torch::softmax(output, 1);
    rate = s == 0 ? signal.rate_nats : rate + signal.rate_nats;
    average = s == 0 ? one : average + one;
  }
  average = average / static_cast<double>(draws);
  SliceResult out =
      judge(model, problem.regression() ? average : average.clamp_min(1e-30).log(), target);
  out.rate_nats = rate / static_cast<double>(draws);
  return out;
}

void store(const Tensor& from, std::vector<double>& to, std::int64_t begin, double factor) {
  const std::vector<double> values = tensor::to_doubles(from);
  for (std::size_t i = 0; i < values.size(); ++i) to[begin + i] = values[i] * factor;
}

double distortion(const Model& model, const std::vector<double>& loss) {
  return model.problem().regression() ? std::sqrt(mean(loss)) : mean(loss);
}

const char* unit(const Model& model) {
  return model.problem().regression() ? "rmse" : "error rate";
}

}  // namespace

void for_slices(std::int64_t n, const tensor::Device& device,
                const std::function<void(std::int64_t, std::int64_t)>& work) {
  const std::int64_t size = device.is_cuda() ? kSliceCuda : kSlice;
  const std::int64_t slices = (n + size - 1) / size;
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic) if (!device.is_cuda())
  for (std::int64_t s = 0; s < slices; ++s) {
    try {
      const torch::NoGradGuard no_grad;  // per thread
      work(s * size, std::min(n, (s + 1) * size));
    } catch (...) {
#pragma omp critical(venturi_for_slices)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

Tensor targets(const Model& model, const data::Dataset& dataset) {
  const Problem& problem = model.problem();
  dataset.check("learn.targets");
  if (problem.regression()) {
    if (dataset.task != data::Task::kRegression || dataset.y.cols() != problem.targets) {
      core::fail_argument("learn.targets", "expected {} real target(s) a sample in '{}'",
                          problem.targets, dataset.name);
    }
    const Tensor y = tensor::from_matrix(dataset.y).to(model.parameters().device());
    const Tensor shift = torch::tensor(problem.target_mean, torch::kFloat32).to(y.device());
    return (y - shift) / torch::tensor(problem.target_scale, torch::kFloat32).to(y.device());
  }
  if (dataset.task != data::Task::kClasses) {
    core::fail_argument("learn.targets", "expected class labels in '{}'", dataset.name);
  }
  for (std::size_t i = 0; i < dataset.labels.size(); ++i) {
    if (dataset.labels[i] < 0 || dataset.labels[i] >= problem.classes) {
      core::fail_data("learn.targets", "'{}': label {} of row {} is outside [0, {})", dataset.name,
                      dataset.labels[i], i, problem.classes);
    }
  }
  return tensor::from_labels(dataset.labels).to(model.parameters().device());
}

double Evaluation::mean_prediction_bits() const { return mean(prediction_bits); }
double Evaluation::mean_rate_bits() const { return mean(rate_bits); }

namespace {

// `to_features` maps a slice of `inputs` to the features of its rows.
template <class ToFeatures>
Evaluation evaluate_slices(const Model& model, const Tensor& inputs, const Tensor& target,
                           std::int64_t samples, core::Key key, const ToFeatures& to_features) {
  const std::int64_t n = inputs.size(0);
  std::vector<double> loss(n);
  Evaluation out{.prediction_bits = std::vector<double>(n),
                 .rate_bits = std::vector<double>(n),
                 .unit = unit(model),
                 .samples = std::max<std::int64_t>(samples, 1)};
  for_slices(n, inputs.device(), [&](std::int64_t begin, std::int64_t end) {
    const SliceResult slice =
        evaluate_slice(model, to_features(inputs.slice(0, begin, end)), target.slice(0, begin, end),
                       samples, key.split(static_cast<std::uint64_t>(begin)));
    store(slice.prediction_nats, out.prediction_bits, begin, core::kBitsPerNat);
    store(slice.rate_nats, out.rate_bits, begin, core::kBitsPerNat);
    store(slice.loss, loss, begin, 1.0);
  });
  out.distortion = distortion(model, loss);
  return out;
}

}  // namespace

Evaluation evaluate(const Model& model, const Tensor& x, const Tensor& target, std::int64_t samples,
                    core::Key key) {
  return evaluate_slices(model, x, target, samples, key,
                         [&](const Tensor& slice) { return model.features(slice, {}); });
}

Tensor body_features(const Model& model, const Tensor& x) {
  const torch::NoGradGuard no_grad;
  const Tensor first = model.features(x.slice(0, 0, 1), {});
  Tensor out = torch::empty({x.size(0), first.size(1)}, first.options());
  for_slices(x.size(0), x.device(), [&](std::int64_t begin, std::int64_t end) {
    Tensor part = out.slice(0, begin, end);
    part.copy_(model.features(x.slice(0, begin, end), {}));
  });
  return out;
}

Evaluation evaluate_features(const Model& model, const Tensor& features, const Tensor& target,
                             std::int64_t samples, core::Key key) {
  return evaluate_slices(model, features, target, samples, key,
                         [](const Tensor& slice) { return slice; });
}

Evaluation evaluate_signals(const Model& model, const Tensor& z, const Tensor& target) {
  const std::int64_t n = z.size(0);
  std::vector<double> loss(n);
  Evaluation out{.prediction_bits = std::vector<double>(n), .unit = unit(model)};
  for_slices(n, z.device(), [&](std::int64_t begin, std::int64_t end) {
    const SliceResult slice =
        judge(model, model.decode(z.slice(0, begin, end), {}), target.slice(0, begin, end));
    store(slice.prediction_nats, out.prediction_bits, begin, core::kBitsPerNat);
    store(slice.loss, loss, begin, 1.0);
  });
  out.distortion = distortion(model, loss);
  return out;
}

Tensor signals(const Model& model, const Tensor& x) {
  const Tensor out = torch::empty({x.size(0), model.options().channel.size}, x.options());
  auto unused = tensor::make_generator(core::Key(0), x.device());
  for_slices(x.size(0), x.device(), [&](std::int64_t begin, std::int64_t end) {
    const Tensor e = model.project(model.features(x.slice(0, begin, end), {}));
    Tensor part = out.slice(0, begin, end);
    part.copy_(model.channel().transmit(model.parameters(), e, {}, unused).z);
  });
  return out;
}

Tensor predictions(const Model& model, const Tensor& z) {
  const Problem& problem = model.problem();
  const std::int64_t columns = problem.regression() ? problem.targets : problem.classes;
  const Tensor out = torch::empty({z.size(0), columns}, z.options());
  for_slices(z.size(0), z.device(), [&](std::int64_t begin, std::int64_t end) {
    const Tensor y = model.decode(z.slice(0, begin, end), {});
    Tensor part = out.slice(0, begin, end);
    part.copy_(problem.regression() ? affine(y, problem.target_scale, problem.target_mean)
                                    : torch::softmax(y, 1));
  });
  return out;
}

}  // namespace venturi::learn
