#include <sstream>

#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/tensor_file.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  code::read_tensors(code::RecordReader(std::make_unique<std::istringstream>(text), "fuzz"));
})
