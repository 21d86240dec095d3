// venturi/net/architectures.hpp
//
// Networks that are built here by name, and the one way to open a model of either kind.
#pragma once

#include <span>
#include <string>

#include "venturi/core/members.hpp"
#include "venturi/net/graph.hpp"

namespace venturi::net {

using Build = Model (*)(core::Key key);
std::span<const core::Member<Build>> architectures();

// "FILE.onnx", or "NAME:FILE.safetensors": one of architectures() with weights out of the file
// (with or without "module." before their names). Errors as of read_onnx() and load_weights();
// InvalidArgument for a text that is neither.
Model open_model(const std::string& place);

}  // namespace venturi::net
