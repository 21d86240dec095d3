// venturi/code/container_head.hpp
//
// The start that both versions of .vt share: 96 'V' 'T', the version, a JSON header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venturi/code/pack.hpp"
#include "venturi/core/json.hpp"

namespace venturi::code {

constexpr std::size_t kMostHeader = std::size_t{1} << 20;

// The header as text. InvalidArgument unless it is an object of text of at most 1 MiB and 32
// levels.
std::string header_text(const core::Json& header, std::string_view where);
core::Json parse_header(std::string_view where, std::string_view text);

void put_head(std::vector<std::byte>& out, std::uint8_t version, std::string_view text);
// The header's text, still to be parsed. DataError for other letters or another version.
std::string_view take_head(ByteReader& reader, std::uint8_t version, std::string_view where);

}  // namespace venturi::code
