#include "venturi/net/onnx_values.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::net {
namespace {

static_assert(std::endian::native == std::endian::little, "raw data is little-endian");

using onnx::AttributeProto;
using onnx::TensorProto;
using tensor::Tensor;

constexpr std::string_view kWhere = "net.tensor_from_proto";
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
constexpr int kMaxRank = 32;

// By the numbers of TensorProto.DataType; Undefined: not ours.
struct Type {
  const char* name;
  torch::ScalarType type = torch::ScalarType::Undefined;
  std::size_t width = 0;  // bytes of an element in raw data
};
constexpr std::array<Type, 24> kTypes = {{{"undefined"},
                                          {"float", torch::kFloat32, 4},
                                          {"uint8", torch::kUInt8, 1},
                                          {"int8", torch::kInt8, 1},
                                          {"uint16", torch::kInt64, 2},
                                          {"int16", torch::kInt16, 2},
                                          {"int32", torch::kInt32, 4},
                                          {"int64", torch::kInt64, 8},
                                          {"string"},
                                          {"bool", torch::kBool, 1},
                                          {"float16", torch::kFloat16, 2},
                                          {"double", torch::kFloat64, 8},
                                          {"uint32", torch::kInt64, 4},
                                          {"uint64", torch::kInt64, 8},
                                          {"complex64"},
                                          {"complex128"},
                                          {"bfloat16", torch::kBFloat16, 2},
                                          {"float8e4m3fn"},
                                          {"float8e4m3fnuz"},
                                          {"float8e5m2"},
                                          {"float8e5m2fnuz"},
                                          {"uint4"},
                                          {"int4"},
                                          {"float4e2m1"}}};

const Type& type_of(std::int64_t number) {
  if (number < 0 || number >= static_cast<std::int64_t>(kTypes.size())) {
    core::fail_data(kWhere, "unknown data type {}", number);
  }
  const Type& out = kTypes[static_cast<std::size_t>(number)];
  if (out.type == torch::ScalarType::Undefined) {
    core::fail_data(kWhere, "data type '{}' is not supported", out.name);
  }
  return out;
}

// Elements of `proto`; its dimensions checked.
std::int64_t elements_of(const TensorProto& proto) {
  if (proto.dims_size() > kMaxRank) {
    core::fail_data(kWhere, "tensor '{}': expected at most {} dimensions, got {}", proto.name(),
                    kMaxRank, proto.dims_size());
  }
  std::int64_t out = 1;
  std::int64_t bound = 1;  // without the empty dimensions: strides must not overflow either
  for (const std::int64_t size : proto.dims()) {
    if (size < 0 || std::max<std::int64_t>(size, 1) > kMaxElements / bound) {
      core::fail_data(kWhere,
                      "tensor '{}': dimensions {} are negative or of more than 2^40 elements",
                      proto.name(), fmt::join(proto.dims(), "*"));
    }
    bound *= std::max<std::int64_t>(size, 1);
    out *= size;
  }
  return out;
}

void check_length(const TensorProto& proto, std::uint64_t expected, std::uint64_t got,
                  const char* what) {
  if (expected == got) return;
  core::fail_data(kWhere, "tensor '{}': expected {} {} for dimensions {}, got {}", proto.name(),
                  expected, what, fmt::join(proto.dims(), "*"), got);
}

std::uint64_t parse_size(const TensorProto& proto, const std::string& key,
                         const std::string& text) {
  if (text.empty() || text.size() > 18 ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    core::fail_data(kWhere, "tensor '{}': expected a number as external {}, got '{}'", proto.name(),
                    key, text);
  }
  return std::stoull(text);
}

// The file that `location` names, inside of `folder` with all links followed.
std::filesystem::path external_file(const TensorProto& proto, const std::string& location,
                                    const std::filesystem::path& folder) {
  const std::filesystem::path relative(location);
  const bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
  std::error_code error;
  const auto root = std::filesystem::canonical(folder, error);
  if (folder.empty() || error || location.empty() || relative.is_absolute() || climbs) {
    core::fail_data(kWhere, "tensor '{}': external data '{}' is not inside the model's folder",
                    proto.name(), location);
  }
  const auto file = std::filesystem::canonical(root / relative, error);
  if (error || !std::filesystem::is_regular_file(file, error)) {
    core::fail_data(kWhere, "tensor '{}': no file '{}' of external data", proto.name(), location);
  }
  if (std::mismatch(root.begin(), root.end(), file.begin(), file.end()).first != root.end()) {
    core::fail_data(kWhere, "tensor '{}': external data '{}' links out of the model's folder",
                    proto.name(), location);
  }
  return file;
}

Tensor read_external(const TensorProto& proto, std::uint64_t bytes,
                     const std::filesystem::path& folder) {
  std::string location;
  std::uint64_t offset = 0;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = parse_size(proto, entry.key(), entry.value());
    if (entry.key() == "length") {
      check_length(proto, bytes, parse_size(proto, entry.key(), entry.value()), "external bytes");
    }
  }
  const auto path = external_file(proto, location, folder);
  const std::uint64_t size = std::filesystem::file_size(path);
  if (offset > size || bytes > size - offset) {
    core::fail_data(kWhere, "tensor '{}': expected {} bytes at {} of '{}', which has {}",
                    proto.name(), bytes, offset, location, size);
  }
  Tensor out = torch::empty({static_cast<std::int64_t>(bytes)}, torch::kUInt8);
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(reinterpret_cast<char*>(out.data_ptr()), static_cast<std::streamsize>(bytes));
  if (!in) core::fail_data(kWhere, "tensor '{}': cannot read '{}'", proto.name(), location);
  return out;
}

// n values of `From` as int64.
template <class From>
Tensor widen(const TensorProto& proto, const From* from, std::int64_t n) {
  Tensor out = torch::empty({n}, torch::kInt64);
  auto* to = out.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < n; ++i) {
    if (!std::in_range<std::int64_t>(from[i])) {
      core::fail_data(kWhere, "tensor '{}': a uint64 of {} does not fit an int64", proto.name(),
                      from[i]);
    }
    to[i] = static_cast<std::int64_t>(from[i]);
  }
  return out;
}

Tensor from_raw(const TensorProto& proto, const Type& type, std::int64_t n,
                const std::filesystem::path& folder) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(n) * type.width;
  Tensor raw;
  if (proto.data_location() == TensorProto::EXTERNAL) {
    raw = read_external(proto, bytes, folder);
  } else {
    check_length(proto, bytes, proto.raw_data().size(), "raw bytes");
    raw = torch::empty({static_cast<std::int64_t>(bytes)}, torch::kUInt8);
    if (bytes > 0) std::memcpy(raw.data_ptr(), proto.raw_data().data(), bytes);
  }
  const void* data = raw.data_ptr();
  switch (proto.data_type()) {
    case TensorProto::UINT16:
      return widen(proto, static_cast<const std::uint16_t*>(data), n);
    case TensorProto::UINT32:
      return widen(proto, static_cast<const std::uint32_t*>(data), n);
    case TensorProto::UINT64:
      return widen(proto, static_cast<const std::uint64_t*>(data), n);
    case TensorProto::BOOL:
      return raw.ne(0);
    default:
      return raw.view(type.type);
  }
}

// A repeated field into a tensor of `To`; every value must fit.
template <class To, class Field>
Tensor from_field(const TensorProto& proto, const Field& field, std::int64_t n,
                  torch::ScalarType type) {
  check_length(proto, static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(field.size()),
               "values");
  Tensor out = torch::empty({n}, type);
  auto* to = static_cast<To*>(out.data_ptr());
  for (const auto value : field) {
    if constexpr (std::is_integral_v<To>) {
      if (!std::in_range<To>(value)) {
        core::fail_data(kWhere, "tensor '{}': {} does not fit its type {}", proto.name(), value,
                        kTypes[static_cast<std::size_t>(proto.data_type())].name);
      }
    }
    *to++ = static_cast<To>(value);
  }
  return out;
}

Tensor from_fields(const TensorProto& proto, const Type& type, std::int64_t n) {
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      return from_field<float>(proto, proto.float_data(), n, type.type);
    case TensorProto::DOUBLE:
      return from_field<double>(proto, proto.double_data(), n, type.type);
    case TensorProto::INT64:
      return from_field<std::int64_t>(proto, proto.int64_data(), n, type.type);
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return from_field<std::int64_t>(proto, proto.uint64_data(), n, type.type);
    case TensorProto::INT32:
      return from_field<std::int32_t>(proto, proto.int32_data(), n, type.type);
    case TensorProto::INT16:
      return from_field<std::int16_t>(proto, proto.int32_data(), n, type.type);
    case TensorProto::INT8:
      return from_field<std::int8_t>(proto, proto.int32_data(), n, type.type);
    case TensorProto::UINT8:
      return from_field<std::uint8_t>(proto, proto.int32_data(), n, type.type);
    case TensorProto::BOOL:
      return from_field<std::uint8_t>(proto, proto.int32_data(), n, torch::kUInt8).ne(0);
    case TensorProto::UINT16:
      return from_field<std::uint16_t>(proto, proto.int32_data(), n, torch::kInt16)
          .to(torch::kInt64)
          .bitwise_and(0xFFFF);
    default:  // the bits of a float16 or bfloat16
      return from_field<std::uint16_t>(proto, proto.int32_data(), n, torch::kInt16).view(type.type);
  }
}

Attribute attribute_from(const AttributeProto& proto, const std::filesystem::path& folder) {
  if (!proto.ref_attr_name().empty()) {
    core::fail_data("net.attributes_from_proto", "attribute '{}' refers to one of a function",
                    proto.name());
  }
  switch (proto.type()) {
    case AttributeProto::INT:
      return proto.i();
    case AttributeProto::FLOAT:
      return static_cast<double>(proto.f());
    case AttributeProto::STRING:
      return proto.s();
    case AttributeProto::TENSOR:
      return tensor_from_proto(proto.t(), folder);
    case AttributeProto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case AttributeProto::FLOATS:
      return std::vector<double>(proto.floats().begin(), proto.floats().end());
    case AttributeProto::STRINGS:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    default:
      core::fail_data("net.attributes_from_proto", "attribute '{}': kind {} is not supported",
                      proto.name(), AttributeProto::AttributeType_Name(proto.type()));
  }
}

struct AttributeWriter {
  AttributeProto& proto;

  void operator()(std::int64_t value) const {
    proto.set_type(AttributeProto::INT);
    proto.set_i(value);
  }
  void operator()(double value) const {
    proto.set_type(AttributeProto::FLOAT);
    proto.set_f(static_cast<float>(value));
  }
  void operator()(const std::string& value) const {
    proto.set_type(AttributeProto::STRING);
    proto.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    proto.set_type(AttributeProto::INTS);
    for (const std::int64_t value : values) proto.add_ints(value);
  }
  void operator()(const std::vector<double>& values) const {
    proto.set_type(AttributeProto::FLOATS);
    for (const double value : values) proto.add_floats(static_cast<float>(value));
  }
  void operator()(const std::vector<std::string>& values) const {
    proto.set_type(AttributeProto::STRINGS);
    for (const std::string& value : values) proto.add_strings(value);
  }
  void operator()(const Tensor& value) const {
    proto.set_type(AttributeProto::TENSOR);
    *proto.mutable_t() = to_proto(value, "");
  }
};

}  // namespace

torch::ScalarType type_from_onnx(std::int64_t type) { return type_of(type).type; }

std::int32_t type_to_onnx(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat32:
      return TensorProto::FLOAT;
    case torch::kFloat64:
      return TensorProto::DOUBLE;
    case torch::kFloat16:
      return TensorProto::FLOAT16;
    case torch::kBFloat16:
      return TensorProto::BFLOAT16;
    case torch::kInt8:
      return TensorProto::INT8;
    case torch::kInt16:
      return TensorProto::INT16;
    case torch::kInt32:
      return TensorProto::INT32;
    case torch::kInt64:
      return TensorProto::INT64;
    case torch::kUInt8:
      return TensorProto::UINT8;
    case torch::kBool:
      return TensorProto::BOOL;
    default:
      core::fail_argument("net.to_proto", "no ONNX type for {}", torch::toString(type));
  }
}

Tensor tensor_from_proto(const TensorProto& proto, const std::filesystem::path& folder) {
  const Type& type = type_of(proto.data_type());
  const std::int64_t n = elements_of(proto);
  if (proto.has_segment()) {
    core::fail_data(kWhere, "tensor '{}': segments are not supported", proto.name());
  }
  const bool raw = proto.has_raw_data() || proto.data_location() == TensorProto::EXTERNAL;
  const Tensor flat = raw ? from_raw(proto, type, n, folder) : from_fields(proto, type, n);
  return flat.reshape(std::vector<std::int64_t>(proto.dims().begin(), proto.dims().end()));
}

TensorProto to_proto(const Tensor& values, const std::string& name) {
  const Tensor plain = values.detach().to(torch::kCPU).contiguous();
  TensorProto out;
  out.set_name(name);
  out.set_data_type(type_to_onnx(plain.scalar_type()));
  for (const std::int64_t size : plain.sizes()) out.add_dims(size);
  out.set_raw_data(plain.data_ptr(), plain.nbytes());
  return out;
}

Attributes attributes_from_proto(const onnx::NodeProto& node, const std::filesystem::path& folder) {
  Attributes out;
  for (const AttributeProto& proto : node.attribute()) {
    if (out.has(proto.name())) {
      core::fail_data("net.attributes_from_proto", "attribute '{}' is there twice", proto.name());
    }
    out.set(proto.name(), attribute_from(proto, folder));
  }
  return out;
}

void to_proto(const Attributes& attributes, onnx::NodeProto& node) {
  for (const auto& [name, value] : attributes.values()) {
    AttributeProto& proto = *node.add_attribute();
    proto.set_name(name);
    std::visit(AttributeWriter{proto}, value);
  }
}

}  // namespace venturi::net
