// venturi/learn/training_result.hpp
//
// What a training run leaves besides the weights: its history by epoch and its last figures. Kept
// in checkpoints, in models' files and in run records.
#pragma once

#include <string>
#include <vector>

#include "venturi/learn/evaluate.hpp"
#include "venturi/net/plane.hpp"

namespace venturi::learn {

struct EpochRecord {
  std::string stage;  // "head" or "whole"
  int epoch = 0;      // from 1
  double train_prediction_bits = 0, train_rate_bits = 0;
  double validation_prediction_bits = 0, validation_rate_bits = 0, validation_distortion = 0;
  double beta = 0;
  double seconds = 0;
  std::vector<net::PlanePoint> plane;  // of the layers, where it was asked for
};

struct TrainingResult {
  std::vector<EpochRecord> history;
  double beta = 0;              // at the end; equals the option unless a target rate steered it
  double train_rate_bits = 0;   // on the training part, in the mode of use
  Evaluation validation;        // in the mode of use; empty without a validation part
  double seconds_per_step = 0;  // median over epochs of the whole-model stage (else the head's)
};

core::Json to_json(const EpochRecord& record);
core::Json to_json(const TrainingResult& result);
// All but the validation's per-sample figures. Both throw nlohmann's exception on a missing field.
EpochRecord epoch_record_from_json(const core::Json& json);
TrainingResult training_result_from_json(const core::Json& json);

}  // namespace venturi::learn
