// The table of dependence_methods().
#include <limits>

#include "venturi/core/units.hpp"
#include "venturi/measure/kernel_sums.hpp"
#include "venturi/measure/matrix_renyi.hpp"
#include "venturi/measure/method_bytes.hpp"
#include "venturi/measure/methods.hpp"

namespace venturi::measure {
namespace {

using core::MatrixView;

constexpr const char* kWhere = "measure.methods";

// All distances, in float.
double median_bytes(Size s) {
  return kernel_bytes(s) + 4.0 * static_cast<double>(s.n) * static_cast<double>(s.n);
}
double matrix_bytes(Size s) {
  return kernel_bytes(s) + 16.0 * static_cast<double>(s.n) * static_cast<double>(s.n);
}

// The front has counted what a median and the matrices take.
constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();

Kerneled under_rule(const MatrixView& x, const Settings& settings) {
  require_rows(x, 2, kWhere);
  return {x, settings.width == "silverman" ? silverman_width(x) : median_width(x, kNoLimit)};
}

template <auto Of>
double kernel_value(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  return Of(under_rule(x, settings), under_rule(y, settings));
}

double cauchy_schwarz(const Kerneled& x, const Kerneled& y) {
  return cauchy_schwarz_information_nats(x, y) * core::kBitsPerNat;
}

double renyi(const Kerneled& x, const Kerneled& y) {
  return renyi_information_bits({&x, 1}, y, {.memory_limit = kNoLimit});
}

double cka_linear(const MatrixView& x, const MatrixView& y, const Settings&) {
  return linear_cka(x, y);
}

constexpr core::Member<DependenceMethod> kDependence[] = {
    {"hsic",
     "Hilbert-Schmidt independence criterion, biased; 0 only if independent",
     "Gretton et al. 2005",
     "O(n^2 d)",
     {kernel_value<hsic>, "1", median_bytes}},
    {"hsic-unbiased",
     "the same as a U-statistic; mean 0 if independent",
     "Song et al. 2012",
     "O(n^2 d)",
     {kernel_value<hsic_unbiased>, "1", median_bytes}},
    {"cka",
     "centred kernel alignment, Gaussian kernels; in [0, 1]",
     "Kornblith et al. 2019",
     "O(n^2 d)",
     {kernel_value<kernel_cka>, "1", median_bytes}},
    {"cka-linear",
     "centred kernel alignment, linear; layers up to rotation and scale",
     "Kornblith et al. 2019",
     "O(n dx dy)",
     {cka_linear, "1", data_bytes}},
    {"cs-qmi",
     "Cauchy-Schwarz divergence of Parzen densities",
     "Principe 2010, ch. 2",
     "O(n^2 d)",
     {kernel_value<cauchy_schwarz>, "bits", median_bytes}},
    {"cs-qmi-normalised",
     "the same over the root of its values of (x,x) and (y,y)",
     "Yu et al. 2024",
     "O(n^2 d)",
     {kernel_value<normalised_cauchy_schwarz_information>, "1", median_bytes}},
    {"renyi",
     "spectra of Gram matrices, order 1.01",
     "Sanchez Giraldo et al. 2015",
     "O(n^3), 16 n^2 bytes",
     {kernel_value<renyi>, "bits", matrix_bytes}},
};

}  // namespace

std::span<const core::Member<DependenceMethod>> dependence_methods() { return kDependence; }

}  // namespace venturi::measure
