// venturi/couple/optimal_acceptance.cpp: optimal_acceptance() of draft.hpp.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "venturi/couple/draft.hpp"
#include "venturi/couple/kernels.hpp"

namespace venturi::couple {
namespace {

constexpr std::string_view kWhere = "couple.optimal_acceptance";
constexpr Index kLanes = 8;    // of Kernels::count_rings
constexpr Index kBlock = 64;   // tokens between stored states
constexpr double kStep = 0.4;  // in log time; error of the rule about exp(-pi^2 / kStep) = 2e-11

// Tokens that the draft can draw, in falling draft / target.
struct Ordered {
  Vector target;
  Vector draft;
};

Ordered order(const Vector& target, const Vector& draft) {
  struct Entry {
    double ratio;  // target / draft, rising
    Index token;
  };
  std::vector<Entry> entries;
  for (Index i = 0; i < draft.size(); ++i) {
    if (draft[i] > 0) entries.push_back({target[i] / draft[i], i});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.ratio < b.ratio || (a.ratio == b.ratio && a.token < b.token);
  });
  Ordered out{Vector(entries.size()), Vector(entries.size())};
  for (std::size_t k = 0; k < entries.size(); ++k) {
    out.target[static_cast<Index>(k)] = target[entries[k].token];
    out.draft[static_cast<Index>(k)] = draft[entries[k].token];
  }
  return out;
}

OptimalAcceptance with_replacement(const Ordered& laws, int drafts) {
  OptimalAcceptance out;
  double least = 0;
  double target = 0;
  double draft = 0;
  for (Index i = 0; i < laws.draft.size(); ++i) {
    target += laws.target[i];
    draft += laws.draft[i];
    const double value = target - std::pow(std::min(draft, 1.0), drafts);
    if (value < least) {
      least = value;
      out.set_size = i + 1;
    }
  }
  out.acceptance = 1 + least;
  return out;
}

// Draws without replacement. Token i rings at an exponential time of rate q_i; the drafts are the
// first n to ring. With s the rate outside H and N(t) the number of H that rang by t,
//   1 - Q(H) = integral_0^inf s e^{-st} P(N(t) < n) dt.
class Clocks {
 public:
  Clocks(const Ordered& laws, int drafts) : laws_(laws), counts_(drafts), kernels_(kernels()) {
    // Before t_0 more than n - 1 rings are negligible: t^{n+1}; after t_last n of them are certain.
    const double first = std::log(drafts == 2 ? 3e-5 : 1e-3);
    std::vector<double> sorted(laws.draft.data(), laws.draft.data() + laws.draft.size());
    std::nth_element(sorted.begin(), sorted.begin() + drafts - 1, sorted.end(), std::greater<>());
    const double last = std::log(40 / sorted[drafts - 1]);
    const auto nodes = static_cast<Index>(std::ceil((last - first) / kStep)) + 1;
    times_.resize((nodes + kLanes - 1) / kLanes * kLanes);
    for (Index k = 0; k < times_.size(); ++k) {
      times_[k] = std::exp(first + kStep * static_cast<double>(k));
    }
    const Index n = laws.draft.size();
    target_upto_.resize(n + 1);
    rate_outside_.resize(n + 1);
    target_upto_[0] = 0;
    rate_outside_[n] = 0;
    for (Index i = 0; i < n; ++i) target_upto_[i + 1] = target_upto_[i] + laws.target[i];
    for (Index i = n; i-- > 0;) rate_outside_[i] = rate_outside_[i + 1] + laws.draft[i];
  }

  // P(H) - Q(H) at every block's end, then inside the blocks that can hold the least value: there
  // it is at least P at the block's start minus Q at its end.
  OptimalAcceptance solve() {
    const Index n = laws_.draft.size();
    const Index blocks = (n + kBlock - 1) / kBlock;
    advance(blocks);
    Vector all_in(blocks + 1);
    all_in[0] = 0;
    OptimalAcceptance out;
    double least = 0;
    const auto offer = [&](Index size, double value) {
      if (value >= least) return;
      least = value;
      out.set_size = size;
    };
    for (Index b = 1; b <= blocks; ++b) {
      const Index size = std::min(b * kBlock, n);
      all_in[b] = all_in_set(size, states_.data() + b * state_size());
      offer(size, target_upto_[size] - all_in[b]);
    }
    std::vector<double> state(state_size());
    for (Index b = 0; b < blocks; ++b) {
      if (target_upto_[b * kBlock] - all_in[b + 1] >= least - 1e-12) continue;
      std::copy_n(states_.data() + b * state_size(), state_size(), state.data());
      for (Index i = b * kBlock; i + 1 < std::min((b + 1) * kBlock, n); ++i) {
        for (Index g = 0; g < groups(); ++g) ring(g, i, 1, state.data());
        offer(i + 1, target_upto_[i + 1] - all_in_set(i + 1, state.data()));
      }
    }
    out.acceptance = 1 + least;
    return out;
  }

 private:
  Index groups() const { return times_.size() / kLanes; }
  Index state_size() const { return times_.size() * counts_; }

  void ring(Index group, Index first, Index count, double* state) const {
    kernels_.count_rings(laws_.draft.data() + first, static_cast<std::size_t>(count),
                         times_.data() + group * kLanes, state + group * kLanes * counts_,
                         static_cast<std::size_t>(counts_));
  }

  void advance(Index blocks) {
    const Index n = laws_.draft.size();
    states_.assign(static_cast<std::size_t>((blocks + 1) * state_size()), 0.0);
#pragma omp parallel for schedule(dynamic, 1)
    for (Index g = 0; g < groups(); ++g) {
      const Index at = g * kLanes * counts_;
      std::fill_n(states_.data() + at, kLanes, 1.0);  // none has rung
      for (Index b = 0; b < blocks; ++b) {
        double* const here = states_.data() + (b + 1) * state_size();
        std::copy_n(here - state_size() + at, kLanes * counts_, here + at);
        ring(g, b * kBlock, std::min(kBlock, n - b * kBlock), here);
      }
    }
  }

  // Q(H) for the first `size` tokens, whose counts are in `state`.
  double all_in_set(Index size, const double* state) const {
    if (size < counts_) return 0;
    const double s = rate_outside_[size];
    if (s <= 0) return 1;
    // Nodes before the first: P(N < n) = 1 there, and their sum is a geometric series in t.
    const double before = s * times_[0];
    double power = 1;
    double outside = 0;
    for (int m = 1; m <= 5; ++m) {
      outside += power * before / std::expm1(m * kStep);
      power *= -before / m;
    }
    outside *= kStep;
    for (Index k = 0; k < times_.size(); ++k) {
      const double* column = state + (k / kLanes) * kLanes * counts_ + k % kLanes;
      double fewer = 0;
      for (Index j = 0; j < counts_; ++j) fewer += column[j * kLanes];
      outside += kStep * s * times_[k] * std::exp(-s * times_[k]) * fewer;
    }
    return std::clamp(1 - outside, 0.0, 1.0);
  }

  const Ordered& laws_;
  Index counts_;
  const Kernels& kernels_;
  Vector times_;
  Vector target_upto_;
  Vector rate_outside_;
  std::vector<double> states_;  // (blocks + 1) * groups * counts * lanes
};

}  // namespace

OptimalAcceptance optimal_acceptance(const VectorView& target, const VectorView& draft, int drafts,
                                     DraftDraw draw) {
  if (target.size() != draft.size()) {
    core::fail_argument(kWhere, "expected laws over one vocabulary, got {} and {} tokens",
                        target.size(), draft.size());
  }
  if (drafts < 1 || drafts > 64) {
    core::fail_argument(kWhere, "expected drafts in [1, 64], got {}", drafts);
  }
  const Ordered laws =
      order(checked_distribution(target, kWhere), checked_distribution(draft, kWhere));
  const auto support = static_cast<int>(std::min<Index>(laws.draft.size(), 65));
  if (draw == DraftDraw::with_replacement || drafts == 1) return with_replacement(laws, drafts);
  if (drafts >= support) return {laws.target.sum(), support};
  return Clocks(laws, drafts).solve();
}

}  // namespace venturi::couple
