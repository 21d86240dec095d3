#include "venturi/report/network.hpp"

#include <cmath>

#include "tests/report/xml.hpp"
#include "tests/testing.hpp"
#include "venturi/report/page.hpp"

namespace venturi::report {
namespace {

NetworkPicture picture(std::size_t layers) {
  NetworkPicture out{.title = "A <net>", .note = "boxes", .layers = {}};
  for (std::size_t i = 0; i < layers; ++i) {
    NetworkLayer layer{.name = "layer" + std::to_string(i),
                       .kind = "Conv",
                       .shape = "[1, 2]",
                       .bits = i % 3 == 0 ? 0 : 1000.0 * static_cast<double>(i),
                       .seconds = 1e-6 * static_cast<double>(i + 1),
                       .inputs = {}};
    if (i > 0) layer.inputs.push_back(i - 1);
    if (i > 2) layer.inputs.push_back(i - 3);
    out.layers.push_back(std::move(layer));
  }
  return out;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST(NetworkPicture, DrawsEveryLayerAndLine) {
  const std::string svg = to_svg(picture(7));
  EXPECT_NO_THROW(testing::parse_xml(svg));
  EXPECT_EQ(count(svg, "<title>layer"), 7U);
  EXPECT_EQ(count(svg, "<path"), 4U);              // lines around boxes
  EXPECT_EQ(count(svg, "class=\"vt-none\""), 3U);  // layers 0, 3 and 6 hold no bits
  EXPECT_NE(svg.find("5 kbit"), std::string::npos);
  EXPECT_NE(svg.find("7 us"), std::string::npos);
  EXPECT_NE(svg.find("A &lt;net&gt;"), std::string::npos);
  // The most has the last colour, the least the first.
  EXPECT_NE(svg.find("vt-s0\""), std::string::npos);
  EXPECT_NE(svg.find("vt-s63\""), std::string::npos);
}

TEST(NetworkPicture, ManyLayersAreCounted) {
  const std::string svg = to_svg(picture(1403));
  EXPECT_NO_THROW(testing::parse_xml(svg));
  EXPECT_EQ(count(svg, "<title>layer"), 400U);
  EXPECT_NE(svg.find("1,003 more layers are not drawn."), std::string::npos);
  EXPECT_NE(to_svg(picture(0)).find("No layers."), std::string::npos);
}

TEST(NetworkPicture, WhatCannotBeDrawnIsNamed) {
  NetworkPicture p = picture(3);
  p.layers[1].inputs = {1};
  EXPECT_ERROR(to_svg(p), core::InvalidArgument, "layer 1 'layer1' reads layer 1");
  p = picture(3);
  p.layers[2].seconds = std::nan("");
  EXPECT_ERROR(to_svg(p), core::InvalidArgument, "'layer2': expected bits and seconds");
}

TEST(NetworkPicture, StandsOnAPage) {
  Page page("title");
  page.add_network(picture(4));
  EXPECT_EQ(count(page.html(), "<title>layer"), 4U);
}

}  // namespace
}  // namespace venturi::report
