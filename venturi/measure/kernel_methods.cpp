#include "venturi/measure/kernel_methods.hpp"

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/kernel_density.hpp"
#include "venturi/measure/kernel_sums.hpp"
#include "venturi/measure/matrix_renyi.hpp"

namespace venturi::measure {
namespace {

using core::MatrixView;

constexpr const char* kWhere = "measure.dependence_methods";

void check(const MatrixView& x, const MatrixView& y, const KernelOptions& options) {
  core::check_options(options, kWhere);
  require_rows(x, 2, kWhere);
  require_rows(y, 2, kWhere);
  if (x.rows() != y.rows()) {
    core::fail_argument(kWhere, "expected {} rows of y, got {}", x.rows(), y.rows());
  }
}

Kerneled under_rule(const MatrixView& x, const KernelOptions& options) {
  return {x,
          options.width == "median" ? median_width(x, options.memory_limit) : silverman_width(x)};
}

template <double (*of)(const Kerneled&, const Kerneled&)>
double kernel_sum(const MatrixView& x, const MatrixView& y, const KernelOptions& options) {
  check(x, y, options);
  return of(under_rule(x, options), under_rule(y, options));
}

template <double (*of)(const MatrixView&, const MatrixView&, const core::Vector&)>
double density(const MatrixView& x, const MatrixView& y, const KernelOptions& options) {
  check(x, y, options);
  if (options.width != "silverman") {
    core::fail_argument(kWhere, "a density takes the rule silverman, got {}", options.width);
  }
  core::Matrix joint(x.rows(), x.cols() + y.cols());
  joint << x, y;
  return of(x, y, silverman_widths(joint));
}

double renyi_nats(const MatrixView& x, const MatrixView& y, const KernelOptions& options) {
  check(x, y, options);
  const Kerneled of_x = under_rule(x, options), of_y = under_rule(y, options);
  return core::to_nats(core::Bits(renyi_information_bits({&of_x, 1}, of_y,
                                                         {.memory_limit = options.memory_limit})))
      .value;
}

constexpr core::Member<DependenceMethod> kMethods[] = {
    {"kde",
     "leave-one-out Parzen densities; few columns",
     "Beirlant et al. 1997",
     "O(n^2 d)",
     {density<density_information_nats>, "nats"}},
    {"akde",
     "the same with widths that follow the density; long tails",
     "Abramson 1982",
     "O(n^2 d)",
     {density<adaptive_density_information_nats>, "nats"}},
    {"cs-qmi",
     "Cauchy-Schwarz divergence of Parzen densities; not Shannon's information",
     "Principe 2010, ch. 2",
     "O(n^2 d)",
     {kernel_sum<cauchy_schwarz_information_nats>, "nats"}},
    {"cs-qmi-normalised",
     "the same over the root of its values of (x,x) and (y,y)",
     "Yu et al. 2024",
     "O(n^2 d)",
     {kernel_sum<normalised_cauchy_schwarz_information>, "1"}},
    {"renyi",
     "spectra of Gram matrices, order 1.01; no density",
     "Sanchez Giraldo et al. 2015",
     "O(n^3), 16 n^2 bytes",
     {renyi_nats, "nats"}},
    {"hsic",
     "Hilbert-Schmidt independence criterion, biased; 0 only if independent",
     "Gretton et al. 2005",
     "O(n^2 d)",
     {kernel_sum<hsic>, "1"}},
    {"hsic-unbiased",
     "the same as a U-statistic; mean 0 if independent",
     "Song et al. 2012",
     "O(n^2 d)",
     {kernel_sum<hsic_unbiased>, "1"}},
    {"cka",
     "centred kernel alignment, Gaussian kernels; in [0, 1]",
     "Kornblith et al. 2019",
     "O(n^2 d)",
     {kernel_sum<kernel_cka>, "1"}},
    {"cka-linear",
     "centred kernel alignment, linear; layers up to rotation and scale",
     "Kornblith et al. 2019",
     "O(n dx dy)",
     {[](const MatrixView& x, const MatrixView& y, const KernelOptions& options) {
        check(x, y, options);
        return linear_cka(x, y);
      },
      "1"}},
};

}  // namespace

std::span<const core::Member<DependenceMethod>> dependence_methods() { return kMethods; }

}  // namespace venturi::measure
