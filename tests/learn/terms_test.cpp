// The terms of objectives: values against measure's doubles, gradients against finite differences.
#include <cmath>

#include "tests/testing.hpp"
#include "venturi/learn/gram.hpp"
#include "venturi/learn/kernel_terms.hpp"
#include "venturi/learn/mixture_terms.hpp"
#include "venturi/measure/kernel_density.hpp"
#include "venturi/measure/kernel_sums.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = tensor::make_generator(core::Key(seed), torch::kCPU);
  return torch::empty(shape, torch::kFloat64).normal_(0, 1, generator);
}

core::Matrix matrix(const Tensor& t) {
  const Tensor c = t.detach().to(torch::kFloat64).contiguous();
  return Eigen::Map<const core::MatrixOf<double>>(c.data_ptr<double>(), c.size(0), c.size(1));
}

Tensor inverse(double width) {
  return torch::full({1, 1}, 1 / (2 * width * width), torch::kFloat64);
}

Tensor gram(const Tensor& u, double width) { return gaussian_gram(u, u, inverse(width)); }

// Every element of x by central differences.
template <class Value>
void expect_gradient(const Tensor& start, const Value& value, double tolerance = 1e-6) {
  const Tensor x = start.clone().requires_grad_();
  value(x).backward();
  constexpr double kStep = 1e-5;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const torch::NoGradGuard no_grad;
    Tensor moved = start.clone();
    moved.view(-1)[i] += kStep;
    const double up = value(moved).template item<double>();
    moved.view(-1)[i] -= 2 * kStep;
    const double down = value(moved).template item<double>();
    EXPECT_NEAR((up - down) / (2 * kStep), x.grad().view(-1)[i].item<double>(), tolerance) << i;
  }
}

TEST(Gram, EqualsPairByPair) {
  const Tensor u = normals({7, 3}, 1) + 5, v = normals({4, 3}, 2) + 5;
  const Tensor k = gaussian_gram(u, v, inverse(0.8));
  for (std::int64_t i = 0; i < 7; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      const double d = (u[i] - v[j]).square().sum().item<double>();
      EXPECT_NEAR(k[i][j].item<double>(), std::exp(-d / (2 * 0.64)), 1e-12);
    }
  }
  EXPECT_EQ(gram(u, 0.8).diagonal().min().item<double>(), 1);
}

TEST(Gram, GradientsOfBothSides) {
  const Tensor v = normals({4, 2}, 2), weights = normals({5, 4}, 3);
  expect_gradient(normals({5, 2}, 1), [&](const Tensor& u) {
    return (gaussian_gram(u, v, inverse(0.9)) * weights).sum();
  });
  const Tensor u = normals({5, 2}, 1);
  expect_gradient(
      v, [&](const Tensor& w) { return (gaussian_gram(u, w, inverse(0.9)) * weights).sum(); });
  const Tensor square = normals({5, 5}, 4);  // not symmetric
  expect_gradient(u, [&](const Tensor& w) { return (gram(w, 0.9) * square).sum(); });
}

TEST(Gram, CopiesAreGramsOfEach) {
  const Tensor u = normals({3, 6, 2}, 1);
  const Tensor together = gaussian_gram(u, u, spread_inverse(u, 1));
  for (std::int64_t m = 0; m < 3; ++m) {
    const Tensor alone = gaussian_gram(u[m], u[m], spread_inverse(u[m], 1));
    EXPECT_TRUE(torch::allclose(together[m], alone, 1e-12, 1e-12));
  }
}

TEST(Gram, SpreadIsFreeOfScaleAndFiniteForAConstant) {
  const Tensor u = normals({50, 3}, 1);
  const Tensor one = gaussian_gram(u, u, spread_inverse(u, 1));
  const Tensor large = 1000 * u;
  EXPECT_TRUE(
      torch::allclose(gaussian_gram(large, large, spread_inverse(large, 1)), one, 1e-9, 1e-9));
  const Tensor same = torch::ones({4, 3}, torch::kFloat64);
  EXPECT_EQ(gaussian_gram(same, same, spread_inverse(same, 1)).min().item<double>(), 1);
}

TEST(KernelTerms, EqualTheDoublesOfMeasure) {
  const Tensor x = normals({60, 3}, 1);
  const Tensor z = x.narrow(1, 0, 2) + 0.5 * normals({60, 2}, 2);
  const core::Matrix mx = matrix(x), mz = matrix(z);
  const measure::Kerneled kx{mx, 1.1}, kz{mz, 0.7};
  const Tensor k = gram(x, 1.1), l = gram(z, 0.7);
  EXPECT_NEAR(cs_information(k, l).item<double>(), measure::cauchy_schwarz_information_nats(kx, kz),
              1e-11);
  EXPECT_NEAR(normalised_cs_information(k, l).item<double>(),
              measure::normalised_cauchy_schwarz_information(kx, kz), 1e-11);
  EXPECT_NEAR(hsic(k, l).item<double>(), measure::hsic(kx, kz), 1e-13);
  EXPECT_NEAR(cka(k, l).item<double>(), measure::kernel_cka(kx, kz), 1e-11);
  const Tensor v = z + 0.3 * normals({60, 2}, 3);
  const Tensor divergence = conditional_cs(k, l, gram(v, 0.7), gaussian_gram(v, z, inverse(0.7)));
  EXPECT_NEAR(divergence.item<double>(),
              measure::conditional_cauchy_schwarz_nats(kx, kz, matrix(v)), 1e-11);
  EXPECT_NEAR(conditional_cs(k, l, l, l).item<double>(), 0, 1e-12);  // v = y
}

// In float, as training computes them.
TEST(KernelTerms, FloatsAreNear) {
  const Tensor x = normals({128, 8}, 1);
  const Tensor z = torch::matmul(x, normals({8, 64}, 2));
  const auto of = [&](torch::ScalarType type, Tensor (*term)(const Tensor&, const Tensor&)) {
    const Tensor a = x.to(type), b = z.to(type);
    return term(gaussian_gram(a, a, spread_inverse(a, 1)),
                gaussian_gram(b, b, spread_inverse(b, 1)))
        .item<double>();
  };
  for (const auto term : {cs_information, normalised_cs_information, hsic, cka}) {
    EXPECT_NEAR(of(torch::kFloat32, term), of(torch::kFloat64, term), 2e-5);
  }
  EXPECT_NEAR(of(torch::kFloat32, nocco), of(torch::kFloat64, nocco), 0.02 * 128);
}

// The oracle: means of the batch's law, entry by entry.
TEST(KernelTerms, SquaredMmdAndWhitenedKernels) {
  const Tensor a = normals({9, 2}, 1), b = normals({9, 2}, 2) + 1;
  const Tensor k = gram(a, 1), l = gram(b, 1), cross = gaussian_gram(a, b, inverse(1));
  double sum = 0;
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 9; ++j) {
      sum += (k[i][j] + l[i][j] - 2 * cross[i][j]).item<double>() / 81;
    }
  }
  EXPECT_NEAR(squared_mmd(k, l, cross).item<double>(), sum, 1e-13);
  EXPECT_NEAR(squared_mmd(k, k, k).item<double>(), 0, 1e-14);
  const Tensor h = torch::eye(9, torch::kFloat64) - 1.0 / 9;
  const auto whitened = [&](const Tensor& g) {
    const Tensor c = h.matmul(g).matmul(h);
    return c.matmul(torch::inverse(c + 9e-5 * torch::eye(9, torch::kFloat64)));
  };
  EXPECT_NEAR(nocco(k, l).item<double>(),
              whitened(k).matmul(whitened(l)).diagonal().sum().item<double>(), 1e-8);
}

TEST(KernelTerms, Gradients) {
  const Tensor x = normals({6, 2}, 1), k = gram(x, 1), y = normals({6, 1}, 2);
  const Tensor start = normals({6, 2}, 3);
  for (const auto term : {cs_information, normalised_cs_information, hsic, cka, nocco}) {
    expect_gradient(
        start, [&](const Tensor& z) { return term(k, gram(z, 1.3)); }, term == nocco ? 1e-3 : 1e-6);
  }
  expect_gradient(normals({6, 1}, 4), [&](const Tensor& v) {
    return conditional_cs(k, gram(y, 0.8), gram(v, 0.8), gaussian_gram(v, y, inverse(0.8)));
  });
  expect_gradient(start, [&](const Tensor& z) {
    return squared_mmd(gram(z, 1), k, gaussian_gram(z, x, inverse(1)));
  });
}

// Two normal laws of one dimension: D_CS = (m1-m2)^2/(v1+v2) + ln((v1+v2)/(2 sqrt(v1 v2))) with
// s^2/2 added to each variance by the kernel. With K constant the conditional divergence is that of
// the margins. n = 3000: the error of the mean is about 3/sqrt(n) of the value at most.
TEST(KernelTerms, ConditionalDivergenceOfNormalLawsIsTheClosedForm) {
  const std::int64_t n = 3000;
  const double m = 0.8, width = 0.5, v1 = 1 + width * width / 2, v2 = 0.49 + width * width / 2;
  const Tensor y = normals({n, 1}, 1), v = m + 0.7 * normals({n, 1}, 2);
  const double closed = m * m / (v1 + v2) + std::log((v1 + v2) / (2 * std::sqrt(v1 * v2)));
  const Tensor k = torch::ones({n, n}, torch::kFloat64);
  const double found =
      conditional_cs(k, gram(y, width), gram(v, width), gaussian_gram(v, y, inverse(width)))
          .item<double>();
  EXPECT_NEAR(found, closed, 3 / std::sqrt(static_cast<double>(n)));
}

TEST(MixtureTerms, EqualTheDoublesOfMeasureForOneScale) {
  const Tensor mean = normals({50, 3}, 1);
  const double scale = 0.6;
  const Tensor log_scale = torch::full({1, 3}, std::log(scale), torch::kFloat64);
  const auto bounds = measure::noisy_rate_bounds_nats(matrix(mean), scale * scale);
  EXPECT_NEAR(pairwise_upper_nats(mean, log_scale).item<double>(), bounds.upper, 1e-12);
  EXPECT_NEAR(pairwise_lower_nats(mean, log_scale).item<double>(), bounds.lower, 1e-12);
  // The general form, of scales that happen to be equal.
  const Tensor each = log_scale.expand({50, 3}).clone();
  EXPECT_NEAR(pairwise_upper_nats(mean, each).item<double>(), bounds.upper, 1e-10);
  EXPECT_NEAR(pairwise_lower_nats(mean, each).item<double>(), bounds.lower, 1e-10);
}

// The oracle: KL and Bhattacharyya distance of each pair, dimension by dimension.
TEST(MixtureTerms, UnequalScalesPairByPair) {
  const std::int64_t n = 8, d = 2;
  const Tensor mean = normals({n, d}, 1), log_scale = 0.4 * normals({n, d}, 2) - 0.5;
  const core::Matrix m = matrix(mean), s = matrix(log_scale.exp());
  double upper = 0, lower = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    double sum_kl = 0, sum_b = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      double kl = 0, b = 0;
      for (std::int64_t c = 0; c < d; ++c) {
        const double vi = s(i, c) * s(i, c), vj = s(j, c) * s(j, c);
        const double shift = (m(i, c) - m(j, c)) * (m(i, c) - m(j, c));
        kl += 0.5 * ((vi + shift) / vj - 1 - std::log(vi / vj));
        b += shift / (4 * (vi + vj)) + 0.5 * std::log((vi + vj) / (2 * s(i, c) * s(j, c)));
      }
      sum_kl += std::exp(-kl) / static_cast<double>(n);
      sum_b += std::exp(-b) / static_cast<double>(n);
    }
    upper -= std::log(sum_kl) / static_cast<double>(n);
    lower -= std::log(sum_b) / static_cast<double>(n);
  }
  EXPECT_NEAR(pairwise_upper_nats(mean, log_scale).item<double>(), upper, 1e-12);
  EXPECT_NEAR(pairwise_lower_nats(mean, log_scale).item<double>(), lower, 1e-12);
  EXPECT_LT(lower, upper);
}

TEST(MixtureTerms, PartsOfTheKlSumToIt) {
  const Tensor mean = normals({20, 3}, 1), log_scale = 0.2 * normals({20, 3}, 2) - 1;
  const Tensor z = mean + log_scale.exp() * normals({20, 3}, 3);
  const KlParts parts = kl_parts_nats(z, mean, log_scale);
  const Tensor log_q = (-0.5 * ((z - mean) / log_scale.exp()).square() - log_scale).sum(1);
  const double whole = (log_q + 0.5 * z.square().sum(1)).mean().item<double>();
  EXPECT_NEAR((parts.information + parts.total_correlation + parts.dimensions).item<double>(),
              whole, 1e-12);
  // One dimension has no others to be correlated with.
  const auto first = [](const Tensor& t) { return t.narrow(1, 0, 1); };
  EXPECT_NEAR(
      kl_parts_nats(first(z), first(mean), first(log_scale)).total_correlation.item<double>(), 0,
      1e-12);
}

// Normal means of deviation r s in each dimension: I(X;Z) = d/2 log(1 + r^2), between the pairwise
// bounds of the same batch. n = 3000: a standard error of about sqrt(d/n) = .03.
TEST(MixtureTerms, InformationOfNormalMeansIsTheClosedForm) {
  const std::int64_t n = 3000, d = 2;
  const Tensor mean = 1.5 * normals({n, d}, 1);
  const Tensor log_scale = torch::full({1, d}, std::log(0.5), torch::kFloat64);
  const Tensor z = mean + 0.5 * normals({n, d}, 2);
  const double found = kl_parts_nats(z, mean, log_scale).information.item<double>();
  EXPECT_NEAR(found, 0.5 * d * std::log(10.0), 0.08);
  EXPECT_LT(found, pairwise_upper_nats(mean, log_scale).item<double>());
  EXPECT_GT(found, pairwise_lower_nats(mean, log_scale).item<double>());
}

TEST(MixtureTerms, Gradients) {
  const Tensor mean = normals({5, 2}, 1), scales = 0.3 * normals({5, 2}, 2);
  const Tensor one = torch::full({1, 2}, -0.3, torch::kFloat64), z = normals({5, 2}, 3);
  for (const auto term : {pairwise_upper_nats, pairwise_lower_nats}) {
    expect_gradient(mean, [&](const Tensor& m) { return term(m, one); });
    expect_gradient(one, [&](const Tensor& s) { return term(mean, s); });
    expect_gradient(mean, [&](const Tensor& m) { return term(m, scales); });
    expect_gradient(scales, [&](const Tensor& s) { return term(mean, s); });
  }
  expect_gradient(mean,
                  [&](const Tensor& m) { return kl_parts_nats(z, m, scales).total_correlation; });
  expect_gradient(mean, [&](const Tensor& m) { return kl_parts_nats(z, m, scales).information; });
}

}  // namespace
}  // namespace venturi::learn
