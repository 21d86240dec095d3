// tests/net/models.hpp: small models that several tests of this room use.
#pragma once

#include "tests/testing.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/executor.hpp"

namespace venturi::net {

inline tensor::Tensor numbers(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = tensor::make_generator(core::Key(seed), torch::kCPU);
  return torch::empty(shape).normal_(0, 1, generator);
}

// x (n*4) -> a -> relu -> b (n*3), two linear layers.
inline Model two_layers() {
  GraphBuilder b("two", core::Key(1));
  std::string x = b.input("x", {-1, 4});
  x = b.node("Relu", "relu", {b.linear("a", x, 4, 5)});
  x = b.linear("b", x, 5, 3);
  return b.finish({{.name = x, .ranked = true, .shape = {-1, 3}}});
}

// A convolution with batch normalisation of real statistics, and a shortcut around it.
inline Model small_residual() {
  GraphBuilder b("residual", core::Key(2));
  const std::string x = b.input("x", {-1, 4, 6, 6});
  std::string y = b.convolution("conv", x, {.in = 4, .out = 4, .kernel = 3, .padding = 1});
  y = b.node("Add", "add", {b.batch_norm("bn", y, 4), x});
  y = b.linear("out", b.node("Flatten", "flat", {b.node("GlobalAveragePool", "mean", {y})}), 4, 2);
  Model out = b.finish({{.name = y, .ranked = true, .shape = {-1, 2}}});
  out.weights["bn.weight"] = numbers({4}, 3);
  out.weights["bn.bias"] = numbers({4}, 4);
  out.weights["bn.running_mean"] = numbers({4}, 5);
  out.weights["bn.running_var"] = numbers({4}, 6).square() + 0.5;
  return out;
}

}  // namespace venturi::net
