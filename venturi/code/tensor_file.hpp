// venturi/code/tensor_file.hpp
//
// Files of named arrays, `.vt` version 2: what `venturi encode --codec tensor` writes. Arrays are
// cut into pieces of whole rows (the first axis by the rest), at most 2^22 elements each, which
// are coded side by side; each piece is a record. Ways to code one:
//   bytes      any element, exact: codec "running"
//   planes     f32, f16, bf16, exact: encode_float_planes
//   quantized  to a largest error e: encode_quantized with the step 2e
//   channels   each row by the step r * (root mean square of the row), encode_quantized after the
//              division by that scale
//   tiles      to so many bits a value: encode_tiles_to_rate
// The last three decode to floats, rounded to the element of the array: half a unit in the last
// place of that element comes on top of the error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "venturi/code/record_file.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/options.hpp"
#include "venturi/data/array.hpp"

namespace venturi::code {

using NamedTensor = std::pair<std::string, data::Array>;

// At most one is above 0; all 0: exact. `step` and `bits` leave arrays of less than two axes
// exact: biases and norms are few and matter much.
struct TensorCoding {
  double max_error = 0;
  double step = 0;
  double bits = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("max_error", self.max_error, "largest error of a value; 0: none", core::at_least(0));
    visit("step", self.step, "step in units of each row's root mean square; 0: exact",
          core::at_least(0));
    visit("bits", self.bits, "bits a value, by tiles; 0: exact", core::at_least(0));
  }
};

// What became of one array.
struct CodedTensor {
  std::string name;
  std::string way;  // as above
  std::uint64_t values = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t coded_bytes = 0;
  double squared_error = 0;  // mean over values
};

// Writes the file, which is whole or absent. Whole-number arrays are always exact. InvalidArgument
// for two limits at once, two arrays of one name, rows of more than 2^22 values where rows count,
// and NaN or infinities where the coding is not exact; each names the array. Memory: the arrays,
// and their coded bytes once.
std::vector<CodedTensor> write_tensors(const std::filesystem::path& path,
                                       const std::vector<NamedTensor>& tensors,
                                       const TensorCoding& coding,
                                       core::Json header = core::Json::object());

struct TensorFile {
  core::Json header;  // as given to write_tensors(), with what it adds
  std::vector<NamedTensor> tensors;
};

// DataError, naming the file and the array, for anything else than such a file. Memory grows with
// what the records really hold.
TensorFile read_tensors(RecordReader reader);

}  // namespace venturi::code
