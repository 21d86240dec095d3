// venturi/measure/program.hpp
//
// Sequences of bytes as the output of short programs, and what such a program costs in bits.
//
//   s1 = range(3, 40)
//   s2 = reverse(s1)
//   s3 = concatenate(s1, s2)
//
// One statement a line, each names the next sequence; the last one is the output. Values are bytes,
// arithmetic is modulo 256. Arguments: v a value 0..255, c a count 1..256, p a small one 2..9, s an
// earlier sequence.
//   range(v, v) both ends in, empty if they fall; steps(v, v, p); repeat(v, c); list(c of them v);
//   recurrence(v, v, c)   a, b, a + b, ... : Fibonacci's from its first two, c values in all
//   reverse(s)  tile(s, p) p copies  stride(s, p) every p-th from the first
//   slice(s, v, v) places from the first to before the second, counted from 0; past the end: none
//   substitute(s, v, v)  add(s, v)  subtract(s, v)  modulo(s, c)  sums(s) running
//   largest(s, c)  smallest(s, c) sorted, from the largest or smallest on
//   even(s)  odd(s)  nonzero(s) those that are
//   concatenate(s, s)  interleave(s, s) in turns, then the rest of the longer
//   plus(s, s)  minus(s, s)  remainder(s, s) to the end of the shorter, the last without divisors 0
// Code length: every choice uniform over what could stand there, so that the lengths are those of a
// prefix code (sum of 2^-bits over all programs: 1):
//   6 (statements, 1..64) + per statement log2(operations that could stand there: 5 in the first,
//   24 after) + 8 a value or count, 3 a small count, log2(earlier statements) a sequence.
// A list: 8 for its count, 8 for each value.
// Hostile text: at most 64 KiB and 64 statements; sequences of at most 65,535 values and 2^20 in
// all, checked before memory is taken. DataError naming the line on anything else, never a crash.
// Cost: O(values made), n log n for a sorted one.
// Source: Yoran, Zheng, Gloeckle, Gehring, Synnaeve, Cohen, "The KoLMogorov Test: Compression by
// Code Generation", ICLR 2025, section 3 and appendix (initiators, modifiers, filters, mergers and
// the uniform prior; recurrence, 64 statements and arithmetic modulo 256 are ours).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace venturi::measure {

using ByteSequence = std::vector<std::uint8_t>;

inline constexpr int kMostStatements = 64;
inline constexpr std::size_t kMostValues = 65535;

struct Operation {
  std::string_view name;
  std::string_view arguments;  // v, c, p, s as above; "l": a list
};
// Those without s come first.
std::span<const Operation> operations();
// Of that name; -1 if there is none.
int find_operation(std::string_view name);

struct Statement {
  int operation = 0;           // in operations()
  std::vector<int> arguments;  // of s: the statement's place, from 0
};
using Program = std::vector<Statement>;

// Checks that every statement has the arguments of its operation, in their ranges: DataError.
void check_program(const Program& program);

Program parse_program(std::string_view text);
std::string program_text(const Program& program);

// The code length above.
double program_bits(const Program& program);

// The output of the last statement.
ByteSequence run_program(const Program& program);

// The output of one statement, given the sequences before it.
ByteSequence run_statement(const Statement& statement, std::span<const ByteSequence> before);

}  // namespace venturi::measure
