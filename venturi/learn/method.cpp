#include "venturi/learn/method.hpp"

namespace venturi::learn {
namespace {

// Of nats, and of measures between 0 and 1, against squared errors of standardised targets.
const std::vector<double> kNats = {0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1};
const std::vector<double> kParts = {0, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 3, 10};

Method make(const char* channel, const char* rate, const std::vector<double>& betas) {
  return {.channel = channel,
          .objective = {.prediction = "squared-error", .rate = rate},
          .betas = betas};
}

Method formed(const char* form) {
  Method out = make("additive", "pairwise", kNats);
  out.objective.form = form;
  return out;
}

constexpr core::Member<MethodMaker> kMethods[] = {
    {"plain", "no bottleneck", "own", "O(n d)", [] { return make("none", "channel", {0}); }},
    {"vib", "Gaussian noise, KL to N(0, I)", "Alemi et al., ICLR 2017", "O(n d)",
     [] { return make("gaussian", "channel", kNats); }},
    {"nib", "additive noise, pairwise bound", "Kolchinsky et al., Entropy 2019", "O(n^2 d)",
     [] { return formed("plain"); }},
    {"square-nib", "the same, its rate squared", "Kolchinsky et al., ICLR 2019", "O(n^2 d)",
     [] { return formed("square"); }},
    {"exp-nib", "the same, exp of its rate", "Rodriguez Galvez et al., Entropy 2020", "O(n^2 d)",
     [] { return formed("exponential"); }},
    {"cs-ib", "conditional Cauchy-Schwarz divergence, normalised CS-QMI", "Yu et al., ICLR 2024",
     "O(n^2 d)",
     [] {
       Method out = make("none", "cs-qmi-normalised", kParts);
       out.objective.prediction = "cs-divergence";
       return out;
     }},
    {"mse-cs-ib", "squared error, normalised CS-QMI: what the released code of cs-ib trains",
     "Yu et al., ICLR 2024, code", "O(n^2 d)",
     [] { return make("none", "cs-qmi-normalised", kParts); }},
    {"mine-ib", "Gaussian noise, I(X;Z) by a critic from below", "Belghazi et al., ICML 2018",
     "O(n^2 d)", [] { return make("gaussian", "mine", kNats); }},
    {"club-ib", "Gaussian noise, I(X;Z) by a learned law from above", "Cheng et al., ICML 2020",
     "O(n^2 d)", [] { return make("gaussian", "club", kNats); }},
    {"hsic", "squared error or cross-entropy, HSIC of x and z",
     "Wang, Lu, Kolouri, Dasgupta, NeurIPS 2021", "O(n^2 d)",
     [] { return make("none", "hsic", kParts); }},
    {"cka", "the same, normalised", "own", "O(n^2 d)", [] { return make("none", "cka", kParts); }},
};

}  // namespace

std::span<const core::Member<MethodMaker>> methods() { return kMethods; }

}  // namespace venturi::learn
