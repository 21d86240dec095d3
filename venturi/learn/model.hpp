// venturi/learn/model.hpp
//
// A bottleneck model: scaled input -> body -> projection -> channel -> decoder. Everything that is
// needed to use it lies in one `.vt` file: options, shapes, scaling, names, weights, and (quantized
// channel) the integer tables by which its bits are written and read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "venturi/code/frequency_table.hpp"
#include "venturi/data/dataset.hpp"
#include "venturi/learn/channel.hpp"
#include "venturi/net/network.hpp"

namespace venturi::learn {

struct ModelOptions {
  std::string encoder = "mlp";
  std::vector<std::int64_t> hidden = {128, 128};
  std::string activation = "relu";
  double dropout = 0;
  std::vector<std::int64_t> projection_hidden = {};
  std::vector<std::int64_t> decoder_hidden = {};
  std::string scale = "standard";
  ChannelOptions channel;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("encoder", self.encoder, "body of the network", core::one_of({"mlp", "cnn"}));
    visit("hidden", self.hidden,
          "units of each layer of the body; for cnn: channels of each "
          "convolution, then the dense layer",
          core::between(1, 65536));
    visit("activation", self.activation, "between the layers of an mlp",
          core::one_of({"relu", "elu", "tanh"}));
    visit("dropout", self.dropout, "part of the units dropped in training (cnn)",
          core::between(0, 0.95));
    visit("projection_hidden", self.projection_hidden,
          "units of each hidden layer between body "
          "and channel; none: a linear map",
          core::between(1, 65536));
    visit("decoder_hidden", self.decoder_hidden,
          "units of each hidden layer of the decoder; none: "
          "a linear decoder",
          core::between(1, 65536));
    visit("scale", self.scale,
          "inputs: standard = mean 0 and deviation 1 (per column; one figure "
          "for images), symmetric = 2x - 1, none",
          core::one_of({"standard", "symmetric", "none"}));
    ChannelOptions::fields(self.channel, visit);
  }
};

// What a model is for: read off a data set, kept in the model's file.
struct Problem {
  std::vector<std::int64_t> shape;  // of one input: {d} or {channels, height, width}
  std::int64_t classes = 0;         // 0: regression
  std::int64_t targets = 0;         // columns of y in a regression
  std::vector<std::string> class_names;
  std::vector<std::string> feature_names;
  // Inputs are used as (x - mean) / scale, targets of a regression likewise. One entry, or one a
  // column.
  std::vector<double> input_mean, input_scale, target_mean, target_scale;

  std::int64_t inputs() const;
  bool regression() const { return classes == 0; }
};

// Shapes, names and scaling of `training`. InvalidArgument if it has no targets; DataError on NaN,
// on targets that are all the same, on labels of one class.
Problem make_problem(const data::Dataset& training, const std::string& scale);

// Parameters that a Model of these options has; the same errors as its constructor.
std::int64_t parameter_count(const ModelOptions& options, const Problem& problem);

class Model {
 public:
  // InvalidArgument if the options do not fit the problem (a cnn on rows of a table, ...).
  Model(ModelOptions options, Problem problem, core::Key key, const tensor::Device& device);
  // One copy for each key, in the rows of the parameters: every tensor below then has the copies'
  // axis first, and images lie flat. InvalidArgument for a cnn or a quantized channel.
  Model(ModelOptions options, Problem problem, std::span<const core::Key> keys,
        const tensor::Device& device);

  const ModelOptions& options() const { return options_; }
  const Problem& problem() const { return problem_; }
  net::Parameters& parameters() { return parameters_; }
  const net::Parameters& parameters() const { return parameters_; }
  const Channel& channel() const { return *channel_; }
  // Parameters before this offset of the flat tensor belong to the body.
  std::int64_t body_size() const { return body_size_; }

  // Rows of a data set as the input tensor, checked against the problem, on the model's device.
  // DataError on NaN or infinity, InvalidArgument on another shape.
  tensor::Tensor inputs(const core::MatrixViewF& x) const;

  // n*input -> n*features (the body); n*features -> n*channel inputs; z -> n*outputs (logits, or
  // standardised targets).
  tensor::Tensor features(const tensor::Tensor& x, const net::Pass& pass) const;
  tensor::Tensor project(const tensor::Tensor& features) const;
  tensor::Tensor decode(const tensor::Tensor& z, const net::Pass& pass) const;

  // Per sample, in nats: cross-entropy of the label, or the Gaussian negative log-likelihood of the
  // standardised targets under one learned variance a target.
  tensor::Tensor prediction_nats(const tensor::Tensor& output, const tensor::Tensor& target) const;

  // The model at use as one graph, to be written as ONNX: input "x" (n*shape, as the data are),
  // output "y": logits (n*classes), or targets in their own unit (n*targets); the throat's signal
  // is the edge "z" (n*size): the mean of a gaussian channel, whole numbers of a quantized one.
  net::Model graph() const;

  // Takes the values of parameters whose names and shapes both models share.
  void copy_shared_parameters(const Model& other);

 private:
  friend std::int64_t parameter_count(const ModelOptions& options, const Problem& problem);
  // Everything but memory for the parameters.
  Model(ModelOptions options, Problem problem);
  void set_scaling(const tensor::Device& device);

  ModelOptions options_;
  Problem problem_;
  net::Parameters parameters_;
  std::optional<net::Network> body_;
  std::optional<net::Network> projection_;
  std::optional<net::Network> decoder_;
  std::unique_ptr<Channel> channel_;
  std::size_t log_variance_ = 0;  // regression only
  std::int64_t body_size_ = 0;
  tensor::Tensor input_mean_, input_scale_;
};

}  // namespace venturi::learn
