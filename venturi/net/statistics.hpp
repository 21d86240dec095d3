// venturi/net/statistics.hpp
//
// What the weights of a network see and do, over samples, in one pass and bounded memory: for every
// Conv, Gemm and MatMul whose weight is a parameter,
//   y = W x  at each position t of each sample (a pixel of the output, a row of the input),
// x the vector of inputs that meets a row of the weight matrix W (outputs*inputs; of a convolution
// inputs = channels/groups * kernel, in the order of the weight's memory).
//   second   E_n sum_t x x^T             groups*inputs*inputs, double
//   mean     E over all x                groups*inputs
//   low, high                            of all x
//   output_mean    E over all y          outputs, with the node's bias
//   output_fisher  E_n sum_t g_nt^2      outputs, where Fisher information is asked for
//   weight_fisher  E_n (sum_t g_nt x^T)^2  outputs*inputs, likewise
//   listened       E_n sum_t s_nt x x^T    as second, likewise
// g = the gradient of y for which E g g^T is the Fisher information of the output law: of
// sum_k e_k sqrt(p_k) log p_k, e random signs, p the softmax of the model's first output, `draws`
// times. s_nt: the mean over the outputs of g_nt^2, by its mean: an input counts as much as the
// output law listens to what is made of it, so that, for T positions a sample,
//   KL(p || p') ~ 1/2 sum_r output_fisher_r / T (dW_r listened dW_r^T)   in nats.
// Cost: the run, and positions * inputs^2 a sample.
// Sources: Hassibi, Stork, NeurIPS 1992 (second moments); Kim et al., "GuidedQuant", ICML 2025
// (inputs weighted by gradients); Martens, Grosse, "K-FAC", ICML 2015.
#pragma once

#include <string>
#include <vector>

#include "venturi/core/monitor.hpp"
#include "venturi/net/executor.hpp"

namespace venturi::net {

// A weight that multiplies: node, its parameter as a matrix of outputs*inputs.
struct MatrixNode {
  std::size_t node = 0;
  std::string weight;        // the parameter's name
  std::int64_t outputs = 0;  // rows
  std::int64_t inputs = 0;   // columns
  std::int64_t groups = 1;   // of a convolution: rows r belong to group r / (outputs / groups)
  bool transposed = false;   // the parameter is inputs*outputs
};

// In the order of the graph: floating-point parameters of two axes in Gemm (input 1) and MatMul
// (input 1), of convolutions of one or two spatial axes; each read by one such node only.
std::vector<MatrixNode> matrix_nodes(const Model& model);
// The parameter as outputs*inputs, and back.
tensor::Tensor as_matrix(const MatrixNode& node, const tensor::Tensor& weight);
tensor::Tensor from_matrix_of(const MatrixNode& node, const tensor::Tensor& matrix,
                              const tensor::Tensor& like);
// The vectors that meet the matrix: groups*m*inputs out of the node's input (n samples in front).
tensor::Tensor input_vectors(const Node& node, const MatrixNode& matrix, const tensor::Tensor& x,
                             const tensor::Tensor& weight);

struct MatrixStatistics {
  tensor::Tensor second, mean, output_mean, output_fisher, weight_fisher, listened;
  double low = 0, high = 0;
  std::int64_t samples = 0, positions = 0;  // positions a sample
};

struct StatisticsOptions {
  std::int64_t batch = 32;
  int draws = 0;  // of the signs; 0: no Fisher information
  core::Key key{1};
};

// x: samples for the graph's one input. One entry for each of `nodes`. DataError where an edge is
// not finite, naming it.
std::vector<MatrixStatistics> matrix_statistics(const Executor& executor, const tensor::Tensor& x,
                                                const std::vector<MatrixNode>& nodes,
                                                const StatisticsOptions& options = {},
                                                core::Monitor& monitor = core::silent());

}  // namespace venturi::net
