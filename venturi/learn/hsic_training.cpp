#include "venturi/learn/hsic_training.hpp"

#include "venturi/core/error.hpp"
#include "venturi/couple/transport.hpp"
#include "venturi/learn/gram.hpp"
#include "venturi/learn/kernel_terms.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using tensor::Tensor;

Tensor kernel_of(const Tensor& u, double width) {
  const double inverse = 0.5 / (width * width * static_cast<double>(u.size(1)));
  return gaussian_gram(u, u, torch::full({1, 1}, inverse, u.options()));
}

// The class that each unit stands for: the matching under which most rows are right.
std::vector<core::Index> classes_of_units(const Tensor& outputs, const Tensor& labels) {
  const std::int64_t classes = outputs.size(1);
  const Tensor cells = outputs.argmax(1) * classes + labels;
  const std::vector<double> counts =
      tensor::to_doubles(torch::bincount(cells, {}, classes * classes));
  core::Matrix cost(classes, classes);
  for (std::int64_t i = 0; i < classes * classes; ++i) {
    cost(i / classes, i % classes) = -counts[static_cast<std::size_t>(i)];
  }
  return couple::optimal_assignment(cost);
}

class Study {
 public:
  Study(const HsicOptions& options, const Labelled& train, const Labelled& test, int classes,
        core::Key key, core::Monitor& monitor)
      : options_(options),
        train_(train),
        test_(test),
        classes_(classes),
        key_(key),
        monitor_(monitor),
        widths_(options.hidden) {
    widths_.push_back(classes);
  }

  // Epochs of layers; first and last loss summed over them.
  std::pair<double, double> teach(LayerwiseNetwork& net) const {
    net::Parameters& parameters = net.parameters();
    Adam adam(parameters.flat(), parameters.flat_gradient(), 0, {});
    Batches batches(train_.size(), options_.batch, key_.split("order"), train_.x.device());
    const std::int64_t steps = batches.per_epoch() * options_.epochs;
    double first = 0, last = 0;
    for (std::int64_t s = 0; s < steps; ++s) {
      if (monitor_.stop_requested()) throw core::Interrupted("[learn.hsic_bottleneck] stopped");
      const Labelled batch = train_.rows(batches.next());
      const Tensor onehot = torch::one_hot(batch.labels, classes_).to(torch::kFloat32);
      const auto activations = net.activations(batch.x);
      const Tensor loss =
          layer_losses(activations, batch.x, onehot, options_.beta, options_.width).sum();
      loss.backward();
      adam.step(options_.learning_rate);
      if (s == 0) first = loss.item<double>();
      if (s + 1 == steps) last = loss.item<double>();
      monitor_.progress({"layers", static_cast<std::uint64_t>(s + 1),
                         static_cast<std::uint64_t>(steps), "steps", ""});
    }
    return {first, last};
  }

  double solved(const LayerwiseNetwork& net) const {
    const torch::NoGradGuard no_grad;
    const auto classes = classes_of_units(net.activations(train_.x).back(), train_.labels);
    const Tensor table = torch::tensor(std::vector<std::int64_t>(classes.begin(), classes.end()));
    const Tensor named =
        table.to(test_.labels.device()).index_select(0, net.activations(test_.x).back().argmax(1));
    return 100 * named.eq(test_.labels).to(torch::kFloat64).mean().item<double>();
  }

  double formatted(const LayerwiseNetwork& net) const {
    const auto code = [&](const Tensor& x) {
      const torch::NoGradGuard no_grad;
      return net.activations(x)[options_.hidden.size() - 1];
    };
    const Tensor z = code(train_.x);
    Tensor mean, scale;
    {
      const torch::NoGradGuard no_grad;
      mean = z.mean(0);
      scale = z.std(0) + 1e-6;
    }
    Perceptron top(z.size(1), {}, classes_, key_.split("format"), z.device());
    Batches batches(z.size(0), options_.batch, key_.split("format order"), z.device());
    for (std::int64_t s = 0; s < batches.per_epoch() * options_.format_epochs; ++s) {
      const Tensor rows = batches.next();
      const Tensor in = (z.index_select(0, rows) - mean) / scale;
      torch::nn::functional::cross_entropy(top.forward(in), train_.labels.index_select(0, rows))
          .backward();
      top.step(1e-3);
    }
    const torch::NoGradGuard no_grad;
    return percent_right(top.forward((code(test_.x) - mean) / scale), test_.labels);
  }

  LayerwiseNetwork start() const {
    return {train_.x.size(1), widths_, key_.split("weights"), train_.x.device()};
  }

 private:
  const HsicOptions& options_;
  const Labelled& train_;
  const Labelled& test_;
  int classes_;
  core::Key key_;
  core::Monitor& monitor_;
  std::vector<std::int64_t> widths_;
};

}  // namespace

LayerwiseNetwork::LayerwiseNetwork(std::int64_t inputs, std::vector<std::int64_t> widths,
                                   core::Key key, const tensor::Device& device) {
  for (std::size_t l = 0; l < widths.size(); ++l) {
    const std::vector<net::Layer> layer = {{.type = "linear", .out = widths[l]}, {.type = "relu"}};
    layers_.emplace_back(fmt::format("layer{}", l), layer, std::vector{inputs}, parameters_);
    inputs = widths[l];
  }
  parameters_.allocate(key, device);
}

std::vector<Tensor> LayerwiseNetwork::activations(const Tensor& x) const {
  std::vector<Tensor> out;
  for (const net::Network& layer : layers_) {
    out.push_back(layer.forward(parameters_, out.empty() ? x : out.back().detach(), {}));
  }
  return out;
}

Tensor layer_losses(std::span<const Tensor> activations, const Tensor& x, const Tensor& onehot,
                    double beta, double width) {
  Tensor wanted;  // what each layer's K~ is multiplied by, the same for all
  {
    const torch::NoGradGuard no_grad;
    wanted = whitened(kernel_of(x, width)) - beta * whitened(kernel_of(onehot, width));
  }
  std::vector<Tensor> kernels;
  for (const Tensor& z : activations) kernels.push_back(kernel_of(z, width));
  return (whitened(torch::stack(kernels)) * wanted).sum(std::vector<std::int64_t>{1, 2});
}

std::vector<Figure> hsic_bottleneck_figures(const HsicOptions& options, const data::DataPair& pair,
                                            core::Key key, const tensor::Device& device,
                                            core::Monitor& monitor) {
  core::check_options(options, "learn.hsic_bottleneck_figures");
  if (options.hidden.empty() || !pair.test) {
    core::fail_argument("learn.hsic_bottleneck_figures", "expected hidden layers and a test part");
  }
  const Labelled train = labelled(pair.train, options.train_rows, device);
  const Labelled test = labelled(*pair.test, options.test_rows, device);
  const Study study(options, train, test, pair.train.classes, key, monitor);
  LayerwiseNetwork net = study.start();
  const double untrained = study.formatted(net);
  const auto [first, last] = study.teach(net);
  return {{"accuracy, solved", study.solved(net), "%"},
          {"accuracy, formatted", study.formatted(net), "%"},
          {"accuracy, formatted, untrained layers", untrained, "%"},
          {"loss of the first batch", first, ""},
          {"loss of the last batch", last, ""}};
}

}  // namespace venturi::learn
