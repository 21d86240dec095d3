#include "venturi/measure/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::measure {
namespace {

using core::Matrix;
using core::MatrixView;

double gap(const MatrixView& x, core::Index i, core::Index j) {
  double d = 0;
  for (core::Index c = 0; c < x.cols(); ++c) d = std::max(d, std::fabs(x(i, c) - x(j, c)));
  return d;
}

// The definition: all pairs, float64.
Neighbours slow(const std::vector<Matrix>& groups, const NeighbourQuery& query) {
  const core::Index n = groups[0].rows();
  const auto over = [&](unsigned members, core::Index i, core::Index j) {
    double d = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if ((members >> g & 1) != 0) d = std::max(d, gap(groups[g], i, j));
    }
    return d;
  };
  Neighbours out;
  out.counts.resize(query.unions.size());
  for (core::Index i = 0; i < n; ++i) {
    std::vector<std::pair<double, core::Index>> all;
    for (core::Index j = 0; j < n; ++j) {
      if (j != i) all.emplace_back(over(~0U, i, j), j);
    }
    std::sort(all.begin(), all.end());
    out.distance.push_back(all[query.k - 1].first);
    for (std::size_t u = 0; u < query.unions.size(); ++u) {
      double radius = out.distance.back();
      if (query.reach == Reach::projected) {
        radius = 0;
        for (int m = 0; m < query.k; ++m) {
          radius = std::max(radius, over(query.unions[u], i, all[m].second));
        }
      }
      std::int32_t count = 0;
      for (core::Index j = 0; j < n; ++j) {
        const double d = over(query.unions[u], i, j);
        count += j != i && (query.reach == Reach::strict ? d < radius : d <= radius) ? 1 : 0;
      }
      out.counts[u].push_back(count);
    }
  }
  return out;
}

enum class Law { normal, cauchy, grid, offset, tiny, huge, constant };

Matrix sample(Law law, core::Index n, core::Index d, core::Key key) {
  core::Random random(key);
  Matrix x(n, d);
  for (core::Index i = 0; i < n; ++i) {
    for (core::Index c = 0; c < d; ++c) {
      const double z = random.normal();
      switch (law) {
        case Law::normal:
          x(i, c) = z;
          break;
        case Law::cauchy:
          x(i, c) = z / random.normal();
          break;
        case Law::grid:
          x(i, c) = std::round(2 * z) * 0.1;
          break;
        case Law::offset:
          x(i, c) = 1e9 + 1e-3 * z;
          break;
        case Law::tiny:
          x(i, c) = 1e-300 * z;
          break;
        case Law::huge:
          x(i, c) = 1e300 * z;
          break;
        case Law::constant:
          x(i, c) = 4.5;
          break;
      }
    }
  }
  return x;
}

void expect_equal(const Neighbours& a, const Neighbours& b) {
  EXPECT_EQ(a.distance, b.distance);
  EXPECT_EQ(a.counts, b.counts);
}

// The searches of this build beside the tree.
std::vector<std::string> all_pairs_searches() {
  try {
    set_search("cuda");
    set_search("auto");
    return {"brute", "cuda"};
  } catch (const core::InvalidArgument&) {
    return {"brute"};
  }
}

void expect_from_all_pairs(const std::vector<MatrixView>& views, NeighbourQuery query,
                           const Neighbours& truth) {
  for (const std::string& search : all_pairs_searches()) {
    query.search = search;
    for (const auto& level : simd_levels()) {
      query.simd = level;
      SCOPED_TRACE(search + " " + level);
      expect_equal(find_neighbours(views, query), truth);
    }
  }
}

class NeighboursOf : public ::testing::TestWithParam<Law> {};

// Every search, every instruction set, every kind of reach equals the double loop bit for bit.
TEST_P(NeighboursOf, EqualTheDoubleLoop) {
  for (const core::Index n : {5, 97, 300}) {
    for (const core::Index d : {1, 2}) {
      const core::Key key = core::Key(n).split(static_cast<std::uint64_t>(d));
      std::vector<Matrix> groups;
      for (int g = 0; g < 3; ++g) groups.push_back(sample(GetParam(), n, d, key.split(g)));
      groups[1] += 0.5 * groups[0];
      const std::vector<MatrixView> views(groups.begin(), groups.end());
      for (const Reach reach : {Reach::strict, Reach::closed, Reach::projected}) {
        NeighbourQuery query{.k = 4, .reach = reach, .unions = {1, 2, 5, 7}};
        const Neighbours truth = slow(groups, query);
        query.search = "tree";
        expect_equal(find_neighbours(views, query), truth);
        expect_from_all_pairs(views, query, truth);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Laws, NeighboursOf,
                         ::testing::Values(Law::normal, Law::cauchy, Law::grid, Law::offset,
                                           Law::tiny, Law::huge, Law::constant));

TEST(Neighbours, WideDataEqualsTheDoubleLoop) {
  const std::vector<Matrix> groups{sample(Law::normal, 1100, 9, core::Key(1)),
                                   sample(Law::cauchy, 1100, 7, core::Key(2))};
  const std::vector<MatrixView> views(groups.begin(), groups.end());
  NeighbourQuery query{.k = 3, .unions = {1, 2}};
  const Neighbours truth = slow(groups, query);
  expect_from_all_pairs(views, query, truth);
}

// Rows of several tiles, all of one scale (settled by bytes) or with one column far wider (by
// floats), and k beyond the lanes of a vector.
TEST(Neighbours, BytesAndFloatsEqualTheDoubleLoop) {
  for (const double wide : {1.0, 1000.0}) {
    for (const int k : {1, 3, 70}) {
      std::vector<Matrix> groups{sample(Law::normal, 1201, 3, core::Key(4)),
                                 sample(Law::normal, 1201, 4, core::Key(5))};
      groups[1].leftCols(3) += groups[0];
      groups[0].col(1) *= wide;
      const std::vector<MatrixView> views(groups.begin(), groups.end());
      for (const Reach reach : {Reach::strict, Reach::projected}) {
        const NeighbourQuery query{.k = k, .reach = reach, .unions = {1, 2, 3}};
        SCOPED_TRACE(k);
        expect_from_all_pairs(views, query, slow(groups, query));
      }
    }
  }
  const Matrix x = sample(Law::normal, 4500, 6, core::Key(6));
  const std::vector<MatrixView> one{x};
  const NeighbourQuery query{.k = 2, .unions = {1}};
  expect_from_all_pairs(one, query, slow({x}, query));
}

// Two columns in all have a search of their own: laws with a density, with heavy tails, on a line,
// on few values in either column or both, in lumps of very different sizes and all in one place.
Matrix planar(int law, core::Index n, core::Key key) {
  core::Random random(key);
  Matrix x(n, 2);
  for (core::Index i = 0; i < n; ++i) {
    double a = random.normal(), b = 0.75 * a + random.normal();
    const double u = random.uniform();
    if (law == 1) a /= random.normal(), b /= random.normal();
    if (law == 2) b = a + 1e-4 * b;
    if (law == 3) b = std::floor(b);
    if (law == 4) a = std::floor(a);
    if (law == 5) a = std::floor(2 * a), b = std::floor(2 * b);
    if (law == 6) a *= u < 0.5 ? 1e-7 : 1, b *= u < 0.25 ? 1e-7 : 1;
    if (law == 7) a = b = -0.0;
    if (law == 8) a = 1e9 + 1e-5 * a, b *= 1e-3;
    if (law == 9) b *= 1e6;
    if (law == 10) a = std::exp(30 * a), b = static_cast<double>(i);
    if (law == 11) a = u < 0.5 ? 0.0 : -0.0, b = u < 0.3 ? 1 : b;
    x(i, 0) = a;
    x(i, 1) = b;
  }
  return x;
}

TEST(Neighbours, TwoColumnsEqualTheDoubleLoop) {
  for (int law = 0; law < 12; ++law) {
    for (const core::Index n : {2, 9, 40, 200, 800}) {
      const Matrix both = planar(law, n, core::Key(n).split(static_cast<std::uint64_t>(law)));
      const std::vector<Matrix> groups{both.col(0), both.col(1)};
      const std::vector<MatrixView> views(groups.begin(), groups.end());
      for (const int k : {1, 3, 7, 12}) {
        if (k >= n || (n == 800 && k != 3)) continue;
        for (const Reach reach : {Reach::strict, Reach::closed, Reach::projected}) {
          NeighbourQuery query{.k = k, .reach = reach, .unions = {1, 2}};
          SCOPED_TRACE(
              fmt::format("law {}, n {}, k {}, reach {}", law, n, k, static_cast<int>(reach)));
          const Neighbours truth = slow(groups, query);
          for (const auto& level : simd_levels()) {
            query.simd = level;
            expect_equal(find_neighbours(views, query), truth);
          }
        }
        const std::vector<MatrixView> one{both};
        expect_equal(find_neighbours(one, {.k = k, .unions = {}}),
                     slow({both}, {.k = k, .unions = {}}));
      }
    }
  }
}

// Enough rows for several threads in the sort, the strips and the table.
TEST(Neighbours, TwoColumnsOfManyRowsEqualTheTree) {
  const int before = core::threads();
  for (int law = 0; law < 12; ++law) {
    const Matrix both = planar(law, 20000, core::Key(77).split(static_cast<std::uint64_t>(law)));
    const Matrix x = both.col(0), y = both.col(1);
    const std::vector<MatrixView> views{x, y};
    NeighbourQuery query{.k = 3, .search = "tree", .unions = {2, 1}};
    const Neighbours truth = find_neighbours(views, query);
    query.search = "auto";
    for (const int threads : {1, 3}) {
      core::set_threads(threads);
      SCOPED_TRACE(fmt::format("law {}, threads {}", law, threads));
      expect_equal(find_neighbours(views, query), truth);
    }
  }
  core::set_threads(before);
}

TEST(Neighbours, DoNotDependOnThreads) {
  const std::vector<Matrix> groups{sample(Law::grid, 500, 4, core::Key(1)),
                                   sample(Law::normal, 500, 2, core::Key(2))};
  const std::vector<MatrixView> views(groups.begin(), groups.end());
  const NeighbourQuery query{.k = 2, .reach = Reach::projected, .unions = {1, 2}};
  const int before = core::threads();
  core::set_threads(1);
  const Neighbours one = find_neighbours(views, query);
  core::set_threads(3);
  expect_equal(find_neighbours(views, query), one);
  core::set_threads(before);
}

TEST(Neighbours, CountWithinEqualsTheDoubleLoop) {
  for (const core::Index d : {1, 3, 6}) {
    for (const Law law : {Law::normal, Law::grid}) {
      const Matrix x = sample(law, 200, d, core::Key(3));
      std::vector<double> radius;
      for (core::Index i = 0; i < 200; ++i) radius.push_back(i % 7 == 0 ? 0 : gap(x, i, 3));
      for (const bool closed : {false, true}) {
        const auto counts = count_within(x, radius, closed);
        for (const std::string& search : all_pairs_searches()) {
          set_search(search);
          EXPECT_EQ(count_within(x, radius, closed), counts) << search;
        }
        set_search("auto");
        for (core::Index i = 0; i < 200; ++i) {
          std::int32_t truth = 0;
          for (core::Index j = 0; j < 200; ++j) {
            const double g = gap(x, i, j);
            truth += j != i && (closed ? g <= radius[i] : g < radius[i]) ? 1 : 0;
          }
          ASSERT_EQ(counts[i], truth) << "d " << d << ", row " << i;
        }
      }
    }
  }
}

TEST(Neighbours, RefuseBadInput) {
  const Matrix x = sample(Law::normal, 10, 2, core::Key(1));
  const Matrix y = sample(Law::normal, 9, 2, core::Key(1));
  Matrix nan = x;
  nan(7, 1) = std::nan("");
  const auto ask = [](std::vector<MatrixView> groups, NeighbourQuery query) {
    return find_neighbours(groups, query);
  };
  EXPECT_ERROR(ask({}, {}), core::InvalidArgument, "got 0");
  EXPECT_ERROR(ask({x, y}, {}), core::InvalidArgument, "10 rows in every group, got 9");
  EXPECT_ERROR(ask({x}, {.k = 10}), core::InvalidArgument, "k < n = 10, got k = 10");
  EXPECT_ERROR(ask({x}, {.k = 0}), core::InvalidArgument, "got k = 0");
  EXPECT_ERROR(ask({x, nan}, {}), core::DataError, "row 7, column 1 is nan");
  EXPECT_ERROR(ask({x}, {.unions = {2}}), core::InvalidArgument, "0x2");
  EXPECT_ERROR(ask({x}, {.search = "grid"}), core::InvalidArgument, "'grid'");
  EXPECT_ERROR(set_search("grid"), core::InvalidArgument, "'grid'");
  if (all_pairs_searches().size() == 1) {
    EXPECT_ERROR(ask({x}, {.search = "cuda"}), core::InvalidArgument, "VENTURI_CUDA");
  }
  const Matrix wide = sample(Law::normal, 10, 9, core::Key(3));
  EXPECT_ERROR(ask({wide}, {.search = "tree"}), core::InvalidArgument, "at most 8 columns");
  EXPECT_ERROR(ask({x}, {.search = "brute", .simd = "mmx"}), core::InvalidArgument, "'mmx'");
}

// Where the guess of a sorted column is poor: outliers, a constant, signed zeros, tiny and huge.
TEST(CountWithin, HardColumns) {
  core::Random random(core::Key(9));
  for (int kind = 0; kind < 4; ++kind) {
    core::Matrix x(300, 1);
    std::vector<double> radius(300);
    for (core::Index i = 0; i < 300; ++i) {
      const double z = random.normal();
      if (kind == 0) x(i, 0) = std::exp(20 * z);
      if (kind == 1) x(i, 0) = i == 7 ? 1e300 : 3;
      if (kind == 2) x(i, 0) = i % 3 == 0 ? -0.0 : i % 3 == 1 ? 0.0 : 1e-310 * z;
      if (kind == 3) x(i, 0) = std::round(3 * z) / 3;
      radius[i] = kind == 2 ? 1e-310 * random.uniform() : std::fabs(x(i, 0)) * random.uniform();
    }
    if (kind == 3) radius.assign(300, 1.0 / 3);
    for (const bool closed : {false, true}) {
      const auto counts = count_within(x, radius, closed);
      for (core::Index i = 0; i < 300; ++i) {
        std::int32_t expected = 0;
        for (core::Index j = 0; j < 300; ++j) {
          const double d = std::fabs(x(i, 0) - x(j, 0));
          expected += j != i && (closed ? d <= radius[i] : d < radius[i]) ? 1 : 0;
        }
        EXPECT_EQ(counts[i], expected) << kind << " " << closed << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace venturi::measure
