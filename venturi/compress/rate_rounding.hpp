// venturi/compress/rate_rounding.hpp
//
// Rounding that weighs what a number costs in the file against what its error costs the network:
// with feedback (feedback.hpp), each weight takes the level q that minimises
//   k_rj (w - q D_rj)^2 + price bits(q),   k_rj = importance_r / (2 U_jj^2),
// bits(q) being what the adaptive coder of levels.hpp, in the state it will then be in, charges for
// q. Errors are in nats of divergence where importance and second moments are those of
// net/statistics.hpp with Fisher information; `price` is nats a bit, and the same price for all
// matrices of a network is the best allocation among them.
//
// Steps D_rj = step 2^((row_r + column_j)/2) follow k: at high rates a uniform quantizer with an
// entropy coder loses k D^2 / 12 nats and a bit more quarters that, so that every weight is at the
// price where D^2 = 6 price / (k ln 2). Half octaves a row, and a group of columns, keep close to
// it (2 % of the loss) and cost little. Such a quantizer is within 0.255 bits of the
// rate-distortion bound, and closer at low rates. Sources: Gersho, Gray, "Vector quantization and
// signal compression", 1992, section 9.9 (entropy coded uniform quantizers); rate-distortion
// optimized quantization as in video coding (Karczewicz et al., 2008) and DeepCABAC; steps in
// proportion to U_jj follow from feedback as the whitening of lattice quantization with successive
// cancellation. Cost O(rows columns (columns + candidates)).
#pragma once

#include "venturi/compress/coded_matrix.hpp"
#include "venturi/compress/feedback.hpp"

namespace venturi::compress {

struct RateRounding {
  double price = 1e-7;            // nats a bit
  std::int64_t column_group = 1;  // columns that share a step; divides columns
  double step_factor = 1;         // times the step above
};

struct RateRounded {
  CodedMatrix coded;
  double loss_nats = 0;   // predicted: sum of k e^2
  double model_bits = 0;  // as the coder's model charged for the levels
};

// importance (rows, >= 0). InvalidArgument for sizes that do not fit and weights that are not
// finite; `feedback` in the order of the columns.
RateRounded round_at_price(const tensor::Tensor& matrix, const Feedback& feedback,
                           std::span<const double> importance, const RateRounding& options);

// Groups of a convolution: rows in equal parts, each with its own second moments; one matrix.
RateRounded round_at_price(const tensor::Tensor& matrix, const std::vector<Feedback>& feedback,
                           std::span<const double> importance, const RateRounding& options);

}  // namespace venturi::compress
