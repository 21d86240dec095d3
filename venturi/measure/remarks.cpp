#include "venturi/measure/remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "venturi/measure/discrete.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::MatrixView;

Index values_of(const MatrixView& x, Index column) {
  core::Vector v = x.col(column);
  std::sort(v.data(), v.data() + v.size());
  return std::unique(v.data(), v.data() + v.size()) - v.data();
}

// The distinct values of the column that has the fewest.
Index fewest_values(const MatrixView& x) {
  Index fewest = x.rows();
  for (Index c = 0; c < x.cols(); ++c) fewest = std::min(fewest, values_of(x, c));
  return fewest;
}

// The method for a variable of few values, all variables being so or not.
std::string_view for_few_values(Quantity quantity, bool all) {
  if (all) return "method miller-madow counts labels (whole numbers)";
  switch (quantity) {
    case Quantity::information:
      return "method ross takes labels as x against continuous y, gao takes mixtures";
    case Quantity::conditional:
      return "method mesner-shalizi takes mixtures";
    default:
      return "no method here takes labels and continuous columns together";
  }
}

std::string_view for_ties(Quantity quantity) {
  switch (quantity) {
    case Quantity::information:
      return ": method gao allows them";
    case Quantity::conditional:
      return ": method mesner-shalizi allows them";
    default:
      return "";
  }
}

std::string remark_on_counts(const MatrixView& x, const std::string& name) {
  const Index kinds = row_codes(x).kinds;
  if (2 * kinds <= x.rows()) return {};
  return fmt::format(
      "{} has {} values in {} rows, too few of each to count: use a method for continuous data "
      "if it is a number",
      name, kinds, x.rows());
}

std::string remark_on_ties(const MatrixView& x, const std::string& name, Quantity quantity,
                           bool all_discrete, bool ties_harm) {
  const Index values = fewest_values(x);
  if (5 * values <= x.rows()) {
    return fmt::format("a column of {} has {} values in {} rows, so it looks discrete: {}", name,
                       values, x.rows(), for_few_values(quantity, all_discrete));
  }
  if (values < x.rows() && ties_harm) {
    return fmt::format(
        "a column of {} has ties ({} values in {} rows), which nearest neighbours assume away{}",
        name, values, x.rows(), for_ties(quantity));
  }
  return {};
}

}  // namespace

RowCodes row_codes(const MatrixView& x) {
  std::vector<Index> order(x.rows());
  std::iota(order.begin(), order.end(), Index{0});
  const auto before = [&](Index a, Index b) {
    for (Index c = 0; c < x.cols(); ++c) {
      if (x(a, c) != x(b, c)) return x(a, c) < x(b, c);
    }
    return false;
  };
  std::sort(order.begin(), order.end(), before);
  RowCodes out{.of_row = std::vector<std::int32_t>(x.rows())};
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || before(order[i - 1], order[i])) ++out.kinds;
    out.of_row[order[i]] = static_cast<std::int32_t>(out.kinds - 1);
  }
  return out;
}

bool looks_discrete(const MatrixView& x) {
  for (Index c = 0; c < x.cols(); ++c) {
    if (5 * values_of(x, c) > x.rows()) return false;
  }
  return true;
}

std::vector<std::string> remarks_on_data(std::span<const MatrixView> variables,
                                         std::span<const std::string> names, Quantity quantity,
                                         Takes takes) {
  std::vector<std::string> out;
  const bool all = std::all_of(variables.begin(), variables.end(), looks_discrete);
  for (std::size_t v = 0; v < variables.size(); ++v) {
    const MatrixView& x = variables[v];
    const bool labels = takes == Takes::labels || (takes == Takes::labels_first && v == 0);
    std::string remark;
    if (fewest_values(x) == 1) {
      remark = fmt::format("a column of {} is constant", names[v]);
    } else if (labels) {
      remark = remark_on_counts(x, names[v]);
    } else if (takes != Takes::anything) {
      remark = remark_on_ties(x, names[v], quantity, all, takes != Takes::normal);
    }
    if (!remark.empty()) out.push_back(std::move(remark));
  }
  return out;
}

std::string remark_on_scales(std::span<const MatrixView> variables, Takes takes) {
  constexpr double kFar = 10;
  if (takes == Takes::labels || takes == Takes::normal) return {};
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::size_t v = takes == Takes::labels_first ? 1 : 0; v < variables.size(); ++v) {
    for (Index c = 0; c < variables[v].cols(); ++c) {
      const core::Vector x = variables[v].col(c);
      const double variance = (x.array() - x.mean()).square().mean();
      if (variance == 0) continue;
      least = std::min(least, std::sqrt(variance));
      most = std::max(most, std::sqrt(variance));
    }
  }
  if (!(most >= kFar * least)) return {};
  return fmt::format(
      "the columns' deviations differ by a factor of {:.2g}, so that distances hardly see the "
      "narrow ones: scale standard or rank brings them together",
      most / least);
}

std::vector<std::string> remarks_on_excess(double bits, const MatrixView& x, const MatrixView& y) {
  constexpr double kRounding = 1e-9;
  std::vector<std::string> out;
  const auto check = [&](const MatrixView& v, const char* name) {
    if (!looks_discrete(v)) return;
    const double most = plug_in_entropy_bits(row_codes(v).of_row);
    if (bits <= most + kRounding) return;
    out.push_back(
        fmt::format("impossible: above H({}) = {:.4f} bits, so the error is at least {:.4f}", name,
                    most, bits - most));
  };
  check(x, "x");
  check(y, "y");
  return out;
}

}  // namespace venturi::measure
