// venturi/core/error.hpp
//
// Whose fault a failure is, as three exception types. Messages read
//   [room.function] expected x (n*d = 12*3), got 12*4
// so that a person knows what failed, what was found and what would do.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace venturi::core {

// Base of everything that Venturi throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The caller's fault: a wrong shape, an option outside its range, an unknown name. Exit code 2.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

// Bad data or a failing system call: a file, a stream, a device. Exit code 1.
class DataError : public Error {
 public:
  using Error::Error;
};

// Our own bug: an invariant that does not hold. Exit code 1, with a plea to report it.
class BugError : public Error {
 public:
  using Error::Error;
};

// Ctrl-C or a stop request was seen; what can be resumed has been saved. Exit code 1.
class Interrupted : public Error {
 public:
  using Error::Error;
};

// Each throws, with `where` ("room.function") in brackets before the formatted text.
template <class... A>
[[noreturn]] void fail_argument(std::string_view where, fmt::format_string<A...> text, A&&... a) {
  throw InvalidArgument(fmt::format("[{}] {}", where, fmt::format(text, std::forward<A>(a)...)));
}
template <class... A>
[[noreturn]] void fail_data(std::string_view where, fmt::format_string<A...> text, A&&... a) {
  throw DataError(fmt::format("[{}] {}", where, fmt::format(text, std::forward<A>(a)...)));
}
template <class... A>
[[noreturn]] void fail_bug(std::string_view where, fmt::format_string<A...> text, A&&... a) {
  throw BugError(fmt::format("[{}] {}", where, fmt::format(text, std::forward<A>(a)...)));
}

}  // namespace venturi::core
