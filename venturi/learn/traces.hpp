// venturi/learn/traces.hpp
//
// Figures of many trained networks: means with their standard errors, and what a quantity that was
// followed over epochs has lost from its highest point.
#pragma once

#include <cstddef>
#include <vector>

namespace venturi::learn {

struct Mean {
  double value = 0;
  double error = 0;  // standard error; 0 of a single value
};
Mean mean_of(const std::vector<double>& values);

// A value in its standard errors; 0 where the error is 0.
double in_errors(double value, double error);
// The mean of paired differences a[i] - b[i] in its standard errors.
double in_errors(const std::vector<double>& a, const std::vector<double>& b);

// traces[network][snapshot].
using Traces = std::vector<std::vector<double>>;

// The snapshot at which the mean over all networks but `but` is greatest; but = traces.size(): over
// all.
std::size_t top(const Traces& traces, std::size_t but);

// Of each network, what it fell by from the snapshot at which the others' mean is greatest to the
// last one: choosing that snapshot then adds nothing to the network's own loss. At least two
// networks.
std::vector<double> lost_from_top(const Traces& traces);

}  // namespace venturi::learn
