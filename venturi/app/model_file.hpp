// venturi/app/model_file.hpp
//
// A network from wherever it lies: what net::open_model() takes, and the files of `venturi train`
// and `venturi compress`.
#pragma once

#include <string>

#include "venturi/net/graph.hpp"

namespace venturi::app {

inline constexpr const char* kModelHelp =
    "FILE.onnx; a network by NAME, NAME:FILE.safetensors or NAME:FILE.vt (`venturi list net`); or "
    "FILE.vt of `venturi train` or `venturi compress`";

// Errors of net::open_model(), learn::load_codec() and compress::from_container().
net::Model open_network(const std::string& place);

}  // namespace venturi::app
