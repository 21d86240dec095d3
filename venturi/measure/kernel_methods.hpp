// venturi/measure/kernel_methods.hpp
//
// The kernel density and kernel measures of dependence of two variables by name, their widths set
// by one explicit rule from each variable apart:
//   median      median distance of two rows (median_width(); 4 n (n-1) bytes)
//   silverman   Silverman's rule (silverman_width(); for kde and akde one width a column, by the
//               columns of both together)
// HSIC, CKA and CS-QMI are usually quoted at the median; Silverman's widths shrink with n, and in
// many columns leave each row alone (5+5 normal columns of correlation .75, n = 2000: CS-QMI 4.4
// nats, that of the laws themselves is 1.3).
// kde and akde take silverman alone: the median distance is no width for a density.
// Shapes, cost and errors as in kernel_density.hpp, kernel_sums.hpp, matrix_renyi.hpp; and
// InvalidArgument for an unknown rule or one that the method does not take.
#pragma once

#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/measure/pairwise.hpp"

namespace venturi::measure {

struct KernelOptions {
  std::string width = "silverman";
  std::uint64_t memory_limit = kDefaultMemoryLimit;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("width", self.width, "rule for the kernels' widths",
          core::one_of({"median", "silverman"}));
    visit("memory_limit", self.memory_limit, "bytes that an n*n array may take");
  }
};

struct DependenceMethod {
  double (*value)(const core::MatrixView& x, const core::MatrixView& y,
                  const KernelOptions& options);
  std::string_view unit;  // "nats", or "1" for a measure that is no information
};

std::span<const core::Member<DependenceMethod>> dependence_methods();

}  // namespace venturi::measure
