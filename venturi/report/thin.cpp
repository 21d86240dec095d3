#include "venturi/report/thin.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <unordered_map>

namespace venturi::report {
namespace {

constexpr double kCell = 10;  // pixels; a point alone in such a cell is an outlier

}  // namespace

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

std::vector<std::size_t> thin_cloud(std::span<const Pixel> points, std::size_t most) {
  std::vector<std::size_t> kept(points.size());
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  if (kept.size() <= most) return kept;
  const auto cell = [&](std::size_t i) {
    const auto part = [](double v) { return static_cast<std::uint32_t>(std::llround(v / kCell)); };
    return std::uint64_t{part(points[i].x)} << 32 | part(points[i].y);
  };
  std::unordered_map<std::uint64_t, std::size_t> crowd;
  for (const std::size_t i : kept) ++crowd[cell(i)];
  std::size_t lone = 0;
  for (const auto& [place, count] : crowd) lone += count == 1;
  // Were there only outliers, they would have to be thinned as well.
  const bool keep_lone = lone <= most / 2;
  const double share = static_cast<double>(most - (keep_lone ? lone : 0)) /
                       static_cast<double>(points.size() - (keep_lone ? lone : 0));
  double turn = 0;
  std::erase_if(kept, [&](std::size_t i) {
    if (keep_lone && crowd[cell(i)] == 1) return false;
    // Multiples of the golden ratio fill [0, 1) evenly, and follow no period of the data.
    turn += 0.61803398874989485;
    turn -= std::floor(turn);
    return turn >= share;
  });
  return kept;
}

}  // namespace venturi::report
