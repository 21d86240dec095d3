// venturi/code/hex.hpp
//
// Bytes as lower-case hexadecimal text, two digits a byte: for hashes in headers and golden files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::code {

std::string to_hex(core::Bytes bytes);
// Throws DataError on an odd number of digits or anything that is not a digit.
std::vector<std::byte> from_hex(std::string_view text);

}  // namespace venturi::code
