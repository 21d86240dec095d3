// venturi/measure/pair_models.hpp
//
// Laws of a pair (X,Y) whose margins are known, as candidates for its information. The rows are
// normal scores (gaussian.hpp): columns of X, then of Y, every margin standard normal. Each model q
// is a density of the row with both its marginals in closed form, so that candidates compare by the
// held-out logarithm of q(y|x) and q(x|y), which no model can lift above the truth's.
//
//   gaussian copula  N(0, R)
//   t copula         t scores w = T_v^-1(Phi(z)) follow a Student law of v degrees of freedom and
//                    dispersion R; v and R of most likelihood
//   mixture          NormalMixture of all columns
//   leading pairs    the r leading canonical variates of both sides follow a NormalMixture, given
//                    those the rest is normal with the canonical correlations left
//
// Units: NATS. Cost: gaussian O(n d^2), t that 20 to 30 times, mixtures as normal_mixture.hpp.
// Errors: DataError for a singular correlation matrix; NormalMixture's.
// Sources: Hotelling 1936; Demarta, McNeil, "The t Copula and Related Copulas", Int. Stat. Review
// 73 (2005); normal_mixture.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

// Log densities of n rows, nats.
struct LogDensities {
  core::Vector both, x, y;
  core::Vector ratio() const { return both - x - y; }
  // The mean of ln q(y|x) and ln q(x|y).
  core::Vector conditional() const { return both - 0.5 * (x + y); }
};

class PairModel {
 public:
  virtual ~PairModel() = default;
  virtual std::string name() const = 0;
  // z: n*(dx+dy) normal scores.
  virtual LogDensities log_densities(const core::MatrixView& z) const = 0;
  // n rows; margins are the model's, near normal scores but for the t copula, whose are.
  virtual core::Matrix draw(core::Index n, core::Key key) const = 0;
  // The model's information, less the bias of fitting it, where a formula has it.
  virtual std::optional<double> nats() const { return std::nullopt; }
};

// z: n*(dx+dy), dx the columns of X.
std::unique_ptr<PairModel> fit_gaussian_copula(const core::MatrixView& z, core::Index dx);
std::unique_ptr<PairModel> fit_t_copula(const core::MatrixView& z, core::Index dx);
std::unique_ptr<PairModel> fit_mixture(const core::MatrixView& z, core::Index dx, int parts,
                                       core::Key key);
// 1 <= pairs <= min(dx, dy).
std::unique_ptr<PairModel> fit_leading_pairs(const core::MatrixView& z, core::Index dx,
                                             core::Index pairs, int parts, core::Key key);

// Canonical variates of the r leading pairs, n*2r: x's, then y's, each of variance 1.
core::Matrix canonical_variates(const core::MatrixView& z, core::Index dx, core::Index pairs);

}  // namespace venturi::measure
