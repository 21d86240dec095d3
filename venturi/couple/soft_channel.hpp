// venturi/couple/soft_channel.hpp
//
// The state of a soft bottleneck q(t|x) and its alternating updates, on which ib.hpp is built:
//   q(t|x) = exp((log q(t) - beta KL(p(y|x) || q(y|t))) / alpha) / Z_x,
//   q(t) = sum_x p(x) q(t|x),   q(y|t) = sum_x p(x) q(t|x) p(y|x) / q(t).
// A sweep is two matrix products and |X| |T| exponentials: O(|X| |T| |Y|), and lowers
//   L = H(T) - alpha H(T|X) - beta I(T;Y)   (nats inside this file).
#pragma once

#include "venturi/couple/table.hpp"

namespace venturi::couple {

class SoftChannel {
 public:
  // Keeps a reference to `joint`. 0 < alpha <= 1.
  SoftChannel(const Joint& joint, double alpha);

  // x*t, rows need not sum to one exactly.
  void set_encoder(Matrix encoder);
  // From cluster masses (t) and q(y|t) (t*y), at `beta`.
  void set_decoder(const Vector& mass, const Matrix& decoder, double beta);

  struct Limits {
    double tolerance_nats = 1e-11;  // fall of L in a sweep to stop at
    int sweep_limit = 2000;
    double end_seconds = 0;           // by core::now_seconds()
    double merge_slack_nats = 1e-12;  // by which a merge may raise L while t > 24
  };
  struct Outcome {
    int sweeps = 0;
    bool converged = false;
  };
  // Sweeps, merging clusters whenever that does not raise L, until L stands still.
  Outcome run(double beta, const Limits& limits);

  // Splits in two each cluster that is unstable at `beta` while there are fewer than `most`;
  // returns how many were.
  int split(double beta, int most);
  // The beta above which some cluster splits: alpha over the largest eigenvalue, over t, of the
  // covariance of (p(y|x) - q(y|t)) / sqrt(q(y|t)) under p(x|t). Infinite if no cluster can.
  double next_critical_beta() const;

  int clusters() const { return static_cast<int>(mass_.size()); }
  const Vector& mass() const { return mass_; }        // t
  const Matrix& encoder() const { return encoder_; }  // x*t
  Matrix decoder() const;                             // t*y
  double entropy_nats() const;                        // H(T)
  double conditional_entropy_nats() const;            // H(T|X)
  double relevance_nats() const;                      // I(T;Y)

 private:
  double encode(const Matrix& table, double beta);
  void decode();
  void drop_empty();
  int merge(double beta, double slack);
  double merging(Index s, Index t, double beta, double limit) const;
  struct Mode {
    double eigenvalue = 0;
    Vector direction;  // x: sum_y v(y) (p(y|x) - q(y|t)) / sqrt(q(y|t))
  };
  Mode leading_mode(Index t) const;

  const Joint* joint_;
  double alpha_;
  Matrix conditional_;  // x*y: p(y|x)
  double entropy_y_nats_;
  Matrix encoder_;  // x*t
  Vector mass_;     // t
  Matrix table_;    // t*y: p(t,y)
  Matrix scores_;   // x*t: sum_y p(y|x) log q(y|t)
};

}  // namespace venturi::couple
