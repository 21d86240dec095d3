#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/circuit_codec.hpp"

using namespace venturi;

// A size byte s: the first s bytes are a model, the rest a stream of 3 rows.
VENTURI_FUZZ([](core::Bytes bytes) {
  const core::Bytes rest = fuzz::rest_of(bytes);
  const std::size_t model = std::min<std::size_t>(fuzz::first_of(bytes), rest.size());
  const auto coder = code::HiddenTreeCoder::deserialize(rest.first(model), "fuzz");
  const auto rows = coder.decode(rest.subspan(model), 3);
  // Whatever was decoded is below the levels.
  fuzz::require(rows.size() == 0 || rows.maxCoeff() < coder.levels());
})
