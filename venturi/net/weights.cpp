#include "venturi/net/weights.hpp"

#include <algorithm>

#include "venturi/code/tensor_file.hpp"
#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/safetensors.hpp"

namespace venturi::net {
namespace {

data::Element element_of(const tensor::Tensor& value) {
  switch (value.scalar_type()) {
    case torch::kFloat64:
      return data::Element::kF64;
    case torch::kFloat16:
      return data::Element::kF16;
    case torch::kBFloat16:
      return data::Element::kBF16;
    default:
      return data::Element::kF32;
  }
}

std::vector<code::NamedTensor> arrays_of(const Model& model) {
  std::vector<code::NamedTensor> out;
  for (const auto& [name, value] : model.weights) {
    if (!value.is_floating_point()) continue;
    const tensor::Tensor plain = value.detach().to(torch::kCPU).contiguous();
    const auto* begin = static_cast<const std::byte*>(plain.data_ptr());
    out.emplace_back(name, data::Array{.element = element_of(plain),
                                       .shape = plain.sizes().vec(),
                                       .bytes = {begin, begin + plain.nbytes()}});
  }
  return out;
}

std::vector<std::byte> safetensors_of(const std::vector<code::NamedTensor>& arrays) {
  std::vector<std::pair<std::string, data::TensorView>> views;
  for (const auto& [name, array] : arrays) {
    views.emplace_back(
        name,
        data::TensorView{.element = array.element, .shape = array.shape, .bytes = array.bytes});
  }
  return data::encode_safetensors(views);
}

}  // namespace

std::uint64_t write_weights(const Model& model, const std::filesystem::path& path) {
  if (path.extension() == ".vt") {
    code::write_tensors(path, arrays_of(model), {});
  } else if (path.extension() == ".safetensors") {
    core::write_file(path, safetensors_of(arrays_of(model)));
  } else {
    core::fail_argument("net.write_weights", "expected FILE.vt or FILE.safetensors, got '{}'",
                        path.string());
  }
  return std::filesystem::file_size(path);
}

void read_weights(Model& model, const std::filesystem::path& path, const NameMap& names) {
  const bool own = path.extension() == ".vt";
  const std::vector<std::byte> bytes =
      own ? safetensors_of(code::read_tensors(code::RecordReader(path)).tensors)
          : core::read_file(path);
  const data::Safetensors file(bytes);
  const bool wrapped = names.empty() && std::ranges::all_of(file.names(), [](const auto& name) {
                         return name.starts_with("module.");
                       });
  load_weights(model, bytes, path.string(), wrapped ? NameMap{{"", "module."}} : names);
}

}  // namespace venturi::net
