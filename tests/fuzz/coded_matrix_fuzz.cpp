#include "tests/fuzz/fuzz.hpp"
#include "venturi/compress/coded_matrix.hpp"

using namespace venturi;

// Two bytes are the matrix's size, the rest its code. What is read can be written and read again.
VENTURI_FUZZ([](core::Bytes bytes) {
  const core::Bytes rest = fuzz::rest_of(bytes);
  const auto rows = static_cast<std::int64_t>(fuzz::first_of(bytes)) + 1;
  const auto columns = static_cast<std::int64_t>(fuzz::first_of(rest)) + 1;
  const auto m = compress::decode_matrix(fuzz::rest_of(rest), rows, columns, "fuzz");
  fuzz::require(compress::weights(m).size() == static_cast<std::size_t>(rows * columns));
  const auto again = compress::decode_matrix(compress::encode(m), rows, columns, "again");
  fuzz::require(again.levels == m.levels && again.places == m.places);
})
