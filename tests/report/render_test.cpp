#include "venturi/report/render.hpp"

#include <cmath>
#include <set>

#include "tests/report/sample.hpp"
#include "tests/report/xml.hpp"
#include "tests/testing.hpp"

namespace venturi::report {
namespace {

using core::DataError;
using core::Json;
using testing::all_text;
using testing::count_class;
using testing::count_name;
using testing::parse_xml;

Json parse(const char* text) { return Json::parse(text); }

TEST(ReportJson, PlotsComeBackAsTheyWere) {
  for (const Plot& plot : {testing::sample_curve(), testing::sample_plane(),
                           testing::sample_training(), testing::sample_cloud(), Plot{}}) {
    const Json json = to_json(plot);
    const Plot back = plot_from_json(Json::parse(json.dump()));
    EXPECT_EQ(to_json(back), json);
    EXPECT_EQ(to_svg(back), to_svg(plot));
  }
  for (const HeatMap& map : {testing::sample_confusion(), testing::sample_correlation()}) {
    const HeatMap back = heat_map_from_json(Json::parse(to_json(map).dump()));
    EXPECT_EQ(to_svg(back), to_svg(map));
  }
}

TEST(ReportJson, NotFiniteIsNull) {
  Plot plot;
  plot.series = {{.name = "a", .x = {1, 2}, .y = {NAN, INFINITY}}};
  const Json json = to_json(plot);
  EXPECT_TRUE(json["series"][0]["y"][0].is_null());
  EXPECT_TRUE(json["series"][0]["y"][1].is_null());
  EXPECT_TRUE(std::isnan(plot_from_json(json).series[0].y[1]));
}

TEST(ReportJson, BadPlotsNameTheField) {
  const auto from = [](const char* text) { return plot_from_json(parse(text)); };
  EXPECT_ERROR(from("[]"), DataError, "plot: expected an object, got an array of 0");
  EXPECT_ERROR(from("3"), DataError, "plot: expected an object, got 3");
  EXPECT_ERROR(from(R"({"titel":"x"})"), DataError, "unknown field 'titel'");
  EXPECT_ERROR(from(R"({"title":3})"), DataError, "plot.title: expected a text, got 3");
  EXPECT_ERROR(from(R"({"x":{"log":1}})"), DataError, "plot.x.log: expected true or false");
  EXPECT_ERROR(from(R"({"x":{"min":"a"}})"), DataError, "plot.x.min: expected a finite number");
  EXPECT_ERROR(from(R"({"y":{"min":2,"max":1}})"), DataError, "min < max");
  EXPECT_ERROR(from(R"({"y":{"log":true,"min":0}})"), DataError, "above 0");
  EXPECT_ERROR(from(R"({"series":{}})"), DataError, "plot.series: expected an array");
  EXPECT_ERROR(from(R"({"series":[1]})"), DataError, "plot.series[0]: expected an object");
  EXPECT_ERROR(from(R"({"series":[{"style":"dots"}]})"), DataError,
               "plot.series[0].style: expected line, points or line+points");
  EXPECT_ERROR(from(R"({"series":[{},{"x":[1,"2"],"y":[1,2]}]})"), DataError,
               "plot.series[1].x[1]: expected a number or null, got \"2\"");
  EXPECT_ERROR(from(R"({"series":[{"x":[1,2],"y":[1]}]})"), DataError,
               "series[0].y (n = 2), got 1");
  EXPECT_ERROR(from(R"({"series":[{"x":[1],"y":[1],"tips":[1]}]})"), DataError,
               "plot.series[0].tips[0]: expected a text");
  EXPECT_ERROR(from(R"({"lines":[{"label":"a"}]})"), DataError,
               "plot.lines[0]: expected a field 'at'");
  EXPECT_ERROR(from(R"({"lines":[{"at":null}]})"), DataError, "plot.lines[0].at");
}

TEST(ReportJson, BadHeatMapsNameTheField) {
  const auto from = [](const char* text) { return heat_map_from_json(parse(text)); };
  EXPECT_ERROR(from(R"({"rows":["a"],"columns":["b"],"values":[[1,2]]})"), DataError,
               "heat_map.values[0]: expected 1 numbers");
  EXPECT_ERROR(from(R"({"rows":["a"],"columns":["b"]})"), DataError, "r*c = 1*1");
  EXPECT_ERROR(from(R"({"rows":[1]})"), DataError, "heat_map.rows[0]: expected a text");
  EXPECT_ERROR(from(R"({"diverging":true,"scale":{"log":true}})"), DataError, "diverging");
}

TEST(ReportJson, TablesBothWays) {
  core::Table table({{"a", "A", "{:.1f} %"}, {"b", "B", ""}});
  table.add_row({1.25, "x"});
  table.add_row({nullptr, 7});
  const core::Table back = table_from_json(Json::parse(to_json(table, "T").dump()));
  EXPECT_EQ(back.text(), table.text());
  const core::Table rows =
      table_from_json(parse(R"({"columns":[{"key":"a","title":"A","form":"{:.1f} %"},{"key":"b"}],
                "rows":[[1.25,"x"],{"b":7}]})"));
  EXPECT_EQ(rows.cell_text(0, 0), "1.2 %");
  EXPECT_EQ(rows.cell_text(1, 0), "-");
  EXPECT_EQ(rows.columns()[1].title, "b");
}

TEST(ReportJson, BadTablesNameTheField) {
  const auto from = [](const char* text) { return table_from_json(parse(text)); };
  EXPECT_ERROR(from(R"({"columns":[{"key":"a"}],"rows":[[1,2]]})"), DataError,
               "table.rows[0]: expected 1 cells");
  EXPECT_ERROR(from(R"({"columns":[{"key":"a"}],"rows":[{"a":[1]}]})"), DataError,
               "table.rows[0].a: expected a number");
  EXPECT_ERROR(from(R"({"columns":[{"key":"a"}],"rows":[3]})"), DataError, "table.rows[0]");
  EXPECT_ERROR(from(R"({"columns":[{"key":1}]})"), DataError, "table.columns[0].key");
}

TEST(ReportJson, FormsThatAreNoNumberFormatAreRefused) {
  for (const char* form : {"{", "}", "{}{}", "no field", "{:999999999}", "{:.999999999f}", "{:d}",
                           "{:{}}", "{0:s}", "{:>9}", "{:a}", "{{}}", "}{", "{:.f}", "{:%}"}) {
    Json json = parse(R"({"columns":[{"key":"a"}],"rows":[[1.5]]})");
    json["columns"][0]["form"] = form;
    EXPECT_ERROR(table_from_json(json), DataError, "table.columns[0].form");
  }
  for (const char* form : {"", "{}", "{:.2f}", "{:+8.3g}", "{:e}", "{:.1f} %", "about {:g}"}) {
    Json json = parse(R"({"columns":[{"key":"a"}],"rows":[[1.5]]})");
    json["columns"][0]["form"] = form;
    EXPECT_NO_THROW(table_from_json(json).text()) << form;
  }
}

TEST(ReportPage, IsWellFormedAndAsksNothingOfTheNetwork) {
  const std::string html = render_records({testing::sample_record()}, "T & <t>").html();
  const auto elements = parse_xml(html);
  EXPECT_EQ(count_name(elements, "figure"), 6u);
  EXPECT_EQ(count_name(elements, "table"), 2u);
  EXPECT_EQ(count_name(elements, "details"), 1u);
  EXPECT_EQ(count_name(elements, "script"), 0u);
  for (const auto& element : elements) {
    for (const auto& [name, value] : element.attributes) {
      if (name == "src" || name == "href") {
        EXPECT_TRUE(value.starts_with("data:") || value.starts_with("#")) << value;
      }
      EXPECT_FALSE(name.starts_with("on")) << name;
    }
    EXPECT_EQ(element.text.find("url("), std::string::npos);
    EXPECT_EQ(element.text.find("@import"), std::string::npos);
  }
  // Marks of the three series of the first plot, 9 points each.
  const auto curve = parse_xml(to_svg(testing::sample_curve()));
  EXPECT_EQ(count_class(curve, "vt-mark"), 27u);
  const std::string text = all_text(elements);
  for (const char* part : {"T & <t>", "seed 1", "bits/image (on disk)", "6272.00", "beta = 0.01",
                           "processor", "venturi", "4, shown above"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(ReportPage, HostileTextsStayText) {
  const std::string evil = "<script>alert(1)</script><img src=x onerror=y>&\"'\xFF\x02";
  Page page(evil, evil);
  page.add_heading(evil);
  page.add_text(evil + "\n\n" + evil);
  page.add_remark(evil);
  core::Table table({{evil, evil, ""}});
  table.add_row({evil});
  page.add_table(table, evil);
  page.add_json(evil, {{evil, evil}});
  page.set_origin(evil, {{evil, {evil, 1}}});
  const auto elements = parse_xml(page.html());
  EXPECT_EQ(count_name(elements, "script"), 0u);
  EXPECT_EQ(count_name(elements, "img"), 0u);
  EXPECT_EQ(count_name(elements, "p"), 4u);  // subtitle, two paragraphs, remark
}

TEST(ReportPage, EmptyPageAndEmptyTable) {
  Page page("t");
  page.add_text("");
  page.add_table(core::Table({}));
  EXPECT_GT(parse_xml(page.html()).size(), 5u);
  EXPECT_NE(all_text(parse_xml(render_records({}).html())).find("No records."), std::string::npos);
}

TEST(ReportPage, DeepJsonIsPrintedToItsLimit) {
  Json deep = 1;
  for (int i = 0; i < 200; ++i) deep = Json::array({deep});
  Page page("t");
  page.add_json("deep", deep);
  EXPECT_NE(all_text(parse_xml(page.html())).find("..."), std::string::npos);
}

TEST(ReportRender, BadRecordsNameRecordAndField) {
  const auto render = [](const char* second) {
    return render_records({testing::sample_record(), parse(second)});
  };
  EXPECT_ERROR(render("[1]"), DataError, "record 2: expected an object");
  EXPECT_ERROR(render(R"({"command":1})"), DataError, "record 2.command: expected a text");
  EXPECT_ERROR(render(R"({"results":[]})"), DataError, "record 2.results: expected an object");
  EXPECT_ERROR(render(R"({"results":{"plots":{}}})"), DataError,
               "record 2.results.plots: expected an array");
  EXPECT_ERROR(render(R"({"results":{"plots":[{},{"x":{"log":0}}]}})"), DataError,
               "record 2.results.plots[1].x.log");
  EXPECT_ERROR(render(R"({"results":{"plots":[{"series":[{"x":[1],"y":[]}]}]}})"), DataError,
               "[record 2.results.plots[0]] expected series[0].y");
  EXPECT_ERROR(render(R"({"results":{"tables":[{"columns":[{"key":"a","form":"{:9999999}"}]}]}})"),
               DataError, "record 2.results.tables[0].columns[0].form");
  EXPECT_ERROR(render(R"({"results":{"heat_maps":[{"rows":3}]}})"), DataError,
               "record 2.results.heat_maps[0].rows");
  EXPECT_ERROR(render(R"({"results":{"notes":[1]}})"), DataError, "record 2.results.notes[0]");
  EXPECT_NO_THROW(render("{}"));
  EXPECT_ERROR(render(R"({"results":null})"), DataError, "record 2.results: expected an object");
}

TEST(ReportRender, DeeplyNestedRecordsAreRefused) {
  const venturi::testing::TempFolder folder;
  const std::size_t depth = 200000;
  core::write_file(folder / "r.jsonl", "{\"results\":{\"a\":" + std::string(depth, '[') +
                                           std::string(depth, ']') + "}}\n");
  const auto records = core::read_records(folder / "r.jsonl");
  EXPECT_ERROR(render_records(records), DataError, "record 1: nested deeper than 64");
}

TEST(ReportRender, RecordsOfAFileBecomeSections) {
  const venturi::testing::TempFolder folder;
  core::Record record{.command = "measure", .seed = 3, .seconds = 1};
  record.results = {{"bits", 1.5}, {"nested", {{"a", 1}}}};
  core::append_record(folder / "r.jsonl", record);
  record.command = "train";
  core::append_record(folder / "r.jsonl", record);
  const auto elements = parse_xml(render_records(core::read_records(folder / "r.jsonl")).html());
  EXPECT_EQ(count_name(elements, "h2"), 2u);
  EXPECT_EQ(count_name(elements, "details"), 2u);
  EXPECT_NE(all_text(elements).find("measure"), std::string::npos);
}

TEST(ReportRender, ManyRecordsAreListed) {
  const std::vector<Json> three(3, parse(R"({"command":"<train>"})"));
  EXPECT_EQ(count_name(parse_xml(render_records(three).html()), "nav"), 0u);
  const std::vector<Json> five(5, three[0]);
  const auto elements = parse_xml(render_records(five).html());
  std::set<std::string> targets;
  std::set<std::string> ids;
  for (const auto& element : elements) {
    if (element.name == "a") targets.insert(element.attributes.at("href").substr(1));
    if (element.name == "h2") ids.insert(element.attributes.at("id"));
  }
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ(targets, ids);
}

// Any byte of a record may be wrong: the outcome is a page or a DataError.
TEST(ReportRender, DamagedRecordsGiveAPageOrADataError) {
  Plot plot{.title = "t", .x = {.label = "x", .log = true}, .y = {.min = 0.5}};
  plot.series = {
      {.name = "a", .x = {1, 2, 3}, .y = {2, 3, 4}, .y_low = {1, 2, 3}, .y_high = {3, 4, 5}}};
  plot.lines = {{false, 2, "two"}};
  const HeatMap map{.rows = {"r", "s"}, .columns = {"c"}, .values = {1, -1}, .diverging = true};
  core::Table table({{"a", "A", "{:.2f}"}});
  table.add_row({1.5});
  core::Record record{.command = "train"};
  record.results = {{"notes", {"n"}},
                    {"tables", Json::array({to_json(table, "T")})},
                    {"plots", Json::array({to_json(plot)})},
                    {"heat_maps", Json::array({to_json(map)})}};
  Json slim = record.json();
  slim.erase("machine");
  slim.erase("versions");
  const std::string whole = slim.dump();

  core::Random random(core::Key(11));
  constexpr std::string_view kBytes = "0123456789eE+-.,:\"{}[]<>&nulltrue ";
  std::size_t pages = 0;
  std::size_t refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = whole;
    const std::size_t at = random.below(text.size());
    switch (random.below(4)) {
      case 0:
        text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text[at] = kBytes[random.below(kBytes.size())];
        break;
      case 2:
        text.erase(at, 1 + random.below(8));
        break;
      default:
        text.insert(at, 1, kBytes[random.below(kBytes.size())]);
    }
    const Json damaged = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    try {
      const std::string html = render_records({damaged}).html();
      parse_xml(html);
      ++pages;
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(pages, 100u);
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace venturi::report
