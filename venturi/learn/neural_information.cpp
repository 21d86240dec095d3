#include "venturi/learn/neural_information.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "venturi/measure/mutual_information.hpp"

namespace venturi::learn {

using core::Index;
using core::Matrix;
using tensor::Tensor;

namespace {

constexpr const char* kWhere = "learn.neural_information";
constexpr Index kFewestRows = 200;
constexpr int kLook = 100;            // steps between looks at the validation rows
constexpr std::int64_t kBlock = 512;  // rows of a block of test rows at most
constexpr std::int64_t kBlocks = 10;  // blocks wanted

// Rows in a new order, columns to mean 0 and deviation 1.
core::MatrixF standardised(const Matrix& rows, const std::vector<std::size_t>& order,
                           const char* which) {
  if (!rows.allFinite()) core::fail_data(kWhere, "{} holds NaN or infinity", which);
  core::MatrixF out(rows.rows(), rows.cols());
  for (Index c = 0; c < rows.cols(); ++c) {
    const double mean = rows.col(c).mean();
    const double deviation = std::sqrt((rows.col(c).array() - mean).square().mean());
    if (!(deviation > 0)) {
      core::fail_argument(kWhere, "column {} of {} is constant: it tells nothing", c, which);
    }
    for (Index i = 0; i < rows.rows(); ++i) {
      out(i, c) = static_cast<float>(
          (rows(static_cast<Index>(order[static_cast<std::size_t>(i)]), c) - mean) / deviation);
    }
  }
  return out;
}

struct Split {
  Tensor x, y;  // m*rows*columns
};

struct Parts {
  Split train, validation, test;
};

void check_problems(std::span<const PairedRows> problems, const NeuralOptions& options) {
  if (problems.empty()) core::fail_argument(kWhere, "expected at least one problem, got none");
  const Index n = problems[0].x.rows();
  for (const PairedRows& p : problems) {
    if (p.x.rows() != n || p.y.rows() != n || p.x.cols() != problems[0].x.cols() ||
        p.y.cols() != problems[0].y.cols() || p.x.cols() == 0 || p.y.cols() == 0) {
      core::fail_argument(kWhere, "expected x (n*dx = {}*{}), y (n*dy = {}*{}), got {}*{}, {}*{}",
                          n, problems[0].x.cols(), n, problems[0].y.cols(), p.x.rows(), p.x.cols(),
                          p.y.rows(), p.y.cols());
    }
  }
  if (n < kFewestRows) {
    core::fail_argument(kWhere,
                        "expected n >= {} rows for training, validation and test, got {}; an "
                        "estimator of `venturi list measure` takes fewer",
                        kFewestRows, n);
  }
  if (3 * n / 5 < options.batch) {
    core::fail_argument(kWhere,
                        "a batch of {} (each row against {} negatives) is more than the {} "
                        "training rows of {}; lower batch",
                        options.batch, options.batch - 1, 3 * n / 5, n);
  }
}

Parts split(std::span<const PairedRows> problems, core::Key key, const tensor::Device& device) {
  std::vector<Tensor> x, y;
  const auto n = static_cast<std::size_t>(problems[0].x.rows());
  for (std::size_t p = 0; p < problems.size(); ++p) {
    const auto order = core::Random(key.split(p)).permutation(n);
    x.push_back(tensor::from_matrix(standardised(problems[p].x, order, "x")));
    y.push_back(tensor::from_matrix(standardised(problems[p].y, order, "y")));
  }
  const Tensor all_x = torch::stack(x).to(device), all_y = torch::stack(y).to(device);
  const auto part = [&](std::int64_t begin, std::int64_t end) {
    return Split{all_x.narrow(1, begin, end - begin), all_y.narrow(1, begin, end - begin)};
  };
  const auto rows = static_cast<std::int64_t>(n);
  const std::int64_t train = 3 * rows / 5, validation = 4 * rows / 5;
  return {part(0, train), part(train, validation), part(validation, rows)};
}

// Rows of a block: a tenth of n, within limits.
std::int64_t block_rows(std::int64_t n) {
  return std::clamp(n / kBlocks, std::min<std::int64_t>(n, 20), kBlock);
}

// m*blocks of what `call` gives for the blocks of these rows.
template <class Call>
Tensor of_blocks(const Split& rows, const Call& call) {
  const torch::NoGradGuard no_grad;
  const std::int64_t n = rows.x.size(1), block = block_rows(n);
  std::vector<Tensor> out;
  for (std::int64_t begin = 0; begin + block <= n; begin += block) {
    out.push_back(call(rows.x.narrow(1, begin, block), rows.y.narrow(1, begin, block)));
  }
  return torch::stack(out, 1);
}

struct Kept {
  Tensor weights;    // flat
  Tensor value;      // m: best validation value
  Tensor last_step;  // m: where that was
  Tensor diverged;   // m: step of the first value that is no number; 0: none
};

// Keeps, of each model apart, the weights of the best validation value.
class Keeper {
 public:
  Keeper(NeuralBound& bound, std::int64_t models) : bound_(bound), models_(models) {
    const auto real = bound.parameters().flat().options();
    kept_.weights = bound.parameters().flat().clone();
    kept_.value = torch::full({models}, -std::numeric_limits<double>::infinity(), real);
    kept_.last_step = torch::zeros({models}, real);
    kept_.diverged = torch::zeros({models}, real);
  }

  // Whether any model has become better.
  bool look(const Tensor& value, int step) {
    const torch::NoGradGuard no_grad;
    const Tensor good = torch::isfinite(value);
    kept_.diverged = torch::where(good.logical_or(kept_.diverged.gt(0)), kept_.diverged,
                                  torch::full_like(kept_.diverged, step));
    const Tensor better = good.logical_and(value.gt(kept_.value)).logical_and(kept_.diverged.eq(0));
    if (!better.any().item<bool>()) return false;
    kept_.value = torch::where(better, value, kept_.value);
    kept_.last_step =
        torch::where(better, torch::full_like(kept_.last_step, step), kept_.last_step);
    copy_models(bound_.parameters().flat(), kept_.weights, better);
    return true;
  }

  bool all_diverged() const { return kept_.diverged.gt(0).all().item<bool>(); }
  const Kept& kept() const { return kept_; }

 private:
  // Every parameter's first dimension is that of the models.
  void copy_models(const Tensor& from, Tensor& to, const Tensor& which) {
    const net::Parameters& p = bound_.parameters();
    for (std::size_t i = 0; i < p.count(); ++i) {
      const std::int64_t length = p[i].numel();
      const Tensor mask = which.view({models_, 1});
      const Tensor a = from.narrow(0, p.offset(i), length).view({models_, -1});
      Tensor b = to.narrow(0, p.offset(i), length).view({models_, -1});
      b.copy_(torch::where(mask, a, b));
    }
  }

  NeuralBound& bound_;
  std::int64_t models_;
  Kept kept_;
};

void train(NeuralBound& bound, const Parts& parts, const NeuralOptions& options, core::Key key,
           Keeper& keeper, core::Monitor& monitor) {
  const std::int64_t rows = parts.train.x.size(1);
  const tensor::Device device = parts.train.x.device();
  std::int64_t at = rows;
  std::uint64_t epoch = 0;
  Tensor order;
  int waited = 0;
  for (int step = 0; step < options.steps; ++step) {
    if (at + options.batch > rows) {
      auto generator = tensor::make_generator(key.split("order").split(epoch++), torch::kCPU);
      order = torch::randperm(rows, generator, torch::kInt64).to(device);
      at = 0;
    }
    const Tensor chosen = order.narrow(0, at, options.batch);
    at += options.batch;
    bound.step(parts.train.x.index_select(1, chosen), parts.train.y.index_select(1, chosen),
               key.split(static_cast<std::uint64_t>(step)));
    if ((step + 1) % kLook != 0 && step + 1 != options.steps) continue;
    // Of conditional laws the likelihood decides: an upper bound's value does not tell how good q
    // is.
    const bool conditional = bound.bound().scores == Bound::Scores::kConditional;
    const Tensor look = of_blocks(parts.validation, [&](const Tensor& x, const Tensor& y) {
                          return conditional ? bound.objective(x, y) : bound.value(x, y);
                        }).mean(1);
    waited = keeper.look(look, step + 1) ? 0 : waited + 1;
    monitor.progress({.task = "critic",
                      .done = static_cast<std::uint64_t>(step + 1),
                      .total = static_cast<std::uint64_t>(options.steps),
                      .unit = "steps",
                      .metric = ""});
    if (waited >= options.patience || keeper.all_diverged() || monitor.stop_requested()) return;
  }
}

std::string describe(const Bound& bound, const NeuralOptions& options, double step,
                     std::int64_t block, std::size_t blocks) {
  const std::string critic = bound.scores == Bound::Scores::kConditional
                                 ? "normal channel"
                                 : options.critic.critic + " critic";
  return fmt::format("{} ({}, best of its looks at step {:.0f}, {} held-out blocks of {} rows)",
                     options.bound, critic, step, blocks, block);
}

}  // namespace

std::vector<measure::Estimate> neural_informations(std::span<const PairedRows> problems,
                                                   const NeuralOptions& options, core::Key key,
                                                   const tensor::Device& device,
                                                   core::Monitor& monitor) {
  core::check_options(options, kWhere);
  const Bound& kind = core::find_member(bounds(), options.bound, kWhere).make;
  check_problems(problems, options);
  const auto models = static_cast<std::int64_t>(problems.size());
  const Parts parts = split(problems, key.split("rows"), device);
  NeuralBound bound(kind, options.critic, models, parts.train.x.size(2), parts.train.y.size(2),
                    key.split("weights"), device);
  Keeper keeper(bound, models);
  train(bound, parts, options, key.split("train"), keeper, monitor);
  bound.parameters().set_values(keeper.kept().weights);

  std::vector<double> entropies(problems.size(), 0.0);
  if (kind.needs_entropy) {
    for (std::size_t p = 0; p < problems.size(); ++p) {
      const auto at = static_cast<std::int64_t>(p);
      const core::MatrixF y = tensor::to_matrix(
          torch::cat({parts.train.y[at], parts.validation.y[at], parts.test.y[at]}));
      entropies[p] = measure::entropy(y.cast<double>(), {}, key).estimate.bits * std::numbers::ln2;
    }
  }
  const Tensor values = of_blocks(parts.test, [&](const Tensor& x, const Tensor& y) {
                          return bound.value(x, y);
                        }).to(torch::kCPU, torch::kFloat64);
  const auto blocks = static_cast<std::size_t>(values.size(1));
  const std::int64_t block = block_rows(parts.test.x.size(1));
  const Tensor mean = values.mean(1), spread = values.std(1);
  const std::vector<double> steps = tensor::to_doubles(keeper.kept().last_step);
  const std::vector<double> diverged = tensor::to_doubles(keeper.kept().diverged);
  const double unit = kind.lipschitz ? 1 : std::numbers::ln2;
  std::vector<measure::Estimate> out;
  for (std::size_t p = 0; p < problems.size(); ++p) {
    const auto at = static_cast<std::int64_t>(p);
    const double value = (mean[at].item<double>() + entropies[p]) / unit;
    const double error = spread[at].item<double>() / std::sqrt(static_cast<double>(blocks)) / unit;
    measure::Estimate e =
        measure::normal_estimate(value, error, describe(kind, options, steps[p], block, blocks),
                                 static_cast<std::size_t>(problems[p].x.rows()), options.interval);
    if (kind.lipschitz) e.unit = "1";
    if (diverged[p] > 0 || !std::isfinite(value)) {
      e.low = 0;
      e.high = std::numeric_limits<double>::infinity();
      e.warnings.push_back(fmt::format(
          "the critic of {} diverged by step {:.0f}; this is its last good value, of step {:.0f}, "
          "and nothing is said of its error: lower learning_rate",
          options.bound, diverged[p], steps[p]));
    }
    const double cap = std::log2(static_cast<double>(block));
    if (kind.capped && value > cap - 1) {
      e.warnings.push_back(fmt::format(
          "{} cannot show more than log2 of its {} rows, {:.2f} bits, and is near it: the "
          "information may be far above; use smile, nwj or ksg1",
          options.bound, block, cap));
    }
    out.push_back(std::move(e));
  }
  return out;
}

measure::Estimate neural_information(const core::MatrixView& x, const core::MatrixView& y,
                                     const NeuralOptions& options, core::Key key,
                                     const tensor::Device& device, core::Monitor& monitor) {
  const PairedRows problem{x, y};
  return neural_informations({&problem, 1}, options, key, device, monitor).front();
}

}  // namespace venturi::learn
