#include "venturi/code/context_mixing.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "venturi/code/range_coder.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kPredictors = 5;
constexpr int kPrecision = 16;
// No bit is coded with less than this of 2^16, hence none costs less than 2^-10 bits.
constexpr std::int32_t kLeastMass = 48;
constexpr std::size_t kBytesPerByte = std::size_t{1} << 10;
constexpr std::size_t kAlwaysAllowed = std::size_t{1} << 14;
constexpr int kFarthest = 2047;  // of the logistic domain, in 1/256
constexpr std::uint32_t kMostVisits = 255;

// 2^16 / (1 + exp(-x / 256)) for x = -2047 .. 2047, and ln(p / (1 - p)) * 256 of p / 4096.
struct Logistic {
  std::array<std::int32_t, 2 * kFarthest + 1> squash;
  std::array<std::int16_t, 4096> stretch;
};
constexpr Logistic make_logistic() {
  Logistic out{};
  constexpr std::uint64_t kOne = std::uint64_t{1} << 31;
  constexpr std::uint64_t kStep = 2139111403;  // exp(-1 / 256) * 2^31
  std::uint64_t power = kOne << 31;            // exp(-x / 256) * 2^62
  for (int x = 0; x <= kFarthest; ++x) {
    const std::uint64_t below = kOne + (power >> 31);
    const auto value = static_cast<std::int32_t>((kOne << 16) / below);
    out.squash[kFarthest + x] = value;
    out.squash[kFarthest - x] = (1 << 16) - value;
    power = (power >> 31) * kStep;
  }
  int x = -kFarthest;
  for (int p = 0; p < 4096; ++p) {
    while (x < kFarthest && out.squash[kFarthest + x] < 16 * p + 8) ++x;
    out.stretch[p] = static_cast<std::int16_t>(x);
  }
  return out;
}
constexpr Logistic kLogistic = make_logistic();

// 2^16 / (n + 1.5)
constexpr std::array<std::int32_t, kMostVisits + 1> make_steps() {
  std::array<std::int32_t, kMostVisits + 1> out{};
  for (int n = 0; n <= static_cast<int>(kMostVisits); ++n) out[n] = (1 << 17) / (2 * n + 3);
  return out;
}
constexpr auto kSteps = make_steps();

// A probability of 22 bits, its top bit turned over so that 0 means one half, and visits of 10.
struct Slot {
  std::uint32_t bits;

  std::int32_t probability() const { return static_cast<std::int32_t>(bits >> 10 ^ 1U << 21); }
  std::uint32_t visits() const { return bits & 1023; }
  void learn(bool bit) {
    const std::int32_t p = probability();
    const std::int64_t way = (bit ? (1 << 22) - 1 : 0) - p;
    const auto moved = static_cast<std::uint32_t>(p + ((way * kSteps[visits()]) >> 16));
    bits = (moved ^ 1U << 21) << 10 | std::min(visits() + 1, kMostVisits);
  }
};

class Model {
 public:
  // For `count` bytes, which bound the contexts there can be.
  explicit Model(std::size_t count)
      : log2_slots_(std::clamp(static_cast<int>(std::bit_width(count)) + 4, 16, 22)) {
    for (auto& slots : slots_) slots.resize(std::size_t{1} << log2_slots_);
    for (auto& set : weights_) set.fill(kOne * 3 / 10);
  }

  // The mass of a 1, out of 2^16.
  std::int32_t predict() {
    for (int k = 0; k < kPredictors; ++k) {
      at_[k] = &slots_[k][rows_[k] ^ node_];
      stretched_[k] = kLogistic.stretch[at_[k]->probability() >> 10];
    }
    // How far the long contexts have been seen says whom to trust.
    std::uint32_t set = 0;
    for (int k = 2; k < kPredictors; ++k) {
      set = set * kVisitClasses + std::min<std::uint32_t>(at_[k]->visits(), kVisitClasses - 1);
    }
    set_ = &weights_[set];
    std::int64_t sum = 0;
    for (int k = 0; k < kPredictors; ++k) sum += std::int64_t{(*set_)[k]} * stretched_[k];
    const auto x = static_cast<int>(std::clamp<std::int64_t>(sum >> 16, -kFarthest, kFarthest));
    mixed_ = kLogistic.squash[kFarthest + x];
    return std::clamp(mixed_, kLeastMass, (1 << kPrecision) - kLeastMass);
  }

  void learn(bool bit) {
    const std::int32_t miss = (bit ? 1 << kPrecision : 0) - mixed_;
    for (int k = 0; k < kPredictors; ++k) {
      const std::int64_t change = std::int64_t{miss} * stretched_[k] * kRate >> 20;
      const std::int64_t moved = (*set_)[k] + change;
      (*set_)[k] = static_cast<std::int32_t>(std::clamp<std::int64_t>(moved, -kFar, kFar));
      at_[k]->learn(bit);
    }
    node_ = node_ << 1 | (bit ? 1U : 0U);
    if (node_ >= 256) {
      before_ = before_ << 8 | (node_ & 255);
      node_ = 1;
      find_rows();
    }
  }

  std::byte last_byte() const { return static_cast<std::byte>(before_); }

 private:
  // Rows of 256 slots by a hash of the k bytes before; rows that meet share their slots.
  void find_rows() {
    for (int k = 1; k < kPredictors; ++k) {
      const auto context = static_cast<std::uint32_t>(before_ & ((std::uint64_t{1} << 8 * k) - 1));
      rows_[k] = (context * 0x9E3779B1U >> (40 - log2_slots_)) << 8;
    }
  }

  static constexpr std::uint32_t kVisitClasses = 6;
  static constexpr std::uint32_t kSets = kVisitClasses * kVisitClasses * kVisitClasses;
  static constexpr std::int32_t kOne = 1 << 16;
  static constexpr std::int32_t kFar = 16 * kOne;
  static constexpr int kRate = 6;

  int log2_slots_;
  std::array<std::vector<Slot>, kPredictors> slots_;
  std::array<std::uint32_t, kPredictors> rows_{};
  std::array<std::array<std::int32_t, kPredictors>, kSets> weights_;
  std::array<std::int32_t, kPredictors>* set_ = nullptr;
  std::array<Slot*, kPredictors> at_{};
  std::array<std::int32_t, kPredictors> stretched_{};
  std::int32_t mixed_ = 0;
  std::uint32_t node_ = 1;  // the bits of this byte, a 1 before them
  std::uint64_t before_ = 0;
};

}  // namespace

std::vector<std::byte> encode_context_mixing(core::Bytes data) {
  Model model(data.size());
  RangeEncoder encoder;
  for (const std::byte byte : data) {
    for (int shift = 7; shift >= 0; --shift) {
      const bool bit = (std::to_integer<unsigned>(byte) >> shift & 1) != 0;
      const auto ones = static_cast<std::uint32_t>(model.predict());
      encoder.encode_bit(bit, (1U << kPrecision) - ones, kPrecision);
      model.learn(bit);
    }
  }
  return encoder.finish();
}

std::vector<std::byte> decode_context_mixing(core::Bytes stream, std::size_t count) {
  constexpr std::string_view where = "code.decode_context_mixing";
  if (count > kAlwaysAllowed && count / kBytesPerByte > stream.size()) {
    core::fail_data(where, "{} bytes cannot hold {}", stream.size(), count);
  }
  Model model(count);
  RangeDecoder decoder(stream, where);
  std::vector<std::byte> out(count);
  for (std::byte& byte : out) {
    for (int i = 0; i < 8; ++i) {
      const auto ones = static_cast<std::uint32_t>(model.predict());
      model.learn(decoder.decode_bit((1U << kPrecision) - ones, kPrecision));
    }
    byte = model.last_byte();
  }
  decoder.check_end();
  return out;
}

}  // namespace venturi::code
