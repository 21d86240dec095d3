#include "venturi/code/range_coder.hpp"

#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr std::uint64_t kLeastRange = std::uint64_t{1} << 32;
constexpr std::size_t kHeld = 8;  // bytes of the number at work

// The number in [low, low + range), modulo 2^64, with the most zeros at its end.
std::uint64_t roundest(std::uint64_t low, std::uint64_t range) {
  const std::uint64_t last = low + (range - 1);
  if (low == 0 || last < low) return 0;
  int zeros = 63;
  while (last >> zeros << zeros < low) --zeros;
  return last >> zeros << zeros;
}

}  // namespace

void RangeEncoder::carry() {
  auto at = out_.rbegin();
  while (*at == std::byte{0xFF}) *at++ = std::byte{0};
  *at = static_cast<std::byte>(std::to_integer<unsigned>(*at) + 1);
}

void RangeEncoder::encode(std::uint32_t cumulative, std::uint32_t mass, int precision) {
  if (precision < 1 || precision > kMostRangePrecision || mass == 0 ||
      std::uint64_t{cumulative} + mass > std::uint64_t{1} << precision) {
    core::fail_argument("code.RangeEncoder.encode",
                        "expected 1 <= mass, cumulative + mass <= 2^precision, precision 1 to {}; "
                        "got mass {}, cumulative {}, precision {}",
                        kMostRangePrecision, mass, cumulative, precision);
  }
  const std::uint64_t unit = range_ >> precision;
  const std::uint64_t before = low_;
  low_ += unit * cumulative;
  // The numbers so far lie below 1, so a carry always finds a byte below 255.
  if (low_ < before) carry();
  range_ = unit * mass;
  if (range_ < kLeastRange) {
    for (int shift = 56; shift >= 32; shift -= 8) {
      out_.push_back(static_cast<std::byte>(low_ >> shift));
    }
    low_ <<= 32;
    range_ <<= 32;
  }
}

void RangeEncoder::encode_plain(std::uint32_t value, int count) {
  if (count > 0) encode(value & ((1U << count) - 1), 1, count);
}

std::vector<std::byte> RangeEncoder::finish() {
  const std::uint64_t number = roundest(low_, range_);
  if (number < low_) carry();
  for (int shift = 56; shift >= 0; shift -= 8) {
    out_.push_back(static_cast<std::byte>(number >> shift));
  }
  for (std::size_t i = 0; i < kHeld && out_.back() == std::byte{0}; ++i) {
    out_.pop_back();
    if (out_.empty()) break;
  }
  std::vector<std::byte> out = std::move(out_);
  *this = RangeEncoder();
  return out;
}

RangeDecoder::RangeDecoder(core::Bytes stream, std::string_view where)
    : at_(stream.data()), end_(stream.data() + stream.size()), size_(stream.size()), where_(where) {
  offset_ = std::uint64_t{next_word()} << 32;
  offset_ |= next_word();
  window_ = offset_;
}

std::uint32_t RangeDecoder::next_word() {
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i) {
    word <<= 8;
    if (at_ < end_) {
      word |= std::to_integer<std::uint32_t>(*at_++);
    } else {
      ++behind_;
    }
  }
  if (behind_ > kHeld) core::fail_data(where_, "the stream of {} bytes is cut short", size_);
  return word;
}

void RangeDecoder::refill() {
  if (range_ < kLeastRange) {
    range_ <<= 32;
    const std::uint32_t word = next_word();
    offset_ = offset_ << 32 | word;
    window_ = window_ << 32 | word;
  }
}

std::uint32_t RangeDecoder::peek(int precision) {
  unit_ = range_ >> precision;
  const std::uint64_t value = offset_ / unit_;
  if (value >> precision != 0) {
    core::fail_data(where_, "no symbol has the code before byte {}", size_ - (end_ - at_));
  }
  return static_cast<std::uint32_t>(value);
}

void RangeDecoder::drop(std::uint32_t cumulative, std::uint32_t mass) {
  offset_ -= unit_ * cumulative;
  range_ = unit_ * mass;
  refill();
}

bool RangeDecoder::decode_bit(std::uint32_t mass_of_zero, int precision) {
  const std::uint64_t unit = range_ >> precision;
  const std::uint64_t split = unit * mass_of_zero;
  const bool bit = offset_ >= split;
  if (bit) {
    offset_ -= split;
    range_ = unit * ((1U << precision) - mass_of_zero);
    if (offset_ >= range_) {
      core::fail_data(where_, "no symbol has the code before byte {}", size_ - (end_ - at_));
    }
  } else {
    range_ = split;
  }
  refill();
  return bit;
}

std::uint32_t RangeDecoder::decode_plain(int count) {
  if (count == 0) return 0;
  const std::uint32_t value = peek(count);
  drop(value, 1);
  return value;
}

void RangeDecoder::check_end() const {
  if (at_ != end_) {
    core::fail_data(where_, "{} bytes are left over at byte {}", end_ - at_, size_ - (end_ - at_));
  }
  const bool zero_left = behind_ < kHeld && size_ > 0 && *(end_ - 1) == std::byte{0};
  if (zero_left || window_ != roundest(window_ - offset_, range_)) {
    core::fail_data(where_, "the stream of {} bytes does not end as its symbols do", size_);
  }
}

}  // namespace venturi::code
