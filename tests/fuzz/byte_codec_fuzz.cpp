#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/byte_codec.hpp"

using namespace venturi;

// First byte: which codec.
VENTURI_FUZZ([](core::Bytes bytes) {
  const auto codecs = code::byte_codecs();
  const auto& codec = codecs[fuzz::first_of(bytes) % codecs.size()].make;
  const auto data = codec.decode(fuzz::rest_of(bytes), 1 << 18);
  fuzz::require(codec.decode(codec.encode(data), data.size()) == data);
})
