#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/frequency_table.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) {
  std::size_t offset = 0;
  const auto table = code::FrequencyTable::deserialize(bytes, offset);
  std::vector<std::byte> again;
  table.serialize(again);
  fuzz::require(core::Bytes(again).size() == offset &&
                std::equal(again.begin(), again.end(), bytes.begin()));
})
