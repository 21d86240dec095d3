// venturi/data/cifar10.hpp
//
// CIFAR-10's binary version: rows of 3,073 bytes, the label and then 32*32 bytes each of red, green
// and blue. Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the
// format: cs.toronto.edu/~kriz/cifar.html.
#pragma once

#include <filesystem>

#include "venturi/core/views.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::data {

// shape {3, 32, 32}, in [0, 1]. DataError unless the bytes are whole rows with labels 0 to 9.
Dataset decode_cifar10(core::Bytes file);

// All files of the folder whose names begin with "data_batch" or "train" as the training part, with
// "test" as the test part; ".bin", or ".bin.xz". The training part must be there.
DataPair read_cifar10_folder(const std::filesystem::path& folder);

}  // namespace venturi::data
