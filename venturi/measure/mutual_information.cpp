#include "venturi/measure/mutual_information.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

std::vector<std::int32_t> whole_labels(const MatrixView& x) {
  constexpr const char* kWhere = "measure.mutual_information";
  if (x.cols() != 1) {
    core::fail_argument(kWhere, "method ross expects one column of labels as x, got {}", x.cols());
  }
  std::vector<std::int32_t> out;
  for (Index i = 0; i < x.rows(); ++i) {
    const double v = x(i, 0);
    if (!(std::fabs(v) <= 2147483647.0) || v != std::floor(v)) {
      core::fail_data(kWhere, "method ross expects whole numbers as labels, row {} is {}", i, v);
    }
    out.push_back(static_cast<std::int32_t>(v));
  }
  return out;
}

constexpr core::Member<MiMethod> kMethods[] = {
    {"ksg1", "nearest neighbours, cubes; the default for continuous data",
     "Kraskov et al. 2004, eq. 8", "O(n log n) to 4 columns in all, O(n^2 d) above",
     [](const MatrixView& x, const MatrixView& y, int k) { return mean_of(ksg1_local(x, y, k)); }},
    {"ksg2", "nearest neighbours, rectangles; less bias for strong dependence, more variance",
     "Kraskov et al. 2004, eq. 9", "as ksg1",
     [](const MatrixView& x, const MatrixView& y, int k) { return mean_of(ksg2_local(x, y, k)); }},
    {"gao", "nearest neighbours for mixtures of discrete and continuous, and for ties",
     "Gao et al. 2017", "as ksg1",
     [](const MatrixView& x, const MatrixView& y, int k) { return mean_of(gao_local(x, y, k)); }},
    {"ross", "labels x against continuous y", "Ross 2014", "as ksg1",
     [](const MatrixView& x, const MatrixView& y, int k) {
       return mean_of(ross_local(whole_labels(x), y, k));
     }},
    {"gaussian", "canonical correlations, less the finite-sample bias; normal data",
     "Misra et al. 2005", "O(n d^2 + d^3)",
     [](const MatrixView& x, const MatrixView& y, int) {
       return gaussian_information_nats(x, y, true);
     }},
    {"copula", "the same of normal scores; normal up to monotone maps of the columns",
     "own, after Misra et al. 2005", "O(d n log n + n d^2)",
     [](const MatrixView& x, const MatrixView& y, int) {
       return gaussian_information_nats(normal_scores(x), normal_scores(y), true);
     }},
};

Matrix scaled(const MatrixView& x, const std::string& scale, const char* where) {
  if (!x.allFinite()) core::fail_data(where, "expected finite values, found NaN or infinity");
  if (scale == "standard") return standardized(x);
  if (scale == "rank") return normal_scores(x);
  return x;
}

Matrix rows_of(const MatrixView& x, std::span<const Index> rows) {
  return x(std::vector<Index>(rows.begin(), rows.end()), Eigen::all);
}

// Bits of the rows named.
using Statistic = std::function<double(std::span<const Index>)>;

struct Design {
  Index n, columns;
  int k;
  bool series;
};

void add_interval(Estimate& estimate, const Statistic& bits_of, Design design, core::Key key) {
  constexpr Index kParts = 10, kLeast = 20;
  const Index least = std::max({kLeast, Index{4} * design.k, 2 * design.columns});
  const Index parts = std::min(kParts, design.n / least);
  if (parts < 2) {
    estimate.standard_error = estimate.high = std::numeric_limits<double>::infinity();
    estimate.low = -estimate.high;
    estimate.warnings.push_back(
        fmt::format("no interval: it needs {} rows, there are {}", 2 * least, design.n));
    return;
  }
  const int rounds = design.series ? 1 : 4;
  double variance = 0;
  for (int round = 0; round < rounds; ++round) {
    core::Random random(key.split("parts").split(static_cast<std::uint64_t>(round)));
    std::vector<Index> order(design.n);
    for (Index i = 0; i < design.n; ++i) order[i] = i;
    if (!design.series) random.shuffle(std::span(order));
    std::vector<double> values;
    double mean = 0;
    for (Index p = 0; p < parts; ++p) {
      const Index from = design.n * p / parts, to = design.n * (p + 1) / parts;
      values.push_back(bits_of({order.data() + from, static_cast<std::size_t>(to - from)}));
      mean += values.back() / static_cast<double>(parts);
    }
    for (const double v : values) {
      variance += (v - mean) * (v - mean) / static_cast<double>(parts - 1) / rounds;
    }
  }
  const std::vector<std::string> warnings = std::move(estimate.warnings);
  estimate = normal_estimate(estimate.bits, std::sqrt(variance / static_cast<double>(parts)),
                             estimate.method, estimate.n);
  estimate.warnings = warnings;
  estimate.method += fmt::format(", interval from {} parts", parts);
}

// The distinct values of the column that has the fewest.
Index fewest_values(const MatrixView& x) {
  Index fewest = x.rows();
  for (Index c = 0; c < x.cols(); ++c) {
    core::Vector v = x.col(c);
    std::sort(v.data(), v.data() + v.size());
    fewest = std::min<Index>(fewest, std::unique(v.data(), v.data() + v.size()) - v.data());
  }
  return fewest;
}

// What is to be said about ties in data handed to a method that assumes none.
void warn_about_ties(const MatrixView& x, std::string_view name, Estimate& estimate) {
  const Index values = fewest_values(x);
  if (values == 1) {
    estimate.warnings.push_back(fmt::format("a column of {} is constant", name));
  } else if (5 * values <= x.rows()) {
    estimate.warnings.push_back(
        fmt::format("a column of {} has {} values in {} rows, so it looks discrete: use method "
                    "ross if the other variable is continuous, the discrete estimators if it is "
                    "not, gao for mixtures",
                    name, values, x.rows()));
  } else if (values < x.rows()) {
    estimate.warnings.push_back(
        fmt::format("a column of {} has ties ({} values in {} rows), which nearest neighbours "
                    "assume away: method gao allows them",
                    name, values, x.rows()));
  }
}

void check_lengths(Index n, Index other, const char* where) {
  if (n != other) core::fail_argument(where, "expected {} rows in all variables, got {}", n, other);
  if (n < 2) core::fail_argument(where, "expected at least 2 samples, got {}", n);
}

void refuse_permutations(const MiOptions& options, const char* where) {
  if (options.permutations != 0) {
    core::fail_argument(where, "expected permutations = 0: no surrogates are defined, got {}",
                        options.permutations);
  }
}

Measured measured(double bits, std::string method, const Statistic& statistic, Design design,
                  core::Key key) {
  Measured out;
  out.estimate.bits = bits;
  out.estimate.n = design.n;
  out.estimate.method = std::move(method);
  add_interval(out.estimate, statistic, design, key);
  return out;
}

// Bits of x against y where row i of x meets row other[i] of y.
using Paired = std::function<double(std::span<const Index> other)>;

double permutation_p_value(double bits, const Paired& paired, Index n, const MiOptions& options,
                           core::Key key) {
  int above = 1;
  for (int p = 0; p < options.permutations; ++p) {
    core::Random random(key.split("surrogates").split(static_cast<std::uint64_t>(p)));
    std::vector<Index> other(n);
    const auto shift = static_cast<Index>(1 + random.below(n - 1));
    for (Index i = 0; i < n; ++i) other[i] = options.series ? (i + shift) % n : i;
    if (!options.series) random.shuffle(std::span(other));
    above += paired(other) >= bits ? 1 : 0;
  }
  return static_cast<double>(above) / (1 + options.permutations);
}

}  // namespace

core::Json Measured::json() const {
  core::Json out = estimate.json();
  if (p_value) out["p_value"] = *p_value;
  return out;
}

std::span<const core::Member<MiMethod>> mi_methods() { return kMethods; }

Measured mutual_information(const MatrixView& x, const MatrixView& y, const MiOptions& options,
                            core::Key key) {
  constexpr const char* kWhere = "measure.mutual_information";
  core::check_options(options, kWhere);
  check_lengths(x.rows(), y.rows(), kWhere);
  const auto& member = core::find_member(mi_methods(), options.method, kWhere);
  const bool labels = member.name == "ross";
  const Matrix a = labels ? Matrix(x) : scaled(x, options.scale, kWhere);
  const Matrix b = scaled(y, options.scale, kWhere);
  const auto bits = [&](const MatrixView& u, const MatrixView& v) {
    return member.make(u, v, options.k) * core::kBitsPerNat;
  };
  const double value = bits(a, b);
  Measured out = measured(
      value, std::string(member.name),
      [&](std::span<const Index> rows) { return bits(rows_of(a, rows), rows_of(b, rows)); },
      {x.rows(), x.cols() + y.cols(), options.k, options.series}, key);
  if (member.name == "ksg1" || member.name == "ksg2") warn_about_ties(x, "x", out.estimate);
  if (member.name != "gao" && member.name != "gaussian" && member.name != "copula") {
    warn_about_ties(y, "y", out.estimate);
  }
  if (labels) {
    const double most = plug_in_entropy_bits(whole_labels(x));
    if (value > most) {
      out.estimate.warnings.push_back(
          fmt::format("impossible: above H(x) = {:.4f} bits, so the error is at least {:.4f}", most,
                      value - most));
    }
  }
  if (options.permutations > 0) {
    out.p_value = permutation_p_value(
        value, [&](std::span<const Index> other) { return bits(a, rows_of(b, other)); }, x.rows(),
        options, key);
  }
  return out;
}

Measured conditional_mutual_information(const MatrixView& x, const MatrixView& y,
                                        const MatrixView& z, const MiOptions& options,
                                        core::Key key) {
  constexpr const char* kWhere = "measure.conditional_mutual_information";
  core::check_options(options, kWhere);
  check_lengths(x.rows(), y.rows(), kWhere);
  check_lengths(x.rows(), z.rows(), kWhere);
  refuse_permutations(options, kWhere);
  const Matrix a = scaled(x, options.scale, kWhere), b = scaled(y, options.scale, kWhere);
  const Matrix c = scaled(z, options.scale, kWhere);
  const auto bits = [&](const MatrixView& u, const MatrixView& v, const MatrixView& w) {
    return mean_of(conditional_local(u, v, w, options.k)) * core::kBitsPerNat;
  };
  Measured out = measured(
      bits(a, b, c), "Frenzel-Pompe",
      [&](std::span<const Index> rows) {
        return bits(rows_of(a, rows), rows_of(b, rows), rows_of(c, rows));
      },
      {x.rows(), x.cols() + y.cols() + z.cols(), options.k, options.series}, key);
  warn_about_ties(x, "x", out.estimate);
  warn_about_ties(y, "y", out.estimate);
  warn_about_ties(z, "z", out.estimate);
  return out;
}

Measured transfer_entropy(const MatrixView& x, const MatrixView& y, int lags, MiOptions options,
                          core::Key key) {
  constexpr const char* kWhere = "measure.transfer_entropy";
  core::check_options(options, kWhere);
  check_lengths(x.rows(), y.rows(), kWhere);
  if (lags < 1 || lags + 2 > x.rows()) {
    core::fail_argument(kWhere, "expected 1 <= lags <= n - 2 = {}, got {}", x.rows() - 2, lags);
  }
  const Index n = x.rows() - lags;
  const auto past = [&](const Matrix& s) {
    Matrix out(n, s.cols() * lags);
    for (int l = 1; l <= lags; ++l) {
      out.middleCols((l - 1) * s.cols(), s.cols()) = s.middleRows(lags - l, n);
    }
    return out;
  };
  const Matrix b = scaled(y, options.scale, kWhere);
  const Matrix now = b.bottomRows(n), y_past = past(b);
  const Matrix x_past = past(scaled(x, options.scale, kWhere));
  const int permutations = std::exchange(options.permutations, 0);
  options.scale = "none";  // done above, on the whole series
  options.series = true;
  Measured out = conditional_mutual_information(now, x_past, y_past, options, key);
  out.estimate.method = fmt::format("transfer entropy of {} lags, ", lags) + out.estimate.method;
  if (permutations > 0) {
    options.permutations = permutations;
    out.p_value = permutation_p_value(
        out.estimate.bits,
        [&](std::span<const Index> other) {
          const auto local = conditional_local(now, rows_of(x_past, other), y_past, options.k);
          return mean_of(local) * core::kBitsPerNat;
        },
        n, options, key);
  }
  return out;
}

Measured total_correlation(std::span<const MatrixView> groups, const MiOptions& options,
                           core::Key key) {
  constexpr const char* kWhere = "measure.total_correlation";
  core::check_options(options, kWhere);
  refuse_permutations(options, kWhere);
  if (groups.size() < 2) {
    core::fail_argument(kWhere, "expected 2 or more groups of columns, got {}", groups.size());
  }
  Index columns = 0;
  std::vector<Matrix> own;
  own.reserve(groups.size());
  for (const auto& g : groups) {
    check_lengths(groups[0].rows(), g.rows(), kWhere);
    own.push_back(scaled(g, options.scale, kWhere));
    columns += g.cols();
  }
  const auto bits = [&](const std::vector<Matrix>& parts) {
    const std::vector<MatrixView> views(parts.begin(), parts.end());
    return mean_of(total_correlation_local(views, options.k)) * core::kBitsPerNat;
  };
  Measured out = measured(
      bits(own), "ksg1 of several",
      [&](std::span<const Index> rows) {
        std::vector<Matrix> parts;
        parts.reserve(own.size());
        for (const auto& g : own) parts.push_back(rows_of(g, rows));
        return bits(parts);
      },
      {groups[0].rows(), columns, options.k, options.series}, key);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    warn_about_ties(groups[g], fmt::format("group {}", g), out.estimate);
  }
  return out;
}

Measured differential_entropy(const MatrixView& x, const MiOptions& options, core::Key key) {
  constexpr const char* kWhere = "measure.differential_entropy";
  core::check_options(options, kWhere);
  refuse_permutations(options, kWhere);
  check_lengths(x.rows(), x.rows(), kWhere);
  if (options.scale != "none") {
    core::fail_argument(kWhere, "expected scale none: the entropy changes with it, got {}",
                        options.scale);
  }
  const auto bits = [&](const MatrixView& u) {
    return mean_of(entropy_local(u, options.k)) * core::kBitsPerNat;
  };
  Measured out = measured(
      bits(x), "Kozachenko-Leonenko",
      [&](std::span<const Index> rows) { return bits(rows_of(x, rows)); },
      {x.rows(), x.cols(), options.k, options.series}, key);
  warn_about_ties(x, "x", out.estimate);
  return out;
}

}  // namespace venturi::measure
