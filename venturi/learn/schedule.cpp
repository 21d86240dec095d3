#include "venturi/learn/schedule.hpp"

#include <cmath>
#include <numbers>

namespace venturi::learn {
namespace {

constexpr double kWarmUp = 0.05;  // part of a cosine schedule that rises

}  // namespace

double learning_rate(const TrainerOptions& options, bool whole, double part, int epoch) {
  const double top = whole ? options.learning_rate : options.head_learning_rate;
  if (options.schedule == "constant") return top;
  if (options.schedule == "step") {
    const int decays = epoch / options.decay_epochs;
    return top * std::pow(options.decay, decays);
  }
  if (part < kWarmUp) return top * (part + 1e-3) / (kWarmUp + 1e-3);
  const double angle = std::numbers::pi * (part - kWarmUp) / (1 - kWarmUp);
  // A steered rate needs weights that still follow beta at the end.
  const double floor = options.target_rate > 0 ? 0.1 : 0;
  return top * (floor + (1 - floor) * 0.5 * (1 + std::cos(angle)));
}

Throat throat(const TrainerOptions& options, const ChannelOptions& channel, bool whole,
              double part) {
  if (channel.kind != "quantized") return {Throat::Mode::kNoisy};
  const double noisy = 1 - options.hard;
  const bool hard = part >= noisy || (whole && options.head_epochs > 0);
  const double sharpness = hard ? options.sharpness : options.sharpness * part / noisy;
  return {hard ? Throat::Mode::kHard : Throat::Mode::kNoisy, sharpness};
}

}  // namespace venturi::learn
