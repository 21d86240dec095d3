// venturi/core/record.hpp
//
// What a run leaves behind: one JSON document with its options, seed, versions, machine and
// results, appended as a line to `records.jsonl`. Reports and recipes are made from records alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "venturi/core/json.hpp"

namespace venturi::core {

// {"processor","cores","memory_gib","system"} of this machine.
Json machine_facts();
// {"venturi","compiler","build"}; rooms with libraries of their own add to it in `app`.
Json build_facts();
// Seconds since some fixed moment, for measuring durations.
double now_seconds();
// "2026-11-23T06:01:02Z"
std::string timestamp_utc();

struct Record {
  std::string command;  // "train", "measure", ...
  Json options = Json::object();
  std::uint64_t seed = 0;
  Json results = Json::object();
  double seconds = 0;
  std::string time = timestamp_utc();  // when the record was made, the same wherever it is written

  // Everything above with versions and machine.
  Json json() const;
};

// Appends record.json() as one line to `file`.
void append_record(const std::filesystem::path& file, const Record& record);
// All records of a file. DataError on a line that is not a JSON object, naming the line.
std::vector<Json> read_records(const std::filesystem::path& file);

}  // namespace venturi::core
