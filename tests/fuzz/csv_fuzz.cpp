#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/csv.hpp"
#include "venturi/data/little_endian.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) { data::parse_csv(data::as_text(bytes), {}); })
