// venturi/net/weights.hpp
//
// The trained numbers of a model in files, by name: safetensors, or our own `.vt` (exact, and
// coded: docs/formats.md, "Files of tensors").
#pragma once

#include <cstdint>
#include <filesystem>

#include "venturi/net/graph.hpp"

namespace venturi::net {

// The floating-point weights, to a file that is whole or absent; by its ending ".safetensors" or
// ".vt" (InvalidArgument for any other). Returns its size in bytes.
std::uint64_t write_weights(const Model& model, const std::filesystem::path& path);

// Weights out of such a file in place of those of `model`, as load_weights() in graph.hpp says.
// With no `names` and a file all of whose names begin with "module.", that is passed over.
// DataError of the reader, or with both lists of the names that are left over.
void read_weights(Model& model, const std::filesystem::path& path, const NameMap& names = {});

}  // namespace venturi::net
