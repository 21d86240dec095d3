// The studies at their quick size: figures are there, of the sign that their construction fixes.
#include "venturi/learn/network_studies.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"
#include "venturi/learn/generator_bound.hpp"

namespace venturi::learn {
namespace {

using core::Key;

std::map<std::string, double> values(const std::vector<core::Figure>& figures) {
  std::map<std::string, double> out;
  for (const core::Figure& f : figures) {
    EXPECT_TRUE(std::isfinite(f.value)) << f.name;
    out[f.name] = f.value;
  }
  return out;
}

TEST(GeneratorBound, AboveTheTruthAndTheSameAgain) {
  const auto figures = values(generator_bound_figures(Key(1), true));
  EXPECT_EQ(figures.at("bounds below the true distance"), 0);
  EXPECT_GT(figures.at("least slack"), 0);
  // All in the middle of a ring of radius .7: each point goes outward, along its own radius, whose
  // mean is .05 sqrt(pi / 2); the modes' own spread adds a little.
  EXPECT_NEAR(figures.at("untrained: true W1"), 0.7 - 0.05 * std::sqrt(M_PI / 2), 0.03);
  // Half of the modes missing: farther than trained ones.
  EXPECT_GT(figures.at("four modes: true W1"), figures.at("trained: true W1"));
  EXPECT_EQ(values(generator_bound_figures(Key(1), true)), figures);
}

TEST(NetworkStudies, ActivePassiveQuick) {
  core::Monitor monitor;
  const auto figures = values(active_passive_figures(Key(1), true, monitor));
  EXPECT_EQ(figures.at("planted latents misnamed"), 0);
  EXPECT_GE(figures.at("passive latents"), 1);  // eight latents, three factors
  EXPECT_LE(figures.at("passive latents"), 6);
}

TEST(NetworkStudies, SlowKappatuneFormula) {
  core::Monitor monitor;
  const auto figures = values(kappatune_figures(Key(1), true, monitor));
  EXPECT_LT(figures.at("entropy less its formula, largest"), 1e-9);
  EXPECT_GT(figures.at("forgetting, all"), 0);
}

}  // namespace
}  // namespace venturi::learn
