#include "venturi/code/container.hpp"

#include <algorithm>
#include <set>

#include "venturi/code/container_head.hpp"
#include "venturi/code/crc32c.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"

namespace venturi::code {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMostChunks = 1024;
constexpr std::size_t kLeastDirectoryEntry = 9;  // type, size, checksum

bool is_type(std::string_view type) {
  return type.size() == 4 && std::all_of(type.begin(), type.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

struct DirectoryEntry {
  std::string type;
  std::uint64_t size;
  std::uint32_t checksum;
};

std::vector<DirectoryEntry> read_directory(ByteReader& reader, std::string_view where,
                                           std::size_t total) {
  const std::uint64_t count = reader.varint("number of chunks", kMostChunks);
  if (count > reader.left() / kLeastDirectoryEntry) {
    core::fail_data(where, "{} chunks at byte {} do not fit in {} bytes", count, reader.offset(),
                    reader.left());
  }
  std::vector<DirectoryEntry> out;
  out.reserve(count);
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t start = reader.offset();
    const core::Bytes letters = reader.take(4, "chunk type");
    std::string type(4, ' ');
    std::transform(letters.begin(), letters.end(), type.begin(),
                   [](std::byte b) { return std::to_integer<char>(b); });
    if (!is_type(type)) core::fail_data(where, "the chunk type at byte {} is not 4 letters", start);
    if (!seen.insert(type).second) {
      core::fail_data(where, "the chunk '{}' at byte {} stands there twice", type, start);
    }
    const std::uint64_t size = reader.varint("chunk size", total);
    out.push_back({std::move(type), size, reader.u32("chunk checksum")});
  }
  return out;
}

}  // namespace

const Chunk& Container::chunk(std::string_view type) const {
  std::vector<std::string_view> known;
  known.reserve(chunks.size());
  for (const Chunk& each : chunks) {
    if (each.type == type) return each;
    known.emplace_back(each.type);
  }
  core::fail_data("code.container", "no chunk '{}'; there are: {}", type, fmt::join(known, ", "));
}

bool Container::has(std::string_view type) const {
  return std::any_of(chunks.begin(), chunks.end(),
                     [&](const Chunk& each) { return each.type == type; });
}

std::vector<std::byte> container_bytes(const Container& container) {
  constexpr std::string_view where = "code.container_bytes";
  const std::string text = header_text(container.header, where);
  if (container.chunks.size() > kMostChunks) {
    core::fail_argument(where, "at most {} chunks, got {}", kMostChunks, container.chunks.size());
  }
  std::vector<std::byte> out;
  put_head(out, kVersion, text);
  put_varint(out, container.chunks.size());
  std::set<std::string> seen;
  for (const Chunk& chunk : container.chunks) {
    if (!is_type(chunk.type) || !seen.insert(chunk.type).second) {
      core::fail_argument(where, "a chunk type must be 4 letters, each once, got '{}'", chunk.type);
    }
    const auto letters = std::as_bytes(std::span(chunk.type));
    out.insert(out.end(), letters.begin(), letters.end());
    put_varint(out, chunk.bytes.size());
    put_u32(out, crc32c(chunk.bytes));
  }
  put_u32(out, crc32c(out));
  for (const Chunk& chunk : container.chunks) {
    out.insert(out.end(), chunk.bytes.begin(), chunk.bytes.end());
  }
  return out;
}

void write_container(const std::filesystem::path& path, const Container& container) {
  core::write_file(path, container_bytes(container));
}

Container parse_container(core::Bytes bytes, std::string_view source_name) {
  const std::string where = fmt::format("code.container, {}", source_name);
  ByteReader reader(bytes, 0, where);
  const std::string_view text = take_head(reader, kVersion, where);
  const std::vector<DirectoryEntry> directory = read_directory(reader, where, bytes.size());
  const std::size_t head = reader.offset();
  if (reader.u32("head checksum") != crc32c(bytes.first(head))) {
    core::fail_data(where, "the checksum of the head (bytes 0 to {}) fails", head);
  }
  // Each size is at most bytes.size(), and there are at most 1024 of them: the sum does not
  // overflow for anything that fits in memory.
  std::uint64_t total = reader.offset();
  for (const DirectoryEntry& entry : directory) total += entry.size;
  if (total != bytes.size()) {
    core::fail_data(where, "the head tells of {} bytes, there are {}", total, bytes.size());
  }
  Container out;
  out.header = parse_header(where, text);
  out.chunks.reserve(directory.size());
  for (const DirectoryEntry& entry : directory) {
    const std::size_t start = reader.offset();
    const core::Bytes chunk = reader.take(entry.size, "chunk");
    if (crc32c(chunk) != entry.checksum) {
      core::fail_data(where, "the checksum of chunk '{}' ({} bytes at byte {}) fails", entry.type,
                      entry.size, start);
    }
    out.chunks.push_back({entry.type, {chunk.begin(), chunk.end()}});
  }
  return out;
}

Container read_container(const std::filesystem::path& path, std::uint64_t max_bytes) {
  return parse_container(core::read_file(path, max_bytes), path.string());
}

}  // namespace venturi::code
