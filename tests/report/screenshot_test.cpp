// The page in a browser: no console errors, plots with marks in them.
#include <png.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <set>
#include <vector>

#include "tests/report/sample.hpp"
#include "tests/testing.hpp"
#include "venturi/report/colours.hpp"

namespace venturi::report::testing {
namespace {

struct Image {
  std::size_t width = 0, height = 0;
  std::vector<png_byte> rgb;
};

Image read_png(const std::filesystem::path& path) {
  png_image file{};
  file.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&file, path.c_str()) == 0) {
    core::fail_data("screenshot", "{}: {}", path.string(), file.message);
  }
  file.format = PNG_FORMAT_RGB;
  Image image{file.width, file.height, std::vector<png_byte>(PNG_IMAGE_SIZE(file))};
  png_image_finish_read(&file, nullptr, image.rgb.data(), 0, nullptr);
  return image;
}

// How many pixels are within a small distance of a colour.
std::size_t count_near(const Image& image, std::array<int, 3> colour) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    int distance = 0;
    for (std::size_t c = 0; c < 3; ++c) distance += std::abs(image.rgb[i + c] - colour[c]);
    n += distance <= 12;
  }
  return n;
}

TEST(ReportPage, SlowLooksRightInChromium) {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "no chromium on PATH";
  }
  const venturi::testing::TempFolder folder;
  const auto page = folder / "report.html";
  const auto shot = folder / "report.png";
  const auto log = folder / "log.txt";
  core::write_file(page, render_records({sample_record()}, "A sample report").html());
  const std::string command = fmt::format(
      "timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--user-data-dir='{}' --hide-scrollbars --window-size=1200,2600 --enable-logging=stderr "
      "--screenshot='{}' 'file://{}' 2>'{}' >/dev/null",
      (folder / "profile").string(), shot.string(), page.string(), log.string());
  ASSERT_EQ(std::system(command.c_str()), 0) << core::read_text(log);

  // What a page says reaches the log as "CONSOLE"; the browser's own complaints do not count.
  EXPECT_EQ(core::read_text(log).find("CONSOLE"), std::string::npos) << core::read_text(log);

  const Image image = read_png(shot);
  ASSERT_EQ(image.width, 1200u);
  // The first three colours of series; the diagonals of the two heat maps.
  const auto bytes = [](const Colour& c) {
    const auto byte = [](double part) { return static_cast<int>(std::lround(part * 255)); };
    return std::array{byte(c.red), byte(c.green), byte(c.blue)};
  };
  for (const std::array<int, 3> colour : {std::array{0x0b, 0x6b, 0xb8},
                                          {0xd1, 0x51, 0x0a},
                                          {0x00, 0x87, 0x5f},
                                          bytes(cell_colour(0.9, false)),
                                          bytes(cell_colour(1, true))}) {
    EXPECT_GT(count_near(image, colour), 300u)
        << fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]);
  }
  std::set<std::uint32_t> colours;
  for (std::size_t i = 0; i < image.rgb.size(); i += 3) {
    colours.insert(std::uint32_t{image.rgb[i]} << 16 | std::uint32_t{image.rgb[i + 1]} << 8 |
                   image.rgb[i + 2]);
  }
  EXPECT_GT(colours.size(), 200u);
}

}  // namespace
}  // namespace venturi::report::testing
