#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/image.hpp"

using namespace venturi;

// PNG and JPEG.
VENTURI_FUZZ([](core::Bytes bytes) { data::decode_image(bytes); })
