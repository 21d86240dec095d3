#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/xz.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) { data::unpack_xz(bytes, 1 << 22); })
