#include <sstream>

#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/record_file.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  code::RecordReader reader(std::make_unique<std::istringstream>(text), "fuzz");
  if (reader.size() > 0) reader.record(reader.size() - 1);
  reader.records_of(0, reader.block_count());
})
