#include "venturi/learn/compression.hpp"

#include <cmath>

#include "venturi/core/units.hpp"
#include "venturi/measure/kernel_density.hpp"
#include "venturi/measure/kernel_sums.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

core::Matrix doubles(const Tensor& t) { return tensor::to_matrix(t).cast<double>(); }

double mean_variance(const core::Matrix& z) {
  return (z.rowwise() - z.colwise().mean()).squaredNorm() / static_cast<double>(z.size());
}

// Unlike the median distance it is not 0 where more than half of the rows are equal.
double spread_width(const core::Matrix& z) {
  return std::sqrt(mean_variance(z) * static_cast<double>(z.cols()));
}

}  // namespace

Compression measure_compression(const Model& model, const Tensor& x, core::Key key) {
  const torch::NoGradGuard no_grad;
  if (x.size(0) < 2) {
    core::fail_argument("learn.measure_compression", "expected 2 samples or more, got {}",
                        x.size(0));
  }
  auto generator = tensor::make_generator(key, x.device());
  const Tensor e = model.project(model.features(x, {}));
  const auto send = [&](Throat::Mode mode) {
    return model.channel().transmit(model.parameters(), e, {mode}, generator);
  };
  const Signal noisy = send(Throat::Mode::kNoisy);
  const core::Matrix rows = doubles(x.flatten(1)), z = doubles(noisy.z);
  const core::Matrix middle = doubles(send(Throat::Mode::kHard).z);
  const double spread = mean_variance(middle);
  constexpr double kConstant = 1e-12;
  if (spread < kConstant) return {};
  const double noise =
      noisy.log_scale.defined() ? torch::exp(2 * noisy.log_scale).mean().item<double>() : 0;
  constexpr double kFloor = 0.01;
  return {.qmi = measure::normalised_cauchy_schwarz_information({rows, spread_width(rows)},
                                                                {z, spread_width(z)}),
          .kde_bits = measure::noisy_rate_bounds_nats(middle, noise + kFloor * spread).upper *
                      core::kBitsPerNat};
}

}  // namespace venturi::learn
