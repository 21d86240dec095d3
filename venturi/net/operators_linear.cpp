// Products of matrices and tensors.
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

// alpha A' B' + beta C
Results gemm(const Call& call) {
  Tensor a = input(call, 0);
  Tensor b = input(call, 1);
  const Tensor c = optional_input(call, 2);
  check_same_type(a, b);
  if (a.dim() != 2 || b.dim() != 2) core::fail_data(kOperator, "expected matrices A and B");
  if (call.attributes.integer("transA", 0) != 0) a = a.t();
  if (call.attributes.integer("transB", 0) != 0) b = b.t();
  const double alpha = call.attributes.real("alpha", 1.0);
  const double beta = call.attributes.real("beta", 1.0);
  if (c.defined()) check_same_type(a, c);
  if (a.is_floating_point() && c.defined()) return {torch::addmm(c, a, b, beta, alpha)};
  const auto scaled = [](const Tensor& x, double by) {
    return by == 1.0 ? x : (x * by).to(x.scalar_type());
  };
  const Tensor out = scaled(torch::mm(a, b), alpha);
  return {c.defined() ? out + scaled(c, beta) : out};
}

Results matmul(const Call& call) {
  check_same_type(input(call, 0), input(call, 1));
  return {torch::matmul(input(call, 0), input(call, 1))};
}

Results einsum(const Call& call) {
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) inputs.push_back(input(call, i));
  const std::string equation = call.attributes.text("equation", "");
  return {torch::einsum(equation, inputs)};
}

Results determinant(const Call& call) { return {torch::linalg_det(real_input(call, 0))}; }

constexpr auto kTable = std::to_array<Operator>({
    maths<determinant, 1, 1>("Det"),
    maths<einsum, 1, -1>("Einsum"),
    maths<gemm, 2, 3>("Gemm"),
    maths<matmul, 2, 2>("MatMul"),
});

}  // namespace

std::span<const Operator> linear_operators() { return kTable; }

}  // namespace venturi::net
