#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/tile_codec.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) { code::decode_tiles(bytes, 1 << 16); })
