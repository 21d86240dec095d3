#include "venturi/code/container_head.hpp"

#include <algorithm>
#include <array>

#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

// A byte that no text begins with, then letters.
constexpr std::array<std::uint8_t, 3> kMagic = {0x96, 'V', 'T'};
constexpr int kMostLevels = 32;

// Levels of nesting of a JSON text, without parsing it.
int levels(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

std::string header_text(const core::Json& header, std::string_view where) {
  if (!header.is_object()) core::fail_argument(where, "the header must be a JSON object");
  std::string text;
  try {
    text = header.dump();
  } catch (const core::Json::exception& error) {
    core::fail_argument(where, "the header is not text: {}", error.what());
  }
  if (text.size() > kMostHeader || levels(text) > kMostLevels) {
    core::fail_argument(where, "the header may have {} bytes and {} levels, got {} and {}",
                        kMostHeader, kMostLevels, text.size(), levels(text));
  }
  return text;
}

core::Json parse_header(std::string_view where, std::string_view text) {
  if (levels(text) > kMostLevels) {
    core::fail_data(where, "the header has {} levels, at most {} are read", levels(text),
                    kMostLevels);
  }
  core::Json header;
  try {
    header = core::Json::parse(text);
  } catch (const core::Json::exception& error) {
    core::fail_data(where, "the header is not JSON: {}", error.what());
  }
  if (!header.is_object()) core::fail_data(where, "the header is not a JSON object");
  return header;
}

void put_head(std::vector<std::byte>& out, std::uint8_t version, std::string_view text) {
  for (const std::uint8_t byte : kMagic) out.push_back(std::byte{byte});
  out.push_back(std::byte{version});
  put_varint(out, text.size());
  const auto bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::string_view take_head(ByteReader& reader, std::uint8_t version, std::string_view where) {
  const core::Bytes magic = reader.take(kMagic.size(), "magic");
  for (std::size_t i = 0; i < kMagic.size(); ++i) {
    if (magic[i] != std::byte{kMagic[i]}) {
      core::fail_data(where, "not a .vt file: byte {} is {:#04x}, expected {:#04x}", i,
                      std::to_integer<int>(magic[i]), kMagic[i]);
    }
  }
  const std::uint8_t found = reader.byte("version");
  if (found != version) {
    core::fail_data(where, "version {} of the format is not read here, only {}{}", found, version,
                    found == 2 ? "; it holds a coded file (venturi decode)" : "");
  }
  const std::size_t size = reader.varint("header size", kMostHeader);
  const core::Bytes text = reader.take(size, "header");
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace venturi::code
