// venturi/data/decode_file.hpp
//
// Every reader decodes bytes in memory; here is the one way from a file to them.
#pragma once

#include <filesystem>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"

namespace venturi::data {

// decode(bytes of the file); a DataError that it throws gains the file's name.
template <class Decode>
auto decode_file(const std::filesystem::path& path, Decode&& decode) {
  const auto bytes = core::read_file(path);
  try {
    return decode(core::Bytes(bytes));
  } catch (const core::DataError& error) {
    throw core::DataError(fmt::format("{} (in '{}')", error.what(), path.string()));
  }
}

}  // namespace venturi::data
