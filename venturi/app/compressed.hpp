// venturi/app/compressed.hpp
//
// Models as the command opens them: those of net::open_model(), and compressed ones.
#pragma once

#include <string>

#include "venturi/net/graph.hpp"

namespace venturi::app {

// "FILE.vt" that `venturi compress` wrote, "FILE.onnx", or "NAME:FILE.safetensors".
net::Model open_any(const std::string& place);

}  // namespace venturi::app
