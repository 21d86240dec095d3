#include "venturi/compress/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "venturi/core/error.hpp"
#include "venturi/data/array.hpp"

namespace venturi::compress {
namespace {

constexpr std::size_t kExact = 4096;

// Prefix sums of weight, weight x, weight x^2, and the cost of one centre for x[i..j).
class Costs {
 public:
  Costs(std::span<const float> x, std::span<const double> weight)
      : w_(x.size() + 1), wx_(x.size() + 1), wxx_(x.size() + 1) {
    const bool alike = std::ranges::all_of(weight, [](double v) { return v <= 0; });
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double w = alike ? 1 : weight[i], v = x[i];
      w_[i + 1] = w_[i] + w;
      wx_[i + 1] = wx_[i] + w * v;
      wxx_[i + 1] = wxx_[i] + w * v * v;
    }
  }
  double of(std::size_t i, std::size_t j) const {
    const double w = w_[j] - w_[i], wx = wx_[j] - wx_[i];
    return w > 0 ? std::max(wxx_[j] - wxx_[i] - wx * wx / w, 0.0) : 0.0;
  }
  double mean(std::size_t i, std::size_t j) const {
    const double w = w_[j] - w_[i];
    return w > 0 ? (wx_[j] - wx_[i]) / w : 0.0;
  }

 private:
  std::vector<double> w_, wx_, wxx_;
};

// One layer of the dynamic programme by divide and conquer: the best split of a prefix moves
// forward with its end.
void solve(const Costs& costs, const std::vector<double>& before, std::vector<double>& now,
           std::vector<std::size_t>& from, std::array<std::size_t, 4> range) {
  const auto [low, high, first, last] = range;
  if (low > high) return;
  const std::size_t middle = (low + high) / 2;
  now[middle] = std::numeric_limits<double>::infinity();
  for (std::size_t i = first; i <= std::min(middle, last); ++i) {
    const double cost = before[i] + costs.of(i, middle);
    if (cost < now[middle]) now[middle] = cost, from[middle] = i;
  }
  if (middle > low) solve(costs, before, now, from, {low, middle - 1, first, from[middle]});
  solve(costs, before, now, from, {middle + 1, high, from[middle], last});
}

std::vector<float> exact_means(std::span<const float> x, std::span<const double> weight, int n) {
  const std::size_t m = x.size();
  const Costs costs(x, weight);
  std::vector<double> before(m + 1), now(m + 1);
  for (std::size_t j = 0; j <= m; ++j) before[j] = costs.of(0, j);
  std::vector<std::vector<std::size_t>> from;
  for (int k = 1; k < n; ++k) {
    from.emplace_back(m + 1, 0);
    solve(costs, before, now, from.back(), {0, m, 0, m});
    std::swap(before, now);
  }
  std::vector<float> out;
  std::size_t end = m;
  for (int k = n - 1; k >= 0; --k) {
    const std::size_t begin = k == 0 ? 0 : from[static_cast<std::size_t>(k - 1)][end];
    out.push_back(static_cast<float>(costs.mean(begin, end)));
    end = begin;
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<float> lloyd_means(std::span<const float> x, std::span<const double> weight, int n) {
  const std::size_t m = x.size();
  const Costs costs(x, weight);
  std::vector<double> c(static_cast<std::size_t>(n));
  for (std::size_t k = 0; k < c.size(); ++k) c[k] = x[(2 * k + 1) * m / (2 * c.size())];
  for (int iteration = 0; iteration < 50; ++iteration) {
    double moved = 0;
    std::size_t begin = 0;
    for (std::size_t k = 0; k < c.size(); ++k) {
      const double middle =
          k + 1 < c.size() ? (c[k] + c[k + 1]) / 2 : std::numeric_limits<double>::infinity();
      const auto end =
          static_cast<std::size_t>(std::upper_bound(x.begin(), x.end(), middle) - x.begin());
      if (end > begin) {
        const double mean = costs.mean(begin, end);
        moved = std::max(moved, std::abs(mean - c[k]));
        c[k] = mean;
      }
      begin = std::max(begin, end);
    }
    if (moved < 1e-9) break;
  }
  std::vector<float> out(c.begin(), c.end());
  std::sort(out.begin(), out.end());
  return out;
}

std::int32_t nearest(std::span<const float> centres, float x) {
  const auto at = std::lower_bound(centres.begin(), centres.end(), x);
  if (at == centres.begin()) return 0;
  if (at == centres.end()) return static_cast<std::int32_t>(centres.size()) - 1;
  const auto k = static_cast<std::int32_t>(at - centres.begin());
  return x - *(at - 1) <= *at - x ? k - 1 : k;
}

// The `count` places of largest score among those not taken.
void take(std::span<const double> score, std::size_t count, std::vector<bool>& taken) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!taken[i]) order.push_back(i);
  }
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return score[a] != score[b] ? score[a] > score[b] : a < b;
                    });
  for (std::size_t i = 0; i < count; ++i) taken[order[i]] = true;
}

float brief(float x) { return data::from_bf16(data::to_bf16(x)); }

// softmax over centres of -|x - c| / t.
void attend(float x, std::span<const float> centres, double t, std::span<double> out) {
  double least = std::numeric_limits<double>::infinity();
  for (const float c : centres) least = std::min(least, std::abs(static_cast<double>(x) - c));
  double sum = 0;
  for (std::size_t k = 0; k < centres.size(); ++k) {
    sum += out[k] = std::exp(-(std::abs(static_cast<double>(x) - centres[k]) - least) / t);
  }
  for (double& a : out) a /= sum;
}

double deviation(std::span<const float> w) {
  double mean = 0, square = 0;
  for (const float v : w) mean += v / static_cast<double>(w.size());
  for (const float v : w) square += (v - mean) * (v - mean) / static_cast<double>(w.size());
  return std::max(std::sqrt(square), 1e-30);
}

}  // namespace

std::vector<float> line_means(std::span<const float> x, std::span<const double> weight, int n) {
  if (x.empty() || x.size() != weight.size() || n < 1) {
    core::fail_argument("compress.line_means",
                        "expected values with weights and n >= 1, got {}, {}, {}", x.size(),
                        weight.size(), n);
  }
  const int used = static_cast<int>(std::min<std::size_t>(x.size(), static_cast<std::size_t>(n)));
  auto out = x.size() <= kExact ? exact_means(x, weight, used) : lloyd_means(x, weight, used);
  out.resize(static_cast<std::size_t>(n), out.back());
  return out;
}

CodedMatrix squeezellm(std::span<const float> w, std::span<const double> fisher, std::int64_t rows,
                       const SqueezeOptions& options) {
  if (rows < 1 || w.size() % static_cast<std::size_t>(rows) != 0 || fisher.size() != w.size() ||
      options.levels < 1 || options.levels > 256 || !(options.sensitive >= 0) ||
      !(options.outliers >= 0) || options.sensitive + options.outliers > 1) {
    core::fail_argument("compress.squeezellm", "{} weights, {} Fisher values, {} rows, {} levels",
                        w.size(), fisher.size(), rows, options.levels);
  }
  const auto columns = static_cast<std::int64_t>(w.size()) / rows;
  std::vector<bool> apart(w.size());
  const auto count = [&](double share) {
    return static_cast<std::size_t>(std::llround(share * static_cast<double>(w.size())));
  };
  take(fisher, count(options.sensitive), apart);
  std::vector<double> magnitude(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) magnitude[i] = std::abs(w[i]);
  take(magnitude, count(options.outliers), apart);

  CodedMatrix out{.way = Way::table, .rows = rows, .columns = columns};
  out.row_tables = true;
  out.scales = {1};
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto begin = static_cast<std::size_t>(r * columns),
               end = begin + static_cast<std::size_t>(columns);
    std::vector<std::size_t> order;
    for (std::size_t i = begin; i < end; ++i) {
      if (!apart[i]) order.push_back(i);
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return w[a] < w[b]; });
    std::vector<float> x;
    std::vector<double> f;
    for (const std::size_t i : order) {
      x.push_back(w[i]);
      f.push_back(fisher[i]);
    }
    std::vector<float> centres(static_cast<std::size_t>(options.levels));
    if (!x.empty()) centres = line_means(x, f, options.levels);
    out.table.insert(out.table.end(), centres.begin(), centres.end());
    for (std::size_t i = begin; i < end; ++i) {
      if (apart[i]) {
        out.places.push_back(static_cast<std::int64_t>(i));
        out.values.push_back(w[i]);
      }
      out.levels.push_back(apart[i] ? options.levels / 2 : nearest(centres, w[i]));
    }
  }
  round_to_file(out);
  return out;
}

SoftMeans soft_means(std::span<const float> w, const SoftMeansOptions& options) {
  if (w.empty() || options.levels < 1 || !(options.temperature > 0)) {
    core::fail_argument("compress.soft_means", "expected weights, levels and a temperature");
  }
  std::unordered_map<float, std::int64_t> counts;
  for (const float v : w) ++counts[brief(v)];
  std::vector<float> values;
  for (const auto& [value, count] : counts) values.push_back(value);
  std::sort(values.begin(), values.end());
  std::vector<double> weight;
  for (const float v : values) weight.push_back(static_cast<double>(counts[v]));

  const auto n = static_cast<std::size_t>(options.levels);
  const double t = options.temperature * deviation(w);
  SoftMeans out;
  out.distinct = static_cast<std::int64_t>(values.size());
  out.stored = out.distinct * options.levels + static_cast<std::int64_t>(w.size());
  out.centres = lloyd_means(values, weight, options.levels);
  std::vector<double> a(n);
  for (; out.iterations < options.most_iterations; ++out.iterations) {
    std::vector<double> sum(n), mass(n);
    for (std::size_t i = 0; i < values.size(); ++i) {
      attend(values[i], out.centres, t, a);
      for (std::size_t k = 0; k < n; ++k) {
        mass[k] += weight[i] * a[k];
        sum[k] += weight[i] * a[k] * values[i];
      }
    }
    double moved = 0;
    for (std::size_t k = 0; k < n; ++k) {
      if (mass[k] < 1e-12) continue;
      const auto next = static_cast<float>(sum[k] / mass[k]);
      moved = std::max(moved, std::abs(static_cast<double>(next) - out.centres[k]));
      out.centres[k] = next;
    }
    std::sort(out.centres.begin(), out.centres.end());
    if (moved < 1e-4 * t) break;
  }
  std::unordered_map<float, float> soft;
  for (const float v : values) {
    attend(v, out.centres, t, a);
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += a[k] * out.centres[k];
    soft[v] = static_cast<float>(sum);
  }
  for (const float v : w) out.soft.push_back(soft[brief(v)]);
  return out;
}

std::vector<float> soft_means_backward(std::span<const float> w, const SoftMeans& means,
                                       std::span<const float> gradient,
                                       const SoftMeansOptions& options) {
  // soft = sum_k a_k c_k, da_k/dx = a_k (s_k - sum_l a_l s_l), s_k = -sign(x - c_k) / t.
  const double t = options.temperature * deviation(w);
  std::vector<double> a(means.centres.size());
  std::unordered_map<float, double> slope;
  std::vector<float> out;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const float x = brief(w[i]);
    auto found = slope.find(x);
    if (found == slope.end()) {
      attend(x, means.centres, t, a);
      double mean = 0, value = 0;
      for (std::size_t k = 0; k < a.size(); ++k) mean += a[k] * (x > means.centres[k] ? -1 : 1) / t;
      for (std::size_t k = 0; k < a.size(); ++k) {
        value += means.centres[k] * a[k] * ((x > means.centres[k] ? -1 : 1) / t - mean);
      }
      found = slope.emplace(x, value).first;
    }
    out.push_back(static_cast<float>(gradient[i] * found->second));
  }
  return out;
}

CodedMatrix edkm(std::span<const float> w, std::int64_t rows, const SoftMeansOptions& options) {
  if (rows < 1 || w.size() % static_cast<std::size_t>(rows) != 0) {
    core::fail_argument("compress.edkm", "expected whole rows, got {} in {}", w.size(), rows);
  }
  const SoftMeans means = soft_means(w, options);
  CodedMatrix out{
      .way = Way::table, .rows = rows, .columns = static_cast<std::int64_t>(w.size()) / rows};
  out.scales = {1};
  out.table = means.centres;
  for (const float v : w) out.levels.push_back(nearest(means.centres, v));
  round_to_file(out);
  return out;
}

}  // namespace venturi::compress
