// venturi/net/evaluate.hpp
//
// How well a model does on a labelled data set, whoever trained it.
//   accuracy       share of samples whose largest output is the label's
//   cross-entropy  -1/n sum_i log2 p(y_i | x_i), bits, p the softmax of the outputs, or the outputs
//                  themselves where the last operator is a Softmax (LogSoftmax: their exponentials)
//   error          1/(n t) sum (prediction - y)^2, of data with numbers to predict
#pragma once

#include <string>
#include <vector>

#include "venturi/core/monitor.hpp"
#include "venturi/core/options.hpp"
#include "venturi/data/dataset.hpp"
#include "venturi/net/executor.hpp"

namespace venturi::net {

struct EvaluateOptions {
  std::vector<double> mean;       // taken off each channel, then each is divided by its deviation;
  std::vector<double> deviation;  // one for all or one a channel; none: as the data are
  std::int64_t batch = 64;        // samples run at a time, where the model leaves it open
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("mean", self.mean, "of each channel, taken off the inputs");
    visit("deviation", self.deviation, "of each channel, by which the inputs are divided",
          core::above(0));
    visit("batch", self.batch, "samples run at a time, where the model leaves it open",
          core::between(1, 1 << 20));
  }
};

struct Evaluation {
  tensor::Tensor predictions;  // n*k
  std::int64_t samples = 0;
  bool classes = false;
  double accuracy = 0;            // with classes
  double cross_entropy_bits = 0;  // with classes; infinite where a label has probability 0
  double squared_error = 0;       // with numbers
  double seconds = 0;             // of the runs alone
};

// The samples as the model takes them: n*shape, or n*d where its input has two axes; less mean, by
// deviation; in the input's type. InvalidArgument for the options; DataError where the shapes do
// not fit the input.
tensor::Tensor model_inputs(const Graph& graph, const data::Dataset& dataset,
                            const EvaluateOptions& options);

// Predictions n*k of the graph's first output. Where the model fixes the number of samples, the
// last batch is filled up with copies.
tensor::Tensor predict(const Executor& executor, const tensor::Tensor& x, std::int64_t batch,
                       core::Monitor& monitor = core::silent());

// DataError for data without labels and numbers, or with more classes than the model has outputs.
Evaluation evaluate(const Executor& executor, const data::Dataset& dataset,
                    const EvaluateOptions& options = {}, core::Monitor& monitor = core::silent());

}  // namespace venturi::net
