#include "venturi/learn/bounds.hpp"

#include <cmath>
#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::learn {

using tensor::Tensor;

namespace {

std::int64_t size_of(const Tensor& scores) {
  if (scores.dim() != 3 || scores.size(1) != scores.size(2) || scores.size(1) < 2) {
    core::fail_argument("learn.bounds", "expected scores (m*n*n, n >= 2), got {} dimensions",
                        scores.dim());
  }
  return scores.size(1);
}

Tensor joint_scores(const Tensor& scores) { return scores.diagonal(0, 1, 2); }

Tensor eye(const Tensor& scores) {
  return torch::eye(size_of(scores), scores.options().dtype(torch::kBool));
}

Tensor without_diagonal(const Tensor& scores) {
  return scores.masked_fill(eye(scores), -std::numeric_limits<double>::infinity());
}

double log_pairs(std::int64_t n) { return std::log(static_cast<double>(n) * double(n - 1)); }

Tensor mean_apart(const Tensor& scores) {
  const auto n = static_cast<double>(size_of(scores));
  return (scores.sum({1, 2}) - joint_scores(scores).sum(1)) / (n * (n - 1));
}

}  // namespace

Tensor joint_mean(const Tensor& scores) {
  size_of(scores);
  return joint_scores(scores).mean(1);
}

Tensor log_mean_exp_apart(const Tensor& scores) {
  const std::int64_t n = size_of(scores);
  return without_diagonal(scores).flatten(1).logsumexp(1) - log_pairs(n);
}

Tensor donsker_varadhan(const Tensor& scores) {
  return joint_mean(scores) - log_mean_exp_apart(scores);
}

Tensor nguyen_wainwright_jordan(const Tensor& scores) {
  return joint_mean(scores) - (log_mean_exp_apart(scores) - 1).exp();
}

Tensor tuba(const Tensor& scores, const Tensor& log_baseline) {
  return joint_mean(scores) - (log_mean_exp_apart(scores) - log_baseline).exp() - log_baseline + 1;
}

Tensor info_nce(const Tensor& scores) {
  const std::int64_t n = size_of(scores);
  return std::log(static_cast<double>(n)) + joint_mean(scores) - scores.logsumexp(2).mean(1);
}

Tensor jensen_shannon(const Tensor& scores) {
  namespace F = torch::nn::functional;
  return -F::softplus(-joint_scores(scores)).mean(1) - mean_apart(F::softplus(scores));
}

Tensor smile(const Tensor& scores, double tau) {
  return joint_mean(scores) - log_mean_exp_apart(scores.clamp(-tau, tau));
}

Tensor wasserstein(const Tensor& scores) { return joint_mean(scores) - mean_apart(scores); }

Tensor club(const Tensor& scores) { return joint_mean(scores) - scores.mean({1, 2}); }

Tensor leave_one_out(const Tensor& scores) {
  const auto others = static_cast<double>(size_of(scores) - 1);
  return (joint_scores(scores) - without_diagonal(scores).logsumexp(1)).mean(1) + std::log(others);
}

namespace {

// E_p f - E_q e^f / average: DV's gradient with the average in place of the batch's mean.
Tensor mine_objective(const Tensor& scores, const BoundTerms& terms) {
  return joint_mean(scores) - (log_mean_exp_apart(scores) - terms.moving_average.log()).exp();
}

template <Tensor (*Value)(const Tensor&)>
Tensor plain(const Tensor& scores, const BoundTerms&) {
  return Value(scores);
}

Tensor tuba_value(const Tensor& scores, const BoundTerms& terms) {
  return tuba(scores, terms.log_baseline);
}
Tensor js_value(const Tensor& scores, const BoundTerms&) {
  return joint_mean(scores) + 1 - log_mean_exp_apart(scores).exp();
}
Tensor smile_value(const Tensor& scores, const BoundTerms& terms) {
  return smile(scores, terms.tau);
}
Tensor likelihood_with_marginal(const Tensor& scores, const BoundTerms& terms) {
  return joint_mean(scores) + terms.log_marginal.mean(1);
}
Tensor ba_value(const Tensor& scores, const BoundTerms& terms) {
  return joint_mean(scores) + terms.entropy_nats;
}
Tensor doe_value(const Tensor& scores, const BoundTerms& terms) {
  return joint_mean(scores) - terms.log_marginal.mean(1);
}

constexpr auto kConditional = Bound::Scores::kConditional;

constexpr core::Member<Bound> kBounds[] = {
    {"smile",
     "Donsker and Varadhan's with clipped scores, trained as js",
     "Song, Ermon 2020",
     "O(steps batch^2)",
     {.objective = plain<jensen_shannon>, .value = smile_value}},
    {"mine",
     "Donsker and Varadhan's, moving average in its gradient",
     "Belghazi et al. 2018",
     "O(steps batch^2)",
     {.objective = mine_objective, .value = plain<donsker_varadhan>, .needs_average = true}},
    {"dv",
     "Donsker and Varadhan's lower bound",
     "Donsker, Varadhan 1983",
     "O(steps batch^2)",
     {.objective = plain<donsker_varadhan>, .value = plain<donsker_varadhan>}},
    {"nwj",
     "lower bound of f-divergences, linear in both means",
     "Nguyen et al. 2010",
     "O(steps batch^2)",
     {.objective = plain<nguyen_wainwright_jordan>, .value = plain<nguyen_wainwright_jordan>}},
    {"tuba",
     "nwj with a learned constant",
     "Poole et al. 2019, eq. 5",
     "O(steps batch^2)",
     {.objective = tuba_value, .value = tuba_value, .needs_baseline = true}},
    {"infonce",
     "contrastive lower bound, at most log of the batch",
     "van den Oord et al. 2018",
     "O(steps batch^2)",
     {.objective = plain<info_nce>, .value = plain<info_nce>, .capped = true}},
    {"js",
     "Jensen and Shannon's objective, nwj's value",
     "Poole et al. 2019, 2.4",
     "O(steps batch^2)",
     {.objective = plain<jensen_shannon>, .value = js_value}},
    {"club",
     "upper bound by a conditional normal law",
     "Cheng et al. 2020",
     "O(steps batch^2)",
     {.objective = plain<joint_mean>, .value = plain<club>, .scores = kConditional}},
    {"l1out",
     "upper bound, each sample's own channel left out",
     "Poole et al. 2019, eq. 13",
     "O(steps batch^2)",
     {.objective = plain<joint_mean>, .value = plain<leave_one_out>, .scores = kConditional}},
    {"ba",
     "entropy by nearest neighbours and a conditional normal law",
     "Barber, Agakov 2003",
     "O(steps batch^2)",
     {.objective = plain<joint_mean>,
      .value = ba_value,
      .scores = kConditional,
      .needs_entropy = true}},
    {"doe",
     "difference of two learned entropies",
     "McAllester, Stratos 2020",
     "O(steps batch^2)",
     {.objective = likelihood_with_marginal,
      .value = doe_value,
      .scores = kConditional,
      .needs_marginal = true}},
    {"wdm",
     "Wasserstein dependency: a distance, not bits",
     "Ozair et al. 2019",
     "O(steps batch^2)",
     {.objective = plain<info_nce>, .value = plain<wasserstein>, .lipschitz = true}},
};

}  // namespace

std::span<const core::Member<Bound>> bounds() { return kBounds; }

}  // namespace venturi::learn
