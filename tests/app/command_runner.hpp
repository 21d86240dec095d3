// tests/app/command_runner.hpp: runs the built `venturi` as a person would, in a process of its
// own.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/testing.hpp"

namespace venturi::app {

struct Outcome {
  int code = -1;  // exit code; -1 if a signal ended it
  std::string out, err;

  // Errors are one line.
  bool one_line_of_error() const {
    return err.starts_with("venturi: ") && std::count(err.begin(), err.end(), '\n') == 1;
  }
};

struct Conditions {
  rlim_t largest_file = RLIM_INFINITY;  // bytes
  // Called with the process's number while it runs.
  std::function<void(pid_t)> meanwhile;
};

// The command of the build that this test program belongs to.
inline std::string command_path() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::filesystem::path self(std::string(path.data(), length > 0 ? length : 0));
  return (self.parent_path().parent_path() / "venturi").string();
}

inline Outcome run_command(const std::vector<std::string>& arguments,
                           const Conditions& conditions = {}) {
  const testing::TempFolder folder;
  const std::string out = (folder / "out").string();
  const std::string err = (folder / "err").string();
  std::vector<std::string> words = {command_path()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (conditions.largest_file != RLIM_INFINITY) {
      const rlimit limit{conditions.largest_file, conditions.largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    for (const auto& [path, stream] : {std::pair{&out, STDOUT_FILENO}, {&err, STDERR_FILENO}}) {
      ::dup2(::open(path->c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), stream);
    }
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  if (conditions.meanwhile) conditions.meanwhile(child);
  int status = 0;
  ::waitpid(child, &status, 0);
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = core::read_text(out),
          .err = core::read_text(err)};
}

}  // namespace venturi::app
