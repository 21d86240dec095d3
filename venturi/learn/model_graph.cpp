// A trained model as a graph.
#include "venturi/learn/model.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

// One number for all, or one a column, to lie over n*shape.
Tensor over_inputs(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  const Tensor all = torch::tensor(values, torch::kFloat32);
  return values.size() == 1 ? all : all.reshape(shape);
}

}  // namespace

net::Model Model::graph() const {
  net::GraphBuilder b("venturi", core::Key(1));
  std::vector<std::int64_t> shape = {-1};
  shape.insert(shape.end(), problem_.shape.begin(), problem_.shape.end());
  std::string x = b.input("x", shape);
  x = b.node("Sub", "centred",
             {x, b.constant("input_mean", over_inputs(problem_.input_mean, problem_.shape))});
  x = b.node("Div", "scaled",
             {x, b.constant("input_scale", over_inputs(problem_.input_scale, problem_.shape))});
  x = body_->append_to(b, parameters_, x);
  x = projection_->append_to(b, parameters_, x);
  const std::string& kind = options_.channel.kind;
  if (kind == "quantized") {
    x = b.node("Round", "z", {x});
  } else if (kind == "gaussian") {  // the means come before the deviations
    x = b.node("Slice", "z",
               {x, b.integers("z.begin", {0}), b.integers("z.end", {options_.channel.size}),
                b.integers("z.axis", {1})});
  } else {
    x = b.node("Identity", "z", {x});
  }
  x = decoder_->append_to(b, parameters_, x);
  if (problem_.regression()) {
    const auto row = [&](const char* name, const std::vector<double>& values) {
      return b.constant(name, torch::tensor(values, torch::kFloat32));
    };
    x = b.node("Mul", "unscaled", {x, row("target_scale", problem_.target_scale)});
    x = b.node("Add", "y", {x, row("target_mean", problem_.target_mean)});
  } else {
    x = b.node("Identity", "y", {x});
  }
  const std::int64_t outputs = problem_.regression() ? problem_.targets : problem_.classes;
  return b.finish({{.name = x, .ranked = true, .shape = {-1, outputs}}});
}

}  // namespace venturi::learn
