#include "venturi/code/adaptive_law.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

constexpr int kPrecision = 24;
constexpr std::uint32_t kGain = 32;
constexpr std::uint32_t kMostWeight = 1U << 20;
constexpr int kMostSymbols = 1 << 16;

}  // namespace

AdaptiveLaw::AdaptiveLaw(int symbols) : symbols_(symbols) {
  if (symbols < 1 || symbols > kMostSymbols) {
    core::fail_argument("code.AdaptiveLaw", "expected 1 to {} symbols, got {}", kMostSymbols,
                        symbols);
  }
  highest_ = static_cast<int>(std::bit_floor(static_cast<unsigned>(symbols)));
  tree_.assign(static_cast<std::size_t>(symbols) + 1, 0);
  for (int s = 0; s < symbols; ++s) add(s, 1);
}

void AdaptiveLaw::add(int symbol, std::uint32_t weight) {
  for (int i = symbol + 1; i <= symbols_; i += i & -i) tree_[i] += weight;
  total_ += weight;
}

std::uint32_t AdaptiveLaw::sum_below(int symbol) const {
  std::uint32_t sum = 0;
  for (int i = symbol; i > 0; i -= i & -i) sum += tree_[i];
  return sum;
}

std::uint32_t AdaptiveLaw::cumulative(std::uint32_t sum) const {
  return static_cast<std::uint32_t>((std::uint64_t{sum} << kPrecision) / total_);
}

void AdaptiveLaw::halve() {
  std::vector<std::uint32_t> weights(static_cast<std::size_t>(symbols_));
  for (int s = 0; s < symbols_; ++s) weights[s] = sum_below(s + 1) - sum_below(s);
  std::fill(tree_.begin(), tree_.end(), 0U);
  total_ = 0;
  for (int s = 0; s < symbols_; ++s) add(s, (weights[s] + 1) / 2);
}

void AdaptiveLaw::learn(int symbol) {
  add(symbol, kGain);
  if (total_ > kMostWeight) halve();
}

void AdaptiveLaw::encode(int symbol, RangeEncoder& out) {
  if (symbol < 0 || symbol >= symbols_) {
    core::fail_argument("code.AdaptiveLaw.encode", "expected a symbol below {}, got {}", symbols_,
                        symbol);
  }
  const std::uint32_t low = cumulative(sum_below(symbol));
  out.encode(low, cumulative(sum_below(symbol + 1)) - low, kPrecision);
  learn(symbol);
}

int AdaptiveLaw::decode(RangeDecoder& in) {
  // c(s) <= value if and only if W(s) <= most.
  const std::uint64_t value = in.peek(kPrecision);
  const auto most = static_cast<std::uint32_t>(((value + 1) * total_ - 1) >> kPrecision);
  int symbol = 0;
  std::uint32_t below = 0;
  for (int step = highest_; step > 0; step /= 2) {
    if (symbol + step < symbols_ && below + tree_[symbol + step] <= most) {
      symbol += step;
      below += tree_[symbol];
    }
  }
  const std::uint32_t low = cumulative(below);
  in.drop(low, cumulative(sum_below(symbol + 1)) - low);
  learn(symbol);
  return symbol;
}

double AdaptiveLaw::cost_bits(int symbol) const {
  const std::uint32_t mass = cumulative(sum_below(symbol + 1)) - cumulative(sum_below(symbol));
  return kPrecision - std::log2(static_cast<double>(mass));
}

}  // namespace venturi::code
