#include "venturi/core/key.hpp"

#include <cmath>
#include <numbers>

namespace venturi::core {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

// Marks in the high counter words keep children by index, children by name and streams apart.
constexpr std::uint32_t kByIndex = 1;
constexpr std::uint32_t kByName = 2;

constexpr std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
constexpr std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

std::uint64_t child(std::uint64_t key, std::uint64_t index, std::uint32_t kind) {
  const PhiloxBlock out = philox4x32({low(index), high(index), kind, 0}, {low(key), high(key)});
  return (std::uint64_t{out[1]} << 32) | out[0];
}

}  // namespace

PhiloxBlock philox4x32(PhiloxBlock c, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t p0 = std::uint64_t{kMultiplier0} * c[0];
    const std::uint64_t p1 = std::uint64_t{kMultiplier1} * c[2];
    c = {high(p1) ^ c[1] ^ key[0], low(p1), high(p0) ^ c[3] ^ key[1], low(p0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return c;
}

Key Key::split(std::uint64_t index) const { return Key(child(value_, index, kByIndex)); }

Key Key::split(std::string_view name) const {
  std::uint64_t state = value_;
  std::uint64_t word = name.size();
  unsigned filled = 0;
  for (const char ch : name) {
    word = (word << 8) | static_cast<unsigned char>(ch);
    if (++filled == 7) {
      state = child(state, word, kByName);
      word = 0;
      filled = 0;
    }
  }
  return Key(child(state, (word << 3) | filled, kByName));
}

Random::Random(Key key) : key_{low(key.value()), high(key.value())} {}

Random::result_type Random::operator()() {
  if (used_ == 4) {
    buffer_ = philox4x32({low(block_), high(block_), 0, 0}, key_);
    ++block_;
    used_ = 0;
  }
  return buffer_[used_++];
}

std::uint64_t Random::bits64() {
  const std::uint64_t first = (*this)();
  return first | (std::uint64_t{(*this)()} << 32);
}

double Random::uniform() { return static_cast<double>(bits64() >> 11) * 0x1.0p-53; }

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Lemire's multiply-and-reject ("Fast random integer generation in an interval", 2019).
  unsigned __int128 product = static_cast<unsigned __int128>(bits64()) * bound;
  auto fraction = static_cast<std::uint64_t>(product);
  if (fraction < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (fraction < threshold) {
      product = static_cast<unsigned __int128>(bits64()) * bound;
      fraction = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace venturi::core
