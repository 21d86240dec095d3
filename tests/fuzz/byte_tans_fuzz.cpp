#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/byte_tans.hpp"

using namespace venturi;

// What is read is written again, and read the same.
VENTURI_FUZZ([](core::Bytes bytes) {
  const std::size_t count = code::byte_tans_count(bytes);
  if (count > std::size_t{1} << 20) return;
  std::vector<std::byte> data(count), back(count);
  code::decode_byte_tans(bytes, data);
  const auto again = code::encode_byte_tans(data);
  fuzz::require(code::byte_tans_count(again) == count);
  code::decode_byte_tans(again, back);
  fuzz::require(back == data);
})
