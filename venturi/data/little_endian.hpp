// venturi/data/little_endian.hpp
//
// Numbers at a place in a file's bytes, low byte first. The machine is taken to be little-endian
// (array.cpp asserts it).
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/views.hpp"

namespace venturi::data {

// bytes[at, at + count). DataError if they are not there; `at` and `count` may be anything.
inline core::Bytes part_of(core::Bytes bytes, std::uint64_t at, std::uint64_t count,
                           std::string_view where) {
  if (at > bytes.size() || count > bytes.size() - at) {
    core::fail_data(where, "cut short: expected {} bytes at {}, got {} in all", count, at,
                    bytes.size());
  }
  return bytes.subspan(at, count);
}

template <class T>
T load_number(core::Bytes bytes, std::uint64_t at, std::string_view where) {
  T value;
  std::memcpy(&value, part_of(bytes, at, sizeof(T), where).data(), sizeof(T));
  return value;
}

template <class T>
void append_number(std::vector<std::byte>& out, T value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline void append_text(std::vector<std::byte>& out, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline std::string_view as_text(core::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace venturi::data
