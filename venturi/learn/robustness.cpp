#include "venturi/learn/robustness.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace venturi::learn {
namespace {

using tensor::Tensor;

constexpr std::int64_t kSlice = 1000;

void check(const AttackOptions& o) {
  constexpr std::string_view kWhere = "learn.attacked";
  if (o.kind != "fgsm" && o.kind != "pgd" && o.kind != "gaussian") {
    core::fail_argument(kWhere, "expected fgsm, pgd or gaussian, got '{}'", o.kind);
  }
  if (!(o.eps >= 0) || !(o.step >= 0) || o.steps < 1 || !(o.low <= o.high)) {
    core::fail_argument(kWhere,
                        "expected eps >= 0, step >= 0, steps >= 1 and low <= high, got {}, {}, {} "
                        "and {} > {}",
                        o.eps, o.step, o.steps, o.low, o.high);
  }
}

// sign(dL/dx) at raw x (n*d).
class Slope {
 public:
  explicit Slope(const Model& model) : model_(model) {
    const auto row = [&](const std::vector<double>& v) {
      return torch::tensor(v, torch::kFloat32).to(model.parameters().device());
    };
    mean_ = row(model.problem().input_mean);
    scale_ = row(model.problem().input_scale);
  }

  Tensor operator()(const Tensor& raw, const Tensor& target) const {
    const Tensor x = raw.detach().clone().requires_grad_();
    std::vector<std::int64_t> shape{x.size(0)};
    const auto& sample = model_.problem().shape;
    shape.insert(shape.end(), sample.begin(), sample.end());
    auto unused = tensor::make_generator(core::Key(0), raw.device());
    const Tensor e = model_.project(model_.features(((x - mean_) / scale_).view(shape), {}));
    const Tensor z = model_.channel().transmit(model_.parameters(), e, {}, unused).z;
    const Tensor loss = model_.prediction_nats(model_.decode(z, {}), target).sum();
    return torch::autograd::grad({loss}, {x})[0].sign();
  }

 private:
  const Model& model_;
  Tensor mean_, scale_;
};

}  // namespace

core::MatrixF attacked(const Model& model, const data::Dataset& set, const AttackOptions& options,
                       core::Key key) {
  check(options);
  const Tensor target = targets(model, set);
  model.inputs(set.x);  // checks
  const Tensor x = tensor::from_matrix(set.x).to(target.device());
  const Slope slope(model);
  const auto clamped = [&](const Tensor& t) { return t.clamp(options.low, options.high); };
  std::vector<Tensor> out;
  for (std::int64_t begin = 0; begin < x.size(0); begin += kSlice) {
    const Tensor start = x.slice(0, begin, begin + kSlice);
    const Tensor own = target.slice(0, begin, begin + kSlice);
    auto generator =
        tensor::make_generator(key.split(static_cast<std::uint64_t>(begin)), x.device());
    if (options.eps == 0) {
      out.push_back(start);
    } else if (options.kind == "fgsm") {
      out.push_back(clamped(start + options.eps * slope(start, own)));
    } else if (options.kind == "gaussian") {
      out.push_back(clamped(start + torch::empty_like(start).normal_(0, options.eps, generator)));
    } else {
      Tensor moved =
          clamped(start + torch::empty_like(start).uniform_(-options.eps, options.eps, generator));
      for (int s = 0; s < options.steps; ++s) {
        const Tensor next = moved + options.step * slope(moved, own);
        moved = clamped(torch::max(torch::min(next, start + options.eps), start - options.eps));
      }
      out.push_back(moved);
    }
  }
  return tensor::to_matrix(torch::cat(out));
}

double expected_calibration_error(const core::MatrixF& probabilities,
                                  std::span<const std::int32_t> labels, int bins) {
  constexpr std::string_view kWhere = "learn.expected_calibration_error";
  if (probabilities.rows() != static_cast<core::Index>(labels.size()) || labels.empty() ||
      bins < 1) {
    core::fail_argument(kWhere, "expected as many labels as rows and bins >= 1, got {}, {} and {}",
                        labels.size(), probabilities.rows(), bins);
  }
  std::vector<double> confidence(bins), right(bins);
  for (core::Index i = 0; i < probabilities.rows(); ++i) {
    core::Index best = 0;
    const double p = probabilities.row(i).maxCoeff(&best);
    const int bin = std::clamp(static_cast<int>(std::ceil(p * bins)) - 1, 0, bins - 1);
    confidence[bin] += p;
    right[bin] += best == labels[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  double out = 0;
  for (int b = 0; b < bins; ++b) out += std::abs(confidence[b] - right[b]);
  return out / static_cast<double>(labels.size());
}

double auroc(std::span<const double> inside, std::span<const double> outside) {
  if (inside.empty() || outside.empty()) {
    core::fail_argument("learn.auroc", "expected scores of both kinds, got {} and {}",
                        inside.size(), outside.size());
  }
  std::vector<double> sorted(outside.begin(), outside.end());
  std::ranges::sort(sorted);
  double wins = 0;
  for (const double score : inside) {
    const auto ties = std::ranges::equal_range(sorted, score);
    wins +=
        static_cast<double>(ties.begin() - sorted.begin()) + 0.5 * static_cast<double>(ties.size());
  }
  return wins / static_cast<double>(inside.size()) / static_cast<double>(outside.size());
}

std::vector<double> confidences(const Model& model, const core::MatrixF& x) {
  if (model.problem().regression()) {
    core::fail_argument("learn.confidences", "a regression has no greatest probability");
  }
  const core::MatrixF p = tensor::to_matrix(predictions(model, signals(model, model.inputs(x))));
  std::vector<double> out;
  for (core::Index i = 0; i < p.rows(); ++i) out.push_back(p.row(i).maxCoeff());
  return out;
}

}  // namespace venturi::learn
