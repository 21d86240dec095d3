// venturi/learn/experiment.hpp
//
// The main job on any data set: a network without a throat, then one bottleneck model for each beta
// (or one steered to a target rate), each measured on held-out data from the bits that it writes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "venturi/learn/codec.hpp"
#include "venturi/learn/trainer.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::learn {

struct ExperimentOptions {
  ModelOptions model;
  TrainerOptions trainer;
  std::vector<double> betas;
  int pretrain_epochs = 0;
  int samples = 12;
  double test = 0.2;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    ModelOptions::fields(self.model, visit);
    TrainerOptions::fields(self.trainer, visit);
    visit("betas", self.betas,
          "a sweep: one model for each weight of the rate, rising or falling, each starting from "
          "the one before; empty: `beta` alone",
          core::at_least(0));
    visit("pretrain_epochs", self.pretrain_epochs,
          "epochs of a network without a throat, trained "
          "first: the reference, and the body that every model of the sweep starts from",
          core::between(0, 1000000));
    visit("samples", self.samples, "draws of z that a gaussian channel's test predictions average",
          core::between(1, 10000));
    visit("test", self.test, "part held out for testing where the data set has no test part",
          core::between(0.01, 0.9));
  }
};

// What one model costs and loses, on the test part.
struct Point {
  double beta = 0;
  core::RatePoint rate;                // the model's own figure, and what is lost
  std::optional<double> bits_on_disk;  // everything in the file of bits, per sample
  std::optional<std::uint64_t> file_bytes;
  std::optional<double> distortion_from_file;
  measure::Estimate information;  // I(Z;Y) >= (classes); empty method for a regression
  measure::Estimate rate_bound;   // I(X;Z) <=
  TrainingResult training;
  std::filesystem::path model_path, bits_path;

  core::Json json() const;
};

struct Experiment {
  std::optional<Evaluation> reference;  // without a throat, on the test part
  std::filesystem::path reference_path;
  std::vector<Point> points;       // in the order of the betas
  double target_entropy_bits = 0;  // H(Y) of the test labels; 0 for a regression
};

// Training and test part: the data set's own, or a random part `test` of it, stratified if it has
// classes. InvalidArgument if one is empty.
std::pair<data::Dataset, data::Dataset> training_and_test(const data::DataPair& data, double test,
                                                          core::Key key);

// Trains, writes models (`reference.vt`, `beta-<b>.vt` or `rate-<r>.vt`) and test bits (`.bits.vt`)
// into `folder`, and measures. Models that the folder already holds for the same options and seed
// are taken as they are, so that a stopped run goes on where it was.
// Errors as train(); DataError if `folder` cannot be written, found out before any training.
Experiment run_experiment(const data::DataPair& data, const ExperimentOptions& options,
                          core::Key key, const tensor::Device& device,
                          const std::filesystem::path& folder, core::Monitor& monitor);

// A model on labelled data as its files have it: encodes, writes `bits_path`, reads it back,
// predicts.
Point measure_point(const Codec& codec, const data::Dataset& test, std::int64_t samples,
                    core::Key key, const std::filesystem::path& bits_path);

}  // namespace venturi::learn
