#include "venturi/code/circuit_codec.hpp"

#include "tests/testing.hpp"
#include "venturi/code/byte_codec.hpp"
#include "venturi/code/hash.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::code {
namespace {

// Masses of small whole numbers over their sum: the same model on every machine.
HiddenTree drawn_model(int d, int states, int levels) {
  core::Random random{core::Key(9)};
  std::vector<int> parent{-1};
  for (int v = 1; v < d; ++v) parent.push_back(static_cast<int>(random.below(v)));
  HiddenTree model{VariableTree::from_parents(parent), states, levels, {}, {}};
  for (int v = 0; v < d; ++v) {
    model.transition.emplace_back(v == 0 ? 1 : states, states);
    model.leaf.emplace_back(levels, states);
    for (auto* part : {&model.transition.back(), &model.leaf.back()}) {
      for (auto& p : part->reshaped()) p = static_cast<float>(1 + random.below(50));
    }
    auto& t = model.transition.back();
    t.array().colwise() /= t.rowwise().sum().array().eval();
    auto& l = model.leaf.back();
    l.array().rowwise() /= l.colwise().sum().array().eval();
  }
  return model;
}

LevelMatrix drawn_rows(int n, int d, int levels) {
  core::Random random{core::Key(10)};
  LevelMatrix x(n, d);
  for (auto& value : x.reshaped()) value = static_cast<std::uint8_t>(random.below(levels));
  return x;
}

TEST(CircuitCodec, RoundTripAtTheModelsCost) {
  const HiddenTree model = drawn_model(30, 7, 16);
  const LevelMatrix x = drawn_rows(500, 30, 16);  // one stream
  const HiddenTreeCoder coder(model);
  const auto bytes = coder.encode(x);
  EXPECT_EQ(coder.decode(bytes, 500), x);
  const double cost = model.cost_bits(x).sum();
  EXPECT_NEAR(8.0 * static_cast<double>(bytes.size()), cost, 0.0005 * 500 * 30 + 16);
  const auto file = coder.serialize();
  EXPECT_EQ(HiddenTreeCoder::deserialize(file, "test").decode(bytes, 500), x);
}

TEST(CircuitCodec, GoldenHash) {
  const HiddenTreeCoder coder(drawn_model(30, 7, 16));
  EXPECT_EQ(hash64(coder.encode(drawn_rows(300, 30, 16))), 15341428488754878722U);
}

// One stream for each 512 rows, whatever the number of threads.
TEST(CircuitCodec, ManyStreams) {
  const HiddenTreeCoder coder(drawn_model(12, 5, 16));
  const int before = core::threads();
  for (const int n : {1, 511, 512, 513, 1024, 1100}) {
    const LevelMatrix x = drawn_rows(n, 12, 16);
    core::set_threads(1);
    const auto bytes = coder.encode(x);
    core::set_threads(3);
    EXPECT_EQ(coder.encode(x), bytes) << n;
    EXPECT_EQ(coder.decode(bytes, n), x) << n;
  }
  core::set_threads(before);
  const auto bytes = coder.encode(drawn_rows(1100, 12, 16));
  for (std::size_t cut = 0; cut < bytes.size(); cut += 7) {
    if (cut + 9 > bytes.size()) break;
    EXPECT_THROW(coder.decode(core::Bytes(bytes).first(cut), 1100), core::DataError) << cut;
  }
  auto forged = bytes;
  forged[0] = forged[1] = std::byte{0xff};
  EXPECT_THROW(coder.decode(forged, 1100), core::DataError);
  EXPECT_THROW(coder.decode(bytes, 0), core::DataError);
  EXPECT_EQ(coder.decode({}, 0).rows(), 0);
}

TEST(CircuitCodec, ImpossibleLevelsStillPass) {
  HiddenTree model = drawn_model(12, 3, 4);
  for (auto& leaf : model.leaf) {
    leaf.setZero();
    leaf.row(0).setOnes();
  }
  const LevelMatrix x = drawn_rows(50, 12, 4);
  const HiddenTreeCoder coder(model);
  EXPECT_EQ(coder.decode(coder.encode(x), 50), x);
}

TEST(CircuitCodec, NodeWithManyChildren) {
  HiddenTree model = drawn_model(300, 3, 4);
  std::vector<int> parent(300, 0);
  parent[0] = -1;
  model.tree = VariableTree::from_parents(parent);
  const LevelMatrix x = drawn_rows(260, 300, 4);
  const HiddenTreeCoder coder(model);
  const auto bytes = coder.encode(x);
  EXPECT_EQ(coder.decode(bytes, 260), x);
  EXPECT_NEAR(8.0 * static_cast<double>(bytes.size()), model.cost_bits(x).sum(),
              0.0005 * 260 * 300 + 16);
}

// A flip may give another valid model, or be refused as bad data; it may do nothing else.
TEST(CircuitCodec, BitFlipsAnywhereInTheModel) {
  const HiddenTreeCoder coder(drawn_model(6, 2, 4));
  const auto file = coder.serialize();
  const auto bytes = coder.encode(drawn_rows(40, 6, 4));
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    auto bad = file;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      const auto other = HiddenTreeCoder::deserialize(bad, "flipped");
      other.decode(bytes, 40);
    } catch (const core::DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(CircuitCodec, BitFlipsAnywhereInTheRows) {
  const HiddenTreeCoder coder(drawn_model(6, 2, 4));
  const LevelMatrix x = drawn_rows(40, 6, 4);
  const auto bytes = coder.encode(x);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      EXPECT_NE(coder.decode(bad, 40), x) << bit;
    } catch (const core::DataError&) {
    }
  }
}

TEST(CircuitCodec, ForgedSizes) {
  const std::uint64_t forged[][3] = {{0, 2, 4},   {1 << 24, 256, 256}, {6, 0, 4},
                                     {6, 257, 4}, {6, 2, 1},           {6, 2, 257}};
  for (const auto& sizes : forged) {
    std::vector<std::byte> raw;
    for (const auto size : sizes) put_varint(raw, size);
    raw.resize(raw.size() + 64, std::byte{1});
    EXPECT_THROW(HiddenTreeCoder::deserialize(byte_codec("static").encode(raw), "forged"),
                 core::DataError)
        << sizes[0] << " " << sizes[1] << " " << sizes[2];
  }
}

TEST(CircuitCodec, BadBytes) {
  const HiddenTreeCoder coder(drawn_model(6, 2, 4));
  const auto file = coder.serialize();
  for (std::size_t cut = 0; cut < file.size(); ++cut) {
    EXPECT_THROW(HiddenTreeCoder::deserialize(core::Bytes(file).first(cut), "cut"),
                 core::DataError);
  }
  const LevelMatrix x = drawn_rows(40, 6, 4);
  auto bytes = coder.encode(x);
  EXPECT_EQ(coder.encode(LevelMatrix(0, 6)).size(), 0U);
  EXPECT_ERROR(coder.encode(LevelMatrix::Constant(1, 6, 4)), core::InvalidArgument, "below 4");
  bytes.resize(bytes.size() + 9, std::byte{1});
  EXPECT_THROW(coder.decode(bytes, 40), core::DataError);
  EXPECT_THROW(coder.decode(core::Bytes(bytes).first(10), 40), core::DataError);
}

}  // namespace
}  // namespace venturi::code
