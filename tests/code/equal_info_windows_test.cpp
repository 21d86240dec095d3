#include "venturi/code/equal_info_windows.hpp"

#include <numeric>

#include "tests/testing.hpp"
#include "venturi/code/figures.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

using Bytes = std::vector<std::byte>;

// A language of two-letter words.
Bytes draw_text(std::size_t n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  Bytes out;
  while (out.size() < n) {
    const auto word = static_cast<unsigned>(random.below(5) * random.below(5));
    for (const unsigned letter : {97 + word % 7, 97 + word / 7, 32U}) {
      out.push_back(static_cast<std::byte>(letter));
    }
  }
  out.resize(n);
  return out;
}

TEST(EqualInfoWindows, MassesAreALaw) {
  const FrozenByteModel model(draw_text(3000, 101));
  for (const int known : {0, 1, 2}) {
    for (unsigned before = 0; before < 65536; before += 97) {
      const ByteMasses masses = model.masses(before, known);
      EXPECT_EQ(std::accumulate(masses.begin(), masses.end(), 0U), 65536U);
      EXPECT_GE(*std::min_element(masses.begin(), masses.end()), 1U);
    }
  }
  EXPECT_EQ(FrozenByteModel({}).masses(0, 2)[7], 256U);
}

TEST(EqualInfoWindows, AnyBytesComeBack) {
  const FrozenByteModel model(draw_text(3000, 102));
  core::Random random{core::Key(103)};
  for (const int bits : {9, 12, 16, 24}) {
    for (const std::size_t n : {0U, 1U, 2U, 500U}) {
      EXPECT_EQ(decode_windows(encode_windows(draw_text(n, n), model, bits), model, bits),
                draw_text(n, n));
      Bytes noise(n);
      for (auto& byte : noise) byte = static_cast<std::byte>(random.below(256));
      const auto tokens = encode_windows(noise, model, bits);
      for (const std::uint32_t token : tokens) EXPECT_LT(token, 1U << bits);
      EXPECT_EQ(decode_windows(tokens, model, bits), noise);
    }
  }
}

// A window is the same wherever it stands: what comes before the cut changes nothing behind it.
TEST(EqualInfoWindows, WindowsStandAlone) {
  const FrozenByteModel model(draw_text(3000, 104));
  const Bytes text = draw_text(2000, 105);
  const auto tokens = encode_windows(text, model, 16);
  for (std::size_t t = 0; t < tokens.size(); t += 7) {
    const auto rest = std::span(tokens).subspan(t);
    const Bytes tail = decode_windows(rest, model, 16);
    EXPECT_TRUE(std::equal(tail.rbegin(), tail.rend(), text.rbegin()));
    const auto again = encode_windows(tail, model, 16);
    EXPECT_TRUE(std::equal(again.begin(), again.end(), rest.begin(), rest.end()));
  }
  // The model's 1.2 bits or so a byte and 16 bits a window.
  EXPECT_GT(static_cast<double>(text.size()), 4.0 * static_cast<double>(tokens.size()));
}

TEST(EqualInfoWindows, BadInput) {
  const FrozenByteModel model(draw_text(3000, 106));
  EXPECT_ERROR(encode_windows({}, model, 8), core::InvalidArgument, "9 to 24");
  EXPECT_ERROR(decode_windows({}, model, 25), core::InvalidArgument, "got 25");
  EXPECT_ERROR(decode_windows(std::vector<std::uint32_t>{1, 65535}, model, 16), core::DataError,
               "token 1");
  EXPECT_ERROR(decode_windows(std::vector<std::uint32_t>{1U << 20}, model, 16), core::DataError,
               "token 0");
  // Every other token is a window.
  for (std::uint32_t token = 0; token < 4095; ++token) {
    const Bytes bytes = decode_windows(std::vector<std::uint32_t>{token}, model, 12);
    EXPECT_GE(bytes.size(), 1U);
  }
}

TEST(Figures, EqualInfoWindows) {
  // Thirty sentences in any order: more than two bytes of context tell.
  core::Random random{core::Key(107)};
  Bytes text;
  while (text.size() < 200000) {
    const Bytes sentence = draw_text(40, random.below(30));
    text.insert(text.end(), sentence.begin(), sentence.end());
  }
  for (const Figure& figure : equal_info_windows_figures(text, true)) {
    if (figure.relation == ">=") {
      EXPECT_GE(figure.value, figure.target) << figure.name;
    } else if (figure.relation == "<=") {
      EXPECT_LE(figure.value, figure.target) << figure.name;
    }
  }
  EXPECT_ERROR(equal_info_windows_figures({}, true), core::InvalidArgument, "10000 bytes");
}

}  // namespace
}  // namespace venturi::code
