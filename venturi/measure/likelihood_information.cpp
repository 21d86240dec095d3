#include "venturi/measure/likelihood_information.hpp"

#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"

namespace venturi::measure {
namespace {

constexpr const char* kWhere = "measure.likelihood_information";

// log sum_j exp row_j over all j, and over all but `own`.
struct LogSums {
  double all, others;
};

LogSums log_sums(const core::MatrixView& l, core::Index row, core::Index own) {
  double most = -std::numeric_limits<double>::infinity(), most_of_others = most;
  for (core::Index j = 0; j < l.cols(); ++j) {
    most = std::max(most, l(row, j));
    if (j != own) most_of_others = std::max(most_of_others, l(row, j));
  }
  if (std::isinf(most_of_others)) return {l(row, own), most_of_others};
  double all = 0, others = 0;
  for (core::Index j = 0; j < l.cols(); ++j) {
    all += std::exp(l(row, j) - most);
    if (j != own) others += std::exp(l(row, j) - most_of_others);
  }
  return {most + std::log(all), most_of_others + std::log(others)};
}

Estimate over_inputs(const std::vector<double>& bits, const char* method) {
  const auto n = static_cast<double>(bits.size());
  double mean = 0, squares = 0;
  for (const double b : bits) mean += b / n;
  for (const double b : bits) squares += (b - mean) * (b - mean);
  return normal_estimate(mean, std::sqrt(squares / (n - 1) / n), method, bits.size());
}

}  // namespace

LikelihoodInformation likelihood_information(const core::MatrixView& l) {
  const core::Index n = l.cols();
  if (n < 2 || l.rows() < n || l.rows() % n != 0) {
    core::fail_argument(kWhere, "expected (n m)*n log-likelihoods, n >= 2, got {}*{}", l.rows(), n);
  }
  const core::Index m = l.rows() / n;
  std::vector<double> lower(n), upper(n);
  for (core::Index row = 0; row < l.rows(); ++row) {
    const core::Index i = row / m;
    for (core::Index j = 0; j < n; ++j) {
      if (!(l(row, j) < std::numeric_limits<double>::infinity())) {
        core::fail_data(kWhere, "expected logarithms of probabilities, row {}, column {} has {}",
                        row, j, l(row, j));
      }
    }
    if (std::isinf(l(row, i))) {
      core::fail_data(kWhere, "message {} of input {} has probability 0 under it", row % m, i);
    }
    const LogSums sums = log_sums(l, row, i);
    const auto per = core::kBitsPerNat / static_cast<double>(m);
    lower[i] += per * (l(row, i) - sums.all + std::log(static_cast<double>(n)));
    upper[i] += per * (l(row, i) - sums.others + std::log(static_cast<double>(n - 1)));
  }
  return {over_inputs(lower, "likelihoods, lower bound"),
          over_inputs(upper, "likelihoods, upper bound")};
}

}  // namespace venturi::measure
