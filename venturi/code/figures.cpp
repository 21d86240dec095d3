#include "venturi/code/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "venturi/code/byte_codec.hpp"
#include "venturi/code/equal_info_windows.hpp"
#include "venturi/code/range_coder.hpp"
#include "venturi/code/tensor_codec.hpp"
#include "venturi/code/tile_codec.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

double squared_error(std::span<const float> a, std::span<const float> b) {
  double out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    out += difference * difference;
  }
  return out;
}

double round_to_nearest_error(const WeightMatrix& weights, int bits) {
  const auto [least, most] = std::ranges::minmax(weights.values);
  const double width = (static_cast<double>(most) - least) / ((1 << bits) - 1);
  double out = 0;
  for (const float value : weights.values) {
    const double level = least + width * std::round((value - least) / width);
    out += (value - level) * (value - level);
  }
  return out;
}

// Error of the smallest uniform step whose stream, table counted, keeps within the bits.
double uniform_error(const WeightMatrix& weights, double bits) {
  const double room = bits * static_cast<double>(weights.values.size()) / 8;
  double low = -20;
  double high = 4;
  for (int i = 0; i < 14; ++i) {
    const double middle = (low + high) / 2;
    const auto size = encode_quantized(weights.values, std::exp2(middle)).size();
    (static_cast<double>(size) > room ? low : high) = middle;
  }
  return squared_error(weights.values,
                       decode_quantized(encode_quantized(weights.values, std::exp2(high))));
}

struct Total {
  double tiles = 0, uniform = 0, nearest = 0, bits = 0;
};

Total total_at(std::span<const WeightMatrix> weights, double bits) {
  Total out;
  double count = 0;
  for (const WeightMatrix& each : weights) {
    const auto stream = encode_tiles_to_rate(each.values, each.columns, bits);
    out.bits += 8 * static_cast<double>(stream.size());
    out.tiles += squared_error(each.values, decode_tiles(stream).values);
    out.uniform += uniform_error(each, bits);
    out.nearest += round_to_nearest_error(each, static_cast<int>(std::ceil(bits)));
    count += static_cast<double>(each.values.size());
  }
  out.bits /= count;
  return out;
}

}  // namespace

std::vector<Figure> vcllm_figures(std::span<const WeightMatrix> weights, bool quick) {
  if (weights.empty()) core::fail_argument("code.vcllm_figures", "expected weights, got none");
  std::vector<Figure> out;
  for (const double bits :
       quick ? std::vector<double>{3} : std::vector<double>{2, 2.5, 3, 3.5, 4}) {
    const Total total = total_at(weights, bits);
    const bool whole = bits == std::floor(bits);
    out.push_back(
        {fmt::format("squared error / round-to-nearest at {}, at {} bits", std::ceil(bits), bits),
         total.tiles / total.nearest, "", "<=", whole ? .5 : 1});
    out.push_back({fmt::format("squared error / uniform step, static law, at {} bits", bits),
                   total.tiles / total.uniform, "", "", 0});
    out.push_back({fmt::format("bits paid, at {}", bits), total.bits, "bits/value", "<=", bits});
  }
  return out;
}

std::vector<Figure> equal_info_windows_figures(core::Bytes text, bool quick) {
  constexpr int kBits = 16;
  constexpr std::size_t kLeast = 10000;
  if (quick) text = text.first(std::min(text.size(), std::size_t{1} << 20));
  if (text.size() < kLeast) {
    core::fail_argument("code.equal_info_windows_figures", "expected {} bytes or more, got {}",
                        kLeast, text.size());
  }
  const FrozenByteModel model(text.first(text.size() / 10 * 9));
  const core::Bytes data = text.subspan(text.size() / 10 * 9);
  const auto tokens = encode_windows(data, model, kBits);
  const auto back = decode_windows(tokens, model, kBits);
  std::vector<std::byte> windows;
  for (const std::uint32_t token : tokens) {
    windows.push_back(static_cast<std::byte>(token >> 8));
    windows.push_back(static_cast<std::byte>(token));
  }
  RangeEncoder encoder;
  unsigned before = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const ByteMasses masses = model.masses(before, static_cast<int>(std::min<std::size_t>(i, 2)));
    const auto byte = std::to_integer<unsigned>(data[i]);
    const auto below = std::accumulate(masses.begin(), masses.begin() + byte, 0U);
    encoder.encode(below, masses[byte], 16);
    before = before << 8 | byte;
  }
  const auto plain = encoder.finish();
  const auto ratio = [](std::size_t a, std::size_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  const auto saved = [&](const std::vector<std::byte>& bytes) {
    return 100 * (1 - ratio(byte_codec("bytes-cm").encode(bytes).size(), bytes.size()));
  };
  const bool equal = std::ranges::equal(back, data);
  return {{"windows decoded to the text", equal ? 1.0 : 0.0, "", ">=", 1},
          {"bytes of text a window", ratio(data.size(), tokens.size()), "bytes", "", 0},
          {"text over windows", ratio(data.size(), windows.size()), "times", ">=", 1},
          {"text over one arithmetic code", ratio(data.size(), plain.size()), "times", "", 0},
          {"saved by a learner on windows", saved(windows), "%", ">=", 5},
          {"saved by a learner on one arithmetic code", saved(plain), "%", "<=", 1}};
}

}  // namespace venturi::code
