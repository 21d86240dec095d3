#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/safetensors.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) { data::Safetensors({bytes.begin(), bytes.end()}); })
