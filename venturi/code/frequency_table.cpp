#include "venturi/code/frequency_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "venturi/code/normalize.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kCoarseBits = 10;

void check_shape(std::string_view where, std::int32_t first, std::size_t size, int precision) {
  if (precision < 1 || precision > FrequencyTable::kMaxPrecision) {
    core::fail_argument(where, "precision must be 1 to {}, got {}", FrequencyTable::kMaxPrecision,
                        precision);
  }
  const std::size_t most = (std::size_t{1} << precision) - 1;
  if (size < 1 || size > most) {
    core::fail_argument(where, "expected 1 to {} symbols for precision {}, got {}", most, precision,
                        size);
  }
  if (first + static_cast<std::int64_t>(size) - 1 > std::numeric_limits<std::int32_t>::max()) {
    core::fail_argument(where, "{} symbols from {} on pass the largest int32", size, first);
  }
}

// The weights of the slots still free, their quotas, and the units of mass left for them.
struct Shares {
  std::span<const double> weights;
  std::vector<std::size_t> free;
  std::vector<double> quotas;  // of free[i]
  std::uint32_t units;
};

// One round of the rule in the header; false once no slot leaves.
bool settle_small(Shares& shares, std::vector<std::uint32_t>& masses) {
  double total = 0;
  for (const std::size_t slot : shares.free) total += shares.weights[slot];
  const std::uint32_t units = shares.units;
  std::size_t kept = 0;
  shares.quotas.clear();
  for (const std::size_t slot : shares.free) {
    const double quota = total > 0 ? (shares.weights[slot] / total) * units : 0.0;
    if (quota < 1) {
      masses[slot] = 1;
      --shares.units;
    } else {
      shares.free[kept++] = slot;
      shares.quotas.push_back(quota);
    }
  }
  const bool some_left = kept < shares.free.size();
  shares.free.resize(kept);
  return some_left;
}

}  // namespace

FrequencyTable::FrequencyTable(std::int32_t first, int precision,
                               std::span<const std::uint32_t> masses)
    : first_(first), precision_(precision), coarse_shift_(std::max(0, precision - kCoarseBits)) {
  cumulative_.reserve(masses.size() + 1);
  cumulative_.push_back(0);
  for (const std::uint32_t mass : masses) cumulative_.push_back(cumulative_.back() + mass);
  const std::uint32_t steps = std::uint32_t{1} << (precision - coarse_shift_);
  coarse_.resize(steps);
  std::size_t slot = 0;
  for (std::uint32_t step = 0; step < steps; ++step) {
    while (cumulative_[slot + 1] <= (step << coarse_shift_)) ++slot;
    coarse_[step] = static_cast<std::uint16_t>(slot);
  }
}

FrequencyTable FrequencyTable::from_masses(std::int32_t first, std::span<const double> masses,
                                           double escape_mass, int precision) {
  constexpr std::string_view where = "code.from_masses";
  check_shape(where, first, masses.size(), precision);
  std::vector<double> weights(masses.begin(), masses.end());
  weights.push_back(escape_mass);
  double total = 0;
  for (std::size_t slot = 0; slot < weights.size(); ++slot) {
    if (!(weights[slot] >= 0) || !std::isfinite(weights[slot])) {
      core::fail_argument(where, "mass {} must be finite and >= 0, got {}", slot, weights[slot]);
    }
    total += weights[slot];
  }
  if (!(total > 0) || !std::isfinite(total)) {
    core::fail_argument(where, "the masses must have a finite positive sum, got {}", total);
  }

  std::vector<std::uint32_t> out(weights.size());
  Shares shares{weights, std::vector<std::size_t>(weights.size()), {}, 1U << precision};
  std::iota(shares.free.begin(), shares.free.end(), std::size_t{0});
  while (settle_small(shares, out)) {
  }
  // Quotas err by less than 2^-19 in all, so the floors never pass the units, and fall short of
  // them by at most one a slot.
  std::uint32_t left = shares.units;
  for (std::size_t i = 0; i < shares.free.size(); ++i) {
    out[shares.free[i]] = static_cast<std::uint32_t>(shares.quotas[i]);
    left -= out[shares.free[i]];
  }
  std::vector<std::size_t> order(shares.free.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto remainder = [&](std::size_t i) { return shares.quotas[i] - out[shares.free[i]]; };
  std::vector<double> remainders(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) remainders[i] = remainder(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::uint32_t i = 0; i < left; ++i) ++out[shares.free[order[i]]];
  return {first, precision, out};
}

FrequencyTable FrequencyTable::from_counts(std::int32_t first,
                                           std::span<const std::uint64_t> counts, int precision) {
  constexpr std::string_view where = "code.from_counts";
  check_shape(where, first, counts.size(), precision);
  double total = 0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  if (total == 0) core::fail_argument(where, "all {} counts are 0", counts.size());

  std::vector<std::uint32_t> masses(counts.size() + 1, 1);
  normalize_counts(counts, 1U << precision, masses);
  return {first, precision, masses};
}

std::uint32_t FrequencyTable::largest_mass() const {
  std::uint32_t largest = 0;
  for (std::size_t slot = 0; slot <= size(); ++slot) largest = std::max(largest, mass(slot));
  return largest;
}

double FrequencyTable::cost_bits(std::int32_t symbol) const {
  const std::size_t slot = slot_of(symbol);
  const double bits = precision_ - std::log2(static_cast<double>(mass(slot)));
  if (slot < size()) return bits;
  const std::int64_t distance =
      symbol < first_ ? std::int64_t{first_} - 1 - symbol : std::int64_t{symbol} - 1 - last();
  const auto length =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(distance) + 1)) - 1;
  return bits + 2 + 2 * length;
}

void FrequencyTable::serialize(std::vector<std::byte>& out) const {
  put_varint(out, zigzag(first_));
  out.push_back(static_cast<std::byte>(precision_));
  put_varint(out, size());
  BitWriter bits(out);
  int before = 1;
  for (std::size_t slot = 0; slot < size(); ++slot) {
    const auto length = static_cast<int>(std::bit_width(mass(slot)));
    const auto change = static_cast<int>(zigzag(length - before));
    bits.put((1U << change) - 1, change + 1);  // ones, then a zero
    bits.put(mass(slot), length - 1);          // the leading one is known
    before = length;
  }
  bits.finish();
}

FrequencyTable FrequencyTable::deserialize(core::Bytes bytes, std::size_t& offset) {
  constexpr std::string_view where = "code.frequency_table";
  ByteReader reader(bytes, offset, where);
  const std::int64_t first = unzigzag(reader.varint("first symbol", 0xFFFFFFFF));
  const int precision = reader.byte("precision");
  if (precision < 1 || precision > kMaxPrecision) {
    core::fail_data(where, "precision at byte {} must be 1 to {}, got {}", reader.offset() - 1,
                    kMaxPrecision, precision);
  }
  const std::uint32_t units = 1U << precision;
  const std::size_t size = reader.varint("number of symbols", units - 1);
  if (size < 1 || size > 8 * reader.left() ||
      first + static_cast<std::int64_t>(size) - 1 > std::numeric_limits<std::int32_t>::max()) {
    core::fail_data(where, "{} symbols from {} on at byte {} do not fit ({} bytes are left)", size,
                    first, reader.offset(), reader.left());
  }
  std::vector<std::uint32_t> masses(size + 1);
  BitReader bits(reader);
  int length = 1;
  std::uint32_t left = units;
  for (std::size_t slot = 0; slot < size; ++slot) {
    int change = 0;
    while (bits.get(1) == 1 && change <= 32) ++change;
    length += static_cast<int>(unzigzag(static_cast<std::uint64_t>(change)));
    if (length < 1 || length > precision) {
      core::fail_data(where, "mass {} before byte {} has {} bits", slot, reader.offset(), length);
    }
    masses[slot] = (1U << (length - 1)) | bits.get(length - 1);
    if (masses[slot] >= left) {
      core::fail_data(where, "the masses up to symbol {} before byte {} pass 2^{}", slot,
                      reader.offset(), precision);
    }
    left -= masses[slot];
  }
  if (!bits.padding_is_zero()) {
    core::fail_data(where, "the padding before byte {} is not zero", reader.offset());
  }
  masses[size] = left;
  offset = reader.offset();
  return {static_cast<std::int32_t>(first), precision, masses};
}

}  // namespace venturi::code
