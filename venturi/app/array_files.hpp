// venturi/app/array_files.hpp
//
// Named arrays in and out of the files that people have: .safetensors, .npz, .npy and IDX.
#pragma once

#include <filesystem>

#include "venturi/code/tensor_file.hpp"

namespace venturi::app {

// By the ending; IDX for any other. The array of an .npy or IDX file has the name "array".
// DataError as the readers.
std::vector<code::NamedTensor> read_arrays(const std::filesystem::path& path);

// .safetensors, .npz or, of one array, .npy; the file is whole or absent. InvalidArgument for any
// other ending, for several arrays as .npy, and for bf16 as .npy or .npz, which do not have it.
void write_arrays(const std::filesystem::path& path, const std::vector<code::NamedTensor>& arrays);

}  // namespace venturi::app
