// venturi/couple/draft.hpp
//
// Draft selection of speculative decoding: tokens drawn from a draft law q are to be turned into
// one token of exactly the target law p, keeping a drafted token as often as possible. That is
// optimal transport with the cost 1[token not among the drafts]. Acceptance: the probability that
// it is.
//   one draft     maximal coupling: acceptance sum_i min(p_i, q_i), the most there is.
//   k drafts iid  k-sequential selection (SpecTr): accept draft i with probability
//                 min(1, p / (rho q)); rho* in [1, k] solves 1 - (1 - beta)^k = rho beta with
//                 beta(rho) = sum min(q, p / rho); acceptance 1 - (1 - beta)^k, which is at least
//                 1 - (1 - 1/k)^k >= 1 - 1/e of the optimum.
//   recursive rejection: maximal coupling on the residual, draft after draft.
//   the optimum   by the dual: 1 + min_H (P(H) - Q(H)), Q(H) = probability that all drafts lie in
//   H.
//                 H may be taken as a prefix in falling q_i / p_i.
// Probabilities are checked as in table.hpp. Everything here costs O(V log V) but for draws without
// replacement (below). Sources: Sun et al., "SpecTr", NeurIPS 2023, algorithm 2 and theorem 1; Hu
// et al., "Towards optimal multi-draft speculative decoding", ICLR 2025, sections 3-5.
#pragma once

#include <span>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

struct Selection {
  Index token = 0;
  int draft = -1;  // which draft it is; -1: none was accepted, the token is from the residual
};

// A law that is drawn from often. O(V) to make, O(log V) a draw.
class Sampler {
 public:
  explicit Sampler(const Vector& masses);  // need not sum to one; all zero draws are a BugError
  Index draw(core::Random& random) const;

 private:
  Vector upto_;
};

double maximal_coupling_acceptance(const VectorView& target, const VectorView& draft);

// Tokens from `draft` drawn one by one, each independent.
class KSequential {
 public:
  // rho = 0: rho* to 1e-12. k >= 1; rho in [1, k].
  KSequential(const VectorView& target, const VectorView& draft, int k, double rho = 0);

  // `drafts` holds k tokens drawn independently from the draft law. Exact for any rho >= rho*.
  Selection select(std::span<const Index> drafts, core::Random& random) const;

  double rho() const { return rho_; }
  double acceptance() const { return acceptance_; }
  int k() const { return k_; }

 private:
  int k_;
  double rho_ = 1;
  double acceptance_ = 0;
  Vector keep_;  // V: probability of accepting this token
  Sampler residual_;
};

// One draft: KSequential with k = 1.
Selection select_maximal(const VectorView& target, const VectorView& draft, Index drafted,
                         core::Random& random);

// Recursive rejection on independent drafts: the target is replaced by its residual after each
// refusal. O(V) a refusal.
Selection select_recursive(const VectorView& target, const VectorView& draft,
                           std::span<const Index> drafts, core::Random& random);
double recursive_acceptance(const VectorView& target, const VectorView& draft, int drafts);

// The n - 1 likeliest tokens of the draft law and one drawn from the others: its optimal selection
// is a maximal coupling with that one draw, acceptance P(top) + sum_rest min(p, q / q(rest)).
class GreedyDraft {
 public:
  GreedyDraft(const VectorView& target, const VectorView& draft, int drafts);
  std::vector<Index> draw(core::Random& random) const;  // n tokens, the drawn one last
  Selection select(std::span<const Index> drafts, core::Random& random) const;
  double acceptance() const { return acceptance_; }

 private:
  std::vector<Index> top_;
  Vector keep_;  // V: probability of keeping the drawn token
  double acceptance_ = 0;
  Sampler rest_;
  Sampler residual_;
  std::vector<int> rank_;  // V: place in top_, or -1
};

enum class DraftDraw { with_replacement, without_replacement };

struct OptimalAcceptance {
  double acceptance = 0;
  Index set_size = 0;  // tokens in the minimising H
};

// The optimum over all selections. With replacement: O(V log V), exact to rounding. Without: the
// drafts are the first n of exponential clocks of rates q_i, so Q(H) is an integral over the time
// of the first clock outside H of a Poisson-binomial tail; trapezoid rule in log time, absolute
// error <= 1e-9, O(V n nodes) with 50 to 130 nodes, in parallel over nodes. 1 <= drafts <= 64. If
// fewer tokens than `drafts` have mass, all of them are drafted.
OptimalAcceptance optimal_acceptance(const VectorView& target, const VectorView& draft, int drafts,
                                     DraftDraw draw = DraftDraw::with_replacement);

}  // namespace venturi::couple
