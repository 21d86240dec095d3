// venturi/measure/inductive_bias.hpp
//
// How much a learner must know beforehand to generalise: three answers that need no learner.
//
// intrinsic_dimension: with T_j(i) the distance of row i to its j-th nearest other,
//   m = 1 / mean_i,j<k log(T_k(i) / T_j(i))
// the maximum-likelihood dimension of data that are locally uniform on a surface, averaged as by
// MacKay and Ghahramani. Low where the dimension is high for n (20 of 1,000 rows: about 15).
//
// inductive_bias_bits: the bound of Boopathy et al. on the bits that single out, among functions of
// limited frequency on m-spheres of radius R (one for each class), those within error eps:
//   bits = (2 D M E - n D) (log2 B + 1/2 log2 D + 1/2 log2 M - log2 eps + log2 L_f + log2 W)
//   D = M - 1, B = 1, F = 2 pi R / delta, K = (sqrt((m-1)^2 + 4 F^2) - (m-1)) / 2,
//   E = C(m+K, m) + C(m+K-1, m), L_f = K sqrt(D) / R,
//   ln W = 1/2 ln(m/6) + (ln 2 + (m+1)/2 ln pi + ln M - lnGamma((m+1)/2)) / m + ln R - ln(n)/m
// It grows as delta^-m: in orders of magnitude, not digits. 0 where it would be below (n so large
// that the data say it all).
//
// class_resolution: delta, the least distance between rows of different classes, as a law of
// extremes puts it for all n(n-1) of them: moment estimator of Dekkers, Einmahl, de Haan on the
// 1/distances of `pairs` drawn, the top `tail` of them; never above the least seen.
//
// Shapes: x n*d, labels n. Cost: O(n^2 d); O(pairs d). Errors: InvalidArgument for shapes, k < 2 or
// >= n, numbers out of range; DataError for equal rows where distances are to differ, one class,
// results beyond a double.
// Sources: Levina, Bickel, NIPS 2004, and MacKay's and Ghahramani's comment on it (2005); Boopathy,
// Liu, Hwang, Ge, Mohammedsaleh, Fiete, "Model-agnostic measure of generalization difficulty", ICML
// 2023, equation 11 as in its released code.
#pragma once

#include <cstdint>
#include <span>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

double intrinsic_dimension(const core::MatrixView& x, int k = 5);

struct LearningTask {
  double n = 0;           // rows to learn from, >= 1
  double dimension = 0;   // m >= 1
  double radius = 0;      // R > 0, the largest norm of a row
  double resolution = 0;  // delta in (0, 2 R]
  double classes = 0;     // M >= 2
  double error = 0.01;    // eps in (0, 1]
};
double inductive_bias_bits(const LearningTask& task);

struct ResolutionOptions {
  std::int64_t pairs = 400000;
  std::int64_t tail = 200;
};
double class_resolution(const core::MatrixView& x, std::span<const std::int32_t> labels,
                        core::Key key, const ResolutionOptions& options = {});

// The task that data set: n, rounded dimension (k = 5), radius, resolution and classes of the rows.
LearningTask learning_task(const core::MatrixView& x, std::span<const std::int32_t> labels,
                           double error, core::Key key);

}  // namespace venturi::measure
