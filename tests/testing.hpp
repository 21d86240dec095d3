// tests/testing.hpp: what the tests of all rooms share.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"

namespace venturi::testing {

// A folder of its own for each test, removed at the end.
using TempFolder = core::ScratchFolder;

// The message of the error of type E that `act` throws; fails the test if it throws none.
template <class E, class Act>
std::string error_text(Act&& act) {
  try {
    act();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another kind of error: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

// Bytes from hexadecimal digits; anything else between them is passed over.
inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> out;
  int high = -1;
  for (const char c : text) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) continue;
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return out;
}

}  // namespace venturi::testing

// Expects an error of type `kind` whose message holds `part`.
#define EXPECT_ERROR(statement, kind, part)                                                       \
  do {                                                                                            \
    const std::string venturi_text = venturi::testing::error_text<kind>([&] { statement; });      \
    EXPECT_NE(venturi_text.find(part), std::string::npos) << "the message was: " << venturi_text; \
  } while (false)

// Skips the test, saying so, where a file of the shared data is not at hand.
#define REQUIRE_SHARED_DATA(variable, name)                                              \
  const std::filesystem::path variable = venturi::core::shared_data_folder() / (name);   \
  if (venturi::core::shared_data_folder().empty() || !std::filesystem::exists(variable)) \
  GTEST_SKIP() << "needs " << (name) << " under $VENTURI_DATA"
