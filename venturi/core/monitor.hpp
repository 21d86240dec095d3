// venturi/core/monitor.hpp
//
// How a long computation talks to whoever waits for it: progress, remarks, warnings, and the wish
// that it should stop. Passed in as an argument; library code never writes to a stream by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace venturi::core {

// One report of progress. `metric` is the best figure so far, as text ("accuracy 91.2 %"), or "".
struct Progress {
  std::string_view task;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
  std::string_view unit;    // "images", "steps"
  std::string_view metric;
};

// The base says nothing and never stops: the monitor for tests and library users.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void progress(const Progress&) {}
  virtual void say(std::string_view) {}
  virtual void warn(std::string_view) {}
  virtual bool stop_requested() { return false; }
};

// A monitor that says nothing, for default arguments.
Monitor& silent();

// Keeps warnings, for tests and for results that carry them.
class CollectingMonitor : public Monitor {
 public:
  void warn(std::string_view text) override { warnings.emplace_back(text); }
  std::vector<std::string> warnings;
};

// Writes to stderr: remarks and warnings as lines; progress as one line that is rewritten
// (done/total, rate, time left, metric), on a terminal only. Ctrl-C asks to stop; a second one ends
// the process.
class TerminalMonitor : public Monitor {
 public:
  explicit TerminalMonitor(bool quiet);
  ~TerminalMonitor() override;
  void progress(const Progress& progress) override;
  void say(std::string_view text) override;
  void warn(std::string_view text) override;
  bool stop_requested() override;

 private:
  void clear_line();

  bool quiet_;
  bool terminal_;
  bool line_shown_ = false;
  std::string task_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
};

// The progress line itself: "train 12/40 epochs [====>    ] 3.1/s 0:09 left accuracy 91.2 %".
std::string progress_line(const Progress& progress, double seconds);

}  // namespace venturi::core
