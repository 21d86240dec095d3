// venturi/compress/interactions.hpp
//
// How the errors of two matrices meet. With d_i the change of the network's outputs (logits) that
// the error of matrix i alone makes, and F = diag(p) - p p^T the Fisher information of the outputs,
//   KL(p || p') ~ 1/2 E (sum_i d_i)^T F (sum_j d_j) = sum_ij G_ij,  G_ij = 1/2 E d_i^T F d_j,
// in nats. The diagonal is what an allocation by single errors adds up; the rest is what errors
// that agree or cancel add to it. One run a matrix, no pairs of runs.
// Sources: Schaefer et al., "Augmenting Hessians with inter-layer dependencies for mixed-precision
// post-training quantization", arXiv:2306.04879 (pairs); the way over the outputs is ours.
#pragma once

#include "venturi/compress/subject.hpp"

namespace venturi::compress {

// G (matrices*matrices, nats) of the errors of `coded`, each taken alone, on the first `samples`
// inputs.
tensor::Tensor interactions(const Subject& subject, const std::vector<CodedMatrix>& coded,
                            std::int64_t samples);

}  // namespace venturi::compress
