// venturi/learn/trainer.hpp
//
// The one trainer: minimises an objective (objective.hpp), by default
// E[ prediction nats ] + beta * E[ rate nats ], by Adam over mini-batches. Every step's randomness
// comes from a key and the step's number, so a run that was stopped and resumed gives the same
// weights as one that was not (same machine, same number of threads; on another number of threads
// sums may differ in their last digits).
#pragma once

#include <filesystem>
#include <string>

#include "venturi/core/monitor.hpp"
#include "venturi/learn/model.hpp"
#include "venturi/learn/trainer_options.hpp"
#include "venturi/learn/training_result.hpp"

namespace venturi::learn {

// What a model is trained on: a data set, and the body's features of its rows (n*features, on the
// model's device) where the caller has them already; else a head stage computes them.
struct TrainingData {
  TrainingData(const data::Dataset& samples, tensor::Tensor body = {})  // NOLINT: a set is enough
      : set(samples), features(std::move(body)) {}
  const data::Dataset& set;
  tensor::Tensor features;
};

// Trains `model` in place. A target rate that is missed by more than 2 % is a warning. With a
// `checkpoint` path, the state is saved there every minute and when the monitor asks to stop
// (Interrupted is thrown then); if the file is there at the start, the run goes on from it
// (DataError if it belongs to another run); it is removed at the end. Errors: InvalidArgument for
// options outside their limits, for a target rate above 12 bits * channel size (what tables of 4096
// symbols carry) or for a channel without a rate; DataError if the loss becomes NaN or infinite,
// naming the term that went first and its step: the model is then as it was after the last good
// epoch, and the checkpoint the last good one. Memory: the data once more on the model's device,
// five times the parameters.
TrainingResult train(Model& model, const TrainingData& training, const TrainerOptions& options,
                     core::Key key, core::Monitor& monitor,
                     const std::filesystem::path& checkpoint = {});

}  // namespace venturi::learn
