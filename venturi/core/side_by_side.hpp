// venturi/core/side_by_side.hpp
//
// A loop by all threads whose errors come out.
#pragma once

#include <cstddef>
#include <exception>
#include <vector>

namespace venturi::core {

// act(i) for i < count by all threads; the first error of the lowest i is thrown.
template <class Act>
void side_by_side(std::size_t count, Act&& act) {
  std::vector<std::exception_ptr> errors(count);
#pragma omp parallel for schedule(dynamic)
  for (std::size_t i = 0; i < count; ++i) {
    try {
      act(i);
    } catch (...) {
      errors[i] = std::current_exception();
    }
  }
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace venturi::core
