#include "venturi/compress/coded_matrix.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/compress/hadamard.hpp"
#include "venturi/core/key.hpp"

namespace venturi::compress {
namespace {

std::vector<CodedMatrix> one_of_each() {
  core::Random random{core::Key(1)};
  const auto levels = [&](std::size_t n, std::int32_t low, std::int32_t count) {
    std::vector<std::int32_t> out(n);
    for (auto& q : out)
      q = low + static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(count)));
    return out;
  };
  CodedMatrix steps{.way = Way::steps, .rows = 3, .columns = 8, .levels = levels(24, -4, 9)};
  steps.step = .03F;
  steps.row_steps = {0, -3, 5};
  steps.column_group = 4;
  steps.column_steps = {-1, 2};
  CodedMatrix scaled{.way = Way::scaled, .rows = 3, .columns = 8, .levels = levels(24, -8, 16)};
  scaled.group = 3;
  scaled.scales = {.5F, .25F, 1, 2, .125F, 1, 1, 1, 3};
  scaled.places = {0, 7, 23};
  scaled.values = {9, -9, 5.5F};
  CodedMatrix table{.way = Way::table, .rows = 3, .columns = 8, .levels = levels(24, 0, 4)};
  table.scales = {1};
  table.row_tables = true;
  table.table = {-1, 0, 1, 2, -3, -1, 1, 3, .5F, .75F, 1, 1.5F};
  CodedMatrix rotated{.way = Way::rotated, .rows = 3, .columns = 8, .levels = levels(12, 0, 3)};
  rotated.group = 4;
  rotated.tuple = 2;
  rotated.signs = 77;
  rotated.scales = {1, 2, 1, 1, .5F, .25F};
  rotated.table = {-1, -1, 0, .5F, 1, 1};
  CodedMatrix exact{.way = Way::exact, .rows = 2, .columns = 2};
  exact.exact = {1.1F, -2.2F, 3.3F, 0};
  CodedMatrix left{.way = Way::scaled, .rows = 3, .columns = 2, .levels = levels(6, -2, 5)};
  left.scales = {.5F};
  CodedMatrix right{.way = Way::scaled, .rows = 2, .columns = 8, .levels = levels(16, -2, 5)};
  right.scales = {.25F};
  CodedMatrix product{.way = Way::product, .rows = 3, .columns = 8};
  product.factors = {left, right};
  return {steps, scaled, table, rotated, exact, product};
}

TEST(CodedMatrix, ComesBack) {
  for (const CodedMatrix& m : one_of_each()) {
    const auto bytes = encode(m);
    const CodedMatrix back = decode_matrix(bytes, m.rows, m.columns, "test");
    EXPECT_EQ(weights(back), weights(m)) << name_of(m.way);
    EXPECT_EQ(encode(back), bytes) << name_of(m.way);
  }
}

// The header's formulas, weight by weight.
TEST(CodedMatrix, WeightsAreWhatTheWaySays) {
  const auto all = one_of_each();
  const CodedMatrix& s = all[0];
  const auto w = weights(s);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 8; ++c) {
      const double expected = s.levels[r * 8 + c] * static_cast<double>(s.step) *
                              std::exp2((s.row_steps[r] + s.column_steps[c / 4]) / 2.0);
      EXPECT_NEAR(w[r * 8 + c], expected, 1e-6 * std::abs(expected));
    }
  }
  const CodedMatrix& q = all[1];
  const auto v = weights(q);
  EXPECT_EQ(v[0], 9);
  EXPECT_EQ(v[23], 5.5F);
  EXPECT_EQ(v[8 + 4], static_cast<float>(q.levels[8 + 4]) * q.scales[3 + 1]);
}

TEST(CodedMatrix, RotationIsOrthonormalAndUndone) {
  core::Random random{core::Key(2)};
  for (const std::int64_t group : {8, 12, 30}) {
    std::vector<float> x(30), y;
    double before = 0, after = 0;
    for (float& v : x) v = static_cast<float>(random.normal());
    y = x;
    rotate(y, group, 5);
    for (std::size_t i = 0; i < x.size(); ++i) before += x[i] * x[i], after += y[i] * y[i];
    EXPECT_NEAR(after, before, 1e-4 * before);
    EXPECT_NE(x, y);
    rotate_back(y, group, 5);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], x[i], 1e-5);
  }
}

TEST(CodedMatrix, DamageEndsInDataErrors) {
  core::Random random{core::Key(3)};
  for (const CodedMatrix& m : one_of_each()) {
    const auto bytes = encode(m);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      try {
        decode_matrix(core::Bytes(bytes).first(n), m.rows, m.columns, "test");
      } catch (const core::DataError&) {
      }
    }
    for (int k = 0; k < 500; ++k) {
      auto damaged = bytes;
      damaged[random.below(damaged.size())] ^= static_cast<std::byte>(1 + random.below(255));
      try {
        const auto back = decode_matrix(damaged, m.rows, m.columns, "test");
        EXPECT_EQ(weights(back).size(), static_cast<std::size_t>(m.rows * m.columns));
      } catch (const core::DataError&) {
      }
    }
    EXPECT_THROW(decode_matrix(bytes, 1 << 20, 1 << 20, "test"), core::DataError);
  }
}

TEST(CodedMatrix, SizesThatDoNotFitAreRefused) {
  CodedMatrix m = one_of_each()[0];
  m.levels.pop_back();
  EXPECT_ERROR(encode(m), core::InvalidArgument, "expected 24 levels, got 23");
}

}  // namespace
}  // namespace venturi::compress
