// venturi/compress/subject.hpp
//
// What every member that looks at a network shares: the trained network, a few inputs, what it says
// on them, and what its weights see of them.
//   divergence  mean over samples of KL(p || p') in bits, p and p' the laws that the trained and
//               the other network give over the outputs (softmax of the first output). At a
//               temperature t it is t^2 times that of softmax(outputs / t): where a network is sure
//               of most inputs, a few others make nearly all of its divergence; softened, all tell
//               how far the outputs moved
//   agreement   share of samples on which both name the same largest output
// For a network whose outputs are no law over classes (one output) the divergence is the mean
// squared difference by the variance of the trained network's output.
#pragma once

#include <span>

#include "venturi/compress/coded_matrix.hpp"
#include "venturi/compress/model_file.hpp"
#include "venturi/core/monitor.hpp"
#include "venturi/net/executor.hpp"
#include "venturi/net/statistics.hpp"

namespace venturi::compress {

// Of each sample (n), and their mean.
tensor::Tensor divergences(const tensor::Tensor& trained, const tensor::Tensor& other,
                           double temperature = 1);
double divergence_bits(const tensor::Tensor& trained, const tensor::Tensor& other,
                       double temperature = 1);
double agreement(const tensor::Tensor& trained, const tensor::Tensor& other);

class Subject {
 public:
  // inputs: calibration samples, as the network takes them. Constants and batch normalisations are
  // folded first. DataError where an input or an output is not finite; InvalidArgument for a
  // network without matrices.
  Subject(net::Model model, tensor::Tensor inputs, core::Key key,
          core::Monitor& monitor = core::silent());

  const net::Model& model() const { return executor_.model(); }
  const net::Executor& executor() const { return executor_; }
  const std::vector<net::MatrixNode>& nodes() const { return nodes_; }
  const tensor::Tensor& inputs() const { return inputs_; }
  const tensor::Tensor& outputs() const { return outputs_; }  // n*k
  tensor::Tensor matrix(std::size_t k) const;                 // float32, outputs*inputs
  // With Fisher information, two draws of signs.
  const net::MatrixStatistics& statistics(std::size_t k) const { return statistics_.at(k); }
  // What errors of matrix k are weighed by (groups*inputs*inputs): half the plain second moments of
  // its inputs, half those by how the output law listens. The latter alone is the local expansion
  // of the divergence, but on few samples it leans on the few that the network is unsure of.
  tensor::Tensor second(std::size_t k) const;
  // Fisher information of each row a position: output_fisher / positions.
  std::vector<double> importance(std::size_t k) const;
  // 1/2 sum_r importance_r dW_r second(k) dW_r^T of a change of matrix k, nats; with the identity
  // in place of second moments that are beyond numbers.
  double predicted_nats(std::size_t k, const tensor::Tensor& change) const;
  // All parameters, and how many of them are in matrices.
  std::int64_t parameters() const;
  std::int64_t matrix_parameters() const;

  // Outputs (n*k) of the first `samples` inputs (0: all) with other weights.
  tensor::Tensor outputs_of(const net::Model& model, std::int64_t samples = 0) const;
  // divergence_bits() of those.
  double measure(const net::Model& model, std::int64_t samples = 0) const;

 private:
  net::Executor executor_;
  std::vector<net::MatrixNode> nodes_;
  tensor::Tensor inputs_, outputs_;
  std::vector<net::MatrixStatistics> statistics_;
};

}  // namespace venturi::compress
