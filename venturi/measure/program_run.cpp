// The interpreter of program.hpp.
#include <algorithm>
#include <functional>

#include "venturi/core/error.hpp"
#include "venturi/measure/program.hpp"

namespace venturi::measure {
namespace {

constexpr const char* kWhere = "measure.run_program";
constexpr std::size_t kMostWork = 1 << 20;  // values of all sequences together

std::uint8_t byte(int v) { return static_cast<std::uint8_t>(v); }  // modulo 256

void check_length(std::size_t length) {
  if (length > kMostValues) {
    core::fail_data(kWhere, "a sequence of {} values, expected at most {}", length, kMostValues);
  }
}

template <class Of>
ByteSequence each(const ByteSequence& x, Of&& of) {
  ByteSequence out(x.size());
  std::transform(x.begin(), x.end(), out.begin(), of);
  return out;
}

template <class Keep>
ByteSequence those(const ByteSequence& x, Keep&& keep) {
  ByteSequence out;
  std::copy_if(x.begin(), x.end(), std::back_inserter(out), keep);
  return out;
}

template <class Before>
ByteSequence first_sorted(ByteSequence x, int count, Before before) {
  std::sort(x.begin(), x.end(), before);
  x.resize(std::min(x.size(), static_cast<std::size_t>(count)));
  return x;
}

ByteSequence steps(int from, int to, int step) {
  ByteSequence out;
  for (int v = from; v <= to; v += step) out.push_back(byte(v));
  return out;
}

ByteSequence recurrence(int first, int second, int count) {
  ByteSequence out(static_cast<std::size_t>(count), byte(first));
  if (count > 1) out[1] = byte(second);
  for (int i = 2; i < count; ++i) out[i] = byte(out[i - 2] + out[i - 1]);
  return out;
}

ByteSequence tile(const ByteSequence& x, int copies) {
  check_length(x.size() * static_cast<std::size_t>(copies));
  ByteSequence out;
  for (int c = 0; c < copies; ++c) out.insert(out.end(), x.begin(), x.end());
  return out;
}

ByteSequence stride(const ByteSequence& x, int step) {
  ByteSequence out;
  for (std::size_t i = 0; i < x.size(); i += static_cast<std::size_t>(step)) out.push_back(x[i]);
  return out;
}

ByteSequence slice(const ByteSequence& x, int from, int to) {
  const auto end = std::min(x.size(), static_cast<std::size_t>(to));
  const auto begin = std::min(end, static_cast<std::size_t>(from));
  return {x.begin() + static_cast<std::ptrdiff_t>(begin),
          x.begin() + static_cast<std::ptrdiff_t>(end)};
}

ByteSequence sums(const ByteSequence& x) {
  std::uint8_t sum = 0;
  return each(x, [&](int v) { return sum = byte(sum + v); });
}

ByteSequence concatenate(const ByteSequence& x, const ByteSequence& y) {
  check_length(x.size() + y.size());
  ByteSequence out = x;
  out.insert(out.end(), y.begin(), y.end());
  return out;
}

ByteSequence interleave(const ByteSequence& x, const ByteSequence& y) {
  check_length(x.size() + y.size());
  ByteSequence out;
  for (std::size_t i = 0; i < std::max(x.size(), y.size()); ++i) {
    if (i < x.size()) out.push_back(x[i]);
    if (i < y.size()) out.push_back(y[i]);
  }
  return out;
}

template <class Of>
ByteSequence pairwise(const ByteSequence& x, const ByteSequence& y, Of&& of) {
  ByteSequence out(std::min(x.size(), y.size()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = byte(of(x[i], y[i]));
  return out;
}

ByteSequence remainder(const ByteSequence& x, const ByteSequence& y) {
  ByteSequence out;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (y[i] != 0) out.push_back(byte(x[i] % y[i]));
  }
  return out;
}

// What makes a sequence out of numbers a, or of the sequences x, y and numbers a behind x.
using Make = ByteSequence (*)(const ByteSequence& x, const ByteSequence& y, const int* a);

// In the order of operations().
constexpr Make kMakers[] = {
    [](auto&, auto&, auto a) { return steps(a[0], a[1], 1); },
    [](auto&, auto&, auto a) { return steps(a[0], a[1], a[2]); },
    [](auto&, auto&, auto a) { return ByteSequence(static_cast<std::size_t>(a[1]), byte(a[0])); },
    nullptr,  // list: as it stands
    [](auto&, auto&, auto a) { return recurrence(a[0], a[1], a[2]); },
    [](auto& x, auto&, auto) { return ByteSequence(x.rbegin(), x.rend()); },
    [](auto& x, auto&, auto a) { return tile(x, a[0]); },
    [](auto& x, auto&, auto a) { return stride(x, a[0]); },
    [](auto& x, auto&, auto a) { return slice(x, a[0], a[1]); },
    [](auto& x, auto&, auto a) {
      return each(x, [&](int v) { return byte(v == a[0] ? a[1] : v); });
    },
    [](auto& x, auto&, auto a) { return each(x, [&](int v) { return byte(v + a[0]); }); },
    [](auto& x, auto&, auto a) { return each(x, [&](int v) { return byte(v - a[0]); }); },
    [](auto& x, auto&, auto a) { return each(x, [&](int v) { return byte(v % a[0]); }); },
    [](auto& x, auto&, auto a) { return first_sorted(x, a[0], std::greater<>()); },
    [](auto& x, auto&, auto a) { return first_sorted(x, a[0], std::less<>()); },
    [](auto& x, auto&, auto) { return sums(x); },
    [](auto& x, auto&, auto) { return those(x, [](int v) { return v % 2 == 0; }); },
    [](auto& x, auto&, auto) { return those(x, [](int v) { return v % 2 == 1; }); },
    [](auto& x, auto&, auto) { return those(x, [](int v) { return v != 0; }); },
    [](auto& x, auto& y, auto) { return concatenate(x, y); },
    [](auto& x, auto& y, auto) { return interleave(x, y); },
    [](auto& x, auto& y, auto) { return pairwise(x, y, std::plus<int>()); },
    [](auto& x, auto& y, auto) { return pairwise(x, y, std::minus<int>()); },
    [](auto& x, auto& y, auto) { return remainder(x, y); },
};

}  // namespace

ByteSequence run_statement(const Statement& statement, std::span<const ByteSequence> before) {
  const std::string_view kinds = operations()[statement.operation].arguments;
  const std::vector<int>& a = statement.arguments;
  if (kinds == "l") return {a.begin(), a.end()};
  static const ByteSequence none;
  const bool one = kinds.starts_with('s'), two = kinds == "ss";
  return kMakers[statement.operation](one ? before[a[0]] : none, two ? before[a[1]] : none,
                                      a.data() + (one ? 1 : 0));
}

ByteSequence run_program(const Program& program) {
  static_assert(std::size(kMakers) == 24);
  check_program(program);
  std::vector<ByteSequence> made;
  std::size_t work = 0;
  for (const Statement& s : program) {
    made.push_back(run_statement(s, made));
    work += made.back().size();
    if (work > kMostWork) {
      core::fail_data(kWhere, "more than {} values in all by line {}", kMostWork, made.size());
    }
  }
  return made.back();
}

}  // namespace venturi::measure
