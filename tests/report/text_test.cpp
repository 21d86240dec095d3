#include "venturi/report/text.hpp"

#include <cmath>

#include "tests/report/xml.hpp"
#include "tests/testing.hpp"

namespace venturi::report {
namespace {

TEST(ReportText, EscapesMarkup) {
  EXPECT_EQ(escape("<script>alert('a & \"b\"')</script>"),
            "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape("naïve – 信息 🙂"), "naïve – 信息 🙂");
}

TEST(ReportText, AnyBytesGiveWellFormedXml) {
  for (int first = 0; first < 256; ++first) {
    for (const int second : {0x00, 0x41, 0x80, 0xBF, 0xC0, 0xFF}) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second), 'z'};
      const std::string document = "<a b=\"" + escape(text) + "\">" + escape(text) + "</a>";
      const auto elements = testing::parse_xml(document);
      EXPECT_TRUE(elements[0].text.ends_with("z")) << first << " " << second;
    }
  }
}

TEST(ReportText, RefusesOverlongAndSurrogateForms) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(escape("\xC0\xBC"), bad + bad);            // overlong '<'
  EXPECT_EQ(escape("\xE0\x80\xBC"), bad + bad + bad);  // overlong '<'
  EXPECT_EQ(escape("\xED\xA0\x80"), bad + bad + bad);  // a surrogate
  EXPECT_EQ(escape("\xF4\x90\x80\x80").size(), 12u);   // beyond U+10FFFF
  EXPECT_EQ(escape("\xE2\x82"), bad + bad);            // cut off
  EXPECT_EQ(escape("\xEF\xBF\xBF"), bad);              // U+FFFF, not a character of XML
  EXPECT_EQ(escape(std::string_view("a\0b\x1B", 4)), "a" + bad + "b" + bad);
}

TEST(ReportText, ShortensToTheWidth) {
  EXPECT_EQ(shorten("short", 10, 100), "short");
  const std::string cut = shorten(std::string(500, 'n'), 10, 100);
  EXPECT_TRUE(cut.ends_with("…"));
  EXPECT_LE(text_width(cut, 10), 100);
  EXPECT_GT(text_width(cut, 10), 80);
}

TEST(ReportText, WrapsAtSpacesAndStops) {
  EXPECT_TRUE(wrap("", 10, 100, 3).empty());
  EXPECT_TRUE(wrap("  \n ", 10, 100, 3).empty());
  const auto lines = wrap("the rate that is trained is the rate that is paid", 10, 100, 9);
  ASSERT_GT(lines.size(), 2u);
  std::string joined;
  for (const auto& line : lines) {
    EXPECT_LE(text_width(line, 10), 100);
    joined += (joined.empty() ? "" : " ") + line;
  }
  EXPECT_EQ(joined, "the rate that is trained is the rate that is paid");

  const auto cut = wrap(std::string(10000, 'x') + " y z " + std::string(100, 'w'), 10, 60, 2);
  ASSERT_EQ(cut.size(), 2u);
  EXPECT_TRUE(cut[0].ends_with("…"));
  EXPECT_LE(text_width(cut[0], 10), 60);
}

TEST(ReportText, Numbers) {
  EXPECT_EQ(number_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(std::nan("")), "no value");
  EXPECT_EQ(number_text(-INFINITY), "no value");
  EXPECT_EQ(count_text(7), "7");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(12345678), "12,345,678");
}

}  // namespace
}  // namespace venturi::report
