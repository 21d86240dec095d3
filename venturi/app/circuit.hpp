// venturi/app/circuit.hpp
//
// Circuits on data sets of whole numbers from 0 to 255: images, tables of small counts.
#pragma once

#include <filesystem>

#include "venturi/app/command.hpp"
#include "venturi/code/circuit_file.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::app {

// Samples as rows of levels: images as they were before they were scaled to [0, 1], other data as
// they are. InvalidArgument, naming the data set, unless all are whole numbers from 0 to 255.
code::LevelMatrix levels_of(const data::Dataset& dataset);

// `venturi encode` and `decode` with a circuit as the model.
void encode_by_circuit(const Common& common, const code::Container& model,
                       const data::Dataset& dataset, const std::filesystem::path& output);
void decode_by_circuit(const Common& common, const code::Container& model,
                       const std::filesystem::path& input, const std::filesystem::path& output);

}  // namespace venturi::app
