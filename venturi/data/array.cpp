#include "venturi/data/array.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::data {
namespace {

static_assert(std::endian::native == std::endian::little, "files are turned to little endian");

constexpr int kMostClasses = 1 << 16;

struct Half {
  std::uint16_t bits;
  explicit operator float() const { return from_f16(bits); }
  explicit operator double() const { return static_cast<double>(from_f16(bits)); }
};
struct Brain {
  std::uint16_t bits;
  explicit operator float() const { return from_bf16(bits); }
  explicit operator double() const { return static_cast<double>(from_bf16(bits)); }
};

// Calls act(first element as its own type's value, ...) by type: act.template operator()<T>().
template <class Act>
void by_element(Element element, Act&& act) {
  switch (element) {
    case Element::kBool:
    case Element::kU8:
      return act.template operator()<std::uint8_t>();
    case Element::kI8:
      return act.template operator()<std::int8_t>();
    case Element::kU16:
      return act.template operator()<std::uint16_t>();
    case Element::kI16:
      return act.template operator()<std::int16_t>();
    case Element::kF16:
      return act.template operator()<Half>();
    case Element::kBF16:
      return act.template operator()<Brain>();
    case Element::kU32:
      return act.template operator()<std::uint32_t>();
    case Element::kI32:
      return act.template operator()<std::int32_t>();
    case Element::kF32:
      return act.template operator()<float>();
    case Element::kU64:
      return act.template operator()<std::uint64_t>();
    case Element::kI64:
      return act.template operator()<std::int64_t>();
    case Element::kF64:
      return act.template operator()<double>();
  }
  core::fail_bug("data.by_element", "element type {}", static_cast<int>(element));
}

template <class T>
T element_at(const Array& array, std::size_t i) {
  T value;
  std::memcpy(&value, array.bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

}  // namespace

std::size_t element_bytes(Element element) {
  std::size_t bytes = 0;
  by_element(element, [&]<class T>() { bytes = sizeof(T); });
  return bytes;
}

std::string_view element_name(Element element) {
  constexpr std::string_view kNames[] = {"bool", "u8",  "i8",  "u16", "i16", "f16", "bf16",
                                         "u32",  "i32", "f32", "u64", "i64", "f64"};
  return kNames[static_cast<std::size_t>(element)];
}

bool is_integer(Element element) {
  return element != Element::kF16 && element != Element::kBF16 && element != Element::kF32 &&
         element != Element::kF64;
}

std::optional<std::uint64_t> array_bytes(Element element, std::span<const std::int64_t> shape) {
  auto product = static_cast<std::int64_t>(element_bytes(element));
  bool empty = false;
  for (const std::int64_t edge : shape) {
    if (edge < 0) return std::nullopt;
    if (edge == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(product, edge, &product)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : static_cast<std::uint64_t>(product);
}

void swap_bytes(std::span<std::byte> bytes, std::size_t width) {
  for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + width));
  }
}

void to_floats(const Array& array, float scale, std::span<float> out) {
  if (out.size() != array.count()) {
    core::fail_bug("data.to_floats", "{} elements for {} floats", array.count(), out.size());
  }
  by_element(array.element, [&]<class T>() {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(element_at<T>(array, i)) * scale;
    }
  });
}

void to_doubles(const Array& array, std::span<double> out) {
  if (out.size() != array.count()) {
    core::fail_bug("data.to_doubles", "{} elements for {} doubles", array.count(), out.size());
  }
  by_element(array.element, [&]<class T>() {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<double>(element_at<T>(array, i));
    }
  });
}

std::vector<std::int64_t> to_integers(const Array& array, std::string_view where) {
  std::vector<std::int64_t> out(array.count());
  by_element(array.element, [&]<class T>() {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const T value = element_at<T>(array, i);
      bool whole = true;
      if constexpr (std::is_integral_v<T>) {
        whole = std::in_range<std::int64_t>(value);
        out[i] = static_cast<std::int64_t>(+value);
      } else {
        const auto number = static_cast<double>(value);
        whole = std::abs(number) < 0x1p63 && std::nearbyint(number) == number;
        if (whole) out[i] = static_cast<std::int64_t>(number);
      }
      if (!whole) {
        core::fail_data(where, "expected whole numbers, got {} at element {}",
                        static_cast<double>(value), i);
      }
    }
  });
  return out;
}

Dataset dataset_from(const Array& x, std::string_view name, std::string_view where) {
  if (x.shape.empty() || x.count() == 0) {
    core::fail_data(where, "'{}': expected samples, got an array of shape [{}]", name,
                    fmt::join(x.shape, ", "));
  }
  Dataset out;
  out.name = name;
  const core::Index n = x.shape[0];
  out.x.resize(n, static_cast<core::Index>(x.count()) / n);
  const bool images = x.element == Element::kU8 && x.shape.size() >= 3;
  to_floats(x, 1.0F, {out.x.data(), x.count()});
  if (images) out.x /= 255.0F;
  out.shape.assign(x.shape.begin() + 1, x.shape.end());
  if (out.shape.empty()) out.shape = {1};
  if (out.shape.size() == 2) out.shape.insert(out.shape.begin(), 1);
  return out;
}

void set_labels(Dataset& data, const Array& labels, std::string_view where) {
  const auto values = to_integers(labels, where);
  if (static_cast<core::Index>(values.size()) != data.size()) {
    core::fail_data(where, "'{}': expected a label for each of the {} samples, got {}", data.name,
                    data.size(), values.size());
  }
  data.task = Task::kClasses;
  data.labels.clear();
  data.labels.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] >= kMostClasses) {
      core::fail_data(where, "'{}': expected labels in [0, {}), got {} in row {}", data.name,
                      kMostClasses, values[i], i);
    }
    data.labels.push_back(static_cast<std::int32_t>(values[i]));
    data.classes = std::max(data.classes, static_cast<int>(values[i]) + 1);
  }
}

void set_targets(Dataset& data, const Array& y, std::string_view where) {
  if (y.shape.empty() || y.shape.size() > 2 || y.shape[0] != data.size() || y.count() == 0) {
    core::fail_data(where, "'{}': expected y (n or n*t, n = {}), got shape [{}]", data.name,
                    data.size(), fmt::join(y.shape, ", "));
  }
  data.task = Task::kRegression;
  data.y.resize(data.size(), static_cast<core::Index>(y.count()) / data.size());
  to_floats(y, 1.0F, {data.y.data(), y.count()});
}

void match_parts(DataPair& pair, std::string_view where) {
  if (!pair.test) return;
  Dataset& train = pair.train;
  Dataset& test = *pair.test;
  if (test.shape != train.shape || test.task != train.task || test.y.cols() != train.y.cols()) {
    core::fail_data(where,
                    "'{}': expected a test part with the shape ([{}]), labels and targets of the "
                    "training part, got shape [{}]",
                    train.name, fmt::join(train.shape, ", "), fmt::join(test.shape, ", "));
  }
  train.classes = test.classes = std::max(train.classes, test.classes);
}

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  // A NaN whose payload lies in the lower half would round to infinity.
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {
    const float tiny = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -tiny : tiny;
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

std::uint16_t to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0;
  if (magnitude > 0x7F800000U) {
    half = 0x7E00U | ((magnitude >> 13) & 0x3FFU);
  } else if (magnitude >= 0x477FF000U) {  // 65520 and up round to infinity
    half = 0x7C00U;
  } else if (magnitude < 0x38800000U) {  // below 2^-14: steps of 2^-24
    half = static_cast<std::uint32_t>(std::lrint(std::bit_cast<float>(magnitude) * 0x1p24F));
  } else {
    half = (magnitude - (112U << 23) + 0xFFFU + ((magnitude >> 13) & 1U)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

}  // namespace venturi::data
