// venturi/data/safetensors.hpp
//
// safetensors: u64 length of a JSON header, the header, then the tensors' bytes, little-endian and
// row-major. Source: github.com/huggingface/safetensors, README "Format".
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "venturi/core/views.hpp"
#include "venturi/data/array.hpp"

namespace venturi::data {

// A tensor where it lies in the file.
struct TensorView {
  Element element = Element::kF32;
  std::vector<std::int64_t> shape;
  core::Bytes bytes;  // not aligned to the element

  Array copy() const { return {element, shape, {bytes.begin(), bytes.end()}}; }
};

// F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL (and U16, U32, U64). The whole header is checked
// when it is opened: DataError for JSON that is not such a header, unknown elements, sizes that do
// not agree with the shapes, tensors that overlap or leave gaps, names given twice.
class Safetensors {
 public:
  explicit Safetensors(std::vector<std::byte> file);
  static Safetensors open(const std::filesystem::path& path);
  // A copy would leave the views pointing into the original.
  Safetensors(const Safetensors&) = delete;
  Safetensors& operator=(const Safetensors&) = delete;
  Safetensors(Safetensors&&) = default;
  Safetensors& operator=(Safetensors&&) = default;

  // In the order of their bytes.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }
  // Valid as long as this object. InvalidArgument, with the nearest name, for one that is not
  // there.
  const TensorView& operator[](std::string_view name) const;
  // The texts under "__metadata__".
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::vector<std::byte> file_;
  std::vector<std::string> names_;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Tensors in the order given; the header is padded so that their bytes begin at a multiple of 8.
// InvalidArgument for a name given twice or bytes that do not agree with a shape.
std::vector<std::byte> encode_safetensors(
    const std::vector<std::pair<std::string, TensorView>>& tensors,
    const std::map<std::string, std::string>& metadata = {});
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, TensorView>>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace venturi::data
