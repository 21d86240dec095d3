#include "venturi/learn/information_plane.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"

namespace venturi::learn {
namespace {

using core::Index;

// Part of the patterns of `set` bits that have label 1.
double share(const data::Dataset& task, int set) {
  int ones = 0, all = 0;
  for (Index r = 0; r < task.x.rows(); ++r) {
    if (static_cast<int>(task.x.row(r).sum()) != set) continue;
    ++all;
    ones += task.labels[r];
  }
  return static_cast<double>(ones) / all;
}

TEST(TwelveBits, AreAllPatternsUnderASymmetricRule) {
  const data::Dataset task = data::twelve_bits();
  ASSERT_EQ(task.x.rows(), 4096);
  int ones = 0;
  for (Index r = 0; r < 4096; ++r) {
    ones += task.labels[r];
    for (Index i = 0; i < 12; ++i) EXPECT_EQ(task.x(r, i), static_cast<float>(r >> i & 1));
  }
  EXPECT_EQ(ones, 2098);
  EXPECT_NEAR(share(task, 5), 60.0 / 792, 1e-12);
  EXPECT_NEAR(share(task, 6), 572.0 / 924, 1e-12);
  EXPECT_NEAR(share(task, 7), 672.0 / 792, 1e-12);
  for (const int set : {0, 1, 2, 3, 4}) EXPECT_EQ(share(task, set), 0);
  for (const int set : {8, 9, 10, 11, 12}) EXPECT_EQ(share(task, set), 1);
}

// The mirror image swaps each vertex with its opposite: vertices i and i + 9 (first sign and
// second), i + 3 and i + 6.
TEST(TwelveBits, LabelsAreThoseOfTheMirrorImage) {
  const data::Dataset task = data::twelve_bits();
  for (Index r = 0; r < 4096; ++r) {
    Index mirrored = 0;
    for (Index i = 0; i < 12; ++i) {
      const Index group = i / 3, opposite = 3 * (3 - group) + i % 3;
      if ((r >> i & 1) != 0) mirrored |= Index{1} << opposite;
    }
    EXPECT_EQ(task.labels[r], task.labels[mirrored]);
  }
}

TEST(CodeEntropy, CountsRows) {
  const std::vector<std::int32_t> codes = {1, 2, 1, 2, 3, 2, 0, 0};
  EXPECT_DOUBLE_EQ(code_entropy_bits(codes, 2), 1.5);
  EXPECT_NEAR(code_entropy_bits(codes, 1),
              0.25 * 2 + 0.375 * std::log2(8 / 3.0) + 0.125 * 3 + 0.25 * 2, 1e-12);
}

TEST(PlaneFigures, AFewShortNetworks) {
  PlaneOptions options{.networks = 3, .epochs = 30, .snapshots = 4};
  std::map<std::string, double> value;
  for (const core::Figure& f : plane_figures(options, core::Key(1), core::silent())) {
    value[f.name] = f.value;
  }
  for (const std::string name : {"with L2", "without L2"}) {
    EXPECT_LE(value.at(name + ", EBAB at the end"), 12);
    EXPECT_LE(value.at(name + ", EBAB at the end"), value.at(name + ", EBAB at its most"));
    EXPECT_LE(value.at(name + ", aKDE at its most"), 10);  // log2 of 1024 patterns
    EXPECT_GT(value.at(name + ", aKDE at the end"), 0);
    EXPECT_GT(value.at(name + ", accuracy"), 60);  // of a share of .51
  }
  // Eight levels have a bin each; noise of a thousandth of a level mixes up none.
  EXPECT_LT(value.at("quantized, EBAB less exact"), 1e-9);
  EXPECT_LT(value.at("quantized, aKDE less exact"), 1e-9);
  // Without a weight the two kinds of network are the same ones.
  options.l2 = 0;
  for (const core::Figure& f : plane_figures(options, core::Key(1), core::silent())) {
    value[f.name] = f.value;
  }
  EXPECT_EQ(value.at("with L2, EBAB lost"), value.at("without L2, EBAB lost"));
  EXPECT_EQ(value.at("EBAB lost with L2 less without, in standard errors"), 0);
  options.networks = 2;
  EXPECT_ERROR(plane_figures(options, core::Key(1), core::silent()), core::InvalidArgument,
               "networks");
}

}  // namespace
}  // namespace venturi::learn
