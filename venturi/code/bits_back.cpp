#include "venturi/code/bits_back.hpp"

#include <cmath>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr std::uint64_t kLow = std::uint64_t{1} << 32;

void check_law(std::uint32_t cumulative, std::uint32_t mass, int precision,
               std::string_view where) {
  if (precision < 1 || precision > BitsBackStack::kMostPrecision || mass == 0 ||
      std::uint64_t{cumulative} + mass > std::uint64_t{1} << precision) {
    core::fail_argument(where,
                        "expected 1 <= mass, cumulative + mass <= 2^precision, precision 1 to {}; "
                        "got mass {}, cumulative {}, precision {}",
                        BitsBackStack::kMostPrecision, mass, cumulative, precision);
  }
}

}  // namespace

BitsBackStack::BitsBackStack(std::span<const std::uint32_t> seed)
    : words_(seed.begin(), seed.end()) {}

void BitsBackStack::push(std::uint32_t cumulative, std::uint32_t mass, int precision) {
  check_law(cumulative, mass, precision, "code.BitsBackStack.push");
  if (state_ >> (64 - precision) >= mass) {
    words_.push_back(static_cast<std::uint32_t>(state_));
    state_ >>= 32;
  }
  state_ = ((state_ / mass) << precision) + cumulative + state_ % mass;
}

void BitsBackStack::pop(std::uint32_t cumulative, std::uint32_t mass, int precision) {
  check_law(cumulative, mass, precision, "code.BitsBackStack.pop");
  const std::uint32_t value = peek(precision);
  if (value < cumulative || value - cumulative >= mass) {
    core::fail_argument("code.BitsBackStack.pop",
                        "the symbol at {} to {} is not on top, the value there is {}", cumulative,
                        cumulative + mass, value);
  }
  const std::uint64_t state = mass * (state_ >> precision) + (value - cumulative);
  if (state >= kLow) {
    state_ = state;
    return;
  }
  if (words_.empty()) {
    core::fail_data("code.BitsBackStack.pop", "the stack has no bits left");
  }
  state_ = state << 32 | words_.back();
  words_.pop_back();
}

double BitsBackStack::bits() const {
  return 32.0 * static_cast<double>(words_.size()) + std::log2(static_cast<double>(state_)) - 32;
}

std::vector<std::byte> BitsBackStack::bytes() const {
  std::vector<std::byte> out;
  put_u32(out, static_cast<std::uint32_t>(state_));
  put_u32(out, static_cast<std::uint32_t>(state_ >> 32));
  for (const std::uint32_t word : words_) put_u32(out, word);
  return out;
}

BitsBackStack BitsBackStack::from_bytes(core::Bytes bytes, std::string_view where) {
  ByteReader reader(bytes, 0, where);
  BitsBackStack out;
  out.state_ = reader.u32("state");
  out.state_ |= std::uint64_t{reader.u32("state")} << 32;
  if (out.state_ < kLow) core::fail_data(where, "the state before byte 8 is out of range");
  if (reader.left() % 4 != 0) {
    core::fail_data(where, "{} bytes of words at byte 8 are not whole words", reader.left());
  }
  out.words_.reserve(reader.left() / 4);
  while (reader.left() > 0) out.words_.push_back(reader.u32("word"));
  return out;
}

}  // namespace venturi::code
