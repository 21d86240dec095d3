#include "venturi/measure/latent_activity.hpp"

#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/gaussian.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

void check_variance(const core::MatrixView& variance, const char* where) {
  if (variance.size() == 0) {
    core::fail_argument(where, "expected variances (n*L), got {}*{}", variance.rows(),
                        variance.cols());
  }
  if (!variance.allFinite() || variance.minCoeff() < 0) {
    core::fail_data(where, "expected finite variances >= 0, found {}", variance.minCoeff());
  }
}

double total_correlation_bits(const Matrix& z) {
  if (z.cols() < 2) return 0;
  std::vector<core::MatrixView> columns;
  for (Index c = 0; c < z.cols(); ++c) columns.emplace_back(z.middleCols(c, 1));
  return gaussian_total_correlation_nats(columns, false) * core::kBitsPerNat;
}

}  // namespace

std::string_view name_of(Activity activity) {
  if (activity == Activity::active) return "active";
  return activity == Activity::passive ? "passive" : "mixed";
}

std::vector<Activity> latent_activity(const core::MatrixView& variance,
                                      const ActivityOptions& options) {
  constexpr const char* kWhere = "measure.latent_activity";
  check_variance(variance, kWhere);
  if (!(options.unused_variance > 0 && options.share >= 0 && options.share < 0.5)) {
    core::fail_argument(kWhere, "expected unused_variance > 0 and 0 <= share < .5, got {} and {}",
                        options.unused_variance, options.share);
  }
  std::vector<Activity> out;
  for (Index l = 0; l < variance.cols(); ++l) {
    const double unused =
        (variance.col(l).array() >= options.unused_variance).cast<double>().mean();
    out.push_back(unused >= 1 - options.share ? Activity::passive
                  : unused <= options.share   ? Activity::active
                                              : Activity::mixed);
  }
  return out;
}

RepresentationCorrelation representation_correlation(const core::MatrixView& mean,
                                                     const core::MatrixView& variance,
                                                     const std::vector<Activity>& activity,
                                                     core::Key key) {
  constexpr const char* kWhere = "measure.representation_correlation";
  check_variance(variance, kWhere);
  if (mean.rows() != variance.rows() || mean.cols() != variance.cols() ||
      std::ssize(activity) != mean.cols() || mean.rows() <= mean.cols() + 1) {
    core::fail_argument(kWhere,
                        "expected mean and variance (n*L), n > L + 1, and L activities, got {}*{}, "
                        "{}*{} and {}",
                        mean.rows(), mean.cols(), variance.rows(), variance.cols(),
                        activity.size());
  }
  if (!mean.allFinite()) core::fail_data(kWhere, "expected finite means");
  core::Random random(key);
  Matrix sampled = mean;
  for (Index i = 0; i < mean.rows(); ++i) {
    for (Index l = 0; l < mean.cols(); ++l) {
      sampled(i, l) += std::sqrt(variance(i, l)) * random.normal();
    }
  }
  std::vector<Index> used;
  for (Index l = 0; l < mean.cols(); ++l) {
    if (activity[static_cast<std::size_t>(l)] != Activity::passive) used.push_back(l);
  }
  return {.mean_bits = total_correlation_bits(mean),
          .sampled_bits = total_correlation_bits(sampled),
          .used_mean_bits = total_correlation_bits(mean(Eigen::all, used)),
          .used_sampled_bits = total_correlation_bits(sampled(Eigen::all, used))};
}

}  // namespace venturi::measure
