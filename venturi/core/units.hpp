// venturi/core/units.hpp
//
// Bits and nats as types, so that the two never meet by accident. Every public edge speaks bits;
// nats live inside, in names that say so (`kl_nats`).
#pragma once

#include <compare>
#include <numbers>

namespace venturi::core {

// An amount of information in nats (natural logarithm).
struct Nats {
  double value = 0;
  friend constexpr auto operator<=>(Nats, Nats) = default;
  friend constexpr Nats operator+(Nats a, Nats b) { return {a.value + b.value}; }
  friend constexpr Nats operator-(Nats a, Nats b) { return {a.value - b.value}; }
};

// An amount of information in bits (base-2 logarithm).
struct Bits {
  double value = 0;
  constexpr Bits() = default;
  constexpr explicit Bits(double bits) : value(bits) {}
  constexpr explicit Bits(Nats nats) : value(nats.value / std::numbers::ln2) {}
  friend constexpr auto operator<=>(Bits, Bits) = default;
  friend constexpr Bits operator+(Bits a, Bits b) { return Bits(a.value + b.value); }
  friend constexpr Bits operator-(Bits a, Bits b) { return Bits(a.value - b.value); }
};

// nats * kBitsPerNat = bits.
inline constexpr double kBitsPerNat = 1.0 / std::numbers::ln2;

constexpr Nats to_nats(Bits bits) { return {bits.value * std::numbers::ln2}; }

}  // namespace venturi::core
