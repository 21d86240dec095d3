#include "venturi/data/csv.hpp"

#include "tests/testing.hpp"
#include "venturi/data/load.hpp"

namespace venturi::data {
namespace {

using Texts = std::vector<std::string>;

TEST(Csv, DelimitersAndHeaders) {
  for (const char* text :
       {"a,b\n1,2\n3,4\n", "a;b\r\n1;2\r\n3;4", "a\tb\n1\t2\n3\t4\n\n", "a|b\n1|2\n\n3|4\n",
        "a b\n 1  2 \n3 \t 4\n", "\xEF\xBB\xBF\x61,b\n1,2\n3,4"}) {
    const CsvTable table = parse_csv(text);
    EXPECT_EQ(table.names, (Texts{"a", "b"})) << text;
    EXPECT_EQ(table.cells, (Texts{"1", "2", "3", "4"})) << text;
  }
  EXPECT_EQ(parse_csv("1,2\n3,4\n").names, (Texts{"1", "2"}));
  EXPECT_EQ(parse_csv("5.1,3.5,setosa\n4.9,3.0,setosa\n").rows(), 2U);
  EXPECT_EQ(parse_csv("1\n2\n3").rows(), 3U);
  EXPECT_EQ(parse_csv("price\n2\n\n3").lines, (std::vector<std::size_t>{2, 4}));
  EXPECT_EQ(parse_csv("1.5 a;2\n2.5 b;3\n").columns(), 2U);  // semicolons before blanks
  EXPECT_EQ(parse_csv("2019,2020\n1,2\n", {.header = true}).names, (Texts{"2019", "2020"}));
  EXPECT_EQ(parse_csv("a,b\nc,d\n", {.header = false}).rows(), 2U);
  EXPECT_EQ(parse_csv("a title\na,b\n1,2\n", {.skip = 1}).lines, (std::vector<std::size_t>{3}));
}

TEST(Csv, Quotes) {
  const CsvTable table = parse_csv("name,n\n\"a,\"\"b\"\"\nc\",1\r\n\"\",\"2\"\r\nd,3\r");
  EXPECT_EQ(table.cells, (Texts{"a,\"b\"\nc", "1", "", "2", "d", "3"}));
  EXPECT_EQ(table.lines, (std::vector<std::size_t>{2, 4, 5}));
  EXPECT_ERROR(parse_csv("a,b\n1,\"2\n3,4\n"), core::DataError, "line 2: a quote without end");
  EXPECT_ERROR(parse_csv("a,b\n1,\"2\"x\n"), core::DataError, "line 2: text behind");
}

TEST(Csv, BrokenTables) {
  EXPECT_ERROR(parse_csv("a,b\n1,2\n\n3\n"), core::DataError, "line 4: expected 2 cells, got 1");
  EXPECT_ERROR(parse_csv("a,b\n1,2,3\n"), core::DataError, "line 2: expected 2 cells, got 3");
  EXPECT_ERROR(parse_csv(""), core::DataError, "expected rows");
  EXPECT_ERROR(parse_csv("\n \n"), core::DataError, "expected rows");
  EXPECT_ERROR(parse_csv("a,b\n"), core::DataError, "expected rows");
  EXPECT_ERROR(parse_csv("x", {.skip = 3}), core::DataError, "expected rows");
}

TEST(Csv, Cells) {
  EXPECT_EQ(parse_cell(" +1.5e3 "), 1500.0);
  EXPECT_EQ(parse_cell("-2"), -2.0);
  for (const char* text : {"", "+", "+-1", "1x", "0x10", "1,5", "1e999", "--1"}) {
    EXPECT_EQ(parse_cell(text), std::nullopt) << text;
  }
  EXPECT_TRUE(is_missing(" NA "));
  EXPECT_FALSE(is_missing("0"));
}

Dataset read(std::string_view text, const CsvOptions& options) {
  Dataset out = dataset_from_csv(parse_csv(text, options), "t", options);
  out.check("test");
  return out;
}

constexpr const char* kHouses = "rooms,near,price\n3,SEA,10.5\n2,BAY,7\n4,SEA,12\n";

TEST(Csv, OneHotAndRegression) {
  const Dataset d = read(kHouses, {.targets = {"price"}, .onehot = {"near"}});
  EXPECT_EQ(d.feature_names, (Texts{"rooms", "near=BAY", "near=SEA"}));
  core::MatrixF expected(3, 3);
  expected << 3, 0, 1, 2, 1, 0, 4, 0, 1;
  EXPECT_EQ(d.x, expected);
  EXPECT_EQ(d.task, Task::kRegression);
  EXPECT_EQ(d.y(0, 0), 10.5F);
  EXPECT_EQ(d.shape, (std::vector<std::int64_t>{3}));

  const Dataset two = read(kHouses, {.targets = {"price", "rooms"}, .onehot = {"near"}});
  EXPECT_EQ(two.y.cols(), 2);
  EXPECT_EQ(two.x.cols(), 2);
  EXPECT_EQ(read(kHouses, {.ignore = {"near"}}).task, Task::kNone);
}

TEST(Csv, Classes) {
  const Dataset text = read("x,y\n1,b\n2,a\n3,b\n", {.targets = {"y"}});
  EXPECT_EQ(text.task, Task::kClasses);
  EXPECT_EQ(text.class_names, (Texts{"a", "b"}));
  EXPECT_EQ(text.labels, (std::vector<std::int32_t>{1, 0, 1}));
  // Sorted as numbers, "3" and "3.0" one class.
  const Dataset few = read("x,y\n1,10\n2,3\n3,3.0\n4,10\n", {.targets = {"y"}});
  EXPECT_EQ(few.class_names, (Texts{"3", "10"}));
  EXPECT_EQ(few.labels, (std::vector<std::int32_t>{1, 0, 0, 1}));
  const char* distinct = "x,y\n1,10\n2,3\n3,4\n";
  EXPECT_EQ(read(distinct, {.targets = {"y"}}).task, Task::kRegression);
  EXPECT_EQ(read(distinct, {.targets = {"y"}, .task = Task::kClasses}).classes, 3);
  EXPECT_EQ(read("x,y\n1,1\n2,1\n", {.targets = {"y"}, .task = Task::kRegression}).task,
            Task::kRegression);
}

TEST(Csv, MissingValues) {
  const char* holes = "a,b,y\n1,NA,1\n2,4,0\n3,8,1\n4,,0\n5,6,\n";
  EXPECT_ERROR(read(holes, {.targets = {"y"}}), core::DataError, "line 2, column 'b'");
  const Dataset dropped = read(holes, {.targets = {"y"}, .missing = Missing::kDrop});
  EXPECT_EQ(dropped.size(), 2);
  EXPECT_EQ(dropped.x(1, 1), 8.0F);
  EXPECT_ERROR(read(holes, {.targets = {"y"}, .missing = Missing::kMean}), core::DataError,
               "line 6, column 'y'");
  const Dataset mean = read(holes, {.ignore = {"y"}, .missing = Missing::kMean});
  EXPECT_EQ(mean.size(), 5);
  EXPECT_EQ(mean.x(0, 1), 6.0F);
  EXPECT_EQ(mean.x(3, 1), 6.0F);
  EXPECT_ERROR(read("a,b\n1,?\n2,?\n", {.missing = Missing::kMean}), core::DataError, "no value");
  EXPECT_ERROR(read("a,b\n1,?\n2,?\n", {.missing = Missing::kDrop}), core::DataError, "every row");
}

TEST(Csv, ColumnErrors) {
  EXPECT_ERROR(read(kHouses, {.targets = {"prize"}}), core::InvalidArgument,
               "did you mean 'price'?; known: rooms, near, price");
  EXPECT_ERROR(
      read(kHouses, {}), core::DataError,
      "line 2, column 'near': expected a number, got 'SEA'; a column of text needs onehot=");
  EXPECT_ERROR(read(kHouses, {.targets = {"near"}, .ignore = {"near"}}), core::InvalidArgument,
               "named twice");
  EXPECT_ERROR(read(kHouses, {.targets = {"near"}, .task = Task::kRegression}), core::DataError,
               "line 2, column 'near'");
  EXPECT_ERROR(read(kHouses, {.ignore = {"near", "rooms", "price"}}), core::DataError,
               "no column is left");
  EXPECT_ERROR(read("a,a\n1,2\n", {.targets = {"a"}}), core::DataError, "two columns");
  EXPECT_ERROR(read("a,b\n1,1e40\n", {}), core::DataError, "line 2, column 'b': 1e40");
  EXPECT_ERROR(read("a,b\n1,inf\n", {}), core::DataError, "line 2, column 'b': inf");
}

TEST(Load, Csv) {
  const testing::TempFolder folder;
  const std::string path = (folder / "houses.csv").string();
  core::write_file(path, kHouses);
  const DataPair pair = load(path + "#target=price&onehot=near");
  EXPECT_EQ(pair.train.name, "houses.csv");
  EXPECT_EQ(pair.train.x.cols(), 3);
  EXPECT_EQ(load("csv:" + path + "#target=price&ignore=near&task=classes").train.classes, 3);
  EXPECT_ERROR(load(path + "#tarjet=price"), core::InvalidArgument, "did you mean 'target'");
  EXPECT_ERROR(load(path + "#missing=guess"), core::InvalidArgument, "refuse, drop, mean");
  EXPECT_ERROR(load(path), core::DataError, "houses.csv");
}

TEST(Load, SharedTables) {
  REQUIRE_SHARED_DATA(uci, "uci");
  const auto at = [&](const char* rest) { return load((uci / rest).string()).train; };
  const Dataset boston = at("bostonHousing/data.txt.xz#target=14");
  EXPECT_EQ(boston.size(), 506);
  EXPECT_EQ(boston.x.cols(), 13);
  EXPECT_EQ(boston.y(0, 0), 24.0F);
  EXPECT_EQ(at("wine-quality-red/data.txt.xz#target=12").class_names,
            (Texts{"3", "4", "5", "6", "7", "8"}));
  const char* california =
      "california-housing/housing.csv.xz#target=median_house_value"
      "&onehot=ocean_proximity";
  EXPECT_ERROR(at(california), core::DataError, "column 'total_bedrooms': a missing value");
  EXPECT_EQ(at((std::string(california) + "&missing=drop").c_str()).size(), 20433);
  EXPECT_EQ(at((std::string(california) + "&missing=mean").c_str()).x.cols(), 8 + 5);
  const Dataset beijing =
      at("beijing-pm25/PRSA_data_2010.1.1-2014.12.31.csv.xz#skip=1"
         "&target=pm2.5&onehot=cbwd&ignore=No&missing=drop");
  EXPECT_EQ(beijing.size(), 43824 - 2067);
  EXPECT_EQ(at("bike-sharing/hour.csv.xz#target=cnt&ignore=dteday").size(), 17379);
  EXPECT_EQ(at("appliances-energy/energydata_complete.csv.xz#target=Appliances&ignore=date").size(),
            19735);
}

}  // namespace
}  // namespace venturi::data
