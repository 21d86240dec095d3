#include <sstream>

#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/tensor_file.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto file =
      code::read_tensors(code::RecordReader(std::make_unique<std::istringstream>(text), "fuzz"));
  for (const auto& [name, array] : file.tensors) {
    fuzz::require(data::array_bytes(array.element, array.shape) == array.bytes.size());
  }
})
