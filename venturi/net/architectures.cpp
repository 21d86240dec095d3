#include "venturi/net/architectures.hpp"

#include <algorithm>
#include <array>

#include "venturi/core/file.hpp"
#include "venturi/data/safetensors.hpp"
#include "venturi/net/mobilenet.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/net/resnet.hpp"

namespace venturi::net {
namespace {

constexpr std::string_view kHe = "He et al. 2016, arXiv:1512.03385, section 4.2";
constexpr std::string_view kOnce = "one pass";

template <int Depth>
Model resnet(core::Key key) {
  return cifar_resnet(Depth, key);
}

constexpr std::array<core::Member<Build>, 6> kArchitectures{{
    {"cifar-resnet20", "residual network for 32*32 images, 0.27 M parameters", kHe, kOnce,
     resnet<20>},
    {"cifar-resnet32", "the same with 0.46 M", kHe, kOnce, resnet<32>},
    {"cifar-resnet44", "the same with 0.66 M", kHe, kOnce, resnet<44>},
    {"cifar-resnet56", "the same with 0.85 M", kHe, kOnce, resnet<56>},
    {"cifar-resnet110", "the same with 1.7 M", kHe, kOnce, resnet<110>},
    {"mobilenet-v2", "inverted residuals for images of 32*32 and more, 1,000 classes",
     "Sandler et al. 2018, arXiv:1801.04381, table 2", kOnce,
     [](core::Key key) { return mobilenet_v2(key); }},
}};

}  // namespace

std::span<const core::Member<Build>> architectures() { return kArchitectures; }

Model open_model(const std::string& place) {
  constexpr std::string_view where = "net.open_model";
  if (place.ends_with(".onnx")) return read_onnx(place);
  const auto colon = place.find(':');
  if (colon == std::string::npos || !place.ends_with(".safetensors")) {
    core::fail_argument(where, "expected FILE.onnx or NAME:FILE.safetensors, got '{}'", place);
  }
  Model out = core::find_member(architectures(), place.substr(0, colon), where).make(core::Key(1));
  const std::string path = place.substr(colon + 1);
  const auto file = core::read_file(path);
  const data::Safetensors names(file);
  const bool wrapped = std::ranges::all_of(
      names.names(), [](const std::string& name) { return name.starts_with("module."); });
  load_weights(out, file, path, wrapped ? NameMap{{"", "module."}} : NameMap{});
  return out;
}

}  // namespace venturi::net
