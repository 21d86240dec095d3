#include "venturi/learn/trainer_options.hpp"

#include "venturi/core/error.hpp"

namespace venturi::learn {
namespace {

constexpr double kBitsPerDimension = 12;  // tables hold at most 4096 symbols

}  // namespace

void check_trainer_options(const Model& model, const TrainerOptions& options) {
  core::check_options(options, "learn.train");
  const ChannelOptions& channel = model.options().channel;
  if (options.target_rate > 0 && channel.kind == "none") {
    core::fail_argument("learn.train", "a target rate needs a channel with a rate, not 'none'");
  }
  const double most = kBitsPerDimension * static_cast<double>(channel.size);
  if (channel.kind == "quantized" && options.target_rate > most) {
    core::fail_argument("learn.train",
                        "a target rate of {} bits is above what a quantized channel "
                        "of size {} can carry ({} bits); ask for less or raise --size",
                        options.target_rate, channel.size, most);
  }
  if (options.augment == "flip" && model.problem().shape.size() != 3) {
    core::fail_argument("learn.train", "augment 'flip' needs images");
  }
  if (options.planes > 0 && model.problem().regression()) {
    core::fail_argument("learn.train", "planes need classes; the targets are numbers");
  }
}

}  // namespace venturi::learn
