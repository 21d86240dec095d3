// Programs of byte sequences: every operation by hand, lengths by hand, hostile text.
#include "venturi/measure/program.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/program_figures.hpp"
#include "venturi/measure/program_score.hpp"

namespace venturi::measure {
namespace {

ByteSequence run(std::string_view text) { return run_program(parse_program(text)); }

// The operation on 3, 4, 250, 0, 3 (and 1, 2, 9).
ByteSequence on_list(std::string_view call) {
  return run(fmt::format("s1 = list(3, 4, 250, 0, 3)\ns2 = list(1, 2, 9)\ns3 = {}\n", call));
}

TEST(Program, Initiators) {
  EXPECT_EQ(run("s1 = range(253, 255)"), (ByteSequence{253, 254, 255}));
  EXPECT_EQ(run("s1 = range(9, 8)"), ByteSequence{});
  EXPECT_EQ(run("s1 = steps(1, 8, 3)"), (ByteSequence{1, 4, 7}));
  EXPECT_EQ(run("s1 = steps(250, 255, 9)"), ByteSequence{250});
  EXPECT_EQ(run("s1 = repeat(7, 3)"), (ByteSequence{7, 7, 7}));
  EXPECT_EQ(run("s1 = list(0, 255, 1)"), (ByteSequence{0, 255, 1}));
  EXPECT_EQ(run("s1 = recurrence(0, 1, 15)"),
            (ByteSequence{0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 121}));
  EXPECT_EQ(run("s1 = recurrence(5, 6, 1)"), ByteSequence{5});
}

TEST(Program, Modifiers) {
  EXPECT_EQ(on_list("reverse(s1)"), (ByteSequence{3, 0, 250, 4, 3}));
  EXPECT_EQ(on_list("tile(s2, 2)"), (ByteSequence{1, 2, 9, 1, 2, 9}));
  EXPECT_EQ(on_list("stride(s1, 2)"), (ByteSequence{3, 250, 3}));
  EXPECT_EQ(on_list("slice(s1, 1, 3)"), (ByteSequence{4, 250}));
  EXPECT_EQ(on_list("slice(s1, 4, 200)"), ByteSequence{3});
  EXPECT_EQ(on_list("slice(s1, 3, 1)"), ByteSequence{});
  EXPECT_EQ(on_list("substitute(s1, 3, 8)"), (ByteSequence{8, 4, 250, 0, 8}));
  EXPECT_EQ(on_list("add(s1, 10)"), (ByteSequence{13, 14, 4, 10, 13}));
  EXPECT_EQ(on_list("subtract(s1, 4)"), (ByteSequence{255, 0, 246, 252, 255}));
  EXPECT_EQ(on_list("modulo(s1, 4)"), (ByteSequence{3, 0, 2, 0, 3}));
  EXPECT_EQ(on_list("modulo(s1, 256)"), (ByteSequence{3, 4, 250, 0, 3}));
  EXPECT_EQ(on_list("largest(s1, 2)"), (ByteSequence{250, 4}));
  EXPECT_EQ(on_list("smallest(s1, 3)"), (ByteSequence{0, 3, 3}));
  EXPECT_EQ(on_list("smallest(s2, 200)"), (ByteSequence{1, 2, 9}));
  EXPECT_EQ(on_list("sums(s1)"), (ByteSequence{3, 7, 1, 1, 4}));
}

TEST(Program, FiltersAndMergers) {
  EXPECT_EQ(on_list("even(s1)"), (ByteSequence{4, 250, 0}));
  EXPECT_EQ(on_list("odd(s1)"), (ByteSequence{3, 3}));
  EXPECT_EQ(on_list("nonzero(s1)"), (ByteSequence{3, 4, 250, 3}));
  EXPECT_EQ(on_list("concatenate(s2, s1)"), (ByteSequence{1, 2, 9, 3, 4, 250, 0, 3}));
  EXPECT_EQ(on_list("interleave(s1, s2)"), (ByteSequence{3, 1, 4, 2, 250, 9, 0, 3}));
  EXPECT_EQ(on_list("interleave(s2, s1)"), (ByteSequence{1, 3, 2, 4, 9, 250, 0, 3}));
  EXPECT_EQ(on_list("plus(s1, s2)"), (ByteSequence{4, 6, 3}));
  EXPECT_EQ(on_list("minus(s2, s1)"), (ByteSequence{254, 254, 15}));
  EXPECT_EQ(on_list("remainder(s1, s2)"), (ByteSequence{0, 0, 7}));
  EXPECT_EQ(on_list("remainder(s1, s1)"), (ByteSequence{0, 0, 0, 0}));  // not by 0
}

TEST(Program, InitiatorsComeFirst) {
  EXPECT_EQ(operations().size(), 24u);
  for (int o = 0; o < std::ssize(operations()); ++o) {
    EXPECT_EQ(operations()[o].arguments.find('s') == std::string_view::npos, o < 5);
  }
}

TEST(Program, BitsByHand) {
  const auto bits = [](std::string_view text) { return program_bits(parse_program(text)); };
  const double head = 6 + std::log2(5.0);
  EXPECT_DOUBLE_EQ(bits("s1 = range(0, 9)"), head + 16);
  EXPECT_DOUBLE_EQ(bits("s1 = steps(0, 9, 2)"), head + 19);
  EXPECT_DOUBLE_EQ(bits("s1 = list(1, 2, 3)"), head + 8 + 24);
  EXPECT_DOUBLE_EQ(bits("s1 = recurrence(0, 1, 9)"), head + 24);
  EXPECT_DOUBLE_EQ(bits("s1 = range(0, 9)\ns2 = sums(s1)"), head + 16 + std::log2(24.0));
  EXPECT_DOUBLE_EQ(bits("s1 = range(0, 9)\ns2 = reverse(s1)\ns3 = tile(s2, 3)\ns4 = plus(s1, s3)"),
                   head + 16 + 3 * std::log2(24.0) + std::log2(2.0) + 3 + 2 * std::log2(3.0));
}

// The lengths of all programs of one or two statements are those of a prefix code: their part of
// the sum of 2^-bits is 2/64, each count of statements being as likely as any other.
TEST(Program, LengthsFillThePrefixCode) {
  const auto total = [](const Program& before) {
    double sum = 0;
    for (int o = 0; o < (before.empty() ? 5 : 24); ++o) {
      const std::string_view kinds = operations()[o].arguments;
      // One program of each shape, times how many there are of it.
      for (int length = 1; length <= (kinds == "l" ? 256 : 1); ++length) {
        Program program = before;
        double count = 1;
        std::vector<int> arguments;
        for (const char kind : kinds) {
          if (kind == 'l') arguments.assign(static_cast<std::size_t>(length), 0);
          if (kind == 'l') count = std::pow(256.0, length);
          if (kind == 'p') count *= 8;
          if (kind == 'v' || kind == 'c') count *= 256;
          if (kind == 's') count *= static_cast<double>(before.size());
          if (kind != 'l') arguments.push_back(kind == 'p' ? 2 : kind == 'c' ? 1 : 0);
        }
        if (length > 120) continue;  // 256^121 is near the end of doubles; what is left: below
        program.push_back({o, arguments});
        sum += count * std::exp2(-program_bits(program));
      }
    }
    return sum;
  };
  // Lists of 121 to 256 values have 136/256 of the list's part.
  EXPECT_NEAR(total({}), (1 - 0.2 * 136 / 256) / 64, 1e-12);
  const Program before = parse_program("s1 = range(0, 9)");
  EXPECT_NEAR(total(before) / std::exp2(-program_bits(before)), 1 - 136.0 / 256 / 24, 1e-12);
}

TEST(Program, TextAndBack) {
  for (int p = 0; p < 300; ++p) {
    const std::string text = program_text(draw_program(core::Key(p)));
    EXPECT_EQ(program_text(parse_program(text)), text);
  }
  EXPECT_EQ(program_text(parse_program("s1=range( 3 ,40 )\n  s2  =  plus(s1,s1)  ")),
            "s1 = range(3, 40)\ns2 = plus(s1, s1)\n");
}

TEST(Program, RefusesOtherText) {
  const std::map<std::string, std::string> faults = {
      {"", "expected a statement"},
      {"\n", "line 1"},
      {"s2 = range(0, 9)", "'s1 = '"},
      {"s1 = range(0, 9)\ns1 = sums(s1)", "'s2 = '"},
      {"s1 = rnge(0, 9)", "no operation"},
      {"s1 = range(0)", "2 arguments"},
      {"s1 = range(0, 9, 2)", "2 arguments"},
      {"s1 = range(0, 256)", "outside 0..255"},
      {"s1 = range(-1, 9)", "a number from 0"},
      {"s1 = range(0, 99999999999)", "a number from 0"},
      {"s1 = repeat(0, 0)", "outside 1..256"},
      {"s1 = steps(0, 9, 1)", "outside 2..9"},
      {"s1 = sums(s1)", "an earlier sequence"},
      {"s1 = range(0, 9)\ns2 = sums(s0)", "an earlier sequence"},
      {"s1 = range(0, 9)\ns2 = sums(s3)", "an earlier sequence"},
      {"s1 = range(0, 9)\ns2 = sums(3)", "wrong kind"},
      {"s1 = range(0, 9)\ns2 = add(s1, s1)", "wrong kind"},
      {"s1 = range(0, 9) # s", "behind ')'"},
      {"s1 = range(0, 9", "')'"},
      {"s1 = list()", "a number from 0"},
      {"s1", "'='"},
      {std::string(70000, 'x'), "characters"},
  };
  for (const auto& [text, part] : faults) {
    EXPECT_ERROR(parse_program(text), core::DataError, part);
  }
  std::string many;
  for (int i = 1; i <= 65; ++i) many += fmt::format("s{} = range(0, 9)\n", i);
  EXPECT_ERROR(parse_program(many), core::DataError, "64 statements");
  std::string longer = "s1 = list(0";
  for (int i = 0; i < 256; ++i) longer += ", 0";
  EXPECT_ERROR(parse_program(longer + ")"), core::DataError, "1 to 256");
  EXPECT_ERROR(program_bits({}), core::DataError, "1 to 64");
  EXPECT_ERROR(run_program({{99, {}}}), core::DataError, "no such operation");
}

// Nine to the 63 values, and sequences that are long together alone.
TEST(Program, BoundsItsMemory) {
  std::string text = "s1 = repeat(1, 256)\n";
  for (int i = 2; i <= 64; ++i) text += fmt::format("s{} = tile(s{}, 9)\n", i, i - 1);
  EXPECT_ERROR(run(text), core::DataError, "at most 65535");
  text = "s1 = repeat(1, 256)\ns2 = tile(s1, 9)\ns3 = tile(s2, 9)\ns4 = tile(s3, 3)\n";
  for (int i = 5; i <= 64; ++i) text += fmt::format("s{} = sums(s4)\n", i);
  EXPECT_ERROR(run(text), core::DataError, "in all");
}

TEST(ProgramScore, TrueProgramsCostTheirLength) {
  for (int p = 0; p < 200; ++p) {
    const Program program = draw_program(core::Key(p).split("score"));
    const ByteSequence sequence = run_program(program);
    const ProgramScore score = score_program(program_text(program), sequence);
    EXPECT_TRUE(score.accepted) << score.reason;
    EXPECT_DOUBLE_EQ(score.bits, 1 + program_bits(program));
    EXPECT_TRUE(score.reason.empty());
  }
}

TEST(ProgramScore, SaysWhyNot) {
  const ByteSequence sequence = {1, 2, 3, 4};
  const std::map<std::string, std::string> faults = {
      {"s1 = range(1, 3)", "ends after 3 of 4"},
      {"s1 = range(1, 5)", "goes on behind the 4"},
      {"s1 = list(1, 2, 9, 4)", "value 2 of its output is 9, not 3"},
      {"print(1)", "line 1"},
      {"", "expected a statement"}};
  for (const auto& [text, part] : faults) {
    const ProgramScore score = score_program(text, sequence);
    EXPECT_FALSE(score.accepted);
    EXPECT_EQ(score.bits, 1 + 16 + 32);
    EXPECT_NE(score.reason.find(part), std::string::npos) << score.reason;
  }
  EXPECT_TRUE(score_program("s1 = range(1, 0)", ByteSequence{}).accepted);
  EXPECT_ERROR(score_program("", ByteSequence(70000)), core::InvalidArgument, "65535");
}

// Any text: a score, whatever the damage. What is accepted puts out the sequence.
TEST(ProgramScore, StandsAnyText) {
  core::Random random(core::Key(9));
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    const Program program = draw_program(core::Key(round % 50));
    std::string text = program_text(program);
    for (auto damages = 1 + random.below(4); damages > 0; --damages) {
      const auto at = random.below(text.size());
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, random.below(8));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(40)));
      }
      if (text.empty()) text = "s";
    }
    const ByteSequence sequence = run_program(program);
    const ProgramScore score = score_program(text, sequence);
    EXPECT_EQ(score.accepted, score.reason.empty());
    if (!score.accepted) continue;
    ++accepted;
    EXPECT_EQ(run(text), sequence);
  }
  EXPECT_GT(accepted, 0);  // a space, or an argument without effect
  EXPECT_LT(accepted, 4000);
}

TEST(DrawProgram, IsItsKeyAndLeavesNothingIdle) {
  double statements = 0;
  std::vector<int> seen(operations().size());
  for (int p = 0; p < 500; ++p) {
    const Program program = draw_program(core::Key(p));
    EXPECT_EQ(program_text(program), program_text(draw_program(core::Key(p))));
    std::vector<bool> used(program.size(), false);
    used.back() = true;
    for (const Statement& s : program) {
      ++seen[s.operation];
      const std::string_view kinds = operations()[s.operation].arguments;
      for (std::size_t a = 0; a < kinds.size(); ++a) {
        if (kinds[a] == 's') used[s.arguments[a]] = true;
      }
    }
    for (const bool u : used) EXPECT_TRUE(u);
    statements += static_cast<double>(program.size()) / 500;
  }
  EXPECT_GT(statements, 4);
  for (std::size_t o = 0; o < seen.size(); ++o) EXPECT_GT(seen[o], 0) << operations()[o].name;
}

TEST(ProgramFigures, HoldOnAFewPrograms) {
  const Packer raw{"raw", [](core::Bytes bytes) { return bytes.size(); }};
  const auto figures = program_figures({.programs = 100}, core::Key(1), std::span(&raw, 1));
  std::map<std::string, double> value;
  for (const core::Figure& f : figures) value[f.name] = f.value;
  EXPECT_NEAR(value.at("accepted"), 100, 1e-9);
  EXPECT_LT(value.at("largest difference from the true length"), 1e-9);
  EXPECT_EQ(value.at("accepted though a value differs"), 0);
  EXPECT_EQ(value.at("accepted though of another sequence"), 0);
  // Two bytes before each sequence, or 17 bits.
  EXPECT_NEAR(value.at("raw, all in one"), 8 + 16 / value.at("values a sequence"), 1e-9);
  EXPECT_NEAR(value.at("raw, each alone"), 8 + 17 / value.at("values a sequence"), 1e-9);
}

}  // namespace
}  // namespace venturi::measure
