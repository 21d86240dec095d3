#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/bits_back.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) {
  auto stack = code::BitsBackStack::from_bytes(bytes, "fuzz");
  const auto again = stack.bytes();
  fuzz::require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  // Until the bits run out.
  for (std::size_t i = 0; i < 64 * bytes.size(); ++i) {
    const std::uint32_t at = stack.peek(24) / 4096 * 4096;
    stack.pop(at, 4096, 24);
  }
})
