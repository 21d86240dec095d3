#include "venturi/code/circuit_file.hpp"

#include "tests/testing.hpp"

namespace venturi::code {
namespace {

// Pairs of equal pixels, the rest noise.
LevelMatrix rows(int n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  LevelMatrix x(n, 12);
  for (int i = 0; i < n; ++i) {
    for (int v = 0; v < 12; ++v) {
      x(i, v) = v % 2 == 1 ? x(i, v - 1) : static_cast<std::uint8_t>(random.below(8));
    }
  }
  return x;
}

Circuit learned() {
  const LevelMatrix x = rows(400, 1);
  const HiddenTree model = learn_hidden_tree(
      x, 256, chow_liu_tree(x, 256), {.states = 8, .batch = 100, .epochs = 6}, core::Key(2));
  return make_circuit(model, {1, 3, 4}, {{"rows", 400}});
}

TEST(CircuitFile, ThereAndBack) {
  const Circuit circuit = learned();
  const Circuit read =
      parse_circuit(parse_container(container_bytes(circuit_container(circuit)), "m.vt"), "m.vt");
  EXPECT_EQ(read.shape, circuit.shape);
  EXPECT_EQ(read.id, circuit.id);
  EXPECT_EQ(read.facts["rows"], 400);
  const LevelMatrix x = rows(100, 3);
  const auto bits = container_bytes(encode_rows(circuit, x));
  EXPECT_EQ(decode_rows(read, parse_container(bits, "b.vt"), "b.vt"), x);
  EXPECT_LT(bits.size(), 12U * 100 / 2);  // of bytes of 8 bits there are 3, and half are copies
  EXPECT_EQ(decode_rows(read, encode_rows(circuit, LevelMatrix(0, 12)), "b.vt").rows(), 0);
}

TEST(CircuitFile, BadFiles) {
  const Circuit circuit = learned();
  EXPECT_ERROR(make_circuit(learn_hidden_tree(rows(50, 1), 8, chow_liu_tree(rows(50, 1), 8), {},
                                              core::Key(1)),
                            {3, 3}),
               core::InvalidArgument, "12 variables");
  Container model = circuit_container(circuit);
  for (const core::Json& shape : {core::Json({5, 5}), core::Json({-3, -4}),
                                  core::Json({1LL << 40, 1LL << 40}), core::Json("wide")}) {
    model.header["shape"] = shape;
    EXPECT_THROW(parse_circuit(model, "m.vt"), core::DataError) << shape;
  }
  model = circuit_container(circuit);
  model.header["kind"] = "model";
  EXPECT_ERROR(parse_circuit(model, "m.vt"), core::DataError, "kind circuit");
  model = circuit_container(circuit);
  model.chunks.clear();
  EXPECT_ERROR(parse_circuit(model, "m.vt"), core::DataError, "CIRC");

  const Container good = encode_rows(circuit, rows(10, 4));
  Container bits = good;
  bits.header["m"] = "0123";
  EXPECT_ERROR(decode_rows(circuit, bits, "b.vt"), core::DataError, "belong");
  for (const core::Json& n : {core::Json(-1), core::Json(1.5), core::Json("ten")}) {
    bits = good;
    bits.header["n"] = n;
    EXPECT_ERROR(decode_rows(circuit, bits, "b.vt"), core::DataError, "lacks");
  }
  for (const std::uint64_t n : {std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    bits = good;
    bits.header["n"] = n;
    EXPECT_ERROR(decode_rows(circuit, bits, "b.vt"), core::DataError, "do not fit");
  }
  bits = good;
  bits.header["n"] = 500;
  EXPECT_THROW(decode_rows(circuit, bits, "b.vt"), core::DataError);
}

// As good as no bits a row: what is left is a few bytes a stream.
TEST(CircuitFile, ConstantDataComeBack) {
  const LevelMatrix x = LevelMatrix::Zero(std::int64_t{1} << 20, 1);
  const HiddenTree model =
      learn_hidden_tree(x.topRows(100000), 2, VariableTree::from_parents({-1}),
                        {.states = 1, .batch = 50000, .epochs = 1}, core::Key(2));
  const Circuit circuit = make_circuit(model, {1});
  const Container bits = encode_rows(circuit, x);
  EXPECT_LE(bits.chunk("ROWS").bytes.size(), std::size_t{16} * 2048);
  EXPECT_EQ(decode_rows(circuit, bits, "b.vt"), x);
}

}  // namespace
}  // namespace venturi::code
