// venturi/code/container.hpp
//
// The .vt container, version 1: a JSON header and named chunks of bytes, each under a CRC-32C, the
// whole size known from the head. docs/formats.md has the byte layout. A file costs 9 bytes, its
// header's text, and 9 to 11 bytes a chunk (chunks below 2 MiB) beside the chunks' own bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

struct Chunk {
  std::string type;  // 4 ASCII letters, each at most once in a container
  std::vector<std::byte> bytes;
};

struct Container {
  core::Json header = core::Json::object();  // an object, at most 1 MiB of text, 32 levels deep
  std::vector<Chunk> chunks;                 // at most 1024

  // The chunk of this type. Throws DataError, naming those there are, if it is missing.
  const Chunk& chunk(std::string_view type) const;
  bool has(std::string_view type) const;
};

// The file's bytes. Throws InvalidArgument if a limit above does not hold.
std::vector<std::byte> container_bytes(const Container& container);
// The same to a file that is whole or absent.
void write_container(const std::filesystem::path& path, const Container& container);

// Reads what container_bytes() writes; anything else (another version, a failed checksum, sizes
// that do not add up, bytes left over, a chunk type twice) throws DataError with `source_name`, the
// part and the offset. Sizes are checked against those of `bytes` before memory is taken.
Container parse_container(core::Bytes bytes, std::string_view source_name);
Container read_container(const std::filesystem::path& path,
                         std::uint64_t max_bytes = std::uint64_t{1} << 34);

}  // namespace venturi::code
