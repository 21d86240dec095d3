#include "venturi/learn/information_plane.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/units.hpp"
#include "venturi/data/synthetic.hpp"
#include "venturi/learn/adam.hpp"
#include "venturi/learn/layered.hpp"
#include "venturi/learn/traces.hpp"
#include "venturi/measure/bins.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/kernel_density.hpp"

namespace venturi::learn {
namespace {

using core::Index;
using core::Matrix;
using tensor::Tensor;

constexpr Index kPatterns = 4096;
constexpr Index kKernelPatterns = 1024;
constexpr std::int64_t kHidden[] = {10, 7, 5, 4, 3};

// Activations of a layer that has not died; all that is one value tells nothing.
bool alive(const Matrix& t) { return t.maxCoeff() > t.minCoeff(); }

double ebab_bits(const Matrix& t, const PlaneOptions& options) {
  // What a saturated unit rests at is left out of the edges.
  const double floor = options.activation == "relu" ? 0 : -1;
  return code_entropy_bits(measure::pooled_adaptive_codes(t, options.bins, floor), t.cols());
}

double akde_bits(const Matrix& t, double deviation) {
  if (!alive(t)) return 0;
  return measure::noisy_rate_bounds_nats(t, deviation * deviation).upper * core::kBitsPerNat;
}

struct Trace {
  std::vector<double> ebab, akde;  // a value a snapshot
  double accuracy = 0;
  std::vector<Matrix> last;  // the hidden layers at the end, on kKernelPatterns patterns
};

class Run {
 public:
  Run(const PlaneOptions& options, double l2, core::Key key)
      : options_(options),
        l2_(l2),
        key_(key),
        net_(12, kHidden, 2, options.activation, std::vector{key.split("weights")}) {
    const data::Dataset task = data::twelve_bits();
    x_ = tensor::from_matrix(task.x);
    y_ = tensor::from_labels(task.labels);
    core::Random random(key.split("split"));
    for (const std::size_t row : random.permutation(kPatterns)) {
      rows_.push_back(static_cast<std::int32_t>(row));
    }
  }

  Trace trace() {
    Adam adam(net_.parameters().flat(), net_.parameters().flat_gradient(), 0, {});
    Trace out;
    int epoch = 0;
    for (const int until : snapshot_epochs(options_.epochs, options_.snapshots)) {
      for (; epoch < until; ++epoch) train(adam, key_.split("epoch").split(epoch));
      snapshot(out);
    }
    const torch::NoGradGuard no_grad;
    const Tensor held = tensor::from_labels(std::span(rows_).subspan(kTrained));
    const Tensor guess = net_.forward(x_.index_select(0, held)).back()[0].argmax(1);
    out.accuracy = guess.eq(y_.index_select(0, held)).to(torch::kDouble).mean().item<double>();
    return out;
  }

 private:
  static constexpr std::size_t kTrained = kPatterns * 4 / 5;

  void train(Adam& adam, core::Key key) {
    std::vector<std::int32_t> order(rows_.begin(), rows_.begin() + kTrained);
    core::Random random(key);
    random.shuffle(std::span(order));
    const auto batch = static_cast<std::size_t>(options_.batch);
    for (std::size_t at = 0; at + batch <= order.size(); at += batch) {
      const Tensor rows = tensor::from_labels(std::span(order).subspan(at, batch));
      const Tensor scores = net_.forward(x_.index_select(0, rows)).back()[0];
      torch::nn::functional::cross_entropy(scores, y_.index_select(0, rows)).backward();
      // The gradient of l2 * (sum of squares).
      net_.parameters().flat_gradient().add_(net_.parameters().flat(), 2 * l2_);
      adam.step(options_.learning_rate);
    }
  }

  void snapshot(Trace& out) const {
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> layers = net_.forward(x_);
    layers.pop_back();
    out.last.clear();
    double ebab = 0, akde = 0;
    for (const Tensor& layer : layers) {
      const Matrix t = tensor::to_matrix(layer[0]).cast<double>();
      Matrix some(kKernelPatterns, t.cols());
      for (Index i = 0; i < kKernelPatterns; ++i) some.row(i) = t.row(rows_[i]);
      const auto parts = static_cast<double>(layers.size());
      ebab += ebab_bits(t, options_) / parts;
      akde += akde_bits(some, options_.noise * t.cwiseAbs().maxCoeff()) / parts;
      out.last.push_back(std::move(some));
    }
    out.ebab.push_back(ebab);
    out.akde.push_back(akde);
  }

  const PlaneOptions& options_;
  double l2_;
  core::Key key_;
  Layered net_;
  Tensor x_, y_;
  std::vector<std::int32_t> rows_;  // the first kTrained are trained on
};

Mean losses(const std::string& name, const Traces& traces, std::vector<core::Figure>& out) {
  std::vector<double> most, end;
  const std::size_t of_all = top(traces, traces.size());
  for (const std::vector<double>& trace : traces) {
    most.push_back(trace[of_all]);
    end.push_back(trace.back());
  }
  const Mean mean = mean_of(lost_from_top(traces));
  out.push_back({name + " at its most", mean_of(most).value, "bits"});
  out.push_back({name + " at the end", mean_of(end).value, "bits"});
  out.push_back({name + " lost", mean.value, "bits"});
  out.push_back({name + " lost, in standard errors", in_errors(mean.value, mean.error), ""});
  return mean;
}

// Largest differences from the counted entropy of layers rounded to 8 levels of their range.
void quantized(const std::vector<Matrix>& layers, std::vector<core::Figure>& out) {
  double ebab = 0, akde = 0;
  for (const Matrix& t : layers) {
    if (!alive(t)) continue;
    const double level = (t.maxCoeff() - t.minCoeff()) / 7;
    const Eigen::Matrix<std::int32_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> whole =
        ((t.array() - t.minCoeff()) / level).round().cast<std::int32_t>();
    const double exact =
        code_entropy_bits({whole.data(), static_cast<std::size_t>(whole.size())}, t.cols());
    const Matrix levels = level * whole.cast<double>();
    const auto codes = measure::pooled_adaptive_codes(levels, 30, 0);
    ebab = std::max(ebab, std::fabs(code_entropy_bits(codes, t.cols()) - exact));
    akde = std::max(akde, std::fabs(akde_bits(levels, 1e-3 * level) - exact));
  }
  out.push_back({"quantized, EBAB less exact", ebab, "bits"});
  out.push_back({"quantized, aKDE less exact", akde, "bits"});
}

}  // namespace

double code_entropy_bits(std::span<const std::int32_t> codes, Index columns) {
  return measure::plug_in_entropy_bits(
      measure::joint_labels(codes, static_cast<std::size_t>(columns)));
}

std::vector<core::Figure> plane_figures(const PlaneOptions& options, core::Key key,
                                        core::Monitor& monitor) {
  core::check_options(options, "learn.plane_figures");
  std::vector<core::Figure> out;
  std::vector<Matrix> last;
  Mean lost[2][2];  // with and without L2; EBAB and aKDE
  for (const bool with : {true, false}) {
    const std::string name = with ? "with L2" : "without L2";
    Traces ebab, akde;
    std::vector<double> accuracy;
    for (int n = 0; n < options.networks; ++n) {
      monitor.say(fmt::format("{}, network {} of {}", name, n + 1, options.networks));
      Trace trace = Run(options, with ? options.l2 : 0, key.split(n)).trace();
      ebab.push_back(std::move(trace.ebab));
      akde.push_back(std::move(trace.akde));
      accuracy.push_back(100 * trace.accuracy);
      last.insert(last.end(), trace.last.begin(), trace.last.end());
    }
    lost[with ? 0 : 1][0] = losses(name + ", EBAB", ebab, out);
    lost[with ? 0 : 1][1] = losses(name + ", aKDE", akde, out);
    out.push_back({name + ", accuracy", mean_of(accuracy).value, "%"});
  }
  for (const int m : {0, 1}) {
    out.push_back(
        {fmt::format("{} lost with L2 less without, in standard errors", m == 0 ? "EBAB" : "aKDE"),
         in_errors(lost[0][m].value - lost[1][m].value,
                   std::hypot(lost[0][m].error, lost[1][m].error)),
         ""});
  }
  quantized(last, out);
  return out;
}

}  // namespace venturi::learn
