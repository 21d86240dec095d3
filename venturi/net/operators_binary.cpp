// Functions of two or more tensors, element by element with broadcasting.
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

using Function = Tensor (*)(const Tensor&, const Tensor&);

bool is_integer(const Tensor& x) { return c10::isIntegralType(x.scalar_type(), false); }

template <Function f>
Results of_numbers(const Call& call) {
  const Tensor& a = input(call, 0);
  const Tensor& b = input(call, 1);
  check_same_type(a, b);
  if (a.scalar_type() == torch::kBool) core::fail_data(kOperator, "expected numbers, got bool");
  return {f(a, b)};
}

template <Function f>
Results of_any(const Call& call) {
  check_same_type(input(call, 0), input(call, 1));
  return {f(input(call, 0), input(call, 1))};
}

template <Function f>
Results of_bools(const Call& call) {
  check_same_type(input(call, 0), input(call, 1));
  if (input(call, 0).scalar_type() != torch::kBool) core::fail_data(kOperator, "expected bool");
  return {f(input(call, 0), input(call, 1))};
}

template <Function f>
Results of_integers(const Call& call) {
  check_same_type(input(call, 0), input(call, 1));
  if (!is_integer(input(call, 0))) core::fail_data(kOperator, "expected integers");
  return {f(input(call, 0), input(call, 1))};
}

Tensor add(const Tensor& a, const Tensor& b) { return a + b; }
Tensor subtract(const Tensor& a, const Tensor& b) { return a - b; }
Tensor multiply(const Tensor& a, const Tensor& b) { return a * b; }
Tensor greater(const Tensor& a, const Tensor& b) { return a > b; }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return a >= b; }
Tensor less(const Tensor& a, const Tensor& b) { return a < b; }
Tensor less_equal(const Tensor& a, const Tensor& b) { return a <= b; }
Tensor equal(const Tensor& a, const Tensor& b) { return a == b; }

// b where it is not -1, else 1: the smallest integer over -1 traps on some processors.
Tensor not_minus_one(const Tensor& b) { return b.masked_fill(b == -1, 1); }

Tensor divide(const Tensor& a, const Tensor& b) {
  if (!is_integer(a)) return a / b;
  if (a.scalar_type() == torch::kUInt8) return torch::div(a, b, "trunc");
  return torch::where(b == -1, -a, torch::div(a, not_minus_one(b), "trunc"));
}

// fmod = 0: the sign of the divisor, integers only; fmod = 1: that of the dividend, as C's fmod.
Results modulo(const Call& call) {
  const Tensor& a = input(call, 0);
  Tensor b = input(call, 1);
  check_same_type(a, b);
  const bool as_c = call.attributes.integer("fmod", 0) != 0;
  if (!as_c && !is_integer(a)) core::fail_data(kOperator, "real numbers need fmod = 1");
  if (is_integer(a) && a.scalar_type() != torch::kUInt8) b = not_minus_one(b);
  return {as_c ? torch::fmod(a, b) : torch::remainder(a, b)};
}

// The result has the base's type, whatever the exponent's.
Results power(const Call& call) {
  const Tensor& a = input(call, 0);
  const Tensor& b = input(call, 1);
  const bool mixed = is_integer(a) && b.is_floating_point();
  return {torch::pow(mixed ? a.to(torch::kFloat64) : a, b).to(a.scalar_type())};
}

// A shift by the type's width or more gives 0. uint16 and uint32 are int64 here (onnx_values.hpp):
// bits that a left shift moves beyond their width stay.
Results bit_shift(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor& by = input(call, 1);
  check_same_type(x, by);
  if (!is_integer(x)) core::fail_data(kOperator, "expected integers");
  const std::string direction = call.attributes.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") {
    core::fail_data(kOperator, "expected direction LEFT or RIGHT, got '{}'", direction);
  }
  const auto bits = static_cast<std::int64_t>(8 * x.element_size());
  const Tensor bounded = by.clamp(0, bits - 1);
  const Tensor out = direction == "LEFT" ? torch::bitwise_left_shift(x, bounded)
                                         : torch::bitwise_right_shift(x, bounded);
  return {out.masked_fill((by < 0) | (by >= bits), 0)};
}

template <Function f>
Results of_many(const Call& call) {
  Tensor out = input(call, 0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    check_same_type(out, input(call, i));
    out = f(out, input(call, i));
  }
  return {out};
}

Results mean(const Call& call) {
  real_input(call, 0);
  return {of_many<add>(call)[0] / static_cast<double>(call.inputs.size())};
}

Results where(const Call& call) {
  if (input(call, 0).scalar_type() != torch::kBool) {
    core::fail_data(kOperator, "expected bool as condition");
  }
  check_same_type(input(call, 1), input(call, 2));
  return {torch::where(input(call, 0), input(call, 1), input(call, 2))};
}

constexpr auto kTable = std::to_array<Operator>({
    maths<of_numbers<add>, 2, 2>("Add"),
    moves<of_bools<torch::logical_and>, 2, 2>("And"),
    moves<bit_shift, 2, 2>("BitShift"),
    moves<of_integers<torch::bitwise_and>, 2, 2>("BitwiseAnd"),
    moves<of_integers<torch::bitwise_or>, 2, 2>("BitwiseOr"),
    moves<of_integers<torch::bitwise_xor>, 2, 2>("BitwiseXor"),
    maths<of_numbers<divide>, 2, 2>("Div"),
    maths<of_any<equal>, 2, 2>("Equal"),
    maths<of_numbers<greater>, 2, 2>("Greater"),
    maths<of_numbers<greater_equal>, 2, 2>("GreaterOrEqual"),
    maths<of_numbers<less>, 2, 2>("Less"),
    maths<of_numbers<less_equal>, 2, 2>("LessOrEqual"),
    maths<of_many<torch::maximum>, 1, -1>("Max"),
    maths<mean, 1, -1>("Mean"),
    maths<of_many<torch::minimum>, 1, -1>("Min"),
    maths<modulo, 2, 2>("Mod"),
    maths<of_numbers<multiply>, 2, 2>("Mul"),
    moves<of_bools<torch::logical_or>, 2, 2>("Or"),
    maths<power, 2, 2>("Pow"),
    maths<of_numbers<subtract>, 2, 2>("Sub"),
    maths<of_many<add>, 1, -1>("Sum"),
    moves<where, 3, 3>("Where"),
    moves<of_bools<torch::logical_xor>, 2, 2>("Xor"),
});

}  // namespace

std::span<const Operator> binary_operators() { return kTable; }

}  // namespace venturi::net
