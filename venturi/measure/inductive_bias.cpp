#include "venturi/measure/inductive_bias.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/measure/nearest_lists.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using std::numbers::pi;

// C(a, b) of real a >= b >= 0.
double binomial(double a, double b) {
  return std::exp(std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1));
}

}  // namespace

double intrinsic_dimension(const core::MatrixView& x, int k) {
  constexpr const char* kWhere = "measure.intrinsic_dimension";
  if (k < 2) core::fail_argument(kWhere, "expected k >= 2, got {}", k);
  const NearestLists lists(x, k, Norm::euclidean);
  double sum = 0;
  for (Index i = 0; i < x.rows(); ++i) {
    const auto near = lists.of(i);
    if (!(near.front().distance > 0)) {
      core::fail_data(kWhere, "row {} equals row {}: leave duplicates out", i, near.front().index);
    }
    for (int j = 0; j + 1 < k; ++j) sum += std::log(near.back().distance / near[j].distance);
  }
  if (!(sum > 0)) core::fail_data(kWhere, "all {} nearest are equally far, everywhere", k);
  return static_cast<double>(x.rows()) * (k - 1) / sum;
}

double inductive_bias_bits(const LearningTask& task) {
  constexpr const char* kWhere = "measure.inductive_bias_bits";
  const double m = task.dimension, classes = task.classes, r = task.radius;
  if (!(task.n >= 1 && m >= 1 && r > 0 && classes >= 2 && task.error > 0 && task.error <= 1 &&
        task.resolution > 0 && task.resolution <= 2 * r) ||
      !std::isfinite(task.n + m + r + classes)) {
    core::fail_argument(kWhere,
                        "expected n >= 1, dimension >= 1, radius > 0, 0 < resolution <= 2 radius, "
                        "classes >= 2, 0 < error <= 1, got {}, {}, {}, {}, {}, {}",
                        task.n, m, r, task.resolution, classes, task.error);
  }
  const double outputs = classes - 1, frequency = 2 * pi * r / task.resolution;
  const double k = (std::sqrt((m - 1) * (m - 1) + 4 * frequency * frequency) - (m - 1)) / 2;
  const double functions = binomial(m + k, m) + (k >= 1 ? binomial(m + k - 1, m) : 0.0);
  const double lipschitz = k * std::sqrt(outputs) / r;
  const double ln_distance = 0.5 * std::log(m / 6) +
                             (std::numbers::ln2 + (m + 1) / 2 * std::log(pi) + std::log(classes) -
                              std::lgamma((m + 1) / 2)) /
                                 m +
                             std::log(r) - std::log(task.n) / m;
  const double each = 0.5 * std::log2(outputs) + 0.5 * std::log2(classes) - std::log2(task.error) +
                      std::log2(lipschitz) + ln_distance / std::numbers::ln2;
  const double open = 2 * outputs * classes * functions - task.n * outputs;
  const double bits = open > 0 && each > 0 ? open * each : 0;
  if (!std::isfinite(bits)) {
    core::fail_data(kWhere, "more than 1e308 bits for dimension {} and resolution {}", m,
                    task.resolution);
  }
  return bits;
}

double class_resolution(const core::MatrixView& x, std::span<const std::int32_t> labels,
                        core::Key key, const ResolutionOptions& options) {
  constexpr const char* kWhere = "measure.class_resolution";
  const Index n = x.rows();
  if (std::ssize(labels) != n || n < 2 || x.cols() < 1) {
    core::fail_argument(kWhere, "expected x (n*d), n >= 2, and n labels, got {}*{} and {}", n,
                        x.cols(), labels.size());
  }
  if (options.tail < 2 || options.pairs <= options.tail ||
      options.pairs > (std::int64_t{1} << 28)) {
    core::fail_argument(kWhere, "expected 2 <= tail < pairs <= 2^28, got {} and {}", options.tail,
                        options.pairs);
  }
  if (!x.allFinite()) core::fail_data(kWhere, "expected finite values");
  std::vector<std::int32_t> sorted(labels.begin(), labels.end());
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() == sorted.back()) core::fail_data(kWhere, "expected two classes, found one");
  double apart = static_cast<double>(n) * static_cast<double>(n);  // ordered pairs of two classes
  for (auto from = sorted.begin(); from != sorted.end();) {
    const auto to = std::upper_bound(from, sorted.end(), *from);
    apart -= static_cast<double>(to - from) * static_cast<double>(to - from);
    from = to;
  }
  core::Random random(key);
  std::vector<double> nearness;
  nearness.reserve(options.pairs);
  // Of two classes one pair in n or more is of both: the loop ends, though slowly at the worst.
  const auto most = 64.0 * static_cast<double>(options.pairs) +
                    64.0 * static_cast<double>(n) * static_cast<double>(options.tail);
  for (double drawn = 0; std::ssize(nearness) < options.pairs; ++drawn) {
    if (drawn > most) core::fail_data(kWhere, "a class is too rare for its distances to be drawn");
    const auto i = static_cast<Index>(random.below(n)), j = static_cast<Index>(random.below(n));
    if (labels[i] == labels[j]) continue;
    const double distance = (x.row(i) - x.row(j)).norm();
    if (!(distance > 0))
      core::fail_data(kWhere, "rows {} and {} are equal, their labels not", i, j);
    nearness.push_back(1 / distance);
  }
  const auto tail = static_cast<std::size_t>(options.tail);
  std::partial_sort(nearness.begin(), nearness.begin() + options.tail + 1, nearness.end(),
                    std::greater<>());
  const double base = nearness[tail];
  double first = 0, second = 0;
  for (std::size_t i = 0; i < tail; ++i) {
    const double excess = std::log(nearness[i] / base);
    first += excess / static_cast<double>(tail);
    second += excess * excess / static_cast<double>(tail);
  }
  if (!(second > first * first)) return 1 / nearness.front();  // all equally near
  const double index = first + 1 - 0.5 / (1 - first * first / second);
  const double reach = static_cast<double>(tail) / static_cast<double>(options.pairs) * apart;
  const double growth =
      std::fabs(index) < 1e-9 ? std::log(reach) : (std::pow(reach, index) - 1) / index;
  return std::min(1 / (base * (1 + first * growth)), 1 / nearness.front());
}

LearningTask learning_task(const core::MatrixView& x, std::span<const std::int32_t> labels,
                           double error, core::Key key) {
  std::vector<std::int32_t> kinds(labels.begin(), labels.end());
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return {.n = static_cast<double>(x.rows()),
          .dimension = std::max(1.0, std::round(intrinsic_dimension(x, 5))),
          .radius = x.rowwise().norm().maxCoeff(),
          .resolution = class_resolution(x, labels, key),
          .classes = static_cast<double>(kinds.size()),
          .error = error};
}

}  // namespace venturi::measure
