// venturi/couple/table.hpp
//
// Distributions and joint tables of discrete variables, checked once at the door: every mass finite
// and not negative, the whole equal to one. Entropies of them, in bits.
//   H(p) = -sum_i p_i log2 p_i,   I(X;Y) = sum_xy p(x,y) log2 (p(x,y) / (p(x) p(y))),  0 log 0 = 0.
// Cost O(size). Relative error of the sums about 1e-15 * log2(size).
#pragma once

#include <string_view>
#include <vector>

#include "venturi/core/options.hpp"
#include "venturi/core/units.hpp"
#include "venturi/core/views.hpp"

namespace venturi::couple {

using core::Bits;
using core::Index;
using core::Matrix;
using core::MatrixView;
using core::Vector;
using core::VectorView;

struct TableOptions {
  bool normalise = false;
  double tolerance = 1e-9;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("normalise", self.normalise,
          "divide by the sum instead of refusing a sum that is not one");
    visit("tolerance", self.tolerance, "largest |sum - 1| that is taken as one",
          core::between(0, 1e-3));
  }
};

// The masses divided by their sum. DataError, naming the place, for a NaN, an infinity, a negative
// mass, a sum of zero, or (unless normalising) a sum farther than `tolerance` from one.
// InvalidArgument if there is no mass at all (size 0). `where` is "room.function".
Vector checked_distribution(const VectorView& p, std::string_view where,
                            const TableOptions& options = {});

// A joint table on its support: rows and columns of zero mass are left out, and remembered.
struct Joint {
  Matrix p;                    // x*y, all row and column sums > 0, sum one
  Vector px;                   // x, row sums
  Vector py;                   // y, column sums
  std::vector<Index> rows;     // row i of p is row rows[i] of the table that was given
  std::vector<Index> columns;  // likewise for columns
  Index given_rows = 0;
  Index given_columns = 0;

  // x*y: p(y|x), rows sum to one.
  Matrix conditional() const;
};

// Checks as checked_distribution() does. A table of one cell is fine: its entropies are zero.
Joint make_joint(const MatrixView& table, const TableOptions& options = {});
// The joint table of a law over x and a channel p(y|x) (x*y, rows sum to one where px > 0).
Joint make_joint(const VectorView& px, const MatrixView& channel, const TableOptions& options = {});

// -p log2 p, zero at zero.
double plogp_bits(double p);
// Masses need not sum to one: the sum of -p log2 p.
double entropy_bits(const VectorView& p);
double joint_entropy_bits(const MatrixView& p);
// h(p) of one bit that is 1 with probability p.
double binary_entropy_bits(double p);
double mutual_information_bits(const MatrixView& joint);
// KL(p || q) in bits; infinite where q is zero and p is not.
double kl_bits(const VectorView& p, const VectorView& q);
// Jensen-Shannon divergence of p and q with weights a and b, a + b = 1.
double jensen_shannon_bits(const VectorView& p, const VectorView& q, double a);

}  // namespace venturi::couple
