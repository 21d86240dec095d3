// venturi/measure/by_kind.hpp
//
// For tables whose columns are of many kinds: methods chosen by the data, every pair of columns at
// once. What was chosen stands in the estimate's `method`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "venturi/measure/mutual_information.hpp"

namespace venturi::measure {

struct Variable {
  std::string name;
  core::Matrix values;  // n*d
  bool names = false;   // codes of names: never amounts
};

// Codes of names, and columns of few values (looks_discrete() of remarks.hpp).
bool is_discrete(const Variable& v);

// As the functions of mutual_information.hpp, but for method "default", which takes
//   all variables discrete   miller-madow
//   information, one of two  ross, with the discrete one as x if it is one column; else gao
//   information, none        auto; of a series, whose rows are not independent, ksg1
//   conditional, some        mesner-shalizi
//   otherwise                the first of the table
// Discrete variables are counted as labels whatever their values. InvalidArgument where codes of
// names would meet a method that takes them for amounts.
Measured information_by_kind(const Variable& x, const Variable& y, MiOptions options,
                             core::Key key);
Measured conditional_by_kind(const Variable& x, const Variable& y, const Variable& z,
                             MiOptions options, core::Key key);
Measured transfer_by_kind(const Variable& x, const Variable& y, int lags, MiOptions options,
                          core::Key key);
Measured entropy_by_kind(const Variable& x, MiOptions options, core::Key key);
Measured groups_by_kind(std::span<const Variable> groups, MiOptions options, core::Key key);

// Names are refused; of the others amounts are taken.
Measured dependence_by_kind(const Variable& x, const Variable& y, const MiOptions& options,
                            core::Key key);
// All three are taken as labels.
MeasuredDecomposition decomposition_by_kind(const Variable& x, const Variable& y,
                                            const Variable& target, const MiOptions& options,
                                            core::Key key);

struct PairMeasured {
  std::size_t x, y;  // x < y, into the list of variables
  Measured measured;
  double q_value = 0;  // 0 without permutations
};

// All pairs of m >= 2 variables in order, each by information_by_kind(), but amounts by default by
// ksg1: `auto` takes seconds a pair. q_value: the p-value
// adjusted for the number of pairs, so that taking those with q <= .05 makes one in twenty of them
// false on average (Benjamini, Hochberg, JRSS B 57, 1995; Yekutieli's dependence not allowed for).
std::vector<PairMeasured> every_pair(std::span<const Variable> variables, const MiOptions& options,
                                     core::Key key);

// Benjamini and Hochberg's adjusted values of m p-values, in their order.
std::vector<double> adjusted(std::span<const double> p_values);

}  // namespace venturi::measure
