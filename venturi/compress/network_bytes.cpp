#include "venturi/compress/network_bytes.hpp"

#include <bit>
#include <cmath>

#include "venturi/code/byte_codec.hpp"
#include "venturi/core/error.hpp"
#include "venturi/data/array.hpp"

namespace venturi::compress {
namespace {

constexpr std::uint64_t kMostGraph = 1 << 26;  // bytes of the structure's text
constexpr std::int64_t kMostSide = 1 << 24;

// Element types by their codes: uint8, int8, int16, int32, int64, bool are whole; float16, float32,
// float64, bfloat16 real.
bool is_whole_type(int type) { return (type >= 0 && type <= 4) || type == 11; }
bool is_real_type(int type) { return (type >= 5 && type <= 7) || type == 15; }

MatrixShape shape_from(const core::Json& json, std::string_view source) {
  MatrixShape out{.outputs = json.at(0).get<std::int64_t>(),
                  .inputs = json.at(1).get<std::int64_t>(),
                  .groups = json.at(2).get<std::int64_t>(),
                  .transposed = json.at(3).get<int>() != 0,
                  .node = json.at(4).get<std::size_t>()};
  if (out.outputs < 1 || out.inputs < 1 || out.outputs > kMostSide || out.inputs > kMostSide ||
      out.groups < 1 || out.outputs % out.groups != 0) {
    core::fail_data(source, "a matrix of {} * {} in {} groups", out.outputs, out.inputs,
                    out.groups);
  }
  return out;
}

core::Json graph_of(core::Bytes coded, std::string_view source) {
  const auto text = code::byte_codec("bytes-cm").decode(coded, kMostGraph);
  core::Json out = core::Json::parse(
      std::string_view(reinterpret_cast<const char*>(text.data()), text.size()), nullptr, false);
  if (out.is_discarded()) core::fail_data(source, "the structure is not JSON");
  return out;
}

}  // namespace

void put_value(std::vector<std::byte>& out, const PlainValue& value) {
  out.push_back(static_cast<std::byte>(value.way));
  out.push_back(static_cast<std::byte>(value.type));
  code::put_varint(out, value.shape.size());
  for (const std::int64_t n : value.shape) code::put_varint(out, static_cast<std::uint64_t>(n));
  for (const std::int64_t v : value.wholes) code::put_varint(out, code::zigzag(v));
  for (const float v : value.reals) {
    if (value.way == PlainValue::kFloat) {
      code::put_u32(out, std::bit_cast<std::uint32_t>(v));
    } else {
      const std::uint16_t bits = data::to_f16(v);
      out.push_back(static_cast<std::byte>(bits & 255));
      out.push_back(static_cast<std::byte>(bits >> 8));
    }
  }
}

PlainValue take_value(code::ByteReader& reader, std::string_view where) {
  const int way = reader.byte("a parameter's way");
  const int type = reader.byte("a parameter's type");
  const bool fits = way == PlainValue::kWhole ? is_whole_type(type) : is_real_type(type);
  if (way > PlainValue::kWhole || !fits) {
    core::fail_data(where, "a parameter of way {} and type {}", way, type);
  }
  PlainValue out{.way = static_cast<PlainValue::Way>(way), .type = static_cast<std::uint8_t>(type)};
  out.shape.resize(reader.varint("a parameter's axes", 8));
  std::uint64_t count = 1, largest = 1;  // `largest` takes an empty axis as one
  for (std::int64_t& n : out.shape) {
    const std::uint64_t size = reader.varint("a parameter's axis", reader.left());
    if (size > 0 && largest > reader.left() / size) {
      core::fail_data(where, "a parameter larger than its file");
    }
    largest *= std::max<std::uint64_t>(size, 1);
    count *= size;
    n = static_cast<std::int64_t>(size);
  }
  if (out.way == PlainValue::kWhole) {
    out.wholes.resize(count);
    for (std::int64_t& v : out.wholes) {
      v = code::unzigzag(reader.varint("a whole number", ~std::uint64_t{0}));
    }
    return out;
  }
  out.reals.resize(count);
  for (float& v : out.reals) {
    if (out.way == PlainValue::kFloat) {
      v = std::bit_cast<float>(reader.u32("a parameter"));
    } else {
      const core::Bytes two = reader.take(2, "a parameter");
      v = data::from_f16(static_cast<std::uint16_t>(std::to_integer<unsigned>(two[0]) |
                                                    (std::to_integer<unsigned>(two[1]) << 8)));
    }
  }
  return out;
}

bool is_network(const code::Container& container) {
  return container.header.value("kind", core::Json()) == "network";
}

NetworkBytes read_network(const code::Container& container, std::string_view source) {
  if (!is_network(container)) core::fail_data(source, "not a compressed network");
  NetworkBytes out{.graph = graph_of(container.chunk("GRAF").bytes, source),
                   .facts = container.header.value("facts", core::Json::object())};
  try {
    for (const core::Json& one : container.header.at("matrices")) {
      out.shapes.push_back(shape_from(one, source));
    }
  } catch (const core::Json::exception& error) {
    core::fail_data(source, "the list of matrices: {}", error.what());
  }
  code::ByteReader matrices(container.chunk("MATR").bytes, 0, source);
  for (const MatrixShape& shape : out.shapes) {
    const core::Bytes block =
        matrices.take(matrices.varint("a matrix's size", matrices.left()), "a matrix");
    out.matrices.push_back(decode_matrix(block, shape.outputs, shape.inputs, source));
  }
  code::ByteReader rest(container.chunk("REST").bytes, 0, source);
  while (rest.left() > 0) out.rest.push_back(take_value(rest, source));
  if (matrices.left() != 0) core::fail_data(source, "bytes are left over");
  return out;
}

}  // namespace venturi::compress
