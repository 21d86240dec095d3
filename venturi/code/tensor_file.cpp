#include "venturi/code/tensor_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>

#include "venturi/code/byte_codec.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/tensor_codec.hpp"
#include "venturi/code/tile_codec.hpp"
#include "venturi/core/side_by_side.hpp"

namespace venturi::code {
namespace {

using data::Element;

constexpr std::uint64_t kPiece = std::uint64_t{1} << 22;  // most elements of a piece
constexpr std::string_view kWrite = "code.write_tensors";

enum class Way { kBytes, kPlanes, kQuantized, kChannels, kTiles };
constexpr std::array<std::string_view, 5> kWays = {"bytes", "planes", "quantized", "channels",
                                                   "tiles"};
constexpr Element kElements[] = {Element::kBool, Element::kU8,  Element::kI8,   Element::kU16,
                                 Element::kI16,  Element::kF16, Element::kBF16, Element::kU32,
                                 Element::kI32,  Element::kF32, Element::kU64,  Element::kI64,
                                 Element::kF64};

bool by_rows(Way way) { return way == Way::kChannels || way == Way::kTiles; }
bool exact(Way way) { return way == Way::kBytes || way == Way::kPlanes; }

// An array as rows by columns, cut into pieces of whole rows. Where rows do not count each element
// is one.
struct Cut {
  std::uint64_t rows = 0, columns = 1, rows_a_piece = 1;

  Cut(std::uint64_t count, const std::vector<std::int64_t>& shape, Way way) {
    if (by_rows(way) && count > 0) {
      rows = shape.size() > 1 ? static_cast<std::uint64_t>(shape[0]) : 1;
      columns = count / rows;
    } else {
      rows = count;
    }
    rows_a_piece = std::max<std::uint64_t>(1, kPiece / columns);
  }
  std::uint64_t pieces() const { return (rows + rows_a_piece - 1) / rows_a_piece; }
  std::uint64_t first(std::uint64_t piece) const { return piece * rows_a_piece; }
  std::uint64_t rows_of(std::uint64_t piece) const {
    return std::min(rows_a_piece, rows - first(piece));
  }
};

Way way_for(const NamedTensor& tensor, const TensorCoding& coding) {
  const auto& [name, array] = tensor;
  const bool narrow = array.element == Element::kF32 || array.element == Element::kF16 ||
                      array.element == Element::kBF16;
  const Way kept = narrow ? Way::kPlanes : Way::kBytes;
  if (data::is_integer(array.element)) return Way::kBytes;
  if (coding.max_error > 0) return Way::kQuantized;
  if (array.shape.size() < 2 || array.count() == 0) return kept;
  if (coding.step > 0) return Way::kChannels;
  return coding.bits > 0 ? Way::kTiles : kept;
}

// The piece as an array of its own.
data::Array piece_of(const data::Array& array, const Cut& cut, std::uint64_t piece) {
  const std::size_t row = cut.columns * data::element_bytes(array.element);
  const auto begin = array.bytes.begin() + static_cast<std::ptrdiff_t>(cut.first(piece) * row);
  return {array.element,
          {static_cast<std::int64_t>(cut.rows_of(piece)), static_cast<std::int64_t>(cut.columns)},
          {begin, begin + static_cast<std::ptrdiff_t>(cut.rows_of(piece) * row)}};
}

std::vector<float> floats_of(const data::Array& array) {
  std::vector<float> out(array.count());
  data::to_floats(array, 1, out);
  return out;
}

// Floats as the bytes of an element of floating point.
std::vector<std::byte> bytes_of(std::span<const float> values, Element element) {
  const std::size_t width = data::element_bytes(element);
  std::vector<std::byte> out(values.size() * width);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::byte* at = out.data() + i * width;
    if (width == 2) {
      const std::uint16_t bits =
          element == Element::kF16 ? data::to_f16(values[i]) : data::to_bf16(values[i]);
      std::memcpy(at, &bits, width);
    } else if (width == 4) {
      std::memcpy(at, &values[i], width);
    } else {
      const double wide = values[i];
      std::memcpy(at, &wide, width);
    }
  }
  return out;
}

// Scale of each row as a float, then all rows over their scales by one step.
std::vector<std::byte> encode_channels(std::vector<float> values, std::uint64_t columns,
                                       double step) {
  std::vector<std::byte> out;
  for (std::size_t at = 0; at < values.size(); at += columns) {
    double sum = 0;
    for (std::size_t i = at; i < at + columns; ++i) sum += double{values[i]} * values[i];
    const auto scale = static_cast<float>(std::sqrt(sum / static_cast<double>(columns)));
    std::uint32_t bits = 0;
    std::memcpy(&bits, &scale, 4);
    put_u32(out, bits);
    if (scale > 0) {
      for (std::size_t i = at; i < at + columns; ++i) values[i] /= scale;
    }
  }
  const auto coded = encode_quantized(values, step);
  out.insert(out.end(), coded.begin(), coded.end());
  return out;
}

std::vector<float> decode_channels(core::Bytes record, std::uint64_t rows, std::uint64_t columns,
                                   std::string_view where) {
  ByteReader reader(record, 0, where);
  const core::Bytes scales = reader.take(4 * rows, "scales of rows");
  std::vector<float> out = decode_quantized(record.subspan(reader.offset()), rows * columns);
  if (out.size() != rows * columns) {
    core::fail_data(where, "expected {} values, got {}", rows * columns, out.size());
  }
  for (std::uint64_t r = 0; r < rows; ++r) {
    const std::uint32_t bits = load_u32(scales.data() + 4 * r);
    float scale = 0;
    std::memcpy(&scale, &bits, 4);
    if (!(scale >= 0) || std::isinf(scale))
      core::fail_data(where, "the scale of row {} is no scale", r);
    for (std::uint64_t i = r * columns; i < (r + 1) * columns; ++i) out[i] *= scale;
  }
  return out;
}

std::vector<std::byte> encode_piece(const data::Array& piece, Way way, std::uint64_t columns,
                                    const TensorCoding& coding) {
  switch (way) {
    case Way::kBytes:
      return byte_codec("running").encode(piece.bytes);
    case Way::kPlanes:
      return encode_float_planes(piece.bytes, static_cast<int>(data::element_bytes(piece.element)));
    case Way::kQuantized:
      return encode_quantized(floats_of(piece), 2 * coding.max_error);
    case Way::kChannels:
      return encode_channels(floats_of(piece), columns, coding.step);
    case Way::kTiles:
      return encode_tiles_to_rate(floats_of(piece), columns, coding.bits);
  }
  core::fail_bug("code.write_tensors", "no such way");
}

// The bytes of the piece's elements; their number is checked.
std::vector<std::byte> decode_piece(core::Bytes record, Element element, Way way,
                                    std::uint64_t rows, std::uint64_t columns,
                                    std::string_view where) {
  const std::uint64_t bytes = rows * columns * data::element_bytes(element);
  std::vector<std::byte> out;
  if (way == Way::kBytes) {
    out = byte_codec("running").decode(record, bytes);
  } else if (way == Way::kPlanes) {
    out = decode_float_planes(record, bytes);
  } else if (way == Way::kChannels) {
    out = bytes_of(decode_channels(record, rows, columns, where), element);
  } else {
    const auto values = way == Way::kQuantized ? decode_quantized(record, rows * columns)
                                               : decode_tiles(record, rows * columns).values;
    out = bytes_of(values, element);
  }
  if (out.size() != bytes) core::fail_data(where, "expected {} bytes, got {}", bytes, out.size());
  return out;
}

void check(const std::vector<NamedTensor>& tensors, const TensorCoding& coding) {
  core::check_options(coding, kWrite);
  if ((coding.max_error > 0) + (coding.step > 0) + (coding.bits > 0) > 1) {
    core::fail_argument(kWrite, "expected one of max_error, step and bits, got several");
  }
  std::set<std::string_view> names;
  for (const NamedTensor& tensor : tensors) {
    const auto& [name, array] = tensor;
    if (!names.insert(name).second) core::fail_argument(kWrite, "two arrays named '{}'", name);
    if (data::array_bytes(array.element, array.shape) != array.bytes.size()) {
      core::fail_argument(kWrite, "the bytes of '{}' do not agree with its shape", name);
    }
    const Way way = way_for(tensor, coding);
    if (exact(way)) continue;
    if (Cut(array.count(), array.shape, way).columns > kPiece) {
      core::fail_argument(kWrite, "a row of '{}' has more than {} values", name, kPiece);
    }
    const auto values = floats_of(array);
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
      core::fail_argument(kWrite, "'{}' holds NaN or infinities, which only exact coding keeps",
                          name);
    }
  }
}

double sum_of_squared_errors(const data::Array& a, core::Bytes decoded, Way way) {
  if (exact(way)) return 0;
  std::vector<double> x(a.count());
  std::vector<double> y(a.count());
  data::to_doubles(a, x);
  data::to_doubles({a.element, a.shape, {decoded.begin(), decoded.end()}}, y);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum;
}

Element element_named(const std::string& name, std::string_view where) {
  for (const Element element : kElements) {
    if (data::element_name(element) == name) return element;
  }
  core::fail_data(where, "no element '{}'", name);
}

// One array of the header, its record numbers following from its shape.
struct Entry {
  std::string name;
  data::Array array;
  Way way;
};

Entry parse_entry(const core::Json& json, std::string_view where) {
  Entry out;
  try {
    out.name = json.at("name").get<std::string>();
    out.array.element = element_named(json.at("element").get<std::string>(), where);
    out.array.shape = json.at("shape").get<std::vector<std::int64_t>>();
    const auto way = json.at("way").get<std::string>();
    const auto at = std::ranges::find(kWays, way);
    if (at == kWays.end()) core::fail_data(where, "'{}': no way '{}'", out.name, way);
    out.way = static_cast<Way>(at - kWays.begin());
  } catch (const core::Json::exception& error) {
    core::fail_data(where, "the header names no arrays: {}", error.what());
  }
  const auto bytes = data::array_bytes(out.array.element, out.array.shape);
  const bool floats = !data::is_integer(out.array.element);
  const bool wide = out.array.element == Element::kF64;
  if (!bytes || (out.way != Way::kBytes && !floats) || (out.way == Way::kPlanes && wide)) {
    core::fail_data(where, "'{}' cannot be an array of this shape and coding", out.name);
  }
  const Cut cut(*bytes / data::element_bytes(out.array.element), out.array.shape, out.way);
  if (cut.columns > kPiece) core::fail_data(where, "'{}' has rows that are too long", out.name);
  return out;
}

}  // namespace

std::vector<CodedTensor> write_tensors(const std::filesystem::path& path,
                                       const std::vector<NamedTensor>& tensors,
                                       const TensorCoding& coding, core::Json header) {
  check(tensors, coding);
  std::vector<CodedTensor> out;
  header["kind"] = "tensors";
  header["tensors"] = core::Json::array();
  for (const NamedTensor& tensor : tensors) {
    const Way way = way_for(tensor, coding);
    header["tensors"].push_back(
        {{"name", tensor.first},
         {"element", std::string(data::element_name(tensor.second.element))},
         {"shape", tensor.second.shape},
         {"way", std::string(kWays[static_cast<std::size_t>(way)])}});
  }
  RecordWriter writer(path, {.codec = "static", .header = std::move(header)});
  for (const NamedTensor& tensor : tensors) {
    const data::Array& array = tensor.second;  // no binding: clang 14 captures none in a lambda
    const Way way = way_for(tensor, coding);
    const Cut cut(array.count(), array.shape, way);
    std::vector<std::vector<std::byte>> records(cut.pieces());
    std::vector<double> errors(cut.pieces());
    core::side_by_side(cut.pieces(), [&](std::size_t i) {
      const data::Array piece = piece_of(array, cut, i);
      records[i] = encode_piece(piece, way, cut.columns, coding);
      const auto back = exact(way) ? std::vector<std::byte>{}
                                   : decode_piece(records[i], array.element, way, cut.rows_of(i),
                                                  cut.columns, kWrite);
      errors[i] = sum_of_squared_errors(piece, back, way);
    });
    CodedTensor told{.name = tensor.first,
                     .way = std::string(kWays[static_cast<std::size_t>(way)]),
                     .values = array.count(),
                     .raw_bytes = array.bytes.size()};
    for (std::size_t i = 0; i < records.size(); ++i) {
      writer.add(records[i]);
      told.coded_bytes += records[i].size();
      told.squared_error += errors[i] / static_cast<double>(array.count());
    }
    out.push_back(std::move(told));
  }
  writer.finish();
  return out;
}

TensorFile read_tensors(RecordReader reader) {
  const std::string& where = reader.where();
  TensorFile out{.header = reader.header(), .tensors = {}};
  const auto list = out.header.find("tensors");
  if (out.header.value("kind", core::Json()) != "tensors" || list == out.header.end() ||
      !list->is_array()) {
    core::fail_data(where, "no file of tensors");
  }
  std::uint64_t record = 0;
  for (const core::Json& json : *list) {
    Entry entry = parse_entry(json, where);
    const std::uint64_t width = data::element_bytes(entry.array.element);
    const Cut cut(*data::array_bytes(entry.array.element, entry.array.shape) / width,
                  entry.array.shape, entry.way);
    if (cut.pieces() > reader.size() - record) {
      core::fail_data(where, "'{}' has {} pieces, {} are left", entry.name, cut.pieces(),
                      reader.size() - record);
    }
    for (std::uint64_t i = 0; i < cut.pieces(); ++i, ++record) {
      const auto bytes =
          decode_piece(reader.record(record), entry.array.element, entry.way, cut.rows_of(i),
                       cut.columns, fmt::format("{}, '{}', piece {}", where, entry.name, i));
      entry.array.bytes.insert(entry.array.bytes.end(), bytes.begin(), bytes.end());
    }
    out.tensors.emplace_back(std::move(entry.name), std::move(entry.array));
  }
  if (record != reader.size()) {
    core::fail_data(where, "{} records are left over", reader.size() - record);
  }
  return out;
}

}  // namespace venturi::code
