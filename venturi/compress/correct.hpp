// venturi/compress/correct.hpp
//
// The last pass over a compressed network, in the order of its layers and on one batch of samples,
// so that each layer makes up for what those before it lost:
//   weights  matrix k is rounded again from W + W C (H' + damping)^-1, C = E (x - x') x'^T, H' = E
//            x' x'^T: the matrix that meets the compressed network's inputs x' and comes closest to
//            W x of the trained one
//   biases   moved by the mean of what its outputs are off
// Labels are not used and nothing is trained by gradients. One run of each network; memory for all
// its edges on these samples. Source: Li et al., "GPTAQ", ICML 2025 (the shifted target); Nagel et
// al., ICCV 2019, section 4.2 (bias correction).
#pragma once

#include <functional>

#include "venturi/compress/subject.hpp"

namespace venturi::compress {

// Rounds matrix k anew to `target`; returns what the file keeps.
using Round = std::function<CodedMatrix(std::size_t k, const tensor::Tensor& target)>;

struct CorrectOptions {
  std::int64_t samples = 256;  // of the subject's, from the first
  double damping = 0.05;       // of H', in units of its diagonal's mean
  bool weights = true;
};

// `model` belongs to `subject`; its matrices and biases are put in place. Nodes without a bias get
// one where their operator can take it.
void correct_in_order(const Subject& subject, const Round& round, CompressedModel& model,
                      const CorrectOptions& options = {}, core::Monitor& monitor = core::silent());

}  // namespace venturi::compress
