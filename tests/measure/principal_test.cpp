#include "venturi/measure/principal.hpp"

#include <cmath>
#include <map>

#include "tests/testing.hpp"
#include "venturi/measure/figures.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;

// Two latents in ten columns, turned: the components are the latents up to a turn.
TEST(PrincipalComponents, FindThePlane) {
  core::Random random(Key(1));
  Matrix latent(300, 2), mix(2, 10);
  for (double& v : latent.reshaped()) v = random.normal();
  for (double& v : mix.reshaped()) v = random.normal();
  const Matrix x = (latent * mix).rowwise() + Eigen::RowVectorXd::Constant(10, 3.0);
  const Matrix found = principal_components(x, 2);
  EXPECT_NEAR(found.colwise().mean().norm(), 0, 1e-12);
  EXPECT_NEAR(found.col(0).dot(found.col(1)), 0, 1e-9);
  EXPECT_GT(found.col(0).squaredNorm(), found.col(1).squaredNorm());
  // Nothing is lost: the sums of squares agree.
  const Matrix centred = x.rowwise() - x.colwise().mean();
  EXPECT_NEAR(found.squaredNorm(), centred.squaredNorm(), 1e-9 * centred.squaredNorm());
  EXPECT_ERROR(principal_components(x, 3), core::DataError, "fewer than 3");
  EXPECT_ERROR(principal_components(x, 11), core::InvalidArgument, "got 11");
}

TEST(CompressedInformation, LinearImagesKeepIt) {
  const KnownLaw law = pair_laws(1.5, 2)[0];
  const Pairs drawn = law.draw(2000, Key(2));
  core::Random random(Key(3));
  Matrix mix(2, 12);
  for (double& v : mix.reshaped()) v = random.normal();
  const double plain = mean_of(wkl_local(drawn.x, drawn.y, 5));
  // WKL whitens, so that only a turn of its axes is left.
  EXPECT_NEAR(mean_of(compressed_local(drawn.x * mix, drawn.y * mix, {2, 2, 5})), plain, 0.05);
  EXPECT_NEAR(plain, 1.5, 0.1);
}

// Shuffled pairs are of no information: independent data lie about 0 whatever their edges.
TEST(CompressedInformation, AgainstShuffledPairs) {
  const KnownLaw law = pair_laws(1.5, 2)[0];
  const Pairs drawn = law.draw(2000, Key(2)), other = law.draw(2000, Key(3));
  const auto found = [&](const Matrix& y) { return shuffled_pairs_nats(drawn.x, y, 5, 2, Key(1)); };
  EXPECT_NEAR(found(drawn.y), 1.5, 0.1);
  EXPECT_NEAR(found(other.y), 0, 0.05);
  EXPECT_EQ(found(drawn.y), found(drawn.y));
  EXPECT_ERROR(shuffled_pairs_nats(drawn.x, drawn.y, 5, 0, Key(1)), core::InvalidArgument,
               "shuffles");
}

TEST(ImageLaws, Pixels) {
  for (const KnownLaw& law : image_laws(2, 8)) {
    EXPECT_NEAR(law.nats, 2, 1e-12);
    const Pairs drawn = law.draw(50, Key(4));
    EXPECT_EQ(drawn.x.cols(), 64);
    EXPECT_GE(drawn.x.minCoeff(), 0);
    EXPECT_LE(drawn.x.maxCoeff(), 1);
    EXPECT_EQ(law.draw(50, Key(4)).y, drawn.y);
    if (law.name != "rectangles") continue;
    // At least two pixels wide and high.
    for (Index i = 0; i < 50; ++i) EXPECT_GE(drawn.x.row(i).sum(), 4 - 1e-9);
  }
  EXPECT_ERROR(image_laws(0, 8), core::InvalidArgument, "nats");
  EXPECT_ERROR(image_laws(1, 3), core::InvalidArgument, "size");
}

TEST(CompressionFigures, GrowWithTheInformation) {
  const auto figures = compression_figures({.n = 800, .size = 8, .nats = {1, 3}}, Key(1));
  std::map<std::string, double> value;
  for (const core::Figure& f : figures) value[f.name] = f.value;
  for (const std::string law : {"gaussians", "rectangles"}) {
    EXPECT_DOUBLE_EQ(value.at(law + ", least step"),
                     value.at(law + " at 3") - value.at(law + " at 1"));
    EXPECT_GT(value.at(law + ", least step"), 0.5);
  }
}

}  // namespace
}  // namespace venturi::measure
