#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/idx.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) { data::decode_idx(bytes); })
