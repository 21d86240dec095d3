#include "venturi/code/running_law.hpp"

#include <algorithm>
#include <bit>

#include "venturi/code/byte_rans_kernels.hpp"

namespace venturi::code {
namespace {

using byte_rans::kCoarsePrecision;
using byte_rans::kMostMass;
using byte_rans::kPrecision;

constexpr std::size_t kLeastChunk = 32;
constexpr std::uint32_t kWindow = 1U << 16;
// Below this many bytes the law moves fast enough, and is too rough to be judged.
constexpr std::uint32_t kSettled = 4096;
constexpr int kLogBits = 8;  // after the point, of logarithms

// log2 of 1 .. 2^13 in 1/256 bits, rounded down, by squaring: exact in whole numbers.
struct Logs {
  std::uint16_t of[(1U << kPrecision) + 1];
};
constexpr Logs make_logs() {
  Logs out{};
  for (std::uint32_t x = 1; x <= 1U << kPrecision; ++x) {
    const int whole = std::bit_width(x) - 1;
    std::uint64_t y = std::uint64_t{x} << (31 - whole);  // in [2^31, 2^32)
    auto log = static_cast<std::uint32_t>(whole);
    for (int i = 0; i < kLogBits; ++i) {
      y = y * y >> 31;
      const bool big = y >> 32 != 0;
      log = log << 1 | (big ? 1 : 0);
      if (big) y >>= 1;
    }
    out.of[x] = static_cast<std::uint16_t>(log);
  }
  return out;
}
constexpr Logs kLogs = make_logs();

// Whether the masses came out whole: the largest takes up the difference, and keeps half its own.
bool round_masses(const ByteCounts& weights, std::uint32_t sum, std::size_t largest,
                  ChunkLaw& law) {
  // No weight passes the sum, so no product passes 2^29.
  const std::uint32_t scale = (1U << (16 + law.precision)) / sum;
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    const std::uint32_t rounded = (weights[i] * scale + (1U << 15)) >> 16;
    law.masses[i] = rounded + (rounded == 0 && weights[i] > 0 ? 1 : 0);
    given += law.masses[i];
  }
  const auto left = static_cast<std::int64_t>(1U << law.precision) - given;
  const std::int64_t most = law.masses[largest] + left;
  if (2 * most < law.masses[largest] || most > kMostMass) return false;
  law.masses[largest] = static_cast<std::uint32_t>(most);
  return true;
}

// One for each slot, the rest by weight, rounded down: for the rare laws that rounding cannot fit.
void floor_masses(const ByteCounts& weights, std::uint32_t sum, ChunkLaw& law) {
  const auto slots = static_cast<std::uint32_t>(
      std::ranges::count_if(weights, [](std::uint32_t w) { return w > 0; }));
  const std::uint64_t room = (1U << law.precision) - slots;
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    law.masses[i] = weights[i] == 0 ? 0 : 1 + static_cast<std::uint32_t>(weights[i] * room / sum);
    given += law.masses[i];
  }
  *std::ranges::max_element(law.masses) += (1U << law.precision) - given;
}

}  // namespace

std::size_t RunningLaw::chunk_size() const {
  return std::clamp<std::size_t>(std::bit_floor(total_ / 8), kLeastChunk, kMostChunk);
}

ChunkLaw RunningLaw::law() const {
  ChunkLaw out;
  out.escape = -1;
  out.precision = kPrecision;
  if (total_ == 0) {
    out.masses.fill((1U << kPrecision) / 256);
    return out;
  }
  auto weights = counts_;
  std::uint32_t sum = total_;
  if (const auto unseen = std::ranges::find(weights, 0U); unseen != weights.end()) {
    *unseen = 1 + escapes_;
    sum += *unseen;
    out.escape = static_cast<int>(unseen - weights.begin());
  }
  std::size_t largest = 0;
  for (std::size_t i = 1; i < 256; ++i) largest = weights[i] > weights[largest] ? i : largest;
  if (2 * weights[largest] < sum && round_masses(weights, sum, largest, out)) return out;
  out.precision = kCoarsePrecision;
  if (!round_masses(weights, sum, largest, out)) floor_masses(weights, sum, out);
  return out;
}

void RunningLaw::halve() {
  total_ = 0;
  for (std::uint32_t& count : counts_) total_ += count >>= 1;
  escapes_ >>= 1;
}

std::uint32_t RunningLaw::escapes(const ByteCounts& chunk) const {
  if (total_ == 0) return 0;
  std::uint32_t out = 0;
  for (std::size_t s = 0; s < 256; ++s) out += counts_[s] == 0 ? chunk[s] : 0;
  return out;
}

bool RunningLaw::has_changed(const ByteCounts& chunk, std::uint32_t n, const ChunkLaw& law) const {
  if (total_ < kSettled) return false;
  // Bits paid less those of the chunk's own histogram; an escape's 8 plain bits count.
  std::int64_t excess = static_cast<std::int64_t>(escapes(chunk)) << (3 + kLogBits);
  std::int64_t symbols = 0;
  const int both = (law.precision << kLogBits) - kLogs.of[n];
  for (std::size_t s = 0; s < 256; ++s) {
    if (chunk[s] == 0) continue;
    const std::uint32_t mass = law.masses[counts_[s] > 0 ? s : law.escape];
    excess += static_cast<std::int64_t>(chunk[s]) * (both - kLogs.of[mass] + kLogs.of[chunk[s]]);
    ++symbols;
  }
  return excess > (static_cast<std::int64_t>(n / 4) + 2 * symbols) << kLogBits;
}

void RunningLaw::learn(const ByteCounts& chunk, std::uint32_t n, const ChunkLaw& law) {
  const std::uint32_t escaped = escapes(chunk);
  if (has_changed(chunk, n, law)) {
    while (total_ > n) halve();
  }
  for (std::size_t s = 0; s < 256; ++s) counts_[s] += chunk[s];
  total_ += n;
  escapes_ += escaped;
  if (total_ > kWindow) halve();
}

}  // namespace venturi::code
