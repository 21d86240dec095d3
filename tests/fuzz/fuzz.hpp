// tests/fuzz/fuzz.hpp: what the fuzz targets share. A reader owes any bytes a result or a
// DataError: whatever else it throws, reads or takes ends the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/views.hpp"

namespace venturi::fuzz {

// A copy in a block of its own size, so that a read behind the end is seen.
template <class Read>
int run(const std::uint8_t* data, std::size_t size, Read&& read) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::vector<std::byte> copy(bytes.begin(), bytes.end());
  try {
    read(copy);
  } catch (const core::DataError&) {
  }
  return 0;
}

// Ends the run.
inline void require(bool holds) {
  if (!holds) std::abort();
}

// The first byte of an input, for what a caller would know; 0 of an empty one.
inline unsigned first_of(core::Bytes bytes) {
  return bytes.empty() ? 0 : std::to_integer<unsigned>(bytes[0]);
}
inline core::Bytes rest_of(core::Bytes bytes) { return bytes.empty() ? bytes : bytes.subspan(1); }

}  // namespace venturi::fuzz

#define VENTURI_FUZZ(...)                                                             \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    return venturi::fuzz::run(data, size, __VA_ARGS__);                               \
  }
