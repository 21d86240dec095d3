// venturi/data/load.hpp
//
// A data set by its name, URI or path:
//   fashion-mnist, mnist           a known set
//   idx:DIR                        a kind of file, and where it lies
//   DIR, train-images.idx3-ubyte   the kind follows from the path
// README.md has them all; so has `venturi list`.
#pragma once

#include <span>
#include <string_view>

#include "venturi/core/key.hpp"
#include "venturi/core/members.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::data {

// rest: what follows the name's colon; key: for sources that draw their samples.
using Loader = DataPair (*)(std::string_view rest, core::Key key);

// All data sets and schemes that load() knows, as `venturi list` prints them.
std::span<const core::Member<Loader>> loaders();

// A word of two letters or more before a colon is a scheme, unless a file of that whole name is
// there. Each part comes out checked (Dataset::check). InvalidArgument for a scheme or query key
// that is not known, naming those that are; DataError for a file that is missing or broken, naming
// the package or path that provides it.
DataPair load(std::string_view uri, core::Key key = core::Key(0));

}  // namespace venturi::data
