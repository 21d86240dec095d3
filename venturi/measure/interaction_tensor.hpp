// venturi/measure/interaction_tensor.hpp
//
// Which model has learned which feature that is in which example.
//
// The tensor, from the activations of M models on the same n examples (n*d_m each): the K principal
// components of each model, standardised, are its features; features of different models whose
// correlation over the examples is at least `match` in absolute value are the same one (components
// of the graph of matches, in order of first appearance); and T_mnt = 1 where model m has a feature
// of cluster t whose absolute value on example n is at least `present` deviations.
//
// The framework: an example is dominant with probability p and then holds n_d of t_d dominant
// features, else n_r of t_r rare ones, equally likely sets; a model learns c_d of the dominant and
// c_r of the rare, equally likely sets, on its own; it is right where it shares a feature with the
// example, and else guesses one of C classes. With q = 1 - C(t - c, n) / C(t, n) of each kind,
//   accuracy   E[q + (1 - q) / C]
//   agreement  E[q^2 + 2 q (1 - q) / C + (1 - q)^2 / C]
// over dominant and rare examples. For C = 2 the two are equal, the generalisation disagreement
// equality, where E q = E q^2: every q is 0 or 1. Else accuracy is the higher.
//
// Cost: O(M (n d^2 + d^3) + (M K)^2 n); closed forms O(1). Errors: InvalidArgument for shapes, K
// above columns or n - 1, numbers out of range; DataError as principal_components().
// Source: Jiang, Baek, Kolter, "On the joint interaction of models, data, and features", ICLR 2024,
// sections 2 and 4 (a model that shares no feature guesses; clusters there by greedy matching).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

struct InteractionOptions {
  core::Index components = 10;  // K
  double match = 0.9;
  double present = 1.0;
};
struct InteractionTensor {
  core::Index models = 0, examples = 0, features = 0;
  std::vector<std::uint8_t> entries;  // models*examples*features, 0 or 1
  bool at(core::Index m, core::Index n, core::Index t) const {
    return entries[static_cast<std::size_t>((m * examples + n) * features + t)] != 0;
  }
  std::vector<std::uint8_t> learned;  // models*features: whether model m has cluster t at all
};
InteractionTensor interaction_tensor(std::span<const core::MatrixView> models,
                                     const InteractionOptions& options = {});

struct FeatureKind {
  int features = 1;    // t
  int in_example = 1;  // n
  int learned = 1;     // c
};
struct FeatureFramework {
  FeatureKind dominant, rare;
  double dominant_share = 0.5;  // p
  int classes = 2;              // C
};
double framework_accuracy(const FeatureFramework& f);
double framework_agreement(const FeatureFramework& f);

// The same from draws: `models` pairs of models on as many examples each.
struct DrawnAgreement {
  double accuracy = 0, agreement = 0;
};
DrawnAgreement draw_framework(const FeatureFramework& f, int models, int examples, core::Key key);

}  // namespace venturi::measure
