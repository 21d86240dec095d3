#include "venturi/data/columns.hpp"

#include <cstring>

#include "tests/testing.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::data {
namespace {

class ColumnsTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view text) {
    core::write_file(folder_ / name, text);
    return (folder_ / name).string();
  }
  testing::TempFolder folder_;
};

TEST_F(ColumnsTest, OfATable) {
  const std::string file = write("t.csv", "a,kind,\"b,c\"\n1,cat,0.1\n2,ant,0.2\n3,cat,16777217\n");
  const Columns all = read_columns(file);
  EXPECT_EQ(all.names, (std::vector<std::string>{"a", "kind", "b,c"}));
  EXPECT_EQ(all.text, (std::vector<bool>{false, true, false}));
  core::Matrix expected(3, 3);
  expected << 1, 1, 0.1, 2, 0, 0.2, 3, 1, 16777217;  // exact: no detour through float
  EXPECT_EQ(all.values, expected);
  const Columns some = read_columns(file + "#b%2Cc,a");
  EXPECT_EQ(some.names, (std::vector<std::string>{"b,c", "a"}));
  EXPECT_EQ(some.values.col(1), expected.col(0));
  EXPECT_EQ(all.column(1).values, expected.col(1));
  EXPECT_TRUE(all.column(1).text[0]);
}

TEST_F(ColumnsTest, OfAnArray) {
  const std::vector<double> values = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  Array array{.element = Element::kF64, .shape = {3, 2}, .bytes = std::vector<std::byte>(48)};
  std::memcpy(array.bytes.data(), values.data(), 48);
  write_npy(folder_ / "x.npy", array);
  const Columns x = read_columns((folder_ / "x.npy").string());
  EXPECT_EQ(x.names, (std::vector<std::string>{"x[0]", "x[1]"}));
  EXPECT_EQ(x.values(2, 0), 0.5);
  EXPECT_ERROR(read_columns((folder_ / "x.npy").string() + "#a"), core::InvalidArgument,
               "no column names");
}

TEST_F(ColumnsTest, RefusesWhatItCannotRead) {
  const std::string file = write("t.csv", "alpha,b\n1,2\n3,NA\n");
  EXPECT_ERROR(read_columns(file), core::DataError, "line 3, column 'b': a missing value ('NA')");
  EXPECT_NO_THROW(read_columns(file + "#alpha"));
  EXPECT_ERROR(read_columns(file + "#alfa"), core::InvalidArgument, "did you mean 'alpha'");
  EXPECT_ERROR(read_columns((folder_ / "none.csv").string()), core::DataError, "none.csv");
  EXPECT_ERROR(read_columns(write("u.csv", "a,a\n1,2\n") + "#a"), core::DataError, "two columns");
}

}  // namespace
}  // namespace venturi::data
