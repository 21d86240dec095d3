// venturi/compress/network_bytes.hpp
//
// The bytes of a compressed network's file as plain numbers, without LibTorch: what model_file.hpp
// makes a network of. Every size is checked before memory is taken, so that any bytes end in a
// result or a DataError; the structure is JSON here and is looked at by graph_json.hpp.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "venturi/code/container.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/compress/coded_matrix.hpp"
#include "venturi/core/json.hpp"

namespace venturi::compress {

// A matrix's size and the node of the structure that it belongs to.
struct MatrixShape {
  std::int64_t outputs = 0, inputs = 0;  // 1 to 2^24
  std::int64_t groups = 1;               // divides outputs
  bool transposed = false;
  std::size_t node = 0;
};

// A parameter outside of the matrices: real numbers, as float16 or float32, or whole ones.
struct PlainValue {
  enum Way : std::uint8_t { kHalf, kFloat, kWhole };
  Way way = kFloat;
  std::uint8_t type = 6;            // the code of its element type (docs/formats.md)
  std::vector<std::int64_t> shape;  // at most 8 axes
  std::vector<float> reals;
  std::vector<std::int64_t> wholes;
};
void put_value(std::vector<std::byte>& out, const PlainValue& value);
// DataError, naming `where`.
PlainValue take_value(code::ByteReader& reader, std::string_view where);

struct NetworkBytes {
  core::Json graph, facts;
  std::vector<MatrixShape> shapes;
  std::vector<CodedMatrix> matrices;  // one a shape
  std::vector<PlainValue> rest;
};

bool is_network(const code::Container& container);
// DataError, naming `source`, for anything but the container of a network.
NetworkBytes read_network(const code::Container& container, std::string_view source);

}  // namespace venturi::compress
