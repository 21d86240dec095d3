// venturi/compress/graph_json.hpp
//
// A network's structure as JSON, for the file of a compressed model:
//   {"name", "opset", "inputs": [[name, type, ranked, shape]], "outputs": likewise,
//    "nodes": [[op, name, [inputs], [outputs], {attribute: value}]]}
// Attribute values: integer, {"f": number}, text, list of integers, {"fs": numbers}, {"ss": texts},
// {"t": [type, shape, hexadecimal of the little-endian elements]}.
#pragma once

#include "venturi/core/json.hpp"
#include "venturi/net/graph.hpp"

namespace venturi::compress {

core::Json to_json(const net::Graph& graph);
// DataError, naming `where`, for JSON that is not such a graph; the graph has passed check_graph().
net::Graph graph_from_json(const core::Json& json, std::string_view where);

}  // namespace venturi::compress
