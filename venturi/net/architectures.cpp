#include "venturi/net/architectures.hpp"

#include <array>

#include "venturi/core/error.hpp"
#include "venturi/net/ghostnet.hpp"
#include "venturi/net/mobilenet.hpp"
#include "venturi/net/network.hpp"
#include "venturi/net/onnx_model.hpp"
#include "venturi/net/resnet.hpp"
#include "venturi/net/transformer.hpp"
#include "venturi/net/vae.hpp"
#include "venturi/net/weights.hpp"

namespace venturi::net {
namespace {

constexpr std::string_view kHe = "He et al. 2016, arXiv:1512.03385, section 4.2";
constexpr std::string_view kOnce = "one pass";

template <int Depth>
Model resnet(core::Key key) {
  return cifar_resnet(Depth, key);
}

constexpr std::array<core::Member<Build>, 14> kArchitectures{{
    {"mlp", "28*28 images through two layers of 128 units, 10 classes", "own", kOnce,
     [](core::Key key) {
       auto layers = mlp({128, 128}, "relu");
       layers.push_back({.type = "linear", .out = 10});
       return chain_model("mlp", layers, {1, 28, 28}, key);
     }},
    {"small-cnn", "28*28 images through two convolutions, pooled, and a layer of 128, 10 classes",
     "LeCun et al. 1998, in form", kOnce,
     [](core::Key key) {
       auto layers = small_cnn({32, 64}, 128, 0);
       layers.push_back({.type = "linear", .out = 10});
       return chain_model("small-cnn", layers, {1, 28, 28}, key);
     }},
    {"cifar-resnet20", "residual network for 32*32 images, 0.27 M parameters", kHe, kOnce,
     resnet<20>},
    {"cifar-resnet32", "the same with 0.46 M", kHe, kOnce, resnet<32>},
    {"cifar-resnet44", "the same with 0.66 M", kHe, kOnce, resnet<44>},
    {"cifar-resnet56", "the same with 0.85 M", kHe, kOnce, resnet<56>},
    {"cifar-resnet110", "the same with 1.7 M", kHe, kOnce, resnet<110>},
    {"mobilenet-v2", "inverted residuals for images of 32*32 and more, 1,000 classes",
     "Sandler et al. 2018, arXiv:1801.04381, table 2", kOnce,
     [](core::Key key) { return mobilenet_v2(key); }},
    {"mobilenet-v2-cifar", "the same at width 0.25 for 32*32 images, 10 classes",
     "Sandler et al. 2018", kOnce,
     [](core::Key key) {
       return mobilenet_v2(key, {.width = 0.25, .classes = 10, .small_images = true});
     }},
    {"ghostnet-v2", "ghost modules with decoupled attention, 1,000 classes",
     "Tang et al. 2022, arXiv:2211.12905", kOnce, [](core::Key key) { return ghostnet_v2(key); }},
    {"transformer-encoder", "4 pre-norm layers of width 64, learned positions, 2 classes",
     "Xiong et al. 2020, arXiv:2002.04745", kOnce, [](core::Key key) { return transformer(key); }},
    {"llama-260k", "decoder: RMSNorm, rotary, grouped queries, gated; 512 tokens, 0.26 M",
     "Touvron et al. 2023, arXiv:2302.13971, in form", kOnce,
     [](core::Key key) {
       return transformer(key, {.vocabulary = 512,
                                .width = 64,
                                .layers = 5,
                                .heads = 8,
                                .key_heads = 4,
                                .hidden = 172,
                                .context = 512,
                                .decoder = true,
                                .rms = true,
                                .rotary = true,
                                .gated = true});
     }},
    {"vae-encoder", "28*28 images to mean and log variance of 16 numbers",
     "Kingma, Welling 2014, arXiv:1312.6114", kOnce,
     [](core::Key key) { return vae(key).encoder; }},
    {"vae-decoder", "16 numbers to logits of 28*28 pixels", "Kingma, Welling 2014, arXiv:1312.6114",
     kOnce, [](core::Key key) { return vae(key).decoder; }},
}};

}  // namespace

std::span<const core::Member<Build>> architectures() { return kArchitectures; }

Model open_model(const std::string& place) {
  constexpr std::string_view where = "net.open_model";
  if (place.ends_with(".onnx")) return read_onnx(place);
  if (place.ends_with(".pt") || place.ends_with(".pth")) {
    core::fail_argument(where,
                        "'{}' is a file of PyTorch's own: write the model by torch.onnx.export, or "
                        "its weights as safetensors",
                        place);
  }
  const auto colon = place.find(':');
  if (colon == std::string::npos && place.find('.') != std::string::npos) {
    core::fail_argument(where,
                        "expected FILE.onnx, NAME:FILE.safetensors, NAME:FILE.vt or NAME, "
                        "got '{}'",
                        place);
  }
  Model out = core::find_member(architectures(), place.substr(0, colon), where).make(core::Key(1));
  if (colon != std::string::npos) read_weights(out, place.substr(colon + 1));
  return out;
}

}  // namespace venturi::net
