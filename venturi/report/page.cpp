#include "venturi/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "venturi/core/record.hpp"
#include "venturi/report/colours.hpp"
#include "venturi/report/drawing.hpp"
#include "venturi/report/fields.hpp"
#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

// No script may run and nothing may be fetched, even if a text found a way through the escaping.
constexpr std::string_view kPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:#f6f8fa;color:#1f2328;font:15px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:48px;padding-bottom:8px}
h1{font-size:30px;line-height:1.2;font-weight:680;letter-spacing:-.015em;margin:0}
.subtitle{font-size:17px;color:#59636e;margin:8px 0 0;max-width:46em}
h2{font-size:20px;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:44px 0 12px;padding-top:20px;border-top:1px solid #d9dee3}
nav ol{display:flex;flex-wrap:wrap;gap:2px 32px;margin:16px 0 0;padding-left:20px;font-size:14px}
a{color:#0b6bb8}
main>h2:first-child{margin-top:20px;border-top:0;padding-top:0}
p{margin:0 0 12px;max-width:46em;overflow-wrap:anywhere}
.remark{color:#59636e;font-size:13px;margin-top:-6px;font-variant-numeric:tabular-nums}
.card,figure{background:#ffffff;border:1px solid #d9dee3;border-radius:10px;margin:16px 0}
.scroll{overflow-x:auto;width:fit-content;max-width:100%}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{caption-side:top;text-align:left;font-weight:600;padding:16px 20px 4px}
th,td{padding:8px 20px;text-align:left;vertical-align:baseline}
th{font-size:13px;font-weight:600;color:#59636e;border-bottom:1px solid #d9dee3;vertical-align:bottom}
td{border-bottom:1px solid #eceff2}
tbody tr:last-child td{border-bottom:0}
tbody tr:hover td{background:#f6f8fa}
.number{text-align:right;white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:16px;margin:16px 0}
figure{margin:16px 0;max-width:760px}
.plots figure{margin:0;max-width:none}
.vt{display:block;width:100%;height:auto}
details{padding:0}
summary{cursor:pointer;padding:12px 20px;font-weight:600}
pre{margin:0;padding:4px 20px 16px;overflow-x:auto;font:12.5px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
footer{margin-top:48px;padding-top:16px;padding-bottom:40px;color:#59636e;font-size:13px}
footer dl{display:flex;flex-wrap:wrap;gap:4px 28px;margin:0}
footer div{display:flex;gap:6px;min-width:0}
dt{font-weight:600}
dt::after{content:":"}
dd{margin:0;overflow-wrap:anywhere}
@media screen and (prefers-color-scheme:dark){
body{background:#0d1117;color:#e6edf3}
a{color:#58a6ff}
.subtitle,.remark,th,footer{color:#9aa4af}
h2,th{border-color:#30363d}
.card,figure{background:#161b22;border-color:#30363d}
td{border-color:#21262d}
tbody tr:hover td{background:#1c222b}
}
@media print{
@page{margin:16mm}
body{background:#fff;font-size:10.5pt}
main,header,footer{max-width:none;padding-left:0;padding-right:0}
header{padding-top:0}
figure,tr,.card{break-inside:avoid}
.plots{display:block}
figure,.plots figure{max-width:115mm;margin:0 0 5mm}
.scroll{overflow:visible}
th,td{padding:4px 8px}
h2{break-after:avoid}
details:not([open]){display:none}
}
)";

// Arrays of plain values on one line, everything else indented; O(values).
void print_json(const core::Json& value, std::size_t depth, std::string& out) {
  const auto plain = [](const core::Json& v) {
    return v.dump(-1, ' ', false, core::Json::error_handler_t::replace);
  };
  if (!value.is_structured() || value.empty()) {
    out += plain(value);
    return;
  }
  if (depth == kDeepest) {
    out += "...";
    return;
  }
  const bool object = value.is_object();
  const bool inline_array = !object && std::none_of(value.begin(), value.end(), [](const auto& e) {
    return e.is_structured();
  });
  const std::string indent = inline_array ? "" : "\n" + std::string(2 * depth + 2, ' ');
  out += object ? "{" : "[";
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += inline_array ? ", " : ",";
    first = false;
    out += indent;
    if (object) out += plain(item.key()) + ": ";
    print_json(item.value(), depth + 1, out);
  }
  if (!inline_array) out += "\n" + std::string(2 * depth, ' ');
  out += object ? "}" : "]";
}

// Alone a figure has a page's width, beside others half of it; drawn at that size, its letters have
// the size of the page's.
constexpr Size kWide = {760, 430};
constexpr Size kNarrow = {528, 380};

// A page of fewer sections is seen at a glance.
constexpr std::size_t kContentsFrom = 4;

std::string figure(const std::string& svg) { return "<figure>" + svg + "</figure>\n"; }

std::string fact_text(const core::Json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  print_json(value, 0, text);
  return text;
}

}  // namespace

Page::Page(std::string title, std::string subtitle)
    : title_(std::move(title)),
      subtitle_(std::move(subtitle)),
      time_(core::timestamp_utc()),
      facts_(core::machine_facts()) {
  facts_.update(core::build_facts());
}

void Page::add_block(std::string html) { parts_.push_back({std::move(html), ""}); }

void Page::add_heading(std::string_view text) {
  headings_.push_back(escape(text));
  add_block(fmt::format("<h2 id=\"s{}\">{}</h2>\n", headings_.size(), headings_.back()));
}

void Page::add_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    const std::string paragraph = escape(text.substr(at, end - at));
    if (!paragraph.empty()) add_block("<p>" + paragraph + "</p>\n");
    at = end + 2;
  }
}

void Page::add_table(const core::Table& table, std::string_view title) {
  const std::size_t columns = table.columns().size();
  std::vector<const char*> css(columns, "");
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t r = 0; r < table.rows(); ++r) {
      if (table.cell(r, c).is_number()) css[c] = " class=\"number\"";
    }
  }
  std::string html = "<div class=\"card scroll\"><table>";
  if (!title.empty()) html += "<caption>" + escape(title) + "</caption>";
  html += "\n<thead><tr>";
  for (std::size_t c = 0; c < columns; ++c) {
    html += fmt::format("<th scope=\"col\"{}>{}</th>", css[c], escape(table.columns()[c].title));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < table.rows(); ++r) {
    html += "<tr>";
    for (std::size_t c = 0; c < columns; ++c) {
      html += fmt::format("<td{}>{}</td>", css[c], escape(table.cell_text(r, c)));
    }
    html += "</tr>\n";
  }
  add_block(html + "</tbody></table></div>\n");
}

void Page::add_plot(const Plot& plot) {
  parts_.push_back(
      {figure(draw(plot, kWide, Form::kInline)), figure(draw(plot, kNarrow, Form::kInline))});
}

void Page::add_heat_map(const HeatMap& map) {
  parts_.push_back(
      {figure(draw(map, kWide, Form::kInline)), figure(draw(map, kNarrow, Form::kInline))});
}

void Page::add_network(const NetworkPicture& picture) {
  add_block(figure(draw(picture, Form::kInline)));
}

void Page::add_remark(std::string_view text) {
  add_block("<p class=\"remark\">" + escape(text) + "</p>\n");
}

void Page::add_json(std::string_view title, const core::Json& json) {
  std::string text;
  print_json(json, 0, text);
  add_block("<details class=\"card\"><summary>" + escape(title) + "</summary><pre>" + escape(text) +
            "</pre></details>\n");
}

void Page::set_origin(std::string time, core::Json facts) {
  time_ = std::move(time);
  facts_ = std::move(facts);
}

std::string Page::html() const {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n";
  out += "<meta charset=\"utf-8\"/>\n";
  out += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\"/>\n",
                     escape(kPolicy));
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  out += "<link rel=\"icon\" href=\"data:,\"/>\n";
  const std::string styles =
      std::string(drawing_style()) + colour_style(false) + colour_style(true);
  out += fmt::format("<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n", escape(title_),
                     kStyle, styles);
  out += "<header><h1>" + escape(title_) + "</h1>";
  if (!subtitle_.empty()) out += "<p class=\"subtitle\">" + escape(subtitle_) + "</p>";
  out += "</header>\n<main>\n";
  if (headings_.size() >= kContentsFrom) {
    out += "<nav><ol>";
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      out += fmt::format("<li><a href=\"#s{}\">{}</a></li>", i + 1, headings_[i]);
    }
    out += "</ol></nav>\n";
  }
  for (std::size_t i = 0; i < parts_.size();) {
    std::size_t end = i;
    while (end < parts_.size() && !parts_[end].narrow.empty()) ++end;
    if (end - i <= 1) {
      out += parts_[i++].html;
      continue;
    }
    out += "<div class=\"plots\">\n";
    for (; i < end; ++i) out += parts_[i].narrow;
    out += "</div>\n";
  }
  out += "</main>\n<footer><dl><div><dt>made</dt><dd>" + escape(time_) + "</dd></div>";
  if (facts_.is_object()) {
    for (const auto& fact : facts_.items()) {
      out += "<div><dt>" + escape(fact.key()) + "</dt><dd>" + escape(fact_text(fact.value())) +
             "</dd></div>";
    }
  }
  return out + "</dl></footer>\n</body>\n</html>\n";
}

}  // namespace venturi::report
