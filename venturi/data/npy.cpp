#include "venturi/data/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/little_endian.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.decode_npy";
constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostAxes = 32;  // NumPy's own limit before 2.0

struct Descr {
  std::string_view code;  // without the byte order
  Element element;
};
constexpr std::array<Descr, 12> kDescrs{{{"b1", Element::kBool},
                                         {"u1", Element::kU8},
                                         {"i1", Element::kI8},
                                         {"u2", Element::kU16},
                                         {"i2", Element::kI16},
                                         {"f2", Element::kF16},
                                         {"u4", Element::kU32},
                                         {"i4", Element::kI32},
                                         {"f4", Element::kF32},
                                         {"u8", Element::kU64},
                                         {"i8", Element::kI64},
                                         {"f8", Element::kF64}}};

struct Header {
  Element element = Element::kF32;
  bool big_endian = false;
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

// The header is a Python dictionary literal of three keys; this reads exactly such.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  Header parse() {
    Header out;
    bool descr = false;
    bool order = false;
    bool shape = false;
    expect('{');
    while (!accept('}')) {
      const auto key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        parse_descr(out);
      } else if (key == "fortran_order" && !order) {
        order = true;
        out.fortran = boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        parse_shape(out.shape);
      } else {
        fail("a known key, once");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (!text_.empty() || !descr || !order || !shape) fail("descr, fortran_order and shape");
    return out;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) {
    core::fail_data(kWhere, "expected {} in the header, got '{}'", expected, text_.substr(0, 24));
  }
  void skip() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }
  bool accept(char c) {
    skip();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("'{}'", c));
  }
  std::string_view quoted() {
    skip();
    const char mark = text_.empty() ? '\0' : text_[0];
    const std::size_t end = text_.find(mark, 1);
    if ((mark != '\'' && mark != '"') || end == std::string_view::npos) fail("a text in quotes");
    const auto out = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return out;
  }
  bool boolean() {
    skip();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    fail("True or False");
  }
  void parse_descr(Header& out) {
    skip();
    if (text_.starts_with('[')) core::fail_data(kWhere, "arrays of structures are not read");
    const auto descr = quoted();
    const auto code = descr.substr(std::min<std::size_t>(1, descr.size()));
    for (const Descr& known : kDescrs) {
      if (known.code != code || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) {
        continue;
      }
      out.element = known.element;
      out.big_endian = descr[0] == '>';
      return;
    }
    core::fail_data(kWhere, "elements '{}' are not read; known: {}", descr, known_codes());
  }
  static std::string known_codes() {
    std::vector<std::string_view> codes;
    codes.reserve(kDescrs.size());
    for (const Descr& known : kDescrs) codes.push_back(known.code);
    return fmt::format("{}", fmt::join(codes, ", "));
  }
  void parse_shape(std::vector<std::int64_t>& shape) {
    expect('(');
    while (!accept(')')) {
      skip();
      std::int64_t edge = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), edge);
      if (error != std::errc() || edge < 0 || shape.size() == kMostAxes) fail("a shape");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      shape.push_back(edge);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view text_;
};

// From the first axis running fastest to the last running fastest.
std::vector<std::byte> to_c_order(core::Bytes in, const std::vector<std::int64_t>& shape,
                                  std::size_t width) {
  std::vector<std::byte> out(in.size());
  std::vector<std::size_t> index(shape.size(), 0);
  std::vector<std::size_t> stride(shape.size(), width);
  for (std::size_t a = 1; a < shape.size(); ++a) {
    stride[a] = stride[a - 1] * static_cast<std::size_t>(shape[a - 1]);
  }
  std::size_t from = 0;
  for (std::size_t to = 0; to < out.size(); to += width) {
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(from), width,
                out.begin() + static_cast<std::ptrdiff_t>(to));
    for (std::size_t a = shape.size(); a-- > 0;) {
      from += stride[a];
      if (++index[a] < static_cast<std::size_t>(shape[a])) break;
      from -= stride[a] * index[a];
      index[a] = 0;
    }
  }
  return out;
}

}  // namespace

Array decode_npy(core::Bytes file) {
  const auto start = part_of(file, 0, 8, kWhere);
  const int major = std::to_integer<int>(start[6]);
  if (as_text(start.first(6)) != kMagic || major < 1 || major > 3) {
    core::fail_data(kWhere, "expected an NPY file of version 1 to 3, got other bytes");
  }
  const std::size_t before = major == 1 ? 10 : 12;
  const std::uint64_t length = major == 1 ? load_number<std::uint16_t>(file, 8, kWhere)
                                          : load_number<std::uint32_t>(file, 8, kWhere);
  Header header = HeaderParser(as_text(part_of(file, before, length, kWhere))).parse();
  const core::Bytes body = file.subspan(before + length);
  const auto bytes = array_bytes(header.element, header.shape);
  if (!bytes || *bytes != body.size()) {
    core::fail_data(kWhere, "expected the bytes of a shape [{}] of {}, got {}",
                    fmt::join(header.shape, ", "), element_name(header.element), body.size());
  }
  const std::size_t width = element_bytes(header.element);
  Array out{header.element, std::move(header.shape), {}};
  if (header.fortran && out.shape.size() > 1) {
    out.bytes = to_c_order(body, out.shape, width);
  } else {
    out.bytes.assign(body.begin(), body.end());
  }
  if (header.big_endian) swap_bytes(out.bytes, width);
  return out;
}

Array read_npy(const std::filesystem::path& path) { return decode_file(path, decode_npy); }

std::vector<std::byte> encode_npy(const Array& array) {
  const auto known = std::find_if(kDescrs.begin(), kDescrs.end(),
                                  [&](const Descr& d) { return d.element == array.element; });
  if (known == kDescrs.end()) {
    core::fail_argument("data.encode_npy", "NPY has no elements of {}",
                        element_name(array.element));
  }
  if (array_bytes(array.element, array.shape) != array.bytes.size()) {
    core::fail_argument("data.encode_npy", "expected the bytes of a shape [{}], got {}",
                        fmt::join(array.shape, ", "), array.bytes.size());
  }
  const char order = element_bytes(array.element) == 1 ? '|' : '<';
  // A tuple of one needs its comma.
  std::string header =
      fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}", order,
                  known->code, fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
  // The elements begin at a multiple of 64; the header ends with a new line.
  constexpr std::size_t kBefore = 10;
  header.resize((kBefore + header.size() + 64) / 64 * 64 - kBefore - 1, ' ');
  header += '\n';
  if (header.size() > std::numeric_limits<std::uint16_t>::max()) {
    core::fail_argument("data.encode_npy", "a shape of {} axes", array.shape.size());
  }
  std::vector<std::byte> out;
  out.reserve(kBefore + header.size() + array.bytes.size());
  append_text(out, kMagic);
  append_number<std::uint16_t>(out, 1);
  append_number(out, static_cast<std::uint16_t>(header.size()));
  append_text(out, header);
  out.insert(out.end(), array.bytes.begin(), array.bytes.end());
  return out;
}

void write_npy(const std::filesystem::path& path, const Array& array) {
  core::write_file(path, encode_npy(array));
}

}  // namespace venturi::data
