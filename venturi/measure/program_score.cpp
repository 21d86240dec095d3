#include "venturi/measure/program_score.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

// Why `found` is not `sequence`; empty if it is.
std::string difference(const ByteSequence& found, std::span<const std::uint8_t> sequence) {
  const auto at = std::mismatch(found.begin(), found.end(), sequence.begin(), sequence.end());
  if (at.first == found.end() && at.second == sequence.end()) return {};
  const auto place = at.first - found.begin();
  if (at.first == found.end()) {
    return fmt::format("its output ends after {} of {} values", place, sequence.size());
  }
  if (at.second == sequence.end()) {
    return fmt::format("its output goes on behind the {} values", sequence.size());
  }
  return fmt::format("value {} of its output is {}, not {}", place, *at.first, *at.second);
}

class Draft {
 public:
  explicit Draft(core::Key key) : random_(key) {}

  Program program;
  std::vector<ByteSequence> made;

  void say(std::string_view name, std::vector<int> arguments) {
    Statement s{find_operation(name), std::move(arguments)};
    made.push_back(run_statement(s, made));
    program.push_back(std::move(s));
  }
  int between(int low, int high) {
    const auto choices = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<int>(random_.below(choices));
  }
  bool chance(double p) { return random_.uniform() < p; }

  void initiator() {
    const int length = between(5, 25), start = between(0, 255 - length);
    switch (between(0, 4)) {
      case 0:
        return say("range", {start, start + length - 1});
      case 1: {
        const int step = between(2, 5);
        return say("steps", {start, std::min(255, start + (length - 1) * step), step});
      }
      case 2:
        return say("repeat", {between(0, 255), length});
      case 3:
        return say("recurrence", {between(0, 9), between(1, 9), length});
      default: {
        std::vector<int> values(static_cast<std::size_t>(length));
        for (int& v : values) v = between(0, 255);
        return say("list", std::move(values));
      }
    }
  }

  // One operation on sequence s alone.
  void modifier(int s) {
    const ByteSequence& x = made[s];
    const auto size = static_cast<int>(x.size());
    switch (between(0, 13)) {
      case 0:
        return say("reverse", {s});
      case 1:
        return say("tile", {s, between(2, 4)});
      case 2:
        return say("stride", {s, between(2, 5)});
      case 3: {
        const int from = between(0, std::min(size, 250) - 1);
        return say("slice", {s, from, between(from + 1, std::min(size, 255))});
      }
      case 4:
        return say("substitute", {s, x[between(0, size - 1)], between(0, 255)});
      case 5:
        return say("add", {s, between(1, 255)});
      case 6:
        return say("subtract", {s, between(1, 255)});
      case 7:
        return say("modulo", {s, between(2, 256)});
      case 8:
        return say("largest", {s, between(1, std::min(size, 256))});
      case 9:
        return say("smallest", {s, between(1, std::min(size, 256))});
      case 10:
        return say("sums", {s});
      case 11:
        return say("even", {s});
      case 12:
        return say("odd", {s});
      default:
        return say("nonzero", {s});
    }
  }

 private:
  core::Random random_;
};

}  // namespace

ProgramScore score_program(std::string_view candidate, std::span<const std::uint8_t> sequence) {
  if (sequence.size() > kMostValues) {
    core::fail_argument("measure.score_program", "expected at most {} values, got {}", kMostValues,
                        sequence.size());
  }
  ProgramScore out;
  out.bits = 1 + 16 + 8 * static_cast<double>(sequence.size());
  try {
    const Program program = parse_program(candidate);
    out.reason = difference(run_program(program), sequence);
    if (!out.reason.empty()) return out;
    out.accepted = true;
    out.bits = 1 + program_bits(program);
  } catch (const core::DataError& error) {
    out.reason = error.what();
  }
  return out;
}

Program draw_program(core::Key key) {
  constexpr double kModified = 0.3, kPaired = 0.1, kConcatenated = 0.8;
  constexpr int kMostJoined = 24;  // and as many joints: within the 64 statements
  Draft draft(key);
  const int initiators = draft.between(1, 5);
  for (int i = 0; i < initiators; ++i) draft.initiator();
  // Modified sequences may be modified again.
  for (int s = 0; s < std::ssize(draft.made) && std::ssize(draft.made) < kMostJoined; ++s) {
    if (draft.chance(kModified) && !draft.made[s].empty() && draft.made[s].size() < 1000) {
      draft.modifier(s);
    }
  }
  const auto singles = static_cast<int>(draft.made.size());
  for (int a = 0; a < singles; ++a) {
    for (int b = a + 1; b < singles && std::ssize(draft.made) < kMostJoined; ++b) {
      if (draft.made[a].size() != draft.made[b].size() || !draft.chance(kPaired)) continue;
      constexpr const char* kPairs[] = {"plus", "minus", "remainder"};
      draft.say(kPairs[draft.between(0, 2)], {a, b});
    }
  }
  const auto joined = static_cast<int>(draft.made.size());
  for (int s = 1, last = 0; s < joined; ++s) {
    draft.say(draft.chance(kConcatenated) ? "concatenate" : "interleave", {last, s});
    last = static_cast<int>(draft.made.size()) - 1;
  }
  return draft.program;
}

}  // namespace venturi::measure
