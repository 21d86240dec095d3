#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/npy.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) { data::decode_npy(bytes); })
