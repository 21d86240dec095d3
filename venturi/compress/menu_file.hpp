// venturi/compress/menu_file.hpp
//
// Menus on the disk, so that an interrupted run goes on: a container version 1 each, `kind` "menu",
// with the identity of the run (network, inputs, options) and each entry's numbers; chunk CODE, the
// matrices, each after its size.
#pragma once

#include <filesystem>
#include <optional>

#include "venturi/compress/menu.hpp"

namespace venturi::compress {

void write_menu(const std::filesystem::path& file, std::uint64_t identity, const Menu& menu);
// None if there is no such file, or if it belongs to another run. DataError for a broken one.
std::optional<Menu> read_menu(const std::filesystem::path& file, std::uint64_t identity,
                              const net::MatrixNode& node);

}  // namespace venturi::compress
