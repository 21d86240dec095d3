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

// "FILE.onnx"; or "NAME:FILE.safetensors", "NAME:FILE.vt": one of architectures() with weights out
// of the file (weights.hpp); or "NAME": with its starting weights. Errors as of read_onnx() and
// read_weights(); InvalidArgument for a text that is none of these.
Model open_model(const std::string& place);

}  // namespace venturi::net
