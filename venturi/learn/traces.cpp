#include "venturi/learn/traces.hpp"

#include <algorithm>
#include <cmath>

namespace venturi::learn {

Mean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double x : values) mean += x / n;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

double in_errors(double value, double error) { return error > 0 ? value / error : 0; }

double in_errors(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> gap;
  for (std::size_t i = 0; i < a.size(); ++i) gap.push_back(a[i] - b[i]);
  const Mean mean = mean_of(gap);
  return in_errors(mean.value, mean.error);
}

std::size_t top(const Traces& traces, std::size_t but) {
  std::vector<double> sums(traces[0].size());
  for (std::size_t n = 0; n < traces.size(); ++n) {
    for (std::size_t s = 0; s < sums.size() && n != but; ++s) sums[s] += traces[n][s];
  }
  return static_cast<std::size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
}

std::vector<double> lost_from_top(const Traces& traces) {
  std::vector<double> out;
  for (std::size_t n = 0; n < traces.size(); ++n) {
    out.push_back(traces[n][top(traces, n)] - traces[n].back());
  }
  return out;
}

}  // namespace venturi::learn
