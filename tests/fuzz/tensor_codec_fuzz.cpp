#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/tensor_codec.hpp"

using namespace venturi;

// First byte: planes or quantized.
VENTURI_FUZZ([](core::Bytes bytes) {
  if (fuzz::first_of(bytes) % 2 == 0) {
    code::decode_float_planes(fuzz::rest_of(bytes), 1 << 20);
  } else {
    code::decode_quantized(fuzz::rest_of(bytes), 1 << 18);
  }
})
