#include "venturi/compress/hadamard.hpp"

#include <algorithm>
#include <cmath>

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

void transform_groups(std::span<float> row, std::size_t group) {
  for (std::size_t begin = 0; begin < row.size(); begin += group) {
    const auto part = row.subspan(begin, std::min(group, row.size() - begin));
    const std::size_t run = part.size() & (~part.size() + 1);  // the largest power of two in it
    for (std::size_t i = 0; i < part.size(); i += run) transform(part.subspan(i, run));
  }
}

void flip(std::span<float> row, std::uint32_t signs) {
  core::Random random(core::Key(signs).split("hadamard"));
  for (float& v : row) {
    if ((random() & 1U) != 0) v = -v;
  }
}

}  // namespace

void rotate(std::span<float> row, std::int64_t group, std::uint32_t signs) {
  flip(row, signs);
  transform_groups(row, static_cast<std::size_t>(group));
}

void rotate_back(std::span<float> row, std::int64_t group, std::uint32_t signs) {
  transform_groups(row, static_cast<std::size_t>(group));
  flip(row, signs);
}

}  // namespace venturi::compress
