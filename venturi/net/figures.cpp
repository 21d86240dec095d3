#include "venturi/net/figures.hpp"

#include <cmath>
#include <functional>
#include <map>

#include "venturi/core/error.hpp"
#include "venturi/net/cost.hpp"
#include "venturi/net/evaluate.hpp"
#include "venturi/net/ghostnet.hpp"
#include "venturi/net/mobilenet.hpp"

namespace venturi::net {
namespace {

using core::Figure;
using tensor::Tensor;
using Maker = std::function<Model(core::Key)>;

// x of the first `most` samples and their labels.
struct Samples {
  Tensor x, labels;
};

Samples samples_of(const data::Dataset& data, int most, const Graph& graph) {
  if (data.task != data::Task::kClasses) {
    core::fail_argument("net.figures", "'{}' has no labels", data.name);
  }
  const std::int64_t n = most > 0 ? std::min<std::int64_t>(most, data.size()) : data.size();
  return {model_inputs(graph, data, {}).narrow(0, 0, n),
          tensor::from_labels(data.labels).narrow(0, 0, n)};
}

class Comparison {
 public:
  Comparison(const ComparisonOptions& options, const data::DataPair& pair,
             const tensor::Device& device, core::Monitor& monitor)
      : options_(options), pair_(pair), device_(device), monitor_(monitor) {
    if (!pair.test) core::fail_argument("net.figures", "'{}' has no test part", pair.train.name);
  }

  // Percent right of a network that is made and trained by this key.
  double accuracy(const Maker& make, core::Key key) const {
    Model model = make(key.split("start"));
    const Samples train = samples_of(pair_.train, options_.train_rows, model.graph);
    const Samples test = samples_of(*pair_.test, options_.test_rows, model.graph);
    fit(model, train.x, train.labels, options_.fit, key.split("order"), device_, monitor_);
    const Tensor y = predict(Executor(model, {.device = device_}), test.x, 256);
    return 100 * y.argmax(1).eq(test.labels).to(torch::kFloat64).mean().item<double>();
  }

  // Of `first` and `second`, each pair of trainings from the same key.
  std::vector<Figure> compare(const char* first_name, const Maker& first, const char* second_name,
                              const Maker& second, core::Key key) const {
    double mean[2] = {}, sum = 0, squares = 0;
    for (int s = 0; s < options_.seeds; ++s) {
      const core::Key own = key.split(static_cast<std::uint64_t>(s));
      const double a = accuracy(first, own);
      const double b = accuracy(second, own);
      monitor_.say(fmt::format("{}: {:.2f} %, {}: {:.2f} %", first_name, a, second_name, b));
      mean[0] += a / options_.seeds;
      mean[1] += b / options_.seeds;
      sum += a - b;
      squares += (a - b) * (a - b);
    }
    const double gain = sum / options_.seeds;
    const double variance = (squares - sum * gain) / (options_.seeds - 1);
    const double error = std::sqrt(std::max(variance, 0.0) / options_.seeds);
    return {{fmt::format("accuracy, {}", first_name), mean[0], "%"},
            {fmt::format("accuracy, {}", second_name), mean[1], "%"},
            {"gain", gain, "points"},
            {"gain, in standard errors", error > 0 ? gain / error : 0, ""}};
  }

 private:
  const ComparisonOptions& options_;
  const data::DataPair& pair_;
  tensor::Device device_;
  core::Monitor& monitor_;
};

Tensor blank(const data::Dataset& data) {
  std::vector<std::int64_t> shape = {1};
  shape.insert(shape.end(), data.shape.begin(), data.shape.end());
  if (shape.size() != 4) {
    core::fail_argument("net.figures", "expected images, '{}' has samples of {}", data.name,
                        shape_text(data.shape));
  }
  return torch::zeros(shape);
}

// Largest distance of counted multiply-adds from the formula, over the blocks of stride 1.
double formula_difference(const Model& model, const Tensor& x) {
  struct Seen {
    std::int64_t multiply_adds = 0, in = 0, wide = 0;
    std::vector<std::int64_t> shape;
    bool halves = false;
  };
  std::map<std::string, Seen> blocks;
  const Costs costs = measure_costs(Executor(model), {x});
  for (std::size_t i = 0; i < costs.nodes.size(); ++i) {
    const NodeCost& cost = costs.nodes[i];
    const auto at = cost.name.find(".conv.");
    if (cost.op != "Conv" || at == std::string::npos) continue;
    Seen& seen = blocks[cost.name.substr(0, at)];
    const auto& weight = model.weights.at(model.graph.nodes[i].inputs[1]);
    if (seen.in == 0) seen.in = weight.size(1);
    seen.wide = std::max(seen.wide, weight.size(0));
    for (const auto stride : model.graph.nodes[i].attributes.integers("strides", {})) {
      seen.halves = seen.halves || stride > 1;
    }
    seen.multiply_adds += cost.multiply_adds;
    seen.shape = cost.shape;
  }
  double out = 0;
  for (const auto& [name, seen] : blocks) {
    // The first block does not widen: it has no first 1*1, and the formula none of its products.
    if (seen.halves || seen.in == 1) continue;
    const std::int64_t expected = inverted_residual_multiply_adds(
        seen.shape[2], seen.shape[3], seen.in, seen.shape[1], seen.wide / seen.in);
    out = std::max(out, std::abs(static_cast<double>(seen.multiply_adds - expected)));
  }
  return out;
}

double dense_difference(core::Key key) {
  constexpr std::int64_t kChannels = 16, kSide = 14;
  GraphBuilder b("mixing", key);
  const std::string y =
      decoupled_mixing(b, "mix", b.input("x", {-1, kChannels, -1, -1}), kChannels);
  const Model model = b.finish({{.name = y, .shape = {}}});
  auto generator = tensor::make_generator(key.split("x"), torch::kCPU);
  const Tensor x = torch::empty({4, kChannels, kSide, kSide}).normal_(0, 1, generator);
  const Tensor dense = model.weights.at("mix.column.weight") * model.weights.at("mix.row.weight");
  const Tensor expected = torch::conv2d(x, dense, {}, 1, dense.size(2) / 2, 1, kChannels);
  return ((Executor(model).run({x})[0] - expected).abs().max() / expected.abs().max())
      .item<double>();
}

}  // namespace

std::vector<Figure> mobilenet_figures(const ComparisonOptions& options, const data::DataPair& pair,
                                      core::Key key, const tensor::Device& device,
                                      core::Monitor& monitor) {
  core::check_options(options, "net.figures");
  const Tensor x = blank(pair.train);
  const auto maker = [&](bool linear) {
    return [=, &options, &pair](core::Key own) {
      return mobilenet_v2(own, {.width = options.width,
                                .classes = pair.train.classes,
                                .channels = x.size(1),
                                .small_images = options.small_images,
                                .linear = linear});
    };
  };
  const Comparison comparison(options, pair, device, monitor);
  std::vector<Figure> out = comparison.compare("linear bottlenecks", maker(true),
                                               "with ReLU6 in them", maker(false), key);
  const Model model = maker(true)(key);
  out.push_back({"multiply-adds less the formula, largest", formula_difference(model, x), ""});
  out.push_back({"multiply-adds of an image",
                 static_cast<double>(measure_costs(Executor(model), {x}).multiply_adds), ""});
  return out;
}

std::vector<Figure> ghostnet_figures(const ComparisonOptions& options, const data::DataPair& pair,
                                     core::Key key, const tensor::Device& device,
                                     core::Monitor& monitor) {
  core::check_options(options, "net.figures");
  const Tensor x = blank(pair.train);
  const auto maker = [&](bool attention, double width) {
    return [=, &options, &pair](core::Key own) {
      return ghostnet_v2(own, {.width = width,
                               .classes = pair.train.classes,
                               .channels = x.size(1),
                               .small_images = options.small_images,
                               .attention = attention});
    };
  };
  const auto cost = [&](bool attention, double width) {
    const Executor executor(maker(attention, width)(key));
    return static_cast<double>(measure_costs(executor, {x}).multiply_adds);
  };
  const double wanted = cost(true, options.width);
  double width = options.width;
  double ratio = cost(false, width) / wanted;
  // Costs do not fall with width, so that the search ends once it has passed what is wanted.
  for (double w = width; w < 2 * options.width; w += 0.005) {
    const double now = cost(false, w) / wanted;
    if (std::abs(now - 1) < std::abs(ratio - 1)) {
      width = w;
      ratio = now;
    }
    if (now > 1) break;
  }
  const Comparison comparison(options, pair, device, monitor);
  std::vector<Figure> out = comparison.compare("decoupled attention", maker(true, options.width),
                                               "plain ghost modules", maker(false, width), key);
  out.push_back({"multiply-adds, plain by attention", ratio, ""});
  out.push_back({"axis-wise less dense, largest", dense_difference(key), "of the largest"});
  return out;
}

}  // namespace venturi::net
