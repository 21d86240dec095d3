#include "tests/fuzz/fuzz.hpp"
#include "venturi/data/little_endian.hpp"
#include "venturi/measure/program_score.hpp"

using namespace venturi;

VENTURI_FUZZ([](core::Bytes bytes) {
  const std::string_view text = data::as_text(bytes);
  measure::score_program(text, {});
  const measure::Program program = measure::parse_program(text);
  const std::string written = measure::program_text(program);
  fuzz::require(measure::program_text(measure::parse_program(written)) == written);
  fuzz::require(measure::program_bits(program) > 0);
  measure::run_program(program);
})
