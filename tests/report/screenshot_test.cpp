// The page in a browser: no console errors, plots with marks in them.
#include <png.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
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

std::array<int, 3> bytes(const Colour& colour) {
  const auto byte = [](double part) { return static_cast<int>(std::lround(part * 255)); };
  return {byte(colour.red), byte(colour.green), byte(colour.blue)};
}

// What Chromium shows of a file, and what the file's code said to its console.
struct Look {
  Image image;
  std::string console;
};
Look look_at(const std::filesystem::path& page, Size window, bool dark) {
  const venturi::testing::TempFolder folder;
  const auto shot = folder / "shot.png";
  const auto log = folder / "log.txt";
  const std::string command = fmt::format(
      "timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
      "--user-data-dir='{}' --hide-scrollbars --window-size={},{} --enable-logging=stderr "
      "--blink-settings=preferredColorScheme={} --screenshot='{}' 'file://{}' 2>'{}' >/dev/null",
      (folder / "profile").string(), window.width, window.height, dark ? 0 : 1, shot.string(),
      page.string(), log.string());
  const int status = std::system(command.c_str());
  const std::string said = core::read_text(log);
  EXPECT_EQ(status, 0) << said;
  Look look{read_png(shot), ""};
  // What a page says is logged as CONSOLE; the browser's own complaints do not count.
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("CONSOLE") != std::string::npos) look.console += line + "\n";
  }
  return look;
}

void expect_colours(const Image& image, const std::vector<std::array<int, 3>>& colours,
                    std::size_t pixels) {
  for (const auto& c : colours) {
    EXPECT_GT(count_near(image, c), pixels) << fmt::format("#{:02x}{:02x}{:02x}", c[0], c[1], c[2]);
  }
}

bool has_chromium() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

TEST(ReportPage, SlowLooksRightInChromium) {
  if (!has_chromium()) GTEST_SKIP() << "no chromium on PATH";
  const venturi::testing::TempFolder folder;
  const auto page = folder / "report.html";
  core::write_file(page, render_records({sample_record()}, "A sample report").html());

  const Look light = look_at(page, {1200, 2000}, false);
  EXPECT_EQ(light.console, "");
  ASSERT_EQ(light.image.width, 1200u);
  ASSERT_EQ(light.image.height, 2000u);
  // Page and cards; the first three colours of series; the diagonals of the two heat maps.
  expect_colours(light.image, {{0xf6, 0xf8, 0xfa}, {0xff, 0xff, 0xff}}, 100000);
  expect_colours(light.image,
                 {{0x0b, 0x6b, 0xb8},
                  {0xd1, 0x51, 0x0a},
                  {0x00, 0x87, 0x5f},
                  bytes(cell_colour(0.9, false)),
                  bytes(cell_colour(1, true))},
                 300);

  const Look dark = look_at(page, {1200, 2000}, true);
  EXPECT_EQ(dark.console, "");
  expect_colours(dark.image, {{0x0d, 0x11, 0x17}, {0x16, 0x1b, 0x22}}, 100000);
  expect_colours(dark.image, {{0x58, 0xa6, 0xff}, {0xff, 0x8a, 0x4a}, {0x3f, 0xc7, 0x9a}}, 300);
}

// The same drawing as a file of its own, as a README shows it.
TEST(ReportPlot, SlowFileLooksRightInChromium) {
  if (!has_chromium()) GTEST_SKIP() << "no chromium on PATH";
  const venturi::testing::TempFolder folder;
  core::write_file(folder / "curve.svg", to_svg(sample_curve()));
  core::write_file(folder / "page.html", "<!DOCTYPE html><img src=\"curve.svg\">");
  const Look look = look_at(folder / "page.html", {800, 500}, false);
  EXPECT_EQ(look.console, "");
  expect_colours(look.image, {{0x0b, 0x6b, 0xb8}, {0xd1, 0x51, 0x0a}, {0x00, 0x87, 0x5f}}, 100);
}

}  // namespace
}  // namespace venturi::report::testing
