#include "venturi/measure/decomposition.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"

namespace venturi::measure {
namespace {

constexpr double kExact = 1e-7;

// The law of a gate s(y, z) under uniform bits.
TripleLaw gate(std::size_t values, const std::function<std::size_t(std::size_t, std::size_t)>& s) {
  TripleLaw law{.ns = values, .ny = 2, .nz = 2, .p = std::vector<double>(4 * values)};
  for (std::size_t y = 0; y < 2; ++y) {
    for (std::size_t z = 0; z < 2; ++z) law.p[(s(y, z) * 2 + y) * 2 + z] = 0.25;
  }
  return law;
}

void expect_parts(const Decomposition& d, double redundancy, double y, double z, double synergy) {
  EXPECT_NEAR(d.redundancy, redundancy, kExact);
  EXPECT_NEAR(d.unique_y, y, kExact);
  EXPECT_NEAR(d.unique_z, z, kExact);
  EXPECT_NEAR(d.synergy, synergy, kExact);
}

TEST(Decomposition, GatesOfTheLiterature) {
  const double and_red = 1.5 - 0.75 * std::log2(3.0);  // .3113
  for (const auto& member : decomposition_methods()) {
    SCOPED_TRACE(member.name);
    expect_parts(member.make(gate(2, [](auto y, auto z) { return y ^ z; })), 0, 0, 0, 1);
    expect_parts(member.make(gate(2, [](auto y, auto z) { return y & z; })), and_red, 0, 0, 0.5);
    // RDN: both sources are the target.
    expect_parts(member.make({2, 2, 2, {1, 0, 0, 0, 0, 0, 0, 1}}), 1, 0, 0, 0);
    // The target is Y; Z tells nothing.
    expect_parts(member.make(gate(2, [](auto y, auto) { return y; })), 0, 1, 0, 0);
    expect_parts(member.make({1, 1, 1, {3}}), 0, 0, 0, 0);
  }
  // UNQ, the target a copy of both: where the definitions part.
  const auto copy = gate(4, [](auto y, auto z) { return 2 * y + z; });
  expect_parts(decompose(copy, "broja"), 0, 1, 1, 0);
  expect_parts(decompose(copy, "williams-beer"), 1, 0, 0, 1);
}

double information_yz(const TripleLaw& q) {
  double sum = 0;
  for (std::size_t s = 0; s < q.ns; ++s) {
    for (std::size_t g = 0; g < q.ny * q.nz; ++g) {
      const double p = q.p[s * q.ny * q.nz + g];
      double ps = 0, pg = 0;
      for (std::size_t h = 0; h < q.ny * q.nz; ++h) ps += q.p[s * q.ny * q.nz + h];
      for (std::size_t t = 0; t < q.ns; ++t) pg += q.p[t * q.ny * q.nz + g];
      if (p > 0) sum += p * std::log2(p / (ps * pg));
    }
  }
  return sum;
}

// Binary variables leave one free number per s: the mass moved along ((0,0), (1,1)).
double least_by_grid(const TripleLaw& law, int steps) {
  double low[2], high[2];
  for (std::size_t s = 0; s < 2; ++s) {
    const double* p = law.p.data() + 4 * s;
    low[s] = -std::min(p[0], p[3]);
    high[s] = std::min(p[1], p[2]);
  }
  double least = 1e9;
  for (int i = 0; i <= steps; ++i) {
    for (int j = 0; j <= steps; ++j) {
      TripleLaw q = law;
      const double move[2] = {low[0] + (high[0] - low[0]) * i / steps,
                              low[1] + (high[1] - low[1]) * j / steps};
      for (std::size_t s = 0; s < 2; ++s) {
        for (const int cell : {0, 3})
          q.p[4 * s + cell] = std::max(0.0, q.p[4 * s + cell] + move[s]);
        for (const int cell : {1, 2})
          q.p[4 * s + cell] = std::max(0.0, q.p[4 * s + cell] - move[s]);
      }
      least = std::min(least, information_yz(q));
    }
  }
  return least;
}

TripleLaw random_law(std::size_t ns, std::size_t ny, std::size_t nz, double zeros, core::Key key) {
  core::Random random(key);
  TripleLaw law{.ns = ns, .ny = ny, .nz = nz, .p = {}};
  double sum = 0;
  for (std::size_t i = 0; i < ns * ny * nz; ++i) {
    law.p.push_back(random.uniform() < zeros ? 0 : -std::log(1 - random.uniform()));
    sum += law.p.back();
  }
  for (double& p : law.p) p /= sum;
  return law;
}

TEST(Decomposition, BrojaFindsTheMinimumOfAGrid) {
  for (int run = 0; run < 30; ++run) {
    const TripleLaw law = random_law(2, 2, 2, run < 15 ? 0 : 0.3, core::Key(run));
    const Decomposition d = decompose(law, "broja");
    const double least = d.redundancy + d.unique_y + d.unique_z;
    const double grid = least_by_grid(law, 300);
    EXPECT_LE(least, grid + kExact) << run;
    EXPECT_GE(least, grid - 2e-4) << run;  // the grid's own coarseness
  }
}

// No part is negative, swapping the sources swaps the unique parts, a source that is a function of
// the other has no unique part, and broja's redundancy is below min I and above the co-information.
TEST(Decomposition, LawsOnLargerAlphabets) {
  for (int run = 0; run < 12; ++run) {
    const TripleLaw law = random_law(3, 4, 5, 0.1 * (run % 6), core::Key(100 + run));
    TripleLaw swapped{.ns = 3, .ny = 5, .nz = 4, .p = std::vector<double>(60)};
    for (std::size_t s = 0; s < 3; ++s) {
      for (std::size_t y = 0; y < 4; ++y) {
        for (std::size_t z = 0; z < 5; ++z) {
          swapped.p[(s * 5 + z) * 4 + y] = law.p[(s * 4 + y) * 5 + z];
        }
      }
    }
    for (const auto& member : decomposition_methods()) {
      const Decomposition d = member.make(law), e = member.make(swapped);
      EXPECT_GE(std::min({d.redundancy, d.unique_y, d.unique_z, d.synergy}), -kExact)
          << member.name << run;
      EXPECT_NEAR(d.unique_y, e.unique_z, kExact);
      EXPECT_NEAR(d.synergy, e.synergy, kExact);
      EXPECT_NEAR(d.redundancy + d.unique_y + d.unique_z + d.synergy, information_yz(law), 1e-12);
    }
  }
  // Z = Y mod 2 under a random law of (S, Y).
  const TripleLaw pair = random_law(3, 4, 1, 0, core::Key(7));
  TripleLaw law{.ns = 3, .ny = 4, .nz = 2, .p = std::vector<double>(24)};
  for (std::size_t i = 0; i < 12; ++i) law.p[2 * i + i % 2] = pair.p[i];
  for (const auto& member : decomposition_methods()) {
    const Decomposition d = member.make(law);
    EXPECT_NEAR(d.unique_z, 0, kExact) << member.name;
    EXPECT_NEAR(d.synergy, 0, kExact) << member.name;
  }
}

// Cells from 1 down to about 1e-17, many of them 0: both orders of the sources meet the same
// minimum.
TEST(Decomposition, BrojaHoldsOnSteepLaws) {
  for (int run = 0; run < 20; ++run) {
    TripleLaw law = random_law(4, 4, 4, 0.3, core::Key(200 + run));
    for (double& p : law.p) p = std::pow(p, 1 + run % 5);
    const Decomposition d = decompose(law, "broja");
    EXPECT_GE(std::min({d.redundancy, d.unique_y, d.unique_z, d.synergy}), -kExact) << run;
    TripleLaw swapped = law;
    for (std::size_t s = 0; s < 4; ++s) {
      for (std::size_t y = 0; y < 4; ++y) {
        for (std::size_t z = 0; z < 4; ++z) {
          swapped.p[(s * 4 + z) * 4 + y] = law.p[(s * 4 + y) * 4 + z];
        }
      }
    }
    EXPECT_NEAR(d.unique_y, decompose(swapped, "broja").unique_z, kExact) << run;
  }
}

TEST(Decomposition, FromSamplesAndErrors) {
  using Labels = std::vector<std::int32_t>;
  const TripleLaw law = empirical_law(Labels{5, 9, 9, 5}, Labels{0, 0, 1, 1}, Labels{-3, 4, -3, 4});
  expect_parts(decompose(law, "broja"), 0, 0, 0, 1);
  EXPECT_ERROR(empirical_law(Labels{1}, Labels{1, 2}, Labels{1}), core::InvalidArgument,
               "1, 2 and 1");
  EXPECT_ERROR(empirical_law(Labels{}, Labels{}, Labels{}), core::InvalidArgument, "n >= 1");
  EXPECT_ERROR(decompose({1, 500, 2000, std::vector<double>(1000000, 1)}, "broja"),
               core::InvalidArgument, "would need 18.7 GiB");
  EXPECT_ERROR(decompose(law, "brojo"), core::InvalidArgument, "did you mean 'broja'");
  for (const auto& member : decomposition_methods()) {
    EXPECT_ERROR(member.make({2, 2, 2, {1, 2}}), core::InvalidArgument, "2*2*2");
    EXPECT_ERROR(member.make({0, 0, 0, {}}), core::InvalidArgument, "0*0*0");
    EXPECT_ERROR(member.make({1, 1, 2, {0, 0}}), core::InvalidArgument, "positive sum");
    EXPECT_ERROR(member.make({1, 1, 2, {1, -1}}), core::InvalidArgument, "got -1");
    EXPECT_ERROR(member.make({1, 1, 2, {1, std::nan("")}}), core::InvalidArgument, "got nan");
  }
}

}  // namespace
}  // namespace venturi::measure
