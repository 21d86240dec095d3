// venturi/measure/certificate.hpp
//
// Does an estimator keep the laws of information on these very data? Four tests that need no truth,
// for any estimator of I(X;Y), labels or numbers:
//
//   independence     y in an order of its own: the estimate is 0. Its deviation over 5 such orders
//                    is the noise level s0.
//   data processing  half of the columns of x or of y alone, or y of which a quarter of the rows is
//                    exchanged for others, tell no more than before
//   no news          y with one more column, its own first in a random order, tells as much
//   additivity       two halves of the rows side by side, [x1,x2] with [y1,y2], tell what both
//                    halves tell alone, together
//
// Tolerances, with s = (s0^2 + se^2)^1/2, se the standard error of the estimate: independence 3 s0
// over the root of 5, .01 bits and 2 % of the estimate; processing 2 s; no news 2 s and 5 %;
// additivity, on half of the rows, 4 s and 5 %.
// A pass does not prove an estimate right (an estimator that always says 0 passes); a failure
// proves it inconsistent.
// Shapes: x n*dx, y n*dy, n >= 100. At most 5,000 rows are used, drawn at random. Units: BITS.
// Cost: some 13 estimates. Errors: InvalidArgument for different lengths or fewer rows; the
// estimator's.
// Source: Song, Ermon, "Understanding the Limitations of Variational Mutual Information
// Estimators", ICLR 2020, section 5, there for images and their upper rows.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

struct ConsistencyTest {
  std::string name;  // "additivity: two halves side by side"
  double bits = 0;
  double expected = 0;
  double tolerance = 0;
  std::string relation = "=";  // or "<="
  bool passes() const;
};

struct Certificate {
  double bits = 0, standard_error = 0;  // of the rows used
  double noise = 0;                     // s0
  std::size_t n = 0;                    // rows used
  std::vector<ConsistencyTest> tests;
  bool passes() const;
  core::Json json() const;
};

struct BitsAndError {
  double bits, standard_error;
};
// The estimator: of rows as they come.
using Informant = std::function<BitsAndError(const core::Matrix& x, const core::Matrix& y)>;

Certificate certify(const Informant& informant, const core::MatrixView& x,
                    const core::MatrixView& y, core::Key key);

}  // namespace venturi::measure
