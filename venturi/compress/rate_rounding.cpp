#include "venturi/compress/rate_rounding.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/compress/levels.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "compress.round_at_price";
constexpr double kMostHalfOctaves = 40;
constexpr std::int32_t kMostLevel = 1 << 20;

double half_octaves(double half) { return std::exp2(half / 2); }

// log2 of each value as whole half octaves about their mean; returns that mean in octaves.
double split_steps(const std::vector<double>& log2_steps, std::vector<std::int32_t>& half) {
  double mean = 0;
  for (const double s : log2_steps) mean += s / static_cast<double>(log2_steps.size());
  half.clear();
  for (const double s : log2_steps) {
    half.push_back(static_cast<std::int32_t>(
        std::lround(std::clamp(2 * (s - mean), -kMostHalfOctaves, kMostHalfOctaves))));
  }
  return mean;
}

struct Steps {
  float step = 0;
  std::vector<std::int32_t> rows, columns;
};

// inverse_u (columns): 1 / U_jj in the order of the columns, the mean over groups.
Steps steps_for(std::span<const double> importance, const std::vector<double>& inverse_u,
                const RateRounding& options) {
  // Rows that nothing listens to still get a step: no coarser than by a factor 64 in k.
  const double most = *std::max_element(importance.begin(), importance.end());
  std::vector<double> row_log, column_log;
  for (const double f : importance) {
    row_log.push_back(most > 0 ? -.5 * std::log2(std::max(f, most / 4096)) : 0.0);
  }
  const auto group = static_cast<std::size_t>(options.column_group);
  for (std::size_t j = 0; j < inverse_u.size(); j += group) {
    double sum = 0;
    for (std::size_t i = j; i < j + group; ++i) sum -= std::log2(inverse_u[i]);
    column_log.push_back(sum / static_cast<double>(group));
  }
  Steps out;
  const double rows = split_steps(row_log, out.rows),
               columns = split_steps(column_log, out.columns);
  // D^2 = 6 price / (k ln 2), k = importance / (2 U^2).
  const double base = .5 * std::log2(12 * options.price / std::numbers::ln2);
  out.step = static_cast<float>(std::exp2(base + rows + columns) * options.step_factor);
  return out;
}

void check(const Tensor& matrix, const std::vector<Feedback>& feedback,
           std::span<const double> importance, const RateRounding& options) {
  const std::int64_t rows = matrix.size(0), columns = matrix.size(1);
  if (static_cast<std::int64_t>(importance.size()) != rows || feedback.empty() ||
      rows % static_cast<std::int64_t>(feedback.size()) != 0 || options.column_group < 1 ||
      columns % options.column_group != 0 || !(options.price > 0)) {
    core::fail_argument(kWhere,
                        "expected {} importances, groups of rows, column groups that divide {} and "
                        "a price > 0, got {}, {}, {}, {}",
                        rows, columns, importance.size(), feedback.size(), options.column_group,
                        options.price);
  }
  if (!matrix.isfinite().all().item<bool>()) core::fail_argument(kWhere, "expected finite weights");
}

}  // namespace

RateRounded round_at_price(const Tensor& matrix, const std::vector<Feedback>& feedback,
                           std::span<const double> importance, const RateRounding& options) {
  check(matrix, feedback, importance, options);
  const std::int64_t rows = matrix.size(0), columns = matrix.size(1);
  const auto groups = static_cast<std::int64_t>(feedback.size());
  std::vector<std::vector<double>> inverse_u;
  std::vector<double> mean_inverse(static_cast<std::size_t>(columns), 0.0);
  for (const Feedback& f : feedback) {
    inverse_u.push_back(tensor::to_doubles(f.u.diagonal().reciprocal()));
    for (std::size_t j = 0; j < mean_inverse.size(); ++j) {
      mean_inverse[j] += inverse_u.back()[j] / static_cast<double>(groups);
    }
  }
  const Steps steps = steps_for(importance, mean_inverse, options);
  RateRounded out;
  out.coded = {.way = Way::steps, .rows = rows, .columns = columns};
  out.coded.levels.resize(static_cast<std::size_t>(rows * columns));
  out.coded.step = steps.step;
  out.coded.row_steps = steps.rows;
  out.coded.column_steps = steps.columns;
  out.coded.column_group = options.column_group;

  const Tensor wide = matrix.detach().to(torch::kCPU, torch::kFloat64);
  const double sigma_step = wide.square().mean().sqrt().item<double>() / steps.step;
  const std::int64_t part = rows / groups;
  for (std::int64_t g = 0; g < groups; ++g) {
    LevelModel model(part, LevelModel::start_of(std::min(.8 * sigma_step, 1e5)));
    const auto& inverse = inverse_u[static_cast<std::size_t>(g)];
    const auto round = [&](std::int64_t column, std::int64_t, const Tensor& now, const Tensor& to) {
      const auto* w = now.data_ptr<double>();
      auto* q = to.data_ptr<double>();
      const double scale =
          steps.step *
          half_octaves(steps.columns[static_cast<std::size_t>(column / options.column_group)]);
      const double inverse_square =
          inverse[static_cast<std::size_t>(column)] * inverse[static_cast<std::size_t>(column)];
      for (std::int64_t r = 0; r < part; ++r) {
        const auto row = static_cast<std::size_t>(g * part + r);
        const double d = scale * half_octaves(steps.rows[row]);
        const double k = .5 * importance[row] * inverse_square;
        const double x = std::clamp(w[r] / d, -1.0 * kMostLevel, 1.0 * kMostLevel);
        const auto nearest = static_cast<std::int32_t>(std::lround(x));
        std::int32_t best = nearest;
        double least = 0;
        const auto consider = [&](std::int32_t level, bool first) {
          const double e = (x - level) * d;
          const double cost = k * e * e + options.price * model.bits(level);
          if (first || cost < least) {
            least = cost;
            best = level;
          }
        };
        consider(nearest, true);
        if (nearest != 0) {
          consider(nearest - (nearest > 0 ? 1 : -1), false);
          if (std::abs(nearest) > 1 && std::abs(nearest) < 4) consider(0, false);
        }
        out.model_bits += model.bits(best);
        model.learn(best);
        out.coded
            .levels[row * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column)] =
            best;
        q[r] = best * d;
        out.loss_nats += k * (w[r] - q[r]) * (w[r] - q[r]);
      }
    };
    round_with_feedback(wide.slice(0, g * part, (g + 1) * part),
                        feedback[static_cast<std::size_t>(g)], round);
  }
  return out;
}

RateRounded round_at_price(const Tensor& matrix, const Feedback& feedback,
                           std::span<const double> importance, const RateRounding& options) {
  return round_at_price(matrix, std::vector<Feedback>{feedback}, importance, options);
}

}  // namespace venturi::compress
