// venturi/code/circuit_figures.hpp
//
// What the recipes pc-lossless and sparse-pc claim of circuits, measured on one set of images.
#pragma once

#include <string>
#include <vector>

#include "venturi/code/circuit_growth.hpp"
#include "venturi/core/figure.hpp"

namespace venturi::code {

// pc-lossless: a circuit learned on `train` writes `test` as one file (header, checksums and all;
// the model's own file is told apart). Bits a value paid and under the model, times of coding, and
// how the time a value grows from the 7*7 in the middle to the whole images, same states (points
// of a plot).
// InvalidArgument unless rows are 28*28 images.
std::vector<core::Figure> pc_lossless_figures(const std::string& name, const LevelView& train,
                                              const LevelView& test, const GrowingOptions& options,
                                              core::Key key);

// sparse-pc: each round's pruning against the flow bound, on `train`; bits a value of `test` under
// the model before the first round; and `test` written as one file after the last, as above.
std::vector<core::Figure> sparse_pc_figures(const std::string& name, const LevelView& train,
                                            const LevelView& test, const GrowingOptions& options,
                                            core::Key key);

}  // namespace venturi::code
