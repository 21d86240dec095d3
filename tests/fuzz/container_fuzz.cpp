#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/container.hpp"

using namespace venturi;

// What is read can be written, and read again.
VENTURI_FUZZ([](core::Bytes bytes) {
  const code::Container container = code::parse_container(bytes, "fuzz");
  code::parse_container(code::container_bytes(container), "again");
})
