#include "venturi/compress/hadamard.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "venturi/core/key.hpp"

namespace venturi::compress {
namespace {

void transform(std::span<float> x) {
  for (std::size_t half = 1; half < x.size(); half *= 2) {
    for (std::size_t block = 0; block < x.size(); block += 2 * half) {
      for (std::size_t i = block; i < block + half; ++i) {
        const float a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(x.size())));
  for (float& v : x) v *= scale;
}

void flip(std::span<float> x, core::Random& random) {
  for (float& v : x) {
    if ((random() & 1U) != 0) v = -v;
  }
}

// One group forward, or back: its steps are their own inverses.
void turn(std::span<float> x, core::Random& random, bool back) {
  const std::size_t run = std::bit_floor(x.size());
  std::vector<float> first(x.size(), 1), second(run == x.size() ? 0 : x.size(), 1);
  flip(first, random);
  flip(second, random);
  const auto multiply = [&](const std::vector<float>& signs) {
    for (std::size_t i = 0; i < signs.size(); ++i) x[i] *= signs[i];
  };
  if (!back) multiply(first), transform(x.first(run));
  if (!second.empty()) {
    if (!back) multiply(second);
    transform(x.last(run));
    if (back) multiply(second);
  }
  if (back) transform(x.first(run)), multiply(first);
}

void turn_groups(std::span<float> row, std::int64_t group, std::uint32_t signs, bool back) {
  core::Random random(core::Key(signs).split("hadamard"));
  const auto size = static_cast<std::size_t>(group);
  for (std::size_t begin = 0; begin < row.size(); begin += size) {
    turn(row.subspan(begin, std::min(size, row.size() - begin)), random, back);
  }
}

}  // namespace

void rotate(std::span<float> row, std::int64_t group, std::uint32_t signs) {
  turn_groups(row, group, signs, false);
}

void rotate_back(std::span<float> row, std::int64_t group, std::uint32_t signs) {
  turn_groups(row, group, signs, true);
}

}  // namespace venturi::compress
