#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/byte_codec.hpp"
#include "venturi/compress/network_bytes.hpp"

using namespace venturi;

// The file's parts without its checksums, each but the last after its size as a varint: the header,
// the structure's text, the matrices, the other parameters.
VENTURI_FUZZ([](core::Bytes bytes) {
  code::ByteReader reader(bytes, 0, "fuzz");
  const auto part = [&] { return reader.take(reader.varint("size", reader.left()), "part"); };
  const auto vector = [](core::Bytes b) { return std::vector<std::byte>(b.begin(), b.end()); };
  const core::Bytes header = part();
  code::Container container;
  container.header = core::Json::parse(
      std::string_view(reinterpret_cast<const char*>(header.data()), header.size()), nullptr,
      false);
  if (!container.header.is_object()) return;
  container.chunks.push_back({"GRAF", code::byte_codec("bytes-cm").encode(part())});
  container.chunks.push_back({"MATR", vector(part())});
  container.chunks.push_back({"REST", vector(reader.take(reader.left(), "rest"))});
  const auto network = compress::read_network(container, "fuzz");
  fuzz::require(network.matrices.size() == network.shapes.size());
  for (const auto& value : network.rest) {
    std::vector<std::byte> out;
    compress::put_value(out, value);
    code::ByteReader again(out, 0, "again");
    fuzz::require(compress::take_value(again, "again").shape == value.shape && again.left() == 0);
  }
})
