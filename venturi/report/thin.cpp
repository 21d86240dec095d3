#include "venturi/report/thin.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <unordered_set>

namespace venturi::report {

std::vector<std::size_t> thin_line(std::span<const Pixel> points, std::size_t most) {
  std::vector<std::size_t> kept;
  if (points.size() <= most) {
    kept.resize(points.size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
    return kept;
  }
  const std::size_t stretches = most / 4;
  for (std::size_t s = 0; s < stretches; ++s) {
    const std::size_t begin = points.size() * s / stretches;
    const std::size_t end = points.size() * (s + 1) / stretches;
    const auto [low, high] =
        std::minmax_element(points.begin() + static_cast<std::ptrdiff_t>(begin),
                            points.begin() + static_cast<std::ptrdiff_t>(end),
                            [](const Pixel& a, const Pixel& b) { return a.y < b.y; });
    std::vector<std::size_t> four = {begin, static_cast<std::size_t>(low - points.begin()),
                                     static_cast<std::size_t>(high - points.begin()), end - 1};
    std::sort(four.begin(), four.end());
    four.erase(std::unique(four.begin(), four.end()), four.end());
    kept.insert(kept.end(), four.begin(), four.end());
  }
  return kept;
}

std::vector<std::size_t> thin_cloud(std::span<const Pixel> points, std::size_t most, double cell) {
  std::vector<std::size_t> kept(points.size());
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  for (; kept.size() > most; cell *= 1.5) {
    std::unordered_set<std::uint64_t> taken;
    std::erase_if(kept, [&](std::size_t i) {
      const auto column = static_cast<std::uint32_t>(std::llround(points[i].x / cell));
      const auto row = static_cast<std::uint32_t>(std::llround(points[i].y / cell));
      return !taken.insert(std::uint64_t{column} << 32 | row).second;
    });
  }
  return kept;
}

}  // namespace venturi::report
