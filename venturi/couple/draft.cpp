// venturi/couple/draft.cpp
#include "venturi/couple/draft.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace venturi::couple {
namespace {

struct Laws {
  Vector target;
  Vector draft;
};

Laws checked(const VectorView& target, const VectorView& draft, int drafts,
             std::string_view where) {
  if (target.size() != draft.size()) {
    core::fail_argument(where, "expected laws over one vocabulary, got {} and {} tokens",
                        target.size(), draft.size());
  }
  if (drafts < 1) core::fail_argument(where, "expected drafts >= 1, got {}", drafts);
  return {checked_distribution(target, where), checked_distribution(draft, where)};
}

void check_token(Index token, Index vocabulary, std::string_view where) {
  if (token < 0 || token >= vocabulary) {
    core::fail_argument(where, "expected tokens in [0, {}), got {}", vocabulary, token);
  }
}

double kept_mass(const Laws& laws, double rho) {
  return laws.draft.cwiseMin(laws.target / rho).sum();
}

// min(1, target / (rho draft)); tokens the draft cannot draw need no answer.
Vector keep_of(const Laws& laws, double rho) {
  Vector keep = Vector::Zero(laws.target.size());
  for (Index i = 0; i < keep.size(); ++i) {
    if (laws.draft[i] > 0) keep[i] = std::min(1.0, laws.target[i] / (rho * laws.draft[i]));
  }
  return keep;
}

double best_rho(const Laws& laws, int k) {
  // 1 - (1 - beta)^k - rho beta falls from >= 0 at rho = 1 to <= 0 at rho = k.
  double low = 1;
  double high = k;
  for (int step = 0; step < 60 && high - low > 1e-12; ++step) {
    const double middle = 0.5 * (low + high);
    const double beta = kept_mass(laws, middle);
    if (1 - std::pow(1 - beta, k) > middle * beta) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}

// What is owed of the target where no draft was accepted. All zero if that cannot happen.
Vector sequential_residual(const Laws& laws, double rho, int k) {
  const double beta = kept_mass(laws, rho);
  if (beta <= 0) return laws.target;
  const double share = (1 - std::pow(1 - beta, k)) / beta;
  return (laws.target - share * laws.draft.cwiseMin(laws.target / rho)).cwiseMax(0.0);
}

double resolved_rho(const Laws& laws, int k, double rho) {
  if (rho == 0) return best_rho(laws, k);
  if (!(rho >= 1 && rho <= k)) {
    core::fail_argument("couple.KSequential", "expected rho in [1, {}], got {}", k, rho);
  }
  return rho;
}

}  // namespace

Sampler::Sampler(const Vector& masses) : upto_(masses.size()) {
  double sum = 0;
  for (Index i = 0; i < masses.size(); ++i) upto_[i] = sum += masses[i];
}

Index Sampler::draw(core::Random& random) const {
  const double sum = upto_[upto_.size() - 1];
  if (!(sum > 0)) core::fail_bug("couple.Sampler.draw", "nothing to draw from");
  const double* const end = upto_.data() + upto_.size();
  // Above the drawn level: never a token of zero mass.
  const double* at = std::upper_bound(upto_.data(), end, random.uniform() * sum);
  return std::min<Index>(at - upto_.data(), upto_.size() - 1);
}

double maximal_coupling_acceptance(const VectorView& target, const VectorView& draft) {
  const Laws laws = checked(target, draft, 1, "couple.maximal_coupling_acceptance");
  return laws.target.cwiseMin(laws.draft).sum();
}

KSequential::KSequential(const VectorView& target, const VectorView& draft, int k, double rho)
    : k_(k), residual_(Vector::Zero(1)) {
  const Laws laws = checked(target, draft, k, "couple.KSequential");
  rho_ = resolved_rho(laws, k, rho);
  keep_ = keep_of(laws, rho_);
  acceptance_ = 1 - std::pow(1 - kept_mass(laws, rho_), k);
  const Vector owed = sequential_residual(laws, rho_, k);
  // Where every draft is kept, what is owed is rounding; the target stands in, never to be drawn.
  residual_ = Sampler(owed.sum() > 0 ? owed : laws.target);
}

Selection KSequential::select(std::span<const Index> drafts, core::Random& random) const {
  constexpr std::string_view kWhere = "couple.KSequential.select";
  if (static_cast<int>(drafts.size()) != k_) {
    core::fail_argument(kWhere, "expected {} drafts, got {}", k_, drafts.size());
  }
  for (int i = 0; i < k_; ++i) {
    check_token(drafts[i], keep_.size(), kWhere);
    if (random.uniform() < keep_[drafts[i]]) return {drafts[i], i};
  }
  return {residual_.draw(random), -1};
}

Selection select_maximal(const VectorView& target, const VectorView& draft, Index drafted,
                         core::Random& random) {
  const std::vector<Index> one{drafted};
  return KSequential(target, draft, 1).select(one, random);
}

Selection select_recursive(const VectorView& target, const VectorView& draft,
                           std::span<const Index> drafts, core::Random& random) {
  constexpr std::string_view kWhere = "couple.select_recursive";
  Laws laws = checked(target, draft, static_cast<int>(drafts.size()), kWhere);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const Index token = drafts[i];
    check_token(token, laws.target.size(), kWhere);
    if (random.uniform() * laws.draft[token] < laws.target[token]) {
      return {token, static_cast<int>(i)};
    }
    const Vector owed = (laws.target - laws.draft).cwiseMax(0.0);
    laws.target = owed / owed.sum();
  }
  return {Sampler(laws.target).draw(random), -1};
}

double recursive_acceptance(const VectorView& target, const VectorView& draft, int drafts) {
  Laws laws = checked(target, draft, drafts, "couple.recursive_acceptance");
  double refused = 1;
  for (int i = 0; i < drafts; ++i) {
    const double kept = laws.target.cwiseMin(laws.draft).sum();
    refused *= std::max(1 - kept, 0.0);
    const Vector owed = (laws.target - laws.draft).cwiseMax(0.0);
    if (!(owed.sum() > 0)) return 1;
    laws.target = owed / owed.sum();
  }
  return 1 - refused;
}

GreedyDraft::GreedyDraft(const VectorView& target, const VectorView& draft, int drafts)
    : rest_(Vector::Zero(1)), residual_(Vector::Zero(1)) {
  constexpr std::string_view kWhere = "couple.GreedyDraft";
  const Laws laws = checked(target, draft, drafts, kWhere);
  const Index vocabulary = laws.draft.size();
  if (drafts > vocabulary) {
    core::fail_argument(kWhere, "expected drafts <= {} tokens, got {}", vocabulary, drafts);
  }
  std::vector<Index> order(vocabulary);
  std::iota(order.begin(), order.end(), Index{0});
  std::partial_sort(order.begin(), order.begin() + drafts - 1, order.end(), [&](Index i, Index j) {
    return laws.draft[i] > laws.draft[j] || (laws.draft[i] == laws.draft[j] && i < j);
  });
  top_.assign(order.begin(), order.begin() + drafts - 1);
  rank_.assign(vocabulary, -1);
  for (std::size_t k = 0; k < top_.size(); ++k) rank_[top_[k]] = static_cast<int>(k);
  Vector rest = laws.draft;
  for (const Index i : top_) rest[i] = 0;
  if (!(rest.sum() > 0)) {
    // The likeliest hold all the mass; the last draft may be any other token.
    for (Index i = 0; i < vocabulary; ++i) rest[i] = rank_[i] < 0 ? 1 : 0;
  }
  rest /= rest.sum();
  rest_ = Sampler(rest);
  keep_ = Vector::Zero(vocabulary);
  Vector owed = laws.target;
  for (Index i = 0; i < vocabulary; ++i) {
    if (rank_[i] >= 0) {
      acceptance_ += laws.target[i];
      continue;
    }
    const double kept = std::min(laws.target[i], rest[i]);
    acceptance_ += kept;
    if (rest[i] > 0) keep_[i] = kept / rest[i];
    owed[i] -= kept;
  }
  residual_ = Sampler(owed.sum() > 0 ? owed : laws.target);
}

std::vector<Index> GreedyDraft::draw(core::Random& random) const {
  std::vector<Index> out = top_;
  out.push_back(rest_.draw(random));
  return out;
}

Selection GreedyDraft::select(std::span<const Index> drafts, core::Random& random) const {
  constexpr std::string_view kWhere = "couple.GreedyDraft.select";
  if (drafts.size() != top_.size() + 1) {
    core::fail_argument(kWhere, "expected {} drafts, got {}", top_.size() + 1, drafts.size());
  }
  const Index last = drafts.back();
  check_token(last, keep_.size(), kWhere);
  if (random.uniform() < keep_[last]) return {last, static_cast<int>(top_.size())};
  const Index token = residual_.draw(random);
  return {token, rank_[token]};
}

}  // namespace venturi::couple
