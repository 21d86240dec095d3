#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/rans.hpp"

using namespace venturi;

// First byte: the number of symbols; then a table, then the stream. What is read is written the
// same.
VENTURI_FUZZ([](core::Bytes bytes) {
  const core::Bytes rest = fuzz::rest_of(bytes);
  std::size_t offset = 0;
  const auto table = code::FrequencyTable::deserialize(rest, offset);
  const auto stream = rest.subspan(offset);
  const auto symbols = code::decode_rans(stream, fuzz::first_of(bytes), 1, {&table, 1});
  const auto again = code::encode_rans(symbols, 1, {&table, 1});
  fuzz::require(code::decode_rans(again, symbols.size(), 1, {&table, 1}) == symbols);
})
