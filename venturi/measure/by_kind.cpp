#include "venturi/measure/by_kind.hpp"

#include <algorithm>
#include <numeric>

#include "venturi/core/error.hpp"
#include "venturi/measure/remarks.hpp"

namespace venturi::measure {
namespace {

using core::Matrix;
using core::MatrixView;

constexpr const char* kWhere = "measure.by_kind";

Matrix as_labels(const Matrix& x) {
  const RowCodes codes = row_codes(x);
  Matrix out(x.rows(), 1);
  for (core::Index i = 0; i < x.rows(); ++i) out(i, 0) = codes.of_row[i];
  return out;
}

// What a method that was asked for or chosen sees of a variable.
Matrix seen(const Variable& v, bool labels) {
  if (!v.values.allFinite()) {
    core::fail_data(kWhere, "'{}': expected finite values, found NaN or infinity", v.name);
  }
  return labels && is_discrete(v) ? as_labels(v.values) : v.values;
}

void refuse_names(const Variable& v, std::string_view method) {
  if (v.names) {
    core::fail_argument(kWhere,
                        "'{}' holds names, which method {} would take for amounts; counts take "
                        "them (miller-madow), and ross as x",
                        v.name, method);
  }
}

// "default" resolved: miller-madow if all are discrete, else `some` if any is, else "default".
template <class... V>
std::string by_data(const std::string& asked, const std::string& some, const V&... v) {
  if (asked != "default") return asked;
  if ((is_discrete(v) && ...)) return "miller-madow";
  return (is_discrete(v) || ...) ? some : asked;
}

}  // namespace

bool is_discrete(const Variable& v) { return v.names || looks_discrete(v.values); }

Measured information_by_kind(const Variable& x, const Variable& y, MiOptions options,
                             core::Key key) {
  const bool default_asked = options.method == "default";
  options.method = by_data(options.method, "gao", x, y);
  // Ross asks for one column of labels, as x.
  if (default_asked && options.method == "gao") {
    const Variable& discrete = is_discrete(x) ? x : y;
    if (discrete.values.cols() == 1 || discrete.names) options.method = "ross";
  }
  if (options.method == "default") options.method = options.series ? "ksg1" : "auto";
  const bool turn = default_asked && options.method == "ross" && !is_discrete(x);
  const Variable& first = turn ? y : x;
  const Variable& second = turn ? x : y;
  const Takes takes = choose(mi_methods(), options.method, kWhere).make.takes;
  const bool counts = takes == Takes::labels;
  if (!counts && takes != Takes::labels_first) refuse_names(first, options.method);
  if (!counts) refuse_names(second, options.method);
  return mutual_information(seen(first, counts || takes == Takes::labels_first),
                            seen(second, counts), options, key);
}

Measured conditional_by_kind(const Variable& x, const Variable& y, const Variable& z,
                             MiOptions options, core::Key key) {
  options.method = by_data(options.method, "mesner-shalizi", x, y, z);
  const bool counts =
      choose(conditional_methods(), options.method, kWhere).make.takes == Takes::labels;
  if (!counts) {
    for (const Variable* v : {&x, &y, &z}) refuse_names(*v, options.method);
  }
  return conditional_mutual_information(seen(x, counts), seen(y, counts), seen(z, counts), options,
                                        key);
}

Measured transfer_by_kind(const Variable& x, const Variable& y, int lags, MiOptions options,
                          core::Key key) {
  options.method = by_data(options.method, "mesner-shalizi", x, y);
  const bool counts =
      choose(conditional_methods(), options.method, kWhere).make.takes == Takes::labels;
  if (!counts) {
    for (const Variable* v : {&x, &y}) refuse_names(*v, options.method);
  }
  return transfer_entropy(seen(x, counts), seen(y, counts), lags, options, key);
}

Measured entropy_by_kind(const Variable& x, MiOptions options, core::Key key) {
  options.method = by_data(options.method, options.method, x);
  const bool counts = choose(entropy_methods(), options.method, kWhere).make.takes == Takes::labels;
  if (!counts) refuse_names(x, options.method);
  return entropy(seen(x, counts), options, key);
}

Measured groups_by_kind(std::span<const Variable> groups, MiOptions options, core::Key key) {
  if (options.method == "default" && std::all_of(groups.begin(), groups.end(), is_discrete)) {
    options.method = "miller-madow";
  }
  const bool counts = choose(group_methods(), options.method, kWhere).make.takes == Takes::labels;
  std::vector<Matrix> own;
  own.reserve(groups.size());
  for (const Variable& v : groups) {
    if (!counts) refuse_names(v, options.method);
    own.push_back(seen(v, counts));
  }
  return total_correlation(std::vector<MatrixView>(own.begin(), own.end()), options, key);
}

Measured dependence_by_kind(const Variable& x, const Variable& y, const MiOptions& options,
                            core::Key key) {
  for (const Variable* v : {&x, &y}) refuse_names(*v, options.method);
  return dependence(x.values, y.values, options, key);
}

MeasuredDecomposition decomposition_by_kind(const Variable& x, const Variable& y,
                                            const Variable& target, const MiOptions& options,
                                            core::Key key) {
  return decomposition(seen(x, true), seen(y, true), seen(target, true), options, key);
}

std::vector<PairMeasured> every_pair(std::span<const Variable> variables, const MiOptions& options,
                                     core::Key key) {
  if (variables.size() < 2) {
    core::fail_argument(kWhere, "expected 2 or more variables, got {}", variables.size());
  }
  std::vector<PairMeasured> out;
  std::vector<double> p_values;
  for (std::size_t x = 0; x < variables.size(); ++x) {
    for (std::size_t y = x + 1; y < variables.size(); ++y) {
      MiOptions own = options;
      const bool amounts = !is_discrete(variables[x]) && !is_discrete(variables[y]);
      if (own.method == "default" && amounts) own.method = "ksg1";
      out.push_back(
          {x, y, information_by_kind(variables[x], variables[y], own, key.split(x).split(y))});
      p_values.push_back(out.back().measured.p_value.value_or(0));
    }
  }
  const std::vector<double> q_values = adjusted(p_values);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].q_value = q_values[i];
  return out;
}

std::vector<double> adjusted(std::span<const double> p_values) {
  const std::size_t m = p_values.size();
  std::vector<std::size_t> order(m);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] > p_values[b]; });
  std::vector<double> out(m);
  double least = 1;
  for (std::size_t i = 0; i < m; ++i) {
    const auto rank = static_cast<double>(m - i);
    least = std::min(least, p_values[order[i]] * (static_cast<double>(m) / rank));
    out[order[i]] = least;
  }
  return out;
}

}  // namespace venturi::measure
