// venturi/learn/comparison.hpp
//
// Methods side by side: the same network, splits, starting weights and orders for all; models are
// chosen on the validation part alone; how much each model compresses is said by the same two
// estimators (compression.hpp). Each method's betas and seeds train as one run (sweep.hpp).
//
// The scale: r = 1 - qmi / qmi of the network without a bottleneck (`plain`, always trained), same
// seed. A choice at level r: for each seed, of the models that remove at least r, the one with the
// least validation distortion; its test distortion is what is reported.
#pragma once

#include "venturi/learn/compression.hpp"
#include "venturi/learn/experiment.hpp"

namespace venturi::learn {

struct CompareOptions {
  ExperimentOptions experiment;  // model, trainer, test; `betas` in place of each method's own
  std::vector<std::string> methods;
  int seeds = 5;
  int compression_samples = 1000;  // of the validation part
};

struct ComparedModel {
  std::string method;
  int seed = 0;
  double beta = 0;
  int epoch = 0;
  double validation = 0, test = 0;  // distortion
  Compression compression;
  double removed = 0;      // r
  double target_bits = 0;  // I(T;Y) that the test distortion proves or suggests: H(Y) less the
                           // cross-entropy of classes; 1/2 log2(var y / MSE) of numbers
  std::string failure;     // empty, or the term that stopped being finite
};

// Mean and deviation over seeds.
struct Spread {
  double mean = 0, deviation = 0;
};
Spread spread_of(const std::vector<double>& values);

struct Choice {
  std::string method;
  double level = 0;
  int seeds = 0;  // that have a model which removes so much
  Spread validation, test, removed, kde_bits;
  double least_beta = 0, most_beta = 0;  // of the chosen models
};

struct Comparison {
  std::vector<ComparedModel> models;
  std::string unit;  // "rmse" or "error rate"
  int seeds = 0;
  std::vector<double> seconds;  // of each method's training, in the order of methods
  std::vector<std::string> methods;

  // One for each method, in their order; methods without any model at that level have seeds = 0.
  std::vector<Choice> choices(double level) const;
};

// InvalidArgument for an unknown method, for what sweep() and training_and_test() refuse; errors of
// the data as train().
Comparison compare(const data::DataPair& data, const CompareOptions& options, core::Key key,
                   const tensor::Device& device, core::Monitor& monitor);

}  // namespace venturi::learn
