#include "venturi/core/record.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <sstream>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::core {
namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      const auto colon = line.find(": ");
      if (colon != std::string::npos) return line.substr(colon + 2);
    }
  }
  return "unknown";
}

}  // namespace

Json machine_facts() {
  utsname system{};
  ::uname(&system);
  const double memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<double>(::sysconf(_SC_PAGE_SIZE)) / 0x1p30;
  return {{"processor", processor_name()},
          {"cores", available_cores()},
          {"memory_gib", std::lround(memory)},
          {"system", fmt::format("{} {}", system.sysname, system.machine)}};
}

Json build_facts() {
  return {{"venturi", VENTURI_VERSION}, {"compiler", VENTURI_COMPILER}, {"build", VENTURI_BUILD}};
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string timestamp_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Json Record::json() const {
  return {{"command", command},         {"options", options}, {"seed", seed},
          {"results", results},         {"seconds", seconds}, {"versions", build_facts()},
          {"machine", machine_facts()}, {"time", time}};
}

void append_record(const std::filesystem::path& file, const Record& record) {
  append_line(file, record.json().dump());
}

std::vector<Json> read_records(const std::filesystem::path& file) {
  std::istringstream lines(read_text(file));
  std::vector<Json> out;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    Json value = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object()) {
      fail_data("core.read_records", "{}:{}: expected one JSON object a line", file.string(),
                number);
    }
    out.push_back(std::move(value));
  }
  return out;
}

}  // namespace venturi::core
