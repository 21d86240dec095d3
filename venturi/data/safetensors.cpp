#include "venturi/data/safetensors.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/members.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/little_endian.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.Safetensors";
constexpr std::uint64_t kMostHeader = 100'000'000;  // the reference reader's own limit
constexpr int kMostDepth = 4;  // the header, a tensor, its shape; brackets deeper are not a header
constexpr const char* kMetadata = "__metadata__";

constexpr std::array<std::pair<std::string_view, Element>, 13> kNames{{{"F64", Element::kF64},
                                                                       {"F32", Element::kF32},
                                                                       {"F16", Element::kF16},
                                                                       {"BF16", Element::kBF16},
                                                                       {"I64", Element::kI64},
                                                                       {"I32", Element::kI32},
                                                                       {"I16", Element::kI16},
                                                                       {"I8", Element::kI8},
                                                                       {"U8", Element::kU8},
                                                                       {"U16", Element::kU16},
                                                                       {"U32", Element::kU32},
                                                                       {"U64", Element::kU64},
                                                                       {"BOOL", Element::kBool}}};

// The parser passes over a repeated key in silence, and would follow brackets as deep as they go.
core::Json parse_header(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, core::Json::parse_event_t event, core::Json& value) {
    using Event = core::Json::parse_event_t;
    if (depth > kMostDepth) core::fail_data(kWhere, "the header nests deeper than a header does");
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(value.get<std::string>()).second) {
      core::fail_data(kWhere, "the key '{}' is given twice", value.get<std::string>());
    }
    return true;
  };
  core::Json out = core::Json::parse(text, watch, /*allow_exceptions=*/false);
  if (!out.is_object()) core::fail_data(kWhere, "the header is not a JSON object");
  return out;
}

Element element_of(const core::Json& name, std::string_view tensor) {
  for (const auto& [known, element] : kNames) {
    if (name.is_string() && name.get_ref<const std::string&>() == known) return element;
  }
  core::fail_data(kWhere, "'{}': elements {} are not read", tensor, name.dump().substr(0, 40));
}

std::vector<std::int64_t> sizes_of(const core::Json& json, std::string_view tensor) {
  if (!json.is_array()) core::fail_data(kWhere, "'{}': expected lists of sizes", tensor);
  std::vector<std::int64_t> out;
  for (const auto& value : json) {
    const bool fits =
        value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX};
    if (!fits) core::fail_data(kWhere, "'{}': a size of {}", tensor, value.dump().substr(0, 40));
    out.push_back(value.get<std::int64_t>());
  }
  return out;
}

// Reads one entry; its bytes must begin where `data` says.
std::pair<TensorView, std::uint64_t> read_entry(const std::string& name, const core::Json& entry,
                                                core::Bytes data) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
      !entry.contains("shape") || !entry.contains("data_offsets")) {
    core::fail_data(kWhere, "'{}': expected dtype, shape and data_offsets", name);
  }
  TensorView out;
  out.element = element_of(entry["dtype"], name);
  out.shape = sizes_of(entry["shape"], name);
  const auto offsets = sizes_of(entry["data_offsets"], name);
  const auto bytes = array_bytes(out.element, out.shape);
  if (offsets.size() != 2 || offsets[1] < offsets[0] || !bytes ||
      *bytes != static_cast<std::uint64_t>(offsets[1] - offsets[0])) {
    core::fail_data(kWhere, "'{}': expected the bytes of a shape [{}] of {}, got offsets [{}]",
                    name, fmt::join(out.shape, ", "), element_name(out.element),
                    fmt::join(offsets, ", "));
  }
  const auto begin = static_cast<std::uint64_t>(offsets[0]);
  out.bytes = part_of(data, begin, *bytes, kWhere);
  return {out, begin};
}

}  // namespace

Safetensors::Safetensors(std::vector<std::byte> file) : file_(std::move(file)) {
  const auto length = load_number<std::uint64_t>(file_, 0, kWhere);
  if (length > kMostHeader) core::fail_data(kWhere, "a header of {} bytes", length);
  const core::Json header = parse_header(as_text(part_of(file_, 8, length, kWhere)));
  const core::Bytes data = core::Bytes(file_).subspan(8 + length);
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadata) {
      if (!entry.is_object()) core::fail_data(kWhere, "{} is not an object of texts", kMetadata);
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) core::fail_data(kWhere, "{}: '{}' is not a text", kMetadata, key);
        metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    auto [tensor, begin] = read_entry(name, entry, data);
    order.emplace_back(begin, name);
    tensors_.emplace(name, std::move(tensor));
  }
  // Empty tensors begin where the next one does: they go first.
  std::ranges::sort(order, {}, [&](const auto& item) {
    return std::pair(item.first, tensors_.find(item.second)->second.bytes.size());
  });
  std::uint64_t expected = 0;
  for (auto& [begin, name] : order) {
    if (begin != expected) {
      core::fail_data(kWhere,
                      "'{}': expected its bytes at {}, got {} (tensors overlap or leave gaps)",
                      name, expected, begin);
    }
    expected += tensors_.find(name)->second.bytes.size();
    names_.push_back(std::move(name));
  }
  if (expected != data.size()) {
    core::fail_data(kWhere, "expected {} bytes of tensors, got {}", expected, data.size());
  }
}

Safetensors Safetensors::open(const std::filesystem::path& path) {
  return decode_file(path,
                     [](std::vector<std::byte>&& file) { return Safetensors(std::move(file)); });
}

const TensorView& Safetensors::operator[](std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    core::fail_argument(kWhere, "no tensor '{}' among {}{}", name, names_.size(),
                        core::did_you_mean(name, names_));
  }
  return found->second;
}

std::vector<std::byte> encode_safetensors(
    const std::vector<std::pair<std::string, TensorView>>& tensors,
    const std::map<std::string, std::string>& metadata) {
  core::Json header = core::Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    if (header.contains(name) || name == kMetadata) {
      core::fail_argument("data.encode_safetensors", "the name '{}' cannot be used, or not twice",
                          name);
    }
    if (array_bytes(tensor.element, tensor.shape) != tensor.bytes.size()) {
      core::fail_argument(
          "data.encode_safetensors", "'{}': expected the bytes of a shape [{}] of {}, got {}", name,
          fmt::join(tensor.shape, ", "), element_name(tensor.element), tensor.bytes.size());
    }
    const auto known =
        std::ranges::find(kNames, tensor.element, [](const auto& pair) { return pair.second; });
    header[name] = {{"dtype", known->first},
                    {"shape", tensor.shape},
                    {"data_offsets", {at, at + tensor.bytes.size()}}};
    at += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::vector<std::byte> out;
  out.reserve(8 + text.size() + at);
  append_number<std::uint64_t>(out, text.size());
  append_text(out, text);
  for (const auto& [name, tensor] : tensors) {
    out.insert(out.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return out;
}

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, TensorView>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  core::write_file(path, encode_safetensors(tensors, metadata));
}

}  // namespace venturi::data
