#include "venturi/couple/figures.hpp"

#include "tests/testing.hpp"

namespace venturi::couple {
namespace {

void expect_all(const std::vector<Figure>& figures) {
  ASSERT_FALSE(figures.empty());
  for (const Figure& f : figures) {
    EXPECT_TRUE(f.holds()) << f.name << ": " << f.value << " " << f.relation << " " << f.target;
  }
}

TEST(Figures, Spectr) { expect_all(spectr_figures(core::Key(1), true)); }
TEST(Figures, OptimalMdsd) { expect_all(optimal_mdsd_figures(core::Key(1), true)); }
TEST(Figures, TokensToThoughts) { expect_all(tokens_to_thoughts_figures(core::Key(1), true)); }
TEST(Figures, MecB) { expect_all(mec_b_figures(core::Key(1), true)); }
TEST(Figures, ProjektorSlow) { expect_all(projektor_figures(core::Key(2), true)); }

TEST(Figures, ProgrammeHasALimit) {
  const Vector flat = Vector::Constant(100, 0.01);
  EXPECT_ERROR(acceptance_by_programme(flat, flat, 4, DraftDraw::with_replacement),
               core::InvalidArgument, "20000");
  EXPECT_FALSE((Figure{"x", 2, "", "<=", 1}).holds());
}

}  // namespace
}  // namespace venturi::couple
