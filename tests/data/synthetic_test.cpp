#include "venturi/data/synthetic.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/data/cifar10.hpp"
#include "venturi/data/load.hpp"

namespace venturi::data {
namespace {

TEST(Synthetic, GaussianPairHasItsCorrelation) {
  const GaussianPairOptions options{.n = 20000, .d = 3, .rho = -0.6};
  const Dataset data = gaussian_pair(options, core::Key(1));
  const core::Matrix x = data.x.cast<double>();
  const core::Matrix y = data.y.cast<double>();
  const double n = 20000;
  for (core::Index i = 0; i < 3; ++i) {
    EXPECT_NEAR(y.col(i).squaredNorm() / n, 1, 5 * std::sqrt(2 / n));
    for (core::Index j = 0; j < 3; ++j) {
      // Five standard errors: sqrt((1 + rho^2) / n) at most.
      EXPECT_NEAR(x.col(i).dot(y.col(j)) / n, i == j ? -0.6 : 0, 5 * std::sqrt(1.36 / n));
    }
  }
  EXPECT_NEAR(mutual_information(options).value, -1.5 * std::log2(1 - 0.36), 1e-12);
}

TEST(Synthetic, GaussiansMeetTheirBayesError) {
  const GaussiansOptions options{.n = 20000, .d = 2, .distance = 2};
  const Dataset data = gaussians(options, core::Key(2));
  double wrong = 0;
  for (core::Index i = 0; i < data.size(); ++i) {
    wrong += (data.x(i, 0) > 0) != (data.labels[static_cast<std::size_t>(i)] == 1) ? 1 : 0;
  }
  EXPECT_NEAR(bayes_error(options), 0.158655253931457, 1e-12);  // Phi(-1)
  EXPECT_NEAR(wrong / 20000, 0.1587, 5 * std::sqrt(0.1587 * 0.8413 / 20000));
}

TEST(Synthetic, MoonsLieOnTheirCircles) {
  const Dataset data = moons({.n = 500, .noise = 0}, core::Key(3));
  for (core::Index i = 0; i < data.size(); ++i) {
    const bool lower = data.labels[static_cast<std::size_t>(i)] == 1;
    const double dx = data.x(i, 0) - (lower ? 1 : 0);
    const double dy = data.x(i, 1) - (lower ? 0.5 : 0);
    EXPECT_NEAR(dx * dx + dy * dy, 1, 1e-5);
    EXPECT_TRUE(lower ? dy <= 1e-6 : dy >= -1e-6);
  }
}

TEST(Synthetic, Parity) {
  const Dataset exact = parity({.n = 300, .d = 6, .k = 4}, core::Key(4));
  for (core::Index i = 0; i < exact.size(); ++i) {
    const int ones = static_cast<int>(exact.x.row(i).head(4).sum());
    EXPECT_EQ(exact.labels[static_cast<std::size_t>(i)], ones % 2);
  }
  const ParityOptions noisy{.n = 20000, .d = 3, .k = 2, .flip = 0.1};
  const Dataset data = parity(noisy, core::Key(5));
  double flipped = 0;
  for (core::Index i = 0; i < data.size(); ++i) {
    const int ones = static_cast<int>(data.x.row(i).head(2).sum());
    flipped += data.labels[static_cast<std::size_t>(i)] != ones % 2 ? 1 : 0;
  }
  EXPECT_NEAR(flipped / 20000, 0.1, 5 * std::sqrt(0.09 / 20000));
  EXPECT_NEAR(mutual_information(noisy).value, 0.531004406410719, 1e-12);  // 1 - h(0.1)
  EXPECT_EQ(mutual_information(ParityOptions{}).value, 1);
}

TEST(Synthetic, LinearHasItsNoise) {
  const LinearOptions options{.n = 20000, .d = 4, .noise = 0.5};
  const Dataset data = linear(options, core::Key(6));
  const core::Vector w = linear_weights(options, core::Key(6));
  EXPECT_NEAR(w.norm(), 1, 1e-12);
  const core::Vector rest = data.y.col(0).cast<double>() - data.x.cast<double>() * w;
  EXPECT_NEAR(rest.squaredNorm() / 20000, 0.25, 5 * 0.25 * std::sqrt(2.0 / 20000));
  EXPECT_NEAR(mutual_information(options).value, 0.5 * std::log2(5), 1e-12);
}

TEST(Synthetic, ByUri) {
  for (const auto& source : synthetic_sources()) {
    const std::string uri = fmt::format("synthetic:{}?n=30&seed=5", source.name);
    const Dataset once = load(uri).train;
    EXPECT_EQ(once.size(), 30) << uri;
    EXPECT_EQ(load(uri, core::Key(9)).train.x, once.x);  // the seed stands before the key
    const std::string open = fmt::format("synthetic:{}?n=30", source.name);
    EXPECT_EQ(load(open, core::Key(5)).train.x, once.x);
    EXPECT_NE(load(open, core::Key(6)).train.x, once.x);
  }
  EXPECT_EQ(load("synthetic:parity?d=5&k=5&n=10").train.x.cols(), 5);
  EXPECT_ERROR(load("synthetic:gaussian"), core::InvalidArgument, "did you mean 'gaussians'");
  EXPECT_ERROR(load("synthetic:"), core::InvalidArgument, "gaussians, gaussian-pair, moons");
  EXPECT_ERROR(load("synthetic:moons?m=3"), core::InvalidArgument, "known: n, noise, seed");
  EXPECT_ERROR(load("synthetic:moons?n=many"), core::InvalidArgument, "many");
  EXPECT_ERROR(load("synthetic:moons?n=0"), core::InvalidArgument, "expected n in");
  EXPECT_ERROR(load("synthetic:moons?noise=-1"), core::InvalidArgument, "expected noise in");
  EXPECT_ERROR(load("synthetic:linear?n=1000000000&d=1000000"), core::InvalidArgument, "2^31");
  EXPECT_ERROR(load("synthetic:parity?d=2&k=3"), core::InvalidArgument, "at most d = 2");
  EXPECT_ERROR(load("synthetic:gaussian-pair?rho=1"), core::InvalidArgument, "expected rho in");
}

TEST(Load, Cifar10Folder) {
  const testing::TempFolder folder;
  std::string rows(2 * 3073, '\x33');
  rows[0] = 9;
  rows[3073] = 0;
  rows[3074] = '\xFF';
  core::write_file(folder / "data_batch_1.bin", rows);
  core::write_file(folder / "data_batch_2.bin", rows);
  const std::string uri = "cifar10:" + folder.path().string();
  DataPair pair = load(uri);
  EXPECT_EQ(pair.train.size(), 4);
  EXPECT_EQ(pair.train.labels, (std::vector<std::int32_t>{9, 0, 9, 0}));
  EXPECT_EQ(pair.train.class_names[9], "truck");
  EXPECT_EQ(pair.train.x(1, 0), 1.0F);
  EXPECT_FLOAT_EQ(pair.train.x(1, 1), 0.2F);
  EXPECT_FALSE(pair.test.has_value());
  core::write_file(folder / "test_batch.bin", rows.substr(0, 3073));
  EXPECT_EQ(load(uri).test->size(), 1);
  rows[0] = 10;
  core::write_file(folder / "test_batch.bin", rows);
  EXPECT_ERROR(load(uri), core::DataError, "labels 0 to 9, got 10 in row 0");
  core::write_file(folder / "test_batch.bin", rows.substr(1));
  EXPECT_ERROR(load(uri), core::DataError, "test_batch.bin");
  core::write_file(folder / "test_batch.bin", "");
  EXPECT_ERROR(load(uri), core::DataError, "got 0 bytes");
  EXPECT_ERROR(load("cifar10:no/such"), core::DataError, "no/such");
}

TEST(Load, Cifar10) {
  REQUIRE_SHARED_DATA(folder, "cifar10");
  const DataPair pair = load("cifar10");
  EXPECT_EQ(pair.train.size(), 5085);
  ASSERT_TRUE(pair.test.has_value());
  EXPECT_EQ(pair.test->size(), 1017);
  EXPECT_EQ(pair.train.labels[0], 6);  // the first training image is a frog
  EXPECT_EQ(pair.test->labels[0], 3);  // the first test image a cat
}

// Part of the patterns of `set` bits that have label 1.
double share(const Dataset& task, int set) {
  int ones = 0, all = 0;
  for (core::Index r = 0; r < task.x.rows(); ++r) {
    if (static_cast<int>(task.x.row(r).sum()) != set) continue;
    ++all;
    ones += task.labels[r];
  }
  return static_cast<double>(ones) / all;
}

TEST(TwelveBits, AreAllPatternsUnderASymmetricRule) {
  const Dataset task = twelve_bits();
  ASSERT_EQ(task.x.rows(), 4096);
  int ones = 0;
  for (core::Index r = 0; r < 4096; ++r) {
    ones += task.labels[r];
    for (core::Index i = 0; i < 12; ++i) EXPECT_EQ(task.x(r, i), static_cast<float>(r >> i & 1));
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
  const Dataset task = twelve_bits();
  for (core::Index r = 0; r < 4096; ++r) {
    core::Index mirrored = 0;
    for (core::Index i = 0; i < 12; ++i) {
      const core::Index group = i / 3, opposite = 3 * (3 - group) + i % 3;
      if ((r >> i & 1) != 0) mirrored |= core::Index{1} << opposite;
    }
    EXPECT_EQ(task.labels[r], task.labels[mirrored]);
  }
}

}  // namespace
}  // namespace venturi::data
