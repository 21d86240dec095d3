// venturi/allocate/figures.hpp
//
// What the recipes of this room claim, measured: one function a recipe, one Figure a number.
#pragma once

#include "venturi/allocate/evolution.hpp"
#include "venturi/core/figure.hpp"
#include "venturi/core/views.hpp"

namespace venturi::allocate {

// A loss that is no sum over parts: weight matrices (outputs*inputs each) rounded to 1 .. levels
// bits with one scale a matrix, and what that does to the output on standard normal inputs,
//   mean_s |y_s(rounded) - y_s|^2 / mean_s |y_s|^2.
//   chain: y = W_L tanh(... tanh(W_1 x)), a small network;
//   sum:   y = sum_l W_l x, branches whose errors add before they are squared, so that they may
//          cancel and a level more of one part may harm.
class RoundedNetwork {
 public:
  enum class Kind { chain, sum };
  struct Shape {
    Kind kind = Kind::chain;
    core::Index layers = 6;
    core::Index inputs = 8;
    core::Index outputs = 8;  // = inputs in a chain
    int levels = 5;
    core::Index samples = 256;
  };
  RoundedNetwork(const Shape& shape, core::Key key);

  // Loss on the first `data` inputs. O(layers inputs outputs data).
  double loss(std::span<const std::size_t> choice, std::int64_t data) const;
  Fitness fitness() const;
  // A part a matrix: level k takes (k + 1) inputs outputs bits; distortion is the loss on all
  // inputs with this matrix alone rounded.
  std::vector<Part> parts() const;

 private:
  template <class Weight>
  core::Matrix output(const Weight& weight, core::Index data) const;

  Shape shape_;
  core::Matrix inputs_;                             // inputs*samples
  core::Matrix exact_;                              // outputs*samples, nothing rounded
  std::vector<core::Matrix> weights_;               // layers, outputs*inputs
  std::vector<std::vector<core::Matrix>> rounded_;  // layers, levels
};

// EvoPress on small networks and on sums of branches, beside the least sum of the parts' errors and
// (networks) enumeration of all that spend the budget.
std::vector<core::Figure> evopress_figures(core::Key key, bool quick);

}  // namespace venturi::allocate
