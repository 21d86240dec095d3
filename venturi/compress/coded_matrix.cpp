#include "venturi/compress/coded_matrix.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "venturi/code/pack.hpp"
#include "venturi/compress/hadamard.hpp"
#include "venturi/compress/levels.hpp"
#include "venturi/core/error.hpp"
#include "venturi/data/array.hpp"

namespace venturi::compress {
namespace {

constexpr std::string_view kWhere = "compress.encode";
constexpr std::array<std::string_view, 6> kNames = {"steps",   "scaled",  "table",
                                                    "rotated", "product", "exact"};
constexpr std::int32_t kMostHalfOctaves = 200;

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

// 2^(half / 2), from whole powers and one constant.
double half_octaves(std::int64_t half) {
  const auto whole = static_cast<int>(half >> 1);
  return std::ldexp((half & 1) != 0 ? 1.4142135623730951 : 1.0, whole);
}

std::int64_t scale_count(const CodedMatrix& m) {
  return m.group == 0 ? 1 : m.rows * ((m.columns + m.group - 1) / m.group);
}

void put_halves(std::vector<std::byte>& out, const std::vector<float>& values) {
  for (const float v : values) {
    const std::uint16_t bits = data::to_f16(v);
    out.push_back(static_cast<std::byte>(bits & 255));
    out.push_back(static_cast<std::byte>(bits >> 8));
  }
}

std::vector<float> take_halves(code::ByteReader& reader, std::int64_t count, const char* what,
                               std::string_view where) {
  const core::Bytes bytes = reader.take(size(2 * count), what);
  std::vector<float> out(size(count));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto low = std::to_integer<unsigned>(bytes[2 * i]);
    const auto high = std::to_integer<unsigned>(bytes[2 * i + 1]);
    out[i] = data::from_f16(static_cast<std::uint16_t>(low | (high << 8)));
    if (!std::isfinite(out[i])) core::fail_data(where, "{}: value {} is not finite", what, i);
  }
  return out;
}

void put_float(std::vector<std::byte>& out, float v) {
  code::put_u32(out, std::bit_cast<std::uint32_t>(v));
}

float take_float(code::ByteReader& reader, const char* what, std::string_view where) {
  const auto out = std::bit_cast<float>(reader.u32(what));
  if (!std::isfinite(out)) core::fail_data(where, "{} is not finite", what);
  return out;
}

void put_block(std::vector<std::byte>& out, const std::vector<std::byte>& block) {
  code::put_varint(out, block.size());
  out.insert(out.end(), block.begin(), block.end());
}

core::Bytes take_block(code::ByteReader& reader, const char* what) {
  return reader.take(reader.varint(what, reader.left()), what);
}

void check_size(std::size_t got, std::int64_t expected, const char* what) {
  if (static_cast<std::int64_t>(got) != expected) {
    core::fail_argument(kWhere, "expected {} {}, got {}", expected, what, got);
  }
}

bool has_scales(Way way) { return way == Way::scaled || way == Way::table || way == Way::rotated; }
bool has_table(Way way) { return way == Way::table || way == Way::rotated; }

std::vector<float> dense(const CodedMatrix& m);

std::vector<float> multiplied(const CodedMatrix& m) {
  const std::vector<float> left = weights(m.factors[0]), right = weights(m.factors[1]);
  const std::int64_t k = m.factors[0].columns;
  std::vector<float> out(size(m.rows * m.columns));
  std::vector<double> row(size(m.columns));
  for (std::int64_t r = 0; r < m.rows; ++r) {
    std::fill(row.begin(), row.end(), 0.0);
    for (std::int64_t i = 0; i < k; ++i) {
      const double a = left[size(r * k + i)];
      for (std::size_t c = 0; c < row.size(); ++c) row[c] += a * right[size(i * m.columns) + c];
    }
    for (std::size_t c = 0; c < row.size(); ++c) {
      out[size(r * m.columns) + c] = static_cast<float>(row[c]);
    }
  }
  return out;
}

void stepped(const CodedMatrix& m, std::vector<float>& out) {
  std::vector<double> column(size(m.columns / m.column_group));
  for (std::size_t i = 0; i < column.size(); ++i) column[i] = half_octaves(m.column_steps[i]);
  for (std::int64_t r = 0; r < m.rows; ++r) {
    const double row = m.step * half_octaves(m.row_steps[size(r)]);
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const std::size_t i = size(r * m.columns + c);
      out[i] = static_cast<float>(m.levels[i] * (row * column[size(c / m.column_group)]));
    }
  }
}

// Scales and tables; rotated back where that is the way.
void looked_up(const CodedMatrix& m, std::vector<float>& out) {
  const std::int64_t groups = m.group == 0 ? 0 : (m.columns + m.group - 1) / m.group;
  const std::size_t entries = m.row_tables ? m.table.size() / size(m.rows) : m.table.size();
  for (std::int64_t r = 0; r < m.rows; ++r) {
    const float* table = m.table.data() + (m.row_tables ? size(r) * entries : 0);
    for (std::int64_t c = 0; c < m.columns; ++c) {
      const std::int32_t level = m.levels[size(r * (m.columns / m.tuple) + c / m.tuple)];
      const float scale = m.scales[m.group == 0 ? 0 : size(r * groups + c / m.group)];
      const float value =
          has_table(m.way) ? table[size(level * m.tuple + c % m.tuple)] : static_cast<float>(level);
      out[size(r * m.columns + c)] = value * scale;
    }
    if (m.way == Way::rotated) {
      rotate_back(std::span(out).subspan(size(r * m.columns), size(m.columns)), m.group, m.signs);
    }
  }
}

std::vector<float> dense(const CodedMatrix& m) {
  std::vector<float> out(size(m.rows * m.columns));
  if (m.way == Way::steps) {
    stepped(m, out);
  } else {
    looked_up(m, out);
  }
  for (std::size_t i = 0; i < m.places.size(); ++i) out[size(m.places[i])] = m.values[i];
  return out;
}

void check(const CodedMatrix& m) {
  if (m.rows < 1 || m.columns < 1) {
    core::fail_argument(kWhere, "expected a matrix, got {}*{}", m.rows, m.columns);
  }
  if (m.way == Way::exact) return check_size(m.exact.size(), m.rows * m.columns, "values");
  if (m.way == Way::product) {
    if (m.factors.size() != 2 || m.factors[0].columns != m.factors[1].rows ||
        m.factors[0].rows != m.rows || m.factors[1].columns != m.columns) {
      core::fail_argument(kWhere, "factors do not multiply to {}*{}", m.rows, m.columns);
    }
    return;
  }
  if (m.tuple < 1 || m.columns % m.tuple != 0) {
    core::fail_argument(kWhere, "tuples of {} do not fit {} columns", m.tuple, m.columns);
  }
  check_size(m.levels.size(), m.rows * (m.columns / m.tuple), "levels");
  check_size(m.values.size(), static_cast<std::int64_t>(m.places.size()), "sparse values");
  if (m.way == Way::steps) {
    if (m.column_group < 1 || m.columns % m.column_group != 0 || !std::isfinite(m.step)) {
      core::fail_argument(kWhere, "column groups of {}, step {}", m.column_group, m.step);
    }
    check_size(m.row_steps.size(), m.rows, "row steps");
    check_size(m.column_steps.size(), m.columns / m.column_group, "column steps");
  }
  if (has_scales(m.way)) check_size(m.scales.size(), scale_count(m), "scales");
}

std::vector<float> halves(const std::vector<float>& values) {
  std::vector<float> out(values.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = data::from_f16(data::to_f16(std::clamp(values[i], -65504.0F, 65504.0F)));
  }
  return out;
}

void put_places(std::vector<std::byte>& out, const CodedMatrix& m) {
  code::put_varint(out, m.places.size());
  std::int64_t before = -1;
  for (const std::int64_t place : m.places) {
    code::put_varint(out, static_cast<std::uint64_t>(place - before - 1));
    before = place;
  }
  put_halves(out, m.values);
}

void take_places(code::ByteReader& reader, CodedMatrix& m, std::string_view where) {
  const std::uint64_t count = reader.varint("the number of sparse values", reader.left());
  std::int64_t before = -1;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto most = static_cast<std::uint64_t>(m.rows * m.columns - before - 2);
    if (before + 2 > m.rows * m.columns) core::fail_data(where, "too many sparse values");
    before += 1 + static_cast<std::int64_t>(reader.varint("the gap to a sparse value", most));
    m.places.push_back(before);
  }
  m.values = take_halves(reader, static_cast<std::int64_t>(count), "a sparse value", where);
}

void check_levels(const CodedMatrix& m, std::string_view where) {
  const auto entries =
      static_cast<std::int64_t>(m.table.size()) / (m.row_tables ? m.rows : m.tuple);
  for (const std::int32_t level : m.levels) {
    if (level < 0 || level >= entries) {
      core::fail_data(where, "level {} of a table of {}", level, entries);
    }
  }
}

std::vector<std::int32_t> take_half_octaves(code::ByteReader& reader, std::int64_t count,
                                            std::string_view where) {
  auto out = decode_levels(take_block(reader, "half octaves"), 1, count, where);
  for (const std::int32_t half : out) {
    if (std::abs(half) > kMostHalfOctaves)
      core::fail_data(where, "a step of {} half octaves", half);
  }
  return out;
}

}  // namespace

std::string_view name_of(Way way) { return kNames[static_cast<std::size_t>(way)]; }

void round_to_file(CodedMatrix& m) {
  m.scales = halves(m.scales);
  m.table = halves(m.table);
  m.values = halves(m.values);
  for (CodedMatrix& factor : m.factors) round_to_file(factor);
}

std::vector<float> weights(const CodedMatrix& m) {
  if (m.way == Way::exact) return m.exact;
  return m.way == Way::product ? multiplied(m) : dense(m);
}

std::vector<std::byte> encode(const CodedMatrix& m) {
  check(m);
  std::vector<std::byte> out = {static_cast<std::byte>(m.way)};
  if (m.way == Way::exact) {
    for (const float v : m.exact) put_float(out, v);
    return out;
  }
  if (m.way == Way::product) {
    code::put_varint(out, static_cast<std::uint64_t>(m.factors[0].columns));
    for (const CodedMatrix& factor : m.factors) put_block(out, encode(factor));
    return out;
  }
  if (m.way == Way::steps) {
    put_float(out, m.step);
    code::put_varint(out, static_cast<std::uint64_t>(m.column_group));
    put_block(out, encode_levels(m.row_steps, 1));
    put_block(out, encode_levels(m.column_steps, 1));
  } else {
    code::put_varint(out, static_cast<std::uint64_t>(m.group));
    put_halves(out, m.scales);
  }
  if (has_table(m.way)) {
    code::put_varint(out, static_cast<std::uint64_t>(m.tuple));
    code::put_varint(out, m.row_tables ? 1 : 0);
    code::put_varint(out, m.table.size() / size(m.row_tables ? m.rows : m.tuple));
    put_halves(out, m.table);
    if (m.way == Way::rotated) code::put_u32(out, m.signs);
  }
  // Levels of a table are coded around its middle, where they are most frequent.
  const auto entries =
      static_cast<std::int64_t>(m.table.size()) / (m.row_tables ? m.rows : m.tuple);
  auto levels = m.levels;
  if (has_table(m.way)) {
    for (std::int32_t& level : levels) level -= static_cast<std::int32_t>(entries / 2);
  }
  put_block(out, encode_levels(levels, m.rows, m.plain));
  put_places(out, m);
  return out;
}

CodedMatrix decode_matrix(core::Bytes bytes, std::int64_t rows, std::int64_t columns,
                          std::string_view where) {
  code::ByteReader reader(bytes, 0, where);
  const int way = reader.byte("the way of coding");
  if (way > static_cast<int>(Way::exact)) core::fail_data(where, "unknown way {}", way);
  if (rows * columns > static_cast<std::int64_t>(bytes.size()) << 16) {
    core::fail_data(where, "{} * {} weights cannot be in {} bytes", rows, columns, bytes.size());
  }
  CodedMatrix m{.way = static_cast<Way>(way), .rows = rows, .columns = columns};
  const auto done = [&] {
    if (reader.left() != 0) core::fail_data(where, "{} bytes left over", reader.left());
    return m;
  };
  if (m.way == Way::exact) {
    if (reader.left() != size(4 * rows * columns))
      core::fail_data(where, "not {} floats", rows * columns);
    m.exact.resize(size(rows * columns));
    for (float& v : m.exact) v = take_float(reader, "a weight", where);
    return done();
  }
  if (m.way == Way::product) {
    const auto rank = static_cast<std::int64_t>(
        reader.varint("the rank", static_cast<std::uint64_t>(std::min(rows, columns))));
    if (rank == 0) core::fail_data(where, "rank 0");
    for (int i = 0; i < 2; ++i) {
      const core::Bytes block = take_block(reader, "a factor");
      if (block.empty() || std::to_integer<int>(block[0]) == static_cast<int>(Way::product)) {
        core::fail_data(where, "a factor is itself a product, or empty");
      }
      m.factors.push_back(
          decode_matrix(block, i == 0 ? rows : rank, i == 0 ? rank : columns, where));
    }
    return done();
  }
  if (m.way == Way::steps) {
    m.step = take_float(reader, "the step", where);
    m.column_group = static_cast<std::int64_t>(
        reader.varint("the column group", static_cast<std::uint64_t>(columns)));
    if (m.column_group == 0 || columns % m.column_group != 0) {
      core::fail_data(where, "column groups of {} do not fit {} columns", m.column_group, columns);
    }
    m.row_steps = take_half_octaves(reader, rows, where);
    m.column_steps = take_half_octaves(reader, columns / m.column_group, where);
  } else {
    m.group =
        static_cast<std::int64_t>(reader.varint("the group", static_cast<std::uint64_t>(columns)));
    m.scales = take_halves(reader, scale_count(m), "a scale", where);
  }
  if (has_table(m.way)) {
    m.tuple =
        static_cast<std::int64_t>(reader.varint("the tuple", static_cast<std::uint64_t>(columns)));
    m.row_tables = reader.varint("whether rows have tables", 1) == 1;
    const auto entries = static_cast<std::int64_t>(reader.varint("the table's size", 1U << 16));
    if (m.tuple == 0 || columns % m.tuple != 0 || (m.row_tables && m.tuple != 1)) {
      core::fail_data(where, "tuples of {} do not fit {} columns", m.tuple, columns);
    }
    m.table =
        take_halves(reader, entries * (m.row_tables ? rows : m.tuple), "a table's value", where);
    if (m.way == Way::rotated) {
      if (m.group == 0) core::fail_data(where, "a rotation without a group");
      m.signs = reader.u32("the signs");
    }
  }
  m.levels = decode_levels(take_block(reader, "the levels"), rows, columns / m.tuple, where);
  if (has_table(m.way)) {
    const auto entries =
        static_cast<std::int32_t>(m.table.size() / size(m.row_tables ? rows : m.tuple));
    for (std::int32_t& level : m.levels) level += entries / 2;
    check_levels(m, where);
  }
  take_places(reader, m, where);
  return done();
}

}  // namespace venturi::compress
