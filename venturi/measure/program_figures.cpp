#include "venturi/measure/program_figures.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/measure/program_score.hpp"

namespace venturi::measure {
namespace {

struct Drawn {
  std::string text;
  ByteSequence sequence;
  double bits = 0;  // as drawn, before any text
};

std::vector<Drawn> draw(int count, core::Key key) {
  std::vector<Drawn> out;
  for (std::uint64_t p = 0; std::ssize(out) < count; ++p) {
    const Program program = draw_program(key.split(p));
    Drawn one{program_text(program), run_program(program), program_bits(program)};
    // Of filters on filters nothing may be left.
    if (!one.sequence.empty()) out.push_back(std::move(one));
  }
  return out;
}

double joined_bits(std::span<const Drawn> drawn, const Packer& packer) {
  std::vector<std::byte> all;
  for (const Drawn& d : drawn) {
    all.push_back(std::byte(d.sequence.size() >> 8));
    all.push_back(std::byte(d.sequence.size() & 255));
    for (const std::uint8_t v : d.sequence) all.push_back(std::byte(v));
  }
  return 8 * static_cast<double>(packer.bytes(all));
}

double single_bits(std::span<const Drawn> drawn, const Packer& packer) {
  double bits = 0;
  for (const Drawn& d : drawn) {
    const auto packed = packer.bytes(std::as_bytes(std::span(d.sequence)));
    // Its length, as of the bytes that would stand there unpacked.
    bits += 1 + 16 + 8 * static_cast<double>(std::min(packed, d.sequence.size()));
  }
  return bits;
}

}  // namespace

std::vector<core::Figure> program_figures(const ProgramOptions& options, core::Key key,
                                          std::span<const Packer> packers) {
  core::check_options(options, "measure.program_figures");
  const std::vector<Drawn> drawn = draw(options.programs, key.split("programs"));
  core::Random random(key.split("damage"));
  double accepted = 0, apart = 0, changed = 0, others = 0, bits = 0, values = 0;
  for (std::size_t p = 0; p < drawn.size(); ++p) {
    const Drawn& d = drawn[p];
    const ProgramScore score = score_program(d.text, d.sequence);
    accepted += score.accepted ? 1 : 0;
    apart = std::max(apart, std::fabs(score.bits - 1 - d.bits));
    bits += score.bits;
    values += static_cast<double>(d.sequence.size());

    ByteSequence other = d.sequence;
    other[random.below(other.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
    changed += score_program(d.text, other).accepted ? 1 : 0;
    const ByteSequence& next = drawn[(p + 1) % drawn.size()].sequence;
    others += next != d.sequence && score_program(d.text, next).accepted ? 1 : 0;
  }
  std::vector<core::Figure> out = {{"accepted", 100 * accepted / options.programs, "%"},
                                   {"largest difference from the true length", apart, "bits"},
                                   {"accepted though a value differs", changed, ""},
                                   {"accepted though of another sequence", others, ""},
                                   {"values a sequence", values / options.programs, ""},
                                   {"programs", bits / values, "bits a value"}};
  for (const Packer& packer : packers) {
    const double joined = joined_bits(drawn, packer), single = single_bits(drawn, packer);
    out.push_back({packer.name + ", all in one", joined / values, "bits a value"});
    out.push_back({packer.name + ", each alone", single / values, "bits a value"});
    out.push_back({"bits of programs / " + packer.name, bits / std::min(joined, single), ""});
  }
  return out;
}

}  // namespace venturi::measure
