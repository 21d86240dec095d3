// venturi/compress/budget.hpp
//
// A budget as a person writes it:
//   10%        of the parameters as float32
//   200KB      1,000 bytes a KB; also B, MB, KiB, MiB
//   2.5bits    for each parameter
//   drop=0.5   points of accuracy lost, at most, on labelled calibration data
// Sizes are those of the file on the disk, structure and container included.
#pragma once

#include <cstdint>
#include <string>

namespace venturi::compress {

struct Budget {
  std::int64_t bytes = 0;  // 0: by `drop`
  double drop = 0;         // points
};

// InvalidArgument, with the four forms, for any other text.
Budget parse_budget(const std::string& text, std::int64_t parameters);

}  // namespace venturi::compress
