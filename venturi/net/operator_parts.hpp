// venturi/net/operator_parts.hpp
//
// Inner to the operators: what their families share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/net/operators.hpp"

namespace venturi::net {

using tensor::Tensor;
using Results = std::vector<Tensor>;
using Sizes = std::vector<std::int64_t>;

// The first word of every message; the caller of a kernel adds the node and its operator.
inline constexpr std::string_view kOperator = "net.operators";

// Runs `kernel` after a check of the number of inputs; returns call.outputs tensors. Torch's errors
// become DataErrors. in_float: float16 and bfloat16 inputs on the CPU, where Torch lacks many of
// their functions, go in as float32, and float32 outputs come back in the first such input's type.
Results run_checked(const Call& call, Kernel kernel, int least, int most, bool in_float);

template <Kernel kernel, int least, int most, bool in_float>
Results checked(const Call& call) {
  return run_checked(call, kernel, least, most, in_float);
}
// A line of the table; most = -1: any number of inputs. `maths` for what computes, `moves` for what
// moves, compares or converts elements of any type.
template <Kernel kernel, int least, int most>
constexpr Operator maths(std::string_view name) {
  return {name, least, most, checked<kernel, least, most, true>};
}
template <Kernel kernel, int least, int most>
constexpr Operator moves(std::string_view name) {
  return {name, least, most, checked<kernel, least, most, false>};
}

// The families, each in the file of its name: operators_unary.cpp and so on.
std::span<const Operator> unary_operators();
std::span<const Operator> binary_operators();
std::span<const Operator> reduce_operators();
std::span<const Operator> shape_operators();
std::span<const Operator> select_operators();
std::span<const Operator> create_operators();
std::span<const Operator> linear_operators();
std::span<const Operator> convolve_operators();
std::span<const Operator> pool_operators();
std::span<const Operator> normalise_operators();
std::span<const Operator> resize_operators();
std::span<const Operator> quantise_operators();
std::span<const Operator> recurrent_operators();
std::span<const Operator> detect_operators();

// Input i; DataError where it is absent.
const Tensor& input(const Call& call, std::size_t i);
// Undefined where it is absent.
Tensor optional_input(const Call& call, std::size_t i);
// Input i, of a floating-point type.
const Tensor& real_input(const Call& call, std::size_t i);

// Elements of a tensor of these sizes; DataError for a negative size or more than 2^32 elements.
// For results whose size comes from values or attributes.
std::int64_t check_elements(const Sizes& sizes);
void check_same_type(const Tensor& a, const Tensor& b);

// An axis in [-rank, rank) as one in [0, rank).
std::int64_t axis_of(std::int64_t axis, std::int64_t rank);
// Each of them so, sorted; no axis twice.
Sizes axes_of(Sizes axes, std::int64_t rank);
// A list of at most 2^16 integers from a tensor of integers (0-D or 1-D).
Sizes integers_of(const Tensor& x, const char* what);
// The only element of an integer or real tensor.
std::int64_t integer_of(const Tensor& x, const char* what);
double real_of(const Tensor& x, const char* what);
// Input i if it is there, else the attribute, which older operator sets had in its place.
Sizes integers_input_or(const Call& call, std::size_t i, const char* attribute);

// Indices in [-size, size) as int64 in [0, size); DataError for others.
Tensor wrap_indices(const Tensor& indices, std::int64_t size);
// The smallest value of a type: minus infinity or the smallest integer; false.
torch::Scalar lowest(torch::ScalarType type);
torch::Scalar highest(torch::ScalarType type);
// The first lens[b] steps of each sequence of x (time*batch*...) reversed, the others left.
Tensor reverse_sequences(const Tensor& x, const Tensor& lens);

// How a window moves over the spatial dimensions.
struct Windows {
  Sizes kernel, strides, dilations;
  Sizes begin, end;  // padding
  Sizes out;         // positions, each at least 1

  std::int64_t extent(std::size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
  bool dilated() const;
};
// From the attributes strides, dilations, pads, auto_pad; `in`: the 1 to 3 spatial sizes. Where
// ceil_mode makes windows reach beyond the padding, `end` stays: out and extent() tell.
Windows windows_of(const Call& call, const Sizes& in, const Sizes& kernel, bool ceil_mode);
// The sizes after the first two dimensions, of which there must be 1 to 3.
Sizes spatial(const Tensor& x);
// Convolution as the attributes of `call` say; bias may be undefined.
Tensor convolve(const Call& call, const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace venturi::net
