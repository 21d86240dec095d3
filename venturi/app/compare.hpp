// venturi/app/compare.hpp: a comparison of methods as tables, plots and sentences.
#pragma once

#include "venturi/core/table.hpp"
#include "venturi/learn/comparison.hpp"

namespace venturi::app {

// Chosen models of each method at r >= 0, .3, .5, .6, .8.
core::Table choice_table(const learn::Comparison& comparison);
// What a record keeps: notes that answer which method, which beta, how many bits; tables; plots;
// every model.
core::Json comparison_results(const learn::Comparison& comparison);

}  // namespace venturi::app
