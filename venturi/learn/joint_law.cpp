#include "venturi/learn/joint_law.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::learn {
namespace {

constexpr std::size_t kMostCells = 4095;
constexpr const char* kWhere = "learn.joint_law";

}  // namespace

JointLaw::JointLaw(std::vector<std::int32_t> values, std::size_t size, code::FrequencyTable law)
    : size_(size), values_(std::move(values)), law_(std::move(law)) {
  for (std::size_t i = 0; i < cells(); ++i) {
    const auto row = cell(i);
    index_.emplace(std::vector(row.begin(), row.end()), i);
  }
}

std::optional<JointLaw> JointLaw::fit(std::span<const std::int32_t> rows, std::size_t size,
                                      std::span<const double> apart_bits) {
  const std::size_t n = apart_bits.size();
  std::map<std::vector<std::int32_t>, std::size_t> counts;
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = rows.subspan(i * size, size);
    ++counts[{row.begin(), row.end()}];
  }
  std::vector<std::pair<std::size_t, const std::vector<std::int32_t>*>> often;
  for (const auto& [row, count] : counts) {
    if (count >= 2) often.emplace_back(count, &row);
  }
  // The map's order is kept among equal counts.
  std::stable_sort(often.begin(), often.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  often.resize(std::min(often.size(), kMostCells));
  if (often.empty()) return std::nullopt;
  std::vector<std::int32_t> values;
  std::vector<double> masses;
  std::size_t inside = 0;
  for (const auto& [count, row] : often) {
    values.insert(values.end(), row->begin(), row->end());
    masses.push_back(static_cast<double>(count));
    inside += count;
  }
  // Half a row is outside even if none of the n was.
  masses.push_back(std::max(0.5, static_cast<double>(n - inside)));
  JointLaw out(std::move(values), size, code::FrequencyTable::from_masses(0, masses, 0));
  const std::vector<double> together = out.bits(rows, apart_bits);
  const double saved = std::accumulate(apart_bits.begin(), apart_bits.end(), 0.0) -
                       std::accumulate(together.begin(), together.end(), 0.0);
  return saved > 0 ? std::optional(std::move(out)) : std::nullopt;
}

std::size_t JointLaw::index_of(std::span<const std::int32_t> row) const {
  const auto found = index_.find({row.begin(), row.end()});
  return found == index_.end() ? cells() : found->second;
}

std::vector<double> JointLaw::bits(std::span<const std::int32_t> rows,
                                   std::span<const double> apart_bits) const {
  std::vector<double> out(apart_bits.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t index = index_of(rows.subspan(i * size_, size_));
    out[i] = law_.cost_bits(static_cast<std::int32_t>(index));
    if (index == cells()) out[i] += apart_bits[i];
  }
  return out;
}

std::vector<std::byte> JointLaw::serialize() const {
  std::vector<std::byte> out;
  code::put_varint(out, cells());
  for (const std::int32_t v : values_) code::put_varint(out, code::zigzag(v));
  law_.serialize(out);
  return out;
}

JointLaw JointLaw::deserialize(core::Bytes bytes, std::size_t size) {
  code::ByteReader reader(bytes, 0, kWhere);
  const std::uint64_t cells = reader.varint("number of cells", kMostCells);
  if (cells < 1 || cells * size > reader.left()) {
    core::fail_data(kWhere, "{} cells of {} integers do not fit {} bytes", cells, size,
                    reader.left());
  }
  std::vector<std::int32_t> values(cells * size);
  for (std::int32_t& v : values) {
    v = static_cast<std::int32_t>(code::unzigzag(reader.varint("value of a cell", 0xFFFFFFFF)));
  }
  std::size_t offset = reader.offset();
  auto law = code::FrequencyTable::deserialize(bytes, offset);
  if (offset != bytes.size() || law.first() != 0 || law.size() != cells + 1) {
    core::fail_data(kWhere, "expected a table of {} symbols from 0 to the end at byte {}",
                    cells + 1, offset);
  }
  JointLaw out(std::move(values), size, std::move(law));
  if (out.index_.size() != cells) core::fail_data(kWhere, "a cell stands twice among {}", cells);
  return out;
}

double mean_bits_as_filed(std::span<const std::int32_t> rows, std::size_t size,
                          std::span<const double> apart_bits) {
  const auto joint = JointLaw::fit(rows, size, apart_bits);
  const std::vector<double> bits =
      joint ? joint->bits(rows, apart_bits) : std::vector(apart_bits.begin(), apart_bits.end());
  return std::accumulate(bits.begin(), bits.end(), 0.0) / static_cast<double>(bits.size());
}

}  // namespace venturi::learn
