#include "venturi/learn/information_plane.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"

namespace venturi::learn {
namespace {

using core::Index;

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
