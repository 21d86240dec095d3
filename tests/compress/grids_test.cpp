// Grids that need no tensors: Gaussian grids, k-means, budgets.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/testing.hpp"
#include "venturi/compress/budget.hpp"
#include "venturi/compress/gaussian_grid.hpp"
#include "venturi/compress/kmeans.hpp"

namespace venturi::compress {
namespace {

std::vector<float> normals(std::size_t n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::vector<float> out(n);
  for (float& v : out) v = static_cast<float>(random.normal());
  return out;
}

// The errors of optimal scalar quantizers of a normal variable (Max 1960, table I; the others by
// numerical integration).
TEST(GaussianGrid, ErrorsOfALine) {
  const std::pair<int, double> known[] = {{2, .3634},   {3, .1902},   {4, .1175},
                                          {8, .03455},  {9, .02785},  {16, .00950},
                                          {19, .00685}, {32, .00251}, {64, .000644}};
  for (const auto& [n, error] : known) EXPECT_NEAR(gaussian_grid(n, 1).error, error, 1e-4) << n;
}

TEST(GaussianGrid, IsWhatSamplesSee) {
  const GaussianGrid grid = gaussian_grid(9, 1);
  double error = 0;
  const auto x = normals(200000, 1);
  for (const float v : x) {
    double least = 1e9;
    for (const double p : grid.points) least = std::min(least, (v - p) * (v - p));
    error += least / static_cast<double>(x.size());
  }
  EXPECT_NEAR(error, grid.error, .02 * grid.error);
}

// In the plane the least error is not known: .1081, .0301, .0220 and .00797 are of grids found by
// Lloyd's algorithm, local optima, which ours may only undercut. Samples tell what a grid's error
// is.
void expect_good_plane(int n, double found) {
  const GaussianGrid grid = gaussian_grid(n, 2);
  EXPECT_LE(grid.error, found + 1e-4) << n;
  double error = 0;
  const auto x = normals(400000, 3);
  for (std::size_t i = 0; i < x.size(); i += 2) {
    double least = 1e9;
    for (std::size_t k = 0; k < grid.points.size(); k += 2) {
      const double dx = x[i] - grid.points[k], dy = x[i + 1] - grid.points[k + 1];
      least = std::min(least, dx * dx + dy * dy);
    }
    error += least / static_cast<double>(x.size());
  }
  // The deviation of a square of the error is about its mean: 1/sqrt(200000) of it a standard
  // error.
  EXPECT_NEAR(error, grid.error, .01 * grid.error) << n;
}

TEST(GaussianGrid, PlaneSixteen) { expect_good_plane(16, .1081); }

TEST(GaussianGrid, SlowPlane) {
  expect_good_plane(64, .0301);
  expect_good_plane(88, .0220);
  expect_good_plane(256, .00797);
}

TEST(Higgs, ErrorOfAMatrixIsTheGrids) {
  // Far from normal: a few large weights.
  core::Random random{core::Key(4)};
  std::vector<float> w(32 * 256);
  for (float& v : w) v = static_cast<float>(random.uniform() < .2 ? random.normal() * 5 : .1);
  for (const int p : {1, 2}) {
    const GaussianGrid grid = gaussian_grid(16, p);
    const auto back = weights(higgs(w, 32, grid, 256, 9));
    double error = 0, square = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      error += (w[i] - back[i]) * (w[i] - back[i]);
      square += w[i] * w[i];
    }
    EXPECT_NEAR(error / square, grid.error, .1 * grid.error) << p;
  }
}

// All ways to cut sorted values into n runs.
double best_cut(std::span<const float> x, std::span<const double> f, int n) {
  const auto cost = [&](std::size_t i, std::size_t j) {
    double w = 0, wx = 0, out = 0;
    for (std::size_t k = i; k < j; ++k) w += f[k], wx += f[k] * x[k];
    for (std::size_t k = i; k < j; ++k) out += f[k] * (x[k] - wx / w) * (x[k] - wx / w);
    return out;
  };
  if (n == 1) return cost(0, x.size());
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t j = 1; j < x.size(); ++j) {
    least = std::min(least, cost(0, j) + best_cut(x.subspan(j), f.subspan(j), n - 1));
  }
  return least;
}

TEST(LineMeans, IsTheBestOfAllCuts) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto x = normals(11, seed);
    std::sort(x.begin(), x.end());
    std::vector<double> f;
    core::Random random{core::Key(seed + 100)};
    for (std::size_t i = 0; i < x.size(); ++i) f.push_back(random.uniform() + .01);
    for (const int n : {1, 2, 3, 4}) {
      const auto c = line_means(x, f, n);
      double cost = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        double least = 1e9;
        for (const float v : c) least = std::min(least, f[i] * (x[i] - v) * (x[i] - v));
        cost += least;
      }
      EXPECT_NEAR(cost, best_cut(x, f, n), 1e-5) << seed << " " << n;
    }
  }
}

TEST(SqueezeLlm, KeepsTheSensitiveApart) {
  auto w = normals(16 * 64, 3);
  std::vector<double> f(w.size(), 1.0);
  f[100] = 1e6;
  w[200] = 50;
  const CodedMatrix m =
      squeezellm(w, f, 16, {.levels = 8, .sensitive = 1.0 / 1024, .outliers = 1.0 / 1024});
  EXPECT_EQ(m.places, (std::vector<std::int64_t>{100, 200}));
  const auto back = weights(m);
  EXPECT_NEAR(back[100], w[100], 1e-3);
  EXPECT_EQ(back[200], 50);
}

TEST(Edkm, GradientsAgainstDifferences) {
  const auto w = normals(40, 5);
  // Centres as they are found; the soft weights then move with w alone.
  const SoftMeansOptions options{.levels = 4, .temperature = .3};
  const SoftMeans means = soft_means(w, options);
  std::vector<float> g(w.size(), 1);
  const auto slope = soft_means_backward(w, means, g, options);
  // The slope of x -> sum_k a_k(x) c_k between two bfloat16 neighbours would be all rounding: a
  // wide difference of the formula itself.
  double mean = 0, square = 0;
  for (const float v : w) mean += v / 40.0;
  for (const float v : w) square += (v - mean) * (v - mean) / 40;
  const double t = .3 * std::sqrt(square);
  const auto soft = [&](double x) {
    double sum = 0, mass = 0;
    for (const float c : means.centres) {
      const double a = std::exp(-std::abs(x - c) / t);
      sum += a * c;
      mass += a;
    }
    return sum / mass;
  };
  for (std::size_t i = 0; i < w.size(); ++i) {
    double near = 1;
    for (const float c : means.centres)
      near = std::min(near, std::abs(static_cast<double>(w[i]) - c));
    if (near < .03) continue;  // the slope jumps at a centre
    const double d = 1e-4;
    EXPECT_NEAR(slope[i], (soft(w[i] + d) - soft(w[i] - d)) / (2 * d),
                .02 + .02 * std::abs(slope[i]));
  }
}

TEST(Edkm, DistinctValuesShareTheirAttention) {
  const SoftMeans means = soft_means(normals(100000, 6));
  EXPECT_LT(means.distinct, 20000);
  EXPECT_EQ(means.soft.size(), 100000);
}

TEST(Budget, FourForms) {
  EXPECT_EQ(parse_budget("10%", 1000).bytes, 400);
  EXPECT_EQ(parse_budget("200KB", 1000).bytes, 200000);
  EXPECT_EQ(parse_budget("2KiB", 1000).bytes, 2048);
  EXPECT_EQ(parse_budget("2.5bits", 1600).bytes, 500);
  EXPECT_EQ(parse_budget("drop=0.5", 1000).drop, .5);
  for (const char* bad :
       {"", "10", "KB", "-3KB", "1e99KB", "nan%", "drop=", "drop=101", "2 bits"}) {
    EXPECT_ERROR(parse_budget(bad, 1000), core::InvalidArgument, "expected a budget such as");
  }
}

}  // namespace
}  // namespace venturi::compress
