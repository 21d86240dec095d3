#include "venturi/compress/subject.hpp"

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/net/evaluate.hpp"
#include "venturi/net/fold.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "compress.Subject";
constexpr std::int64_t kBatch = 64;
constexpr int kDraws = 2;

net::Model folded(net::Model model) {
  net::fold_constants(model);
  net::fold_batch_norms(model);
  return model;
}

}  // namespace

Tensor divergences(const Tensor& trained, const Tensor& other, double temperature) {
  const Tensor a = trained.to(torch::kFloat64), b = other.to(torch::kFloat64);
  if (a.size(1) < 2) return ((a - b).square() / a.var().clamp_min(1e-30)).squeeze(1);
  const Tensor p = (a / temperature).log_softmax(1), q = (b / temperature).log_softmax(1);
  return (p.exp() * (p - q)).sum(1) * (temperature * temperature * core::kBitsPerNat);
}

double divergence_bits(const Tensor& trained, const Tensor& other, double temperature) {
  return divergences(trained, other, temperature).mean().item<double>();
}

double agreement(const Tensor& trained, const Tensor& other) {
  return trained.argmax(1).eq(other.argmax(1)).to(torch::kFloat64).mean().item<double>();
}

Subject::Subject(net::Model model, Tensor inputs, core::Key key, core::Monitor& monitor)
    : executor_(folded(std::move(model))),
      nodes_(net::matrix_nodes(executor_.model())),
      inputs_(std::move(inputs)) {
  if (nodes_.empty()) {
    core::fail_argument(kWhere, "the network has no weights of Conv, Gemm or MatMul to compress");
  }
  if (inputs_.dim() < 2 || inputs_.size(0) < 1) {
    core::fail_argument(kWhere, "expected calibration samples, got none");
  }
  if (inputs_.is_floating_point() && !inputs_.isfinite().all().item<bool>()) {
    core::fail_data(kWhere, "calibration samples hold NaN or infinities");
  }
  for (const auto& [name, value] : executor_.model().weights) {
    if (value.is_floating_point() && !value.isfinite().all().item<bool>()) {
      core::fail_data(kWhere, "the weight '{}' holds NaN or infinities", name);
    }
  }
  const torch::NoGradGuard no_grad;
  outputs_ = net::predict(executor_, inputs_, kBatch, monitor);
  if (!outputs_.isfinite().all().item<bool>()) {
    core::fail_data(kWhere, "the network's outputs on the calibration samples are not finite");
  }
  statistics_ =
      net::matrix_statistics(executor_, inputs_, nodes_, {.draws = kDraws, .key = key}, monitor);
}

Tensor Subject::matrix(std::size_t k) const {
  return net::as_matrix(nodes_.at(k), model().weights.at(nodes_[k].weight)).to(torch::kFloat32);
}

Tensor Subject::second(std::size_t k) const {
  const net::MatrixStatistics& s = statistics(k);
  return (s.second + s.listened) / 2;
}

std::vector<double> Subject::importance(std::size_t k) const {
  const net::MatrixStatistics& s = statistics(k);
  return tensor::to_doubles(s.output_fisher / static_cast<double>(s.positions));
}

double Subject::predicted_nats(std::size_t k, const Tensor& change) const {
  const net::MatrixStatistics& s = statistics(k);
  const Tensor d = change.to(torch::kFloat64).reshape({nodes_[k].groups, -1, nodes_[k].inputs});
  const Tensor moments = second(k);
  const Tensor each =
      (moments.isfinite().all().item<bool>() ? torch::bmm(d, moments) * d : d.square())
          .sum(2)
          .flatten();
  return .5 * (each * s.output_fisher).sum().item<double>() / static_cast<double>(s.positions);
}

std::int64_t Subject::parameters() const {
  std::int64_t out = 0;
  for (const auto& [name, value] : model().weights) out += value.numel();
  return out;
}

std::int64_t Subject::matrix_parameters() const {
  std::int64_t out = 0;
  for (const net::MatrixNode& node : nodes_) out += node.outputs * node.inputs;
  return out;
}

Tensor Subject::outputs_of(const net::Model& model, std::int64_t samples) const {
  const torch::NoGradGuard no_grad;
  const Tensor x = samples > 0 ? inputs_.slice(0, 0, samples) : inputs_;
  return net::predict(net::Executor(model), x, kBatch);
}

double Subject::measure(const net::Model& model, std::int64_t samples) const {
  const Tensor y = outputs_of(model, samples);
  return divergence_bits(outputs_.slice(0, 0, y.size(0)), y);
}

}  // namespace venturi::compress
