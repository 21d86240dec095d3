// venturi/measure/spread.hpp
//
// How far an estimate can be off by chance (interval from parts of the rows), and how often chance
// alone reaches it (surrogates). mutual_information.hpp says what is computed; this is how.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"
#include "venturi/measure/estimate.hpp"

namespace venturi::measure {

// The estimate in bits from the rows named.
using Statistic = std::function<double(std::span<const core::Index> rows)>;

struct Design {
  core::Index n, columns;  // rows; columns of all variables
  int k;
  bool series;
  core::Index block;  // rows of a stretch of a series; 0: a tenth
  double level;
};

// Sets standard error, low, high and level of an estimate that has bits, method and n; where there
// are too few rows they are infinite, and a warning says so. InvalidArgument for a block too short
// for the method or longer than half the series.
void add_interval(Estimate& estimate, const Statistic& bits_of, const Design& design,
                  core::Key key);

using Rows = std::vector<core::Index>;

// An order of the rows under which they have lost their partners: shuffled; of a series, shifted
// circularly by at least one row (block 0) or with its blocks shuffled. n >= 2.
Rows surrogate_rows(core::Index n, bool series, core::Index block, core::Key key);

// Orders that keep each row's tie to z: every row gets the partner of one of its 5 nearest in z
// (itself among them), each used once where that is possible; where z has few values, of any row of
// equal z. Source: Runge, AISTATS 2018, algorithm 1.
class LocalSurrogates {
 public:
  explicit LocalSurrogates(const core::MatrixView& z);
  Rows rows(core::Key key) const;

 private:
  bool classes_ = false;
  std::vector<Rows> near_;  // of each row; or, by class, its rows
};

}  // namespace venturi::measure
