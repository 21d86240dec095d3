// venturi/data/decode_file.hpp
//
// Every reader decodes bytes in memory; here is the one way from a file to them.
#pragma once

#include <filesystem>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/xz.hpp"

namespace venturi::data {

// decode(bytes of the file, unpacked if it is of xz); a DataError gains the file's name.
template <class Decode>
auto decode_file(const std::filesystem::path& path, Decode&& decode) {
  auto bytes = core::read_file(path);
  try {
    if (is_xz(bytes)) bytes = unpack_xz(bytes);
    return decode(std::move(bytes));
  } catch (const core::DataError& error) {
    throw core::DataError(fmt::format("{} (in '{}')", error.what(), path.string()));
  }
}

}  // namespace venturi::data
