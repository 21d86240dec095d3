// venturi/core/key.hpp
//
// Randomness as a value: a Key is passed in and split, never shared, never global. The same key
// gives the same numbers on every machine and for any number of threads (uniform bits exactly;
// normal() through the C library's log, sin and cos, so up to its last digit).
//
// Generator: Philox4x32-10, a counter-based generator.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace venturi::core {

using PhiloxBlock = std::array<std::uint32_t, 4>;

// Ten rounds of Philox4x32: 128 bits of `counter` under a 64-bit `key` to 128 random bits.
PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key);

// A source of independent streams. Cheap to copy.
class Key {
 public:
  explicit constexpr Key(std::uint64_t seed) : value_(seed) {}

  // Child keys: distinct for distinct indices or names (up to 64-bit collisions).
  Key split(std::uint64_t index) const;
  Key split(std::string_view name) const;

  // 64 bits that seed a foreign generator (LibTorch's, say).
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

// The stream of numbers of one key. Satisfies std::uniform_random_bit_generator.
class Random {
 public:
  using result_type = std::uint32_t;

  explicit Random(Key key);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();

  std::uint64_t bits64();
  // Uniform in [0, 1), 53 random bits.
  double uniform();
  // Standard normal by Box and Muller.
  double normal();
  // Uniform integer in [0, bound), without bias; bound >= 1.
  std::uint64_t below(std::uint64_t bound);

  // Fisher-Yates.
  template <class T>
  void shuffle(std::span<T> values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }
  // A random order of 0 .. n-1.
  std::vector<std::size_t> permutation(std::size_t n) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(std::span(order));
    return order;
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint64_t block_ = 0;
  PhiloxBlock buffer_{};
  unsigned used_ = 4;
  double spare_normal_ = 0;
  bool has_spare_ = false;
};

}  // namespace venturi::core
