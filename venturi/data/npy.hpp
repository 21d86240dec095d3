// venturi/data/npy.hpp
//
// NPY, NumPy's file of one array, and NPZ, its zip archive of several. Source: NumPy manual,
// "numpy.lib.format"; PKWARE APPNOTE 6.3 for zip.
//
// Read: versions 1 to 3; bool, i1 to i8, u1 to u8, f2, f4, f8 of either byte order; C and Fortran
// order. Refused, saying so: complex and long double numbers, text, structures, pickled objects.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "venturi/core/views.hpp"
#include "venturi/data/array.hpp"

namespace venturi::data {

// DataError for anything but one whole array; sizes are checked before memory is taken.
Array decode_npy(core::Bytes file);
Array read_npy(const std::filesystem::path& path);

// Version 1, little-endian, C order. InvalidArgument for bf16, which NPY does not have.
std::vector<std::byte> encode_npy(const Array& array);
void write_npy(const std::filesystem::path& path, const Array& array);

// Arrays by name, in the archive's order; names without ".npy".
using NamedArrays = std::vector<std::pair<std::string, Array>>;

// Members stored or deflated, CRC checked. DataError for members that overlap or share a name, for
// encryption, and for archives over 4 GB (zip64).
NamedArrays decode_npz(core::Bytes file);
NamedArrays read_npz(const std::filesystem::path& path);

// Stored, as numpy.savez does; the same arrays give the same bytes. InvalidArgument past 4 GB.
std::vector<std::byte> encode_npz(const NamedArrays& arrays);
void write_npz(const std::filesystem::path& path, const NamedArrays& arrays);

// x, y or x_train, y_train, x_test, y_test; the y may be absent. Whole-number y of one axis are
// labels, other y are targets, unless `task` says which (kNone: look).
DataPair dataset_from_npz(const NamedArrays& arrays, std::string_view name, Task task);

}  // namespace venturi::data
