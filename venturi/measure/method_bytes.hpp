// venturi/measure/method_bytes.hpp
//
// What methods of several tables keep at once (methods.hpp, Bytes).
#pragma once

#include "venturi/core/threads.hpp"
#include "venturi/measure/methods.hpp"

namespace venturi::measure {

// Copies of the data as doubles: as given, scaled, and a selection of rows.
inline double data_bytes(Size s) {
  return 3.0 * sizeof(double) * static_cast<double>(s.n) * static_cast<double>(s.columns);
}
// A row of kernels a thread.
inline double kernel_bytes(Size s) {
  return data_bytes(s) + 8.0 * static_cast<double>(s.n) * core::threads();
}

}  // namespace venturi::measure
