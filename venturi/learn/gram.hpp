// venturi/learn/gram.hpp
//
// Gaussian Gram matrices with gradients, for the terms that compare every sample of a batch with
// every other:
//   K_ij = exp(-|u_i - v_j|^2 / (2 s^2)).
// Memory O(n m): K alone is kept for the way back, dK/du_i = -K_ij (u_i - v_j) / s^2 being two
// matrix products; no n*m*d array is ever made. Error: distances come from |u|^2 + |v|^2 - 2uv, so
// that in float32 K is off by about 1e-6 max|u|^2 / s^2 (rows centred first). Cost O(n m d).
// With copies every tensor has their axis first. Source: own.
#pragma once

#include "venturi/tensor/tensor.hpp"

namespace venturi::learn {

// u n*d, v m*d to n*m; inverse = 1/(2 s^2), of a shape that meets n*m, taken as a constant. u and v
// may be one tensor: the diagonal is then exactly 1.
tensor::Tensor gaussian_gram(const tensor::Tensor& u, const tensor::Tensor& v,
                             const tensor::Tensor& inverse);

// 1/(2 s^2) for s = `multiple` times the root of the variances' sum over u's columns (the root mean
// square of |u_i - u_j| is 1.4 times that root), as a constant: a kernel of this width does not
// see the scale of u. Shape 1*1 (copies*1*1). Finite for a constant u.
tensor::Tensor spread_inverse(const tensor::Tensor& u, double multiple);

}  // namespace venturi::learn
