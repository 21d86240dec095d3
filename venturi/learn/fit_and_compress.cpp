#include "venturi/learn/fit_and_compress.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "venturi/core/units.hpp"
#include "venturi/couple/ib.hpp"
#include "venturi/data/synthetic.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/information_plane.hpp"
#include "venturi/learn/layered.hpp"
#include "venturi/learn/traces.hpp"
#include "venturi/measure/discrete.hpp"

namespace venturi::learn {
namespace {

using core::Figure;
using core::Index;
using core::Vector;
using tensor::Tensor;

constexpr Index kPatterns = 4096;
constexpr std::size_t kTrained = kPatterns * 4 / 5;
constexpr std::int64_t kHidden[] = {10, 7, 5, 4, 3};
constexpr std::size_t kLayers = std::size(kHidden);
constexpr double kBin = 2.0 / 30;
constexpr double kInformation = 0.99;

double binary_entropy(double p) {
  return p <= 0 || p >= 1 ? 0 : -(p * std::log2(p) + (1 - p) * std::log2(1 - p));
}

double information(const Vector& positive) {
  double noise = 0;
  for (const double p : positive) noise += binary_entropy(p) / static_cast<double>(positive.size());
  return binary_entropy(positive.mean()) - noise;
}

Vector positives(double steepness) {
  const Vector psi = data::twelve_bit_scores();
  return (1 + (-steepness * (psi.array() - data::kTwelveBitThreshold)).exp()).inverse();
}

// Bins of one network's layer as single labels.
std::vector<std::int32_t> binned(const Tensor& layer) {
  const core::MatrixF t = tensor::to_matrix(layer);
  std::vector<std::int32_t> codes;
  codes.reserve(static_cast<std::size_t>(t.size()));
  for (const float v : t.reshaped<Eigen::RowMajor>()) {
    // tanh reaches 1 in float32: the last bin takes it.
    codes.push_back(static_cast<std::int32_t>(std::floor((std::min(v, 1e6F) - 1e-6) / kBin)));
  }
  return measure::joint_labels(codes, static_cast<std::size_t>(t.cols()));
}

// What is followed of one network.
struct Trace {
  std::vector<double> rate, relevance, drift;  // a value a snapshot: means over layers
  std::vector<LayerPoint> last;                // a point a layer, at the end
  double accuracy = 0;
};

class Run {
 public:
  Run(const FitOptions& options, const std::string& activation, const SoftRule& rule,
      const std::vector<core::Key>& keys, core::Key key)
      : options_(options),
        rule_(rule),
        key_(key),
        net_(12, kHidden, 2, activation, keys),
        traces_(keys.size()) {
    x_ = tensor::from_matrix(data::twelve_bits().x);
    std::vector<Tensor> labels;
    for (const core::Key own : keys) {
      core::Random random(own.split("labels"));
      std::vector<std::int32_t> drawn;
      for (const double p : rule.positive) drawn.push_back(random.uniform() < p ? 1 : 0);
      labels.push_back(tensor::from_labels(drawn));
    }
    y_ = torch::stack(labels);
    core::Random random(key.split("split"));
    for (const std::size_t row : random.permutation(kPatterns)) {
      rows_.push_back(static_cast<std::int32_t>(row));
    }
  }

  std::vector<Trace> traces(core::Monitor& monitor) {
    net::Parameters const& parameters = net_.parameters();
    Adam adam(parameters.flat(), parameters.flat_gradient(), 0, {});
    int epoch = 0;
    for (const int until : snapshot_epochs(options_.epochs, options_.snapshots)) {
      for (; epoch < until; ++epoch) {
        if (monitor.stop_requested()) throw core::Interrupted("[learn.fit_figures] stopped");
        for (const Tensor& rows : batches(key_.split("epoch").split(epoch))) {
          loss(rows).backward();
          adam.step(options_.learning_rate);
        }
      }
      snapshot();
    }
    const torch::NoGradGuard no_grad;
    const Tensor held = tensor::from_labels(std::span(rows_).subspan(kTrained));
    const Tensor guess = net_.forward(x_.index_select(0, held)).back().argmax(2);
    const Tensor right = guess.eq(y_.index_select(1, held)).to(torch::kDouble).mean(1);
    for (std::size_t n = 0; n < traces_.size(); ++n) {
      traces_[n].accuracy = 100 * right[static_cast<Index>(n)].item<double>();
    }
    return traces_;
  }

 private:
  std::vector<Tensor> batches(core::Key key) const {
    std::vector<std::int32_t> order(rows_.begin(), rows_.begin() + kTrained);
    core::Random random(key);
    random.shuffle(std::span(order));
    std::vector<Tensor> out;
    const auto batch = static_cast<std::size_t>(options_.batch);
    for (std::size_t at = 0; at + batch <= order.size(); at += batch) {
      out.push_back(tensor::from_labels(std::span(order).subspan(at, batch)));
    }
    return out;
  }

  // The sum over networks, so that each has the gradient of its own mean.
  Tensor loss(const Tensor& rows) const {
    const Tensor scores = net_.forward(x_.index_select(0, rows)).back();
    const auto mean = static_cast<double>(rows.size(0));
    return torch::nn::functional::cross_entropy(
               scores.flatten(0, 1), y_.index_select(1, rows).flatten(),
               torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum)) /
           mean;
  }

  void snapshot() {
    const Tensor& gradient = net_.parameters().flat_gradient();
    std::vector<Tensor> gradients;
    for (const Tensor& rows : batches(key_.split("drift"))) {
      loss(rows).backward();
      gradients.push_back(gradient.detach().clone());
      const torch::NoGradGuard no_grad;
      gradient.zero_();
    }
    const torch::NoGradGuard no_grad;
    const Tensor all = torch::stack(gradients);
    const Tensor drift = all.mean(0).norm(2, 1) / all.var(0).sum(1).sqrt();
    std::vector<Tensor> layers = net_.forward(x_);
    for (std::size_t n = 0; n < traces_.size(); ++n) {
      Trace& trace = traces_[n];
      trace.last.clear();
      double rate = 0, relevance = 0;
      for (std::size_t l = 0; l < kLayers; ++l) {
        const auto labels = binned(layers[l][static_cast<Index>(n)]);
        trace.last.push_back(layer_point(labels, rule_.positive));
        rate += trace.last.back().rate_bits / kLayers;
        relevance += trace.last.back().relevance_bits / kLayers;
      }
      trace.rate.push_back(rate);
      trace.relevance.push_back(relevance);
      trace.drift.push_back(drift[static_cast<Index>(n)].item<double>());
    }
  }

  const FitOptions& options_;
  const SoftRule& rule_;
  core::Key key_;
  Layered net_;
  std::vector<Trace> traces_;
  Tensor x_, y_;                    // 4096*12; networks*4096
  std::vector<std::int32_t> rows_;  // the first kTrained are trained on
};

void add_figures(const std::string& name, const std::vector<Trace>& traces, const ExactCurve& curve,
                 std::vector<Figure>& out) {
  Traces rates;
  std::vector<double> most, end, gained, compressed, below, last_below, over, accuracy;
  std::vector<double> drift_first, drift_last;
  double above = 0;
  for (const Trace& t : traces) rates.push_back(t.rate);
  const std::size_t of_all = top(rates, rates.size());
  const std::vector<double> lost = lost_from_top(rates);
  for (std::size_t n = 0; n < traces.size(); ++n) {
    const Trace& t = traces[n];
    most.push_back(t.rate[of_all]);
    end.push_back(t.rate.back());
    gained.push_back(t.relevance.back() - t.relevance.front());
    compressed.push_back(lost[n] > 0.1 ? 100 : 0);
    double mean_below = 0, mean_over = 0;
    for (const LayerPoint& point : t.last) {
      const double gap = curve.relevance_bits(point.rate_bits) - point.relevance_bits;
      mean_below += gap / kLayers;
      mean_over += (point.rate_bits - curve.rate_bits(point.relevance_bits)) / kLayers;
      above = std::max(above, -gap);
      if (&point == &t.last.back()) last_below.push_back(gap);
    }
    below.push_back(mean_below);
    over.push_back(mean_over);
    accuracy.push_back(t.accuracy);
    drift_first.push_back(t.drift.front());
    drift_last.push_back(t.drift.back());
  }
  const auto add = [&](const char* what, double value, const char* unit) {
    out.push_back({fmt::format("{}, {}", name, what), value, unit});
  };
  const Mean gain = mean_of(gained), loss = mean_of(lost);
  add("I(T;Y) gained", gain.value, "bits");
  add("I(T;Y) gained, in standard errors", in_errors(gain.value, gain.error), "");
  add("I(X;T) at its most", mean_of(most).value, "bits");
  add("I(X;T) at the end", mean_of(end).value, "bits");
  add("I(X;T) lost", loss.value, "bits");
  add("I(X;T) lost, in standard errors", in_errors(loss.value, loss.error), "");
  add("networks that lost .1 bits", mean_of(compressed).value, "%");
  add("below the curve", mean_of(below).value, "bits");
  add("last layer below the curve", mean_of(last_below).value, "bits");
  add("rate over the curve's", mean_of(over).value, "bits");
  add("above the curve, most", above, "bits");
  add("accuracy", mean_of(accuracy).value, "%");
  add("drift over diffusion, first snapshot", mean_of(drift_first).value, "");
  add("drift over diffusion, last snapshot", mean_of(drift_last).value, "");
}

}  // namespace

SoftRule soft_rule() {
  // Information rises with the steepness.
  double low = 0.1, high = 1000;
  for (int step = 0; step < 60; ++step) {
    const double middle = std::sqrt(low * high);
    (information(positives(middle)) < kInformation ? low : high) = middle;
  }
  SoftRule out{positives(high), 0};
  out.information_bits = information(out.positive);
  return out;
}

LayerPoint layer_point(const std::vector<std::int32_t>& labels, const Vector& positive) {
  struct Cell {
    double count = 0, positive = 0;
  };
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto t = static_cast<std::size_t>(labels[i]);
    if (t >= cells.size()) cells.resize(t + 1);
    cells[t].count += 1;
    cells[t].positive += positive[static_cast<Index>(i)];
  }
  LayerPoint out;
  out.relevance_bits = binary_entropy(positive.mean());
  for (const Cell& cell : cells) {
    if (cell.count == 0) continue;
    const double mass = cell.count / static_cast<double>(labels.size());
    out.rate_bits -= mass * std::log2(mass);
    out.relevance_bits -= mass * binary_entropy(cell.positive / cell.count);
  }
  return out;
}

ExactCurve::ExactCurve(const SoftRule& rule, int betas, core::Key key) {
  // Patterns of one p(y|x) are one to the bottleneck.
  std::map<double, double> masses;
  for (const double p : rule.positive) {
    masses[std::round(p * 1e12) / 1e12] += 1 / static_cast<double>(rule.positive.size());
  }
  core::Matrix table(static_cast<Index>(masses.size()), 2);
  Index row = 0;
  for (const auto& [p, mass] : masses) {
    table(row, 0) = mass * (1 - p);
    table(row++, 1) = mass * p;
  }
  const couple::Joint joint = couple::make_joint(table, {.normalise = true});
  auto points = couple::ib_curve(joint, couple::log_spaced(1.001, 1000, betas), key);
  std::sort(points.begin(), points.end(),
            [](const auto& a, const auto& b) { return a.rate_bits < b.rate_bits; });
  rates_ = {0};
  relevances_ = {0};
  for (const couple::IbPoint& point : points) {
    if (point.rate_bits <= rates_.back() || point.relevance_bits <= relevances_.back()) continue;
    rates_.push_back(point.rate_bits);
    relevances_.push_back(point.relevance_bits);
  }
}

namespace {

double along(const std::vector<double>& from, const std::vector<double>& to, double value) {
  const auto above = std::upper_bound(from.begin(), from.end(), value);
  if (above == from.begin()) return to.front();
  if (above == from.end()) return to.back();
  const auto i = static_cast<std::size_t>(above - from.begin());
  const double part = (value - from[i - 1]) / (from[i] - from[i - 1]);
  return to[i - 1] + part * (to[i] - to[i - 1]);
}

}  // namespace

double ExactCurve::relevance_bits(double rate) const { return along(rates_, relevances_, rate); }
double ExactCurve::rate_bits(double relevance) const {
  return along(relevances_, rates_, relevance);
}

std::vector<Figure> fit_figures(const FitOptions& options, core::Key key, core::Monitor& monitor) {
  core::check_options(options, "learn.fit_figures");
  const SoftRule rule = soft_rule();
  const ExactCurve curve(rule, 60, key.split("curve"));
  std::vector<Figure> out = {{"I(X;Y)", rule.information_bits, "bits"}};
  std::vector<core::Key> keys;
  for (int n = 0; n < options.networks; ++n) keys.push_back(key.split(n));
  for (const char* activation : {"tanh", "relu"}) {
    monitor.say(fmt::format("{} networks of {}", options.networks, activation));
    Run run(options, activation, rule, keys, key);
    add_figures(activation, run.traces(monitor), curve, out);
  }
  return out;
}

}  // namespace venturi::learn
