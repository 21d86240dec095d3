// venturi/core/members.hpp
//
// Selection by name: each room has one table of its members. `venturi list` prints these tables,
// and find_member() is the only look-up, so that what is listed is what can be chosen.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/error.hpp"

namespace venturi::core {

// What `venturi list` shows of a member. `Make` is the room's own function type.
template <class Make>
struct Member {
  std::string_view name;     // as typed by a person: "ksg1"
  std::string_view summary;  // one line
  std::string_view source;   // paper and section, or "own"
  std::string_view cost;     // "O(n log n)"
  Make make;
};

// The same without its maker, for printing.
struct MemberInfo {
  std::string_view room;
  std::string_view kind;  // "estimator", "coder", "data set", ...
  std::string_view name;
  std::string_view summary;
  std::string_view source;
  std::string_view cost;
};

// "; did you mean 'x'?" for the nearest name by edit distance, or "" if none is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

template <class Make>
const Member<Make>& find_member(std::span<const Member<Make>> table, std::string_view name,
                                std::string_view where) {
  std::vector<std::string> known;
  for (const auto& member : table) {
    if (member.name == name) return member;
    known.emplace_back(member.name);
  }
  fail_argument(where, "unknown name '{}'{}; known: {}", name, did_you_mean(name, known),
                fmt::join(known, ", "));
}

template <class Make>
std::vector<MemberInfo> member_infos(std::string_view room, std::string_view kind,
                                     std::span<const Member<Make>> table) {
  std::vector<MemberInfo> out;
  for (const auto& m : table) out.push_back({room, kind, m.name, m.summary, m.source, m.cost});
  return out;
}

}  // namespace venturi::core
