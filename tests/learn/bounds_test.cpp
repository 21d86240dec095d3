#include "venturi/learn/bounds.hpp"

#include <cmath>
#include <functional>

#include "tests/testing.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

Tensor random_scores(std::int64_t m, std::int64_t n) {
  auto generator = tensor::make_generator(core::Key(7), torch::kCPU);
  return torch::empty({m, n, n}, torch::kFloat64).normal_(0, 1.5, generator);
}

// The means of the definitions, term by term.
struct Oracle {
  double joint = 0, exp_apart = 0, clipped = 0, apart = 0, all = 0, nce = 0, loo = 0, js = 0;
  Oracle(const Tensor& f, double tau) {
    const auto n = f.size(0);
    const auto a = f.accessor<double, 2>();
    const double pairs = static_cast<double>(n * (n - 1)), d = static_cast<double>(n);
    for (std::int64_t i = 0; i < n; ++i) {
      double row = 0, column = 0;
      joint += a[i][i] / d;
      js -= std::log(1 + std::exp(-a[i][i])) / d;
      for (std::int64_t j = 0; j < n; ++j) {
        row += std::exp(a[i][j]);
        all += a[i][j] / (d * d);
        if (i == j) continue;
        column += std::exp(a[j][i]);
        apart += a[i][j] / pairs;
        exp_apart += std::exp(a[i][j]) / pairs;
        clipped += std::exp(std::min(tau, std::max(-tau, a[i][j]))) / pairs;
        js -= std::log(1 + std::exp(a[i][j])) / pairs;
      }
      nce += (a[i][i] - std::log(row / d)) / d;
      loo += (a[i][i] - std::log(column / (d - 1))) / d;
    }
  }
};

TEST(Bounds, AreTheirDefinitions) {
  const Tensor scores = random_scores(3, 6);
  const Tensor log_a = torch::tensor({0.3, -0.2, 1.1}, torch::kFloat64);
  for (std::int64_t m = 0; m < 3; ++m) {
    const Oracle o(scores[m], 1.0);
    const auto at = [&](const Tensor& t) { return t[m].item<double>(); };
    const double a = std::exp(at(log_a));
    EXPECT_NEAR(at(joint_mean(scores)), o.joint, 1e-12);
    EXPECT_NEAR(at(donsker_varadhan(scores)), o.joint - std::log(o.exp_apart), 1e-12);
    EXPECT_NEAR(at(nguyen_wainwright_jordan(scores)), o.joint - o.exp_apart / std::exp(1.0), 1e-12);
    EXPECT_NEAR(at(tuba(scores, log_a)), o.joint - o.exp_apart / a - at(log_a) + 1, 1e-12);
    EXPECT_NEAR(at(info_nce(scores)), o.nce, 1e-12);
    EXPECT_NEAR(at(jensen_shannon(scores)), o.js, 1e-12);
    EXPECT_NEAR(at(smile(scores, 1.0)), o.joint - std::log(o.clipped), 1e-12);
    EXPECT_NEAR(at(wasserstein(scores)), o.joint - o.apart, 1e-12);
    EXPECT_NEAR(at(club(scores)), o.joint - o.all, 1e-12);
    EXPECT_NEAR(at(leave_one_out(scores)), o.loo, 1e-12);
  }
  EXPECT_ERROR(joint_mean(torch::zeros({2, 1, 1})), core::InvalidArgument, "n >= 2");
}

TEST(Bounds, GradientsAreThoseOfDifferences) {
  BoundTerms terms{.tau = 1};
  terms.log_baseline = torch::full({2}, 0.4, torch::kFloat64);
  terms.log_marginal = torch::zeros({2, 4}, torch::kFloat64);
  for (const auto& member : bounds()) {
    Tensor scores = random_scores(2, 4).requires_grad_();
    // MINE's own gradient is not that of its value, unless the average is the batch's.
    terms.moving_average = log_mean_exp_apart(scores).exp().detach();
    member.make.objective(scores, terms).sum().backward();
    const Tensor gradient = scores.grad();
    const torch::NoGradGuard no_grad;
    for (const auto& [i, j] : {std::pair{0, 0}, {1, 2}, {3, 0}}) {
      const double h = 1e-6;
      const auto shifted = [&](double by) {
        Tensor moved = scores.detach().clone();
        moved[1][i][j] += by;
        return member.make.objective(moved, terms).sum().item<double>();
      };
      EXPECT_NEAR(gradient[1][i][j].item<double>(), (shifted(h) - shifted(-h)) / (2 * h), 1e-7)
          << member.name;
    }
  }
}

// x and y normal with correlation rho, f = log p(x, y) / (p(x) p(y)): the best critic there is.
TEST(Bounds, OfTheBestCriticAreTheInformation) {
  const double rho = 0.8, truth = -0.5 * std::log(1 - rho * rho);
  const std::int64_t n = 2000;
  auto generator = tensor::make_generator(core::Key(3), torch::kCPU);
  const Tensor x = torch::empty({n}, torch::kFloat64).normal_(0, 1, generator);
  const Tensor noise = torch::empty({n}, torch::kFloat64).normal_(0, 1, generator);
  const Tensor y = rho * x + std::sqrt(1 - rho * rho) * noise;
  const double v = 1 - rho * rho;
  const Tensor conditional = -0.5 * (y.unsqueeze(0) - rho * x.unsqueeze(1)).square() / v -
                             0.5 * std::log(2 * M_PI * v);  // i: x, j: y
  const Tensor marginal = -0.5 * y.square() - 0.5 * std::log(2 * M_PI);
  BoundTerms terms{.tau = 20};
  terms.log_baseline = torch::zeros({1}, torch::kFloat64);
  terms.log_marginal = marginal.unsqueeze(0);
  terms.entropy_nats = 0.5 * std::log(2 * M_PI * std::exp(1.0));
  const Tensor ratio = (conditional - marginal.unsqueeze(0)).unsqueeze(0);
  for (const auto& member : bounds()) {
    if (member.name == "wdm") continue;
    const bool conditional_scores = member.make.scores == Bound::Scores::kConditional;
    // NWJ's best critic is 1 + the log ratio.
    Tensor scores = conditional_scores ? conditional.unsqueeze(0) : ratio;
    if (member.name == "nwj") scores = scores + 1;
    const double value = member.make.value(scores, terms).item<double>();
    if (member.name == "club") {
      // E_p - E_q of log q: both divergences, rho^2/(1 - rho^2).
      EXPECT_NEAR(value, rho * rho / v, 0.12);
    } else {
      // 4 standard errors of the mean of log ratios, whose deviation is rho.
      EXPECT_NEAR(value, truth, 4 * rho / std::sqrt(static_cast<double>(n)) + 0.01) << member.name;
    }
  }
}

TEST(Bounds, InfoNceNeverPassesItsCap) {
  const Tensor scores = 1000 * torch::eye(8, torch::kFloat64).unsqueeze(0);
  EXPECT_NEAR(info_nce(scores).item<double>(), std::log(8.0), 1e-9);
}

}  // namespace
}  // namespace venturi::learn
