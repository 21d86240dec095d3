#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/indexed_rans.hpp"

using namespace venturi;

// First byte: the number of symbols, whose tables go round.
VENTURI_FUZZ([](core::Bytes bytes) {
  static const code::IndexedRans coder(code::gaussian_tables(code::log_spaced_scales()));
  std::vector<std::uint8_t> index(fuzz::first_of(bytes));
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = static_cast<std::uint8_t>(i % 64);
  const auto symbols = coder.decode(fuzz::rest_of(bytes), index);
  fuzz::require(coder.decode(coder.encode(symbols, index), index) == symbols);
})
