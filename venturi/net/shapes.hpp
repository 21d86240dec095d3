// venturi/net/shapes.hpp
//
// The type and shape of every edge, before data come: the model runs on zeros with one sample, then
// on ones with two, and what the two runs disagree about is open. One definition of each operator
// thus says both what it computes and which shape that has, and a model that cannot run fails here,
// with the node named. Open are: axes that count samples, and those that depend on values
// (NonZero). Cost: two runs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "venturi/net/executor.hpp"

namespace venturi::net {

using Shapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

// Zeros (value 0) or ones for each input: sizes as `given` says of it, else as its port says, an
// open first axis being `samples`. InvalidArgument for other open axes, telling how to give them,
// and for names in `given` that no input has; DataError where an input does not fit into memory. A
// first axis of -1 in `given` is open too.
std::vector<tensor::Tensor> sample_inputs(const Graph& graph, const Shapes& given,
                                          std::int64_t samples, int value = 0);

// Inputs first, then all that nodes write, in the order of the graph; -1: open. Errors as of the
// run. A first axis that `given` fixes stays as given.
std::vector<Port> infer_shapes(const Executor& executor, const Shapes& given = {});

}  // namespace venturi::net
