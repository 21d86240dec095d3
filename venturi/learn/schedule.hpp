// venturi/learn/schedule.hpp
//
// What changes over a stage of training by plan: the learning rate, and how a quantized channel
// stands in for its rounding. `part` is the fraction of the stage that is done, in [0, 1];
// `whole` is false in the head stage.
#pragma once

#include "venturi/learn/channel.hpp"
#include "venturi/learn/trainer.hpp"

namespace venturi::learn {

// Of Adam's next step, `epoch` full epochs of the stage being done.
double learning_rate(const TrainerOptions& options, bool whole, double part, int epoch);

// Noise first, under ever sharper soft rounding; then hard rounding, as at use.
Throat throat(const TrainerOptions& options, const ChannelOptions& channel, bool whole,
              double part);

}  // namespace venturi::learn
