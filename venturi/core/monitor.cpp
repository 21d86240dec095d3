#include "venturi/core/monitor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>

namespace venturi::core {
namespace {

// A signal handler can only reach a global; nothing else in the project is one.
std::atomic<bool> g_interrupted{false};

void on_interrupt(int) {
  if (g_interrupted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
}

std::string clock_text(double seconds) {
  const auto whole = std::llround(seconds);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

Monitor& silent() {
  static Monitor monitor;
  return monitor;
}

std::string progress_line(const Progress& p, double seconds) {
  std::string out(p.task);
  const double rate = seconds > 0 ? static_cast<double>(p.done) / seconds : 0;
  if (p.total > 0) {
    const double part = std::min(1.0, static_cast<double>(p.done) / static_cast<double>(p.total));
    constexpr int kWidth = 20;
    const int filled = static_cast<int>(part * kWidth);
    out += fmt::format(" {}/{} {} [{:=<{}}{:>{}}]", p.done, p.total, p.unit, "", filled, "",
                       kWidth - filled);
  } else {
    out += fmt::format(" {} {}", p.done, p.unit);
  }
  if (rate > 0) {
    out += fmt::format(" {:.3g}/s", rate);
    if (p.total > p.done) {
      out += fmt::format(" {} left", clock_text(static_cast<double>(p.total - p.done) / rate));
    }
  }
  if (!p.metric.empty()) out += fmt::format(" {}", p.metric);
  return out;
}

TerminalMonitor::TerminalMonitor(bool quiet)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {
  std::signal(SIGINT, on_interrupt);
}

TerminalMonitor::~TerminalMonitor() { clear_line(); }

void TerminalMonitor::clear_line() {
  if (line_shown_) std::fputs("\r\x1b[K", stderr);
  line_shown_ = false;
}

void TerminalMonitor::progress(const Progress& p) {
  if (quiet_ || !terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (task_ != p.task || p.done == 0) {
    task_ = p.task;
    started_ = now;
    drawn_ = {};
  }
  const bool last = p.total > 0 && p.done >= p.total;
  if (!last && now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  clear_line();
  if (last) return;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::fputs(progress_line(p, seconds).c_str(), stderr);
  std::fflush(stderr);
  line_shown_ = true;
}

void TerminalMonitor::say(std::string_view text) {
  if (quiet_) return;
  clear_line();
  fmt::print(stderr, "{}\n", text);
}

void TerminalMonitor::warn(std::string_view text) {
  clear_line();
  fmt::print(stderr, "warning: {}\n", text);
}

bool TerminalMonitor::stop_requested() { return g_interrupted.load(); }

}  // namespace venturi::core
