// venturi/measure/bins.hpp
//
// Continuous columns to integer codes, for any discrete estimator (rows as single labels:
// joint_labels() of discrete.hpp). Codes are row-major, n*d like x.
//   width  B bins of equal width between a column's least and largest value
//   mass   the rank of a value, equal values sharing their mean rank, in B equal parts: bins of
//          equal mass, ties kept together (so that some bins may stay empty)
//   ebab   entropy-based adaptive binning, one column (neuron) at a time: edges at the U distinct
//          values of rank floor(k U / B), k = 0..B-1, and at the largest, which has a bin of its
//          own as published; the code is the number of edges <= the value. The distinct values that
//          a saturating unit sits at can be left out as `floor`: values <= floor get code 0
// What it means: information of binned values is that of the bins; it depends on B, and for one-to-
// one maps of continuous data measures the bins alone.
// Cost: O(d n log n). Errors: InvalidArgument for B < 1 or > 2^30, an empty array; DataError for
// NaN or infinities. Source: Chelombiev, Houghton, O'Donnell, ICLR 2019 (ebab; its edges pool a
// whole layer, which pooled_adaptive_codes() does); Shwartz-Ziv, Tishby 2017 (width).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "venturi/core/members.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

using BinMethod = std::vector<std::int32_t> (*)(const core::MatrixView& x, int bins);
std::span<const core::Member<BinMethod>> bin_methods();

std::vector<std::int32_t> equal_width_codes(const core::MatrixView& x, int bins);
std::vector<std::int32_t> equal_mass_codes(const core::MatrixView& x, int bins);

// floor: 0 for ReLU, -1 for tanh; by default no value is left out.
std::vector<std::int32_t> adaptive_codes(const core::MatrixView& x, int bins,
                                         double floor = -std::numeric_limits<double>::infinity());
// The same edges for all columns, from their values together.
std::vector<std::int32_t> pooled_adaptive_codes(
    const core::MatrixView& x, int bins, double floor = -std::numeric_limits<double>::infinity());

}  // namespace venturi::measure
