// venturi/net/builder.hpp
//
// Builds graphs layer by layer, parameters named as PyTorch's modules name theirs, so that weights
// trained there load by name. Each layer takes the edge that it reads and returns the one it
// writes, which bears the layer's name.
//
// Starting weights: normal with deviation sqrt(2 / inputs of a unit) (He et al., ICCV 2015,
// arXiv:1502.01852, eq. 10), drawn from the key split by the parameter's name; biases 0.
#pragma once

#include <string>
#include <vector>

#include "venturi/net/graph.hpp"

namespace venturi::net {

struct Convolution {
  std::int64_t in = 0, out = 0;
  std::int64_t kernel = 1, stride = 1, padding = 0, groups = 1;
  bool bias = false;
  std::size_t dimensions = 2;  // of space, all alike
};

class GraphBuilder {
 public:
  GraphBuilder(std::string name, core::Key key, int opset = 17);

  std::string input(const std::string& name, std::vector<std::int64_t> shape,
                    torch::ScalarType type = torch::kFloat32);
  // A parameter with a value.
  std::string parameter(const std::string& name, tensor::Tensor value);
  // A value that belongs to the structure and is never trained: a Constant node.
  std::string constant(const std::string& name, tensor::Tensor value);
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values);
  // A trained parameter that starts as above.
  std::string weight(const std::string& name, const std::vector<std::int64_t>& shape,
                     std::int64_t inputs);
  // Any node of one output; the edge is `name`.
  std::string node(const std::string& op, const std::string& name, std::vector<std::string> inputs,
                   Attributes attributes = {});

  std::string convolution(const std::string& name, const std::string& x, const Convolution& shape);
  // scale 1, bias 0, mean 0, variance 1 over `channels`; epsilon 1e-5.
  std::string batch_norm(const std::string& name, const std::string& x, std::int64_t channels);
  // n*in to n*out, with its bias.
  std::string linear(const std::string& name, const std::string& x, std::int64_t in,
                     std::int64_t out);

  // Checked.
  Model finish(std::vector<Port> outputs);

 private:
  Model model_;
  core::Key key_;
};

Attributes integer_attributes(
    const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& lists,
    const std::vector<std::pair<std::string, std::int64_t>>& singles = {});

}  // namespace venturi::net
