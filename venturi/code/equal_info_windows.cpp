#include "venturi/code/equal_info_windows.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kLeastBits = 9;
constexpr int kMostBits = 24;

void check_bits(int bits, std::string_view where) {
  if (bits < kLeastBits || bits > kMostBits) {
    core::fail_argument(where, "expected {} to {} bits a window, got {}", kLeastBits, kMostBits,
                        bits);
  }
}

// The code words left, the bytes so far.
struct Window {
  std::uint32_t first = 0;
  std::uint32_t left;
  unsigned before = 0;
  int known = 0;

  explicit Window(int bits) : left(1U << bits) {}
  void take(std::uint32_t low, std::uint32_t high, unsigned byte) {
    first += low;
    left = high - low;
    before = before << 8 | byte;
    known = std::min(known + 1, 2);
  }
};

// The shares' edges of all bytes: 257 numbers from 0 to left - 1. At the start of a window each
// byte gets one code word before the rest is shared.
std::array<std::uint32_t, 257> edges_of(const Window& window, bool fresh,
                                        const ByteMasses& masses) {
  std::array<std::uint32_t, 257> out{};
  const std::uint64_t room = window.left - 1 - (fresh ? 256 : 0);
  std::uint64_t cumulative = 0;
  for (std::uint32_t s = 0; s < 256; ++s) {
    cumulative += masses[s];
    out[s + 1] = static_cast<std::uint32_t>(room * cumulative >> 16) + (fresh ? s + 1 : 0);
  }
  return out;
}

}  // namespace

FrozenByteModel::FrozenByteModel(core::Bytes training) : contexts_(257), two_(1U << 16) {
  const auto add = [](Context& context, unsigned byte) {
    if (context.counts[byte]++ == 0) ++context.distinct;
    ++context.total;
  };
  for (std::size_t i = 0; i < training.size(); ++i) {
    const auto at = [&](std::size_t j) { return std::to_integer<unsigned>(training[j]); };
    add(contexts_[0], at(i));
    if (i >= 1) add(contexts_[1 + at(i - 1)], at(i));
    if (i < 2) continue;
    std::uint32_t& place = two_[at(i - 2) << 8 | at(i - 1)];
    if (place == 0) {
      place = static_cast<std::uint32_t>(contexts_.size());
      contexts_.emplace_back();
    }
    add(contexts_[place], at(i));
  }
}

ByteMasses FrozenByteModel::masses(unsigned before, int count) const {
  std::array<const Context*, 3> orders = {&contexts_[0], nullptr, nullptr};
  if (count >= 1) orders[1] = &contexts_[1 + (before & 255)];
  if (count >= 2 && two_[before & 0xFFFF] != 0) orders[2] = &contexts_[two_[before & 0xFFFF]];
  constexpr std::uint64_t kOne = std::uint64_t{1} << 24;
  std::array<std::uint64_t, 256> law;
  law.fill(kOne / 256);
  for (const Context* context : orders) {
    if (context == nullptr || context->total == 0) continue;
    const std::uint64_t whole = std::uint64_t{context->total} + context->distinct;
    for (std::size_t s = 0; s < 256; ++s) {
      law[s] = (kOne * context->counts[s] + law[s] * context->distinct) / whole;
    }
  }
  // 1 each and the rest by weight; what rounding leaves goes to the most probable.
  ByteMasses out;
  std::uint32_t given = 0;
  for (std::size_t s = 0; s < 256; ++s) {
    out[s] = 1 + static_cast<std::uint32_t>(law[s] * ((1U << 16) - 256) / kOne);
    given += out[s];
  }
  *std::ranges::max_element(out) += (1U << 16) - given;
  return out;
}

std::vector<std::uint32_t> encode_windows(core::Bytes data, const FrozenByteModel& model,
                                          int bits) {
  check_bits(bits, "code.encode_windows");
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < data.size();) {
    Window window(bits);
    bool fresh = true;
    while (i < data.size() && window.left > 1) {
      const auto byte = std::to_integer<unsigned>(data[i]);
      const auto edges = edges_of(window, fresh, model.masses(window.before, window.known));
      if (edges[byte] == edges[byte + 1]) break;
      window.take(edges[byte], edges[byte + 1], byte);
      fresh = false;
      ++i;
    }
    out.push_back(window.first + window.left - 1);
  }
  return out;
}

std::vector<std::byte> decode_windows(std::span<const std::uint32_t> tokens,
                                      const FrozenByteModel& model, int bits) {
  constexpr std::string_view where = "code.decode_windows";
  check_bits(bits, where);
  std::vector<std::byte> out;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    Window window(bits);
    if (tokens[t] >= window.left - 1) {
      core::fail_data(where, "token {} is {}, no window of {} bits", t, tokens[t], bits);
    }
    bool fresh = true;
    while (tokens[t] != window.first + window.left - 1) {
      const auto edges = edges_of(window, fresh, model.masses(window.before, window.known));
      const auto next = std::ranges::upper_bound(edges, tokens[t] - window.first);
      const auto byte = static_cast<unsigned>(next - edges.begin()) - 1;
      window.take(edges[byte], edges[byte + 1], byte);
      fresh = false;
      out.push_back(static_cast<std::byte>(byte));
    }
  }
  return out;
}

}  // namespace venturi::code
