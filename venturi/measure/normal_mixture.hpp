// venturi/measure/normal_mixture.hpp
//
// A mixture of K normal laws with covariances of their own, fitted by expectation-maximisation.
//
//   q(z) = sum_k w_k N(z; m_k, S_k),   S_k = (sum_i r_ik (z_i - m_k)(z_i - m_k)^T + S/10) /
//                                            sum_i r_ik,     S the covariance of all rows
// The tenth of a row keeps components of few rows regular. Three starts (k-means; rows in classes
// of equal mass along a principal direction of the last columns; the same along the rows' norms)
// of 10 steps each, the best of which goes on until a step adds less than 3e-5 nats a row (at most
// 80 steps).
//
// Shapes: z n*d. Units: NATS. Cost: O(n K d^2) a step, some 40 to 110 steps. Deterministic for a
// key. Errors: InvalidArgument unless 1 <= K and n > K (d + 1); DataError for values that are not
// finite, and where a column does not vary.
// Source: Dempster, Laird, Rubin, JRSS B 39 (1977); McLachlan, Peel, "Finite Mixture Models",
// 2000, section 3.2.
#pragma once

#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

class NormalMixture {
 public:
  struct Part {
    double weight;               // they add to 1
    core::Vector mean;           // d
    Eigen::MatrixXd covariance;  // d*d
  };

  explicit NormalMixture(std::vector<Part> parts);
  // `tail`: how many of the last columns make up the second of two variables.
  static NormalMixture fit(const core::MatrixView& z, int parts, core::Index tail, core::Key key);

  // ln q of each row: n.
  core::Vector log_density(const core::MatrixView& z) const;
  // The law of the columns first .. first + count - 1.
  NormalMixture marginal(core::Index first, core::Index count) const;
  core::Matrix draw(core::Index n, core::Key key) const;
  const std::vector<Part>& parts() const { return parts_; }

 private:
  // ln (w_k N(z_i; m_k, S_k)) of columns z (d*n): K*n.
  Eigen::MatrixXd log_terms(const Eigen::MatrixXd& columns) const;
  static NormalMixture from_shares(const Eigen::MatrixXd& columns, const Eigen::MatrixXd& shares,
                                   const Eigen::MatrixXd& ridge);
  // A step of expectation-maximisation; the mean ln q before it.
  double step(const Eigen::MatrixXd& columns, const Eigen::MatrixXd& ridge);

  std::vector<Part> parts_;
  std::vector<Eigen::MatrixXd> whitening_;  // inverse Cholesky factors
  std::vector<double> log_scale_;
};

}  // namespace venturi::measure
