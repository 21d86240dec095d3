#include "venturi/app/array_files.hpp"

#include "venturi/data/idx.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/data/safetensors.hpp"

namespace venturi::app {

std::vector<code::NamedTensor> read_arrays(const std::filesystem::path& path) {
  const auto ending = path.extension();
  if (ending == ".npz") return data::read_npz(path);
  if (ending == ".npy") return {{"array", data::read_npy(path)}};
  if (ending != ".safetensors") return {{"array", data::read_idx(path)}};
  const auto file = data::Safetensors::open(path);
  std::vector<code::NamedTensor> out;
  for (const std::string& name : file.names()) out.emplace_back(name, file[name].copy());
  return out;
}

void write_arrays(const std::filesystem::path& path, const std::vector<code::NamedTensor>& arrays) {
  const auto ending = path.extension();
  if (ending == ".npz") return data::write_npz(path, arrays);
  if (ending == ".npy" && arrays.size() == 1) return data::write_npy(path, arrays[0].second);
  if (ending != ".safetensors") {
    core::fail_argument("app.write_arrays",
                        "expected a name that ends in .safetensors, .npz or (one array) .npy for "
                        "{} arrays, got '{}'",
                        arrays.size(), path.string());
  }
  std::vector<std::pair<std::string, data::TensorView>> views;
  for (const auto& [name, array] : arrays) {
    views.push_back({name, {array.element, array.shape, array.bytes}});
  }
  data::write_safetensors(path, views);
}

}  // namespace venturi::app
