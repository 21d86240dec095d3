#include "venturi/couple/kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "venturi/core/key.hpp"

namespace venturi::couple {
namespace {

std::vector<const Kernels*> runnable() {
  std::vector<const Kernels*> out{portable_kernels()};
#if defined(__x86_64__)
  if (avx2_kernels() != nullptr && __builtin_cpu_supports("avx2")) out.push_back(avx2_kernels());
  if (avx512_kernels() != nullptr && __builtin_cpu_supports("avx512dq")) {
    out.push_back(avx512_kernels());
  }
#endif
  return out;
}

TEST(Kernels, ExpIsWithinTwoUlp) {
  core::Random random{core::Key(1)};
  for (const Kernels* k : runnable()) {
    for (int trial = 0; trial < 20000; ++trial) {
      const double x = -707 + 1416 * random.uniform();
      const double zero = 0;
      double out = 0;
      k->exp_sum(&x, &zero, 1, 0, &out, 1);
      const long double exact = std::exp(static_cast<long double>(x));
      ASSERT_LT(std::abs(out / exact - 1), 4.5e-16L) << k->name << " " << x;
    }
    for (const double x : {-1000.0, -709.0, -std::numeric_limits<double>::infinity()}) {
      const double zero = 0;
      EXPECT_EQ(k->exp_total(&x, &zero, 1, 0, 1), 0.0) << x;
    }
  }
}

TEST(Kernels, TwinsGiveTheSameDigits) {
  core::Random random{core::Key(2)};
  for (const std::size_t n : {1U, 7U, 8U, 9U, 31U, 1000U}) {
    std::vector<double> a(n), b(n);
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = random.normal();
      b[i] = 3 * random.normal();
    }
    double slow = 0;
    double highest = -1e300;
    double least = 1e300;
    for (std::size_t i = 0; i < n; ++i) {
      slow += std::exp(2 * a[i] + b[i] - 0.5);
      highest = std::max(highest, 2 * a[i] + b[i]);
      least = std::min(least, a[i] - b[i]);
    }
    const double first = portable_kernels()->exp_total(a.data(), b.data(), 2, 0.5, n);
    EXPECT_NEAR(first / slow, 1, 1e-14);
    for (const Kernels* k : runnable()) {
      std::vector<double> out(n), m(b), s(n, 0.0);
      EXPECT_EQ(k->exp_total(a.data(), b.data(), 2, 0.5, n), first) << k->name;
      EXPECT_EQ(k->exp_sum(a.data(), b.data(), 2, 0.5, out.data(), n), first) << k->name;
      EXPECT_EQ(k->max_sum(a.data(), b.data(), 2, n), highest) << k->name;
      const Smallest small = k->smallest_difference(a.data(), b.data(), n);
      EXPECT_EQ(small.value, least);
      EXPECT_EQ(a[small.index] - b[small.index], least);
      k->max_into(a.data(), 2, 1, m.data(), n);
      k->exp_into(a.data(), 2, 1, m.data(), s.data(), n);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(m[i], std::max(b[i], 2 * a[i] + 1));
        ASSERT_NEAR(s[i], std::exp(2 * a[i] + 1 - m[i]), 1e-15);
      }
    }
  }
}

}  // namespace
}  // namespace venturi::couple
