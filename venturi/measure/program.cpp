#include "venturi/measure/program.hpp"

#include <charconv>
#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::measure {
namespace {

constexpr const char* kParse = "measure.parse_program";
constexpr std::size_t kMostText = 1 << 16;

constexpr Operation kOperations[] = {
    {"range", "vv"},       {"steps", "vvp"},   {"repeat", "vc"},      {"list", "l"},
    {"recurrence", "vvc"},  // those without sequences end here
    {"reverse", "s"},      {"tile", "sp"},     {"stride", "sp"},      {"slice", "svv"},
    {"substitute", "svv"}, {"add", "sv"},      {"subtract", "sv"},    {"modulo", "sc"},
    {"largest", "sc"},     {"smallest", "sc"}, {"sums", "s"},         {"even", "s"},
    {"odd", "s"},          {"nonzero", "s"},   {"concatenate", "ss"}, {"interleave", "ss"},
    {"plus", "ss"},        {"minus", "ss"},    {"remainder", "ss"}};
constexpr int kInitiators = 5;

struct Limits {
  int low, high;
};

// Of an argument of that kind in statement `place`.
Limits limits(char kind, int place) {
  switch (kind) {
    case 'c':
      return {1, 256};
    case 'p':
      return {2, 9};
    case 's':
      return {0, place - 1};
    default:
      return {0, 255};
  }
}

double choice_bits(Limits l) { return std::log2(l.high - l.low + 1); }

void check_statement(const Statement& s, int place, std::string_view where) {
  const auto fail = [&](std::string_view what) {
    core::fail_data(where, "line {}: {}", place + 1, what);
  };
  if (s.operation < 0 || s.operation >= std::ssize(kOperations)) fail("no such operation");
  const Operation& op = kOperations[s.operation];
  if (op.arguments == "l") {
    if (s.arguments.empty() || s.arguments.size() > 256) fail("a list holds 1 to 256 values");
  } else if (s.arguments.size() != op.arguments.size()) {
    fail(fmt::format("{} takes {} arguments, got {}", op.name, op.arguments.size(),
                     s.arguments.size()));
  }
  for (std::size_t a = 0; a < s.arguments.size(); ++a) {
    const char kind = op.arguments == "l" ? 'v' : op.arguments[a];
    const Limits l = limits(kind, place);
    if (s.arguments[a] >= l.low && s.arguments[a] <= l.high) continue;
    fail(kind == 's' ? fmt::format("{} takes an earlier sequence as argument {}", op.name, a + 1)
                     : fmt::format("argument {} of {} is {}, outside {}..{}", a + 1, op.name,
                                   s.arguments[a], l.low, l.high));
  }
}

// One line of text, read from the left.
class Line {
 public:
  Line(std::string_view text, int place) : left_(text), place_(place) {}

  Statement statement() {
    expect("s");
    if (number() != place_ + 1) fail(fmt::format("expected 's{} = '", place_ + 1));
    expect("=");
    Statement out;
    const std::string_view name = word();
    out.operation = find_operation(name);
    if (out.operation < 0) fail("no operation of that name");
    const std::string_view kinds = kOperations[out.operation].arguments;
    expect("(");
    while (out.arguments.size() < 257) {
      const bool sequence = left_.starts_with('s');
      const std::size_t at = out.arguments.size();
      if (sequence != (at < kinds.size() && kinds[at] == 's')) {
        fail(fmt::format("argument {} is of the wrong kind", at + 1));
      }
      if (sequence) expect("s");
      out.arguments.push_back(sequence ? number() - 1 : number());
      if (!left_.starts_with(',')) break;
      expect(",");
    }
    expect(")");
    if (!left_.empty()) fail("the line goes on behind ')'");
    check_statement(out, place_, kParse);
    return out;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    core::fail_data(kParse, "line {}: {}", place_ + 1, what);
  }
  void skip_spaces() { left_.remove_prefix(std::min(left_.find_first_not_of(' '), left_.size())); }
  void expect(std::string_view text) {
    skip_spaces();
    if (!left_.starts_with(text)) fail(fmt::format("expected '{}'", text));
    left_.remove_prefix(text.size());
    if (text != "s") skip_spaces();
  }
  std::string_view word() {
    const std::size_t end = std::min(left_.find_first_of(" ("), left_.size());
    const std::string_view out = left_.substr(0, end);
    left_.remove_prefix(end);
    return out;
  }
  // Digits alone; a sign or a number past an int is an error.
  int number() {
    int out = 0;
    const char* end = left_.data() + left_.size();
    const auto [stop, error] = std::from_chars(left_.data(), end, out);
    if (error != std::errc() || left_.starts_with('-')) fail("expected a number from 0 on");
    left_.remove_prefix(static_cast<std::size_t>(stop - left_.data()));
    skip_spaces();
    return out;
  }

  std::string_view left_;
  int place_;
};

}  // namespace

std::span<const Operation> operations() { return kOperations; }

int find_operation(std::string_view name) {
  for (int o = 0; o < std::ssize(kOperations); ++o) {
    if (kOperations[o].name == name) return o;
  }
  return -1;
}

void check_program(const Program& program) {
  constexpr const char* kWhere = "measure.check_program";
  if (program.empty() || program.size() > kMostStatements) {
    core::fail_data(kWhere, "expected 1 to {} statements, got {}", kMostStatements, program.size());
  }
  for (int place = 0; place < std::ssize(program); ++place) {
    check_statement(program[place], place, kWhere);
  }
}

Program parse_program(std::string_view text) {
  if (text.size() > kMostText) {
    core::fail_data(kParse, "expected at most {} characters, got {}", kMostText, text.size());
  }
  Program out;
  while (!text.empty()) {
    if (out.size() == kMostStatements) {
      core::fail_data(kParse, "expected at most {} statements", kMostStatements);
    }
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.push_back(Line(text.substr(0, end), static_cast<int>(out.size())).statement());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (out.empty()) core::fail_data(kParse, "expected a statement, got none");
  return out;
}

std::string program_text(const Program& program) {
  check_program(program);
  std::string out;
  for (std::size_t place = 0; place < program.size(); ++place) {
    const Statement& s = program[place];
    const Operation& op = kOperations[s.operation];
    out += fmt::format("s{} = {}(", place + 1, op.name);
    for (std::size_t a = 0; a < s.arguments.size(); ++a) {
      const bool sequence = op.arguments != "l" && op.arguments[a] == 's';
      out += fmt::format("{}{}{}", a > 0 ? ", " : "", sequence ? "s" : "",
                         s.arguments[a] + (sequence ? 1 : 0));
    }
    out += ")\n";
  }
  return out;
}

double program_bits(const Program& program) {
  check_program(program);
  double out = std::log2(kMostStatements);
  for (int place = 0; place < std::ssize(program); ++place) {
    out += std::log2(place == 0 ? kInitiators : static_cast<double>(std::size(kOperations)));
    const Statement& s = program[place];
    const std::string_view kinds = kOperations[s.operation].arguments;
    if (kinds == "l") {
      out += choice_bits(limits('c', place)) +
             static_cast<double>(s.arguments.size()) * choice_bits(limits('v', place));
      continue;
    }
    for (const char kind : kinds) out += choice_bits(limits(kind, place));
  }
  return out;
}

}  // namespace venturi::measure
