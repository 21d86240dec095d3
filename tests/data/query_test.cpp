#include "venturi/data/query.hpp"

#include "tests/testing.hpp"

namespace venturi::data {
namespace {

TEST(Query, Values) {
  const Query q("a=1.5&list=x,y%2Cz,&t=%26%25", {"a", "list", "t", "n"}, "test");
  EXPECT_EQ(q.number("a", 0, 0, 2), 1.5);
  EXPECT_EQ(q.integer("n", 7, 0, 9), 7);
  EXPECT_EQ(q.list("list"), (std::vector<std::string>{"x", "y,z"}));
  EXPECT_EQ(q.text("t"), "&%");
  EXPECT_EQ(q.text("n"), std::nullopt);
}

TEST(Query, Errors) {
  const auto make = [](std::string_view text) { return Query(text, {"target", "n"}, "test"); };
  EXPECT_ERROR(make("tarjet=1"), core::InvalidArgument, "did you mean 'target'?; known: target, n");
  EXPECT_ERROR(make("target"), core::InvalidArgument, "key=value");
  EXPECT_ERROR(make("n=1&n=2"), core::InvalidArgument, "twice");
  EXPECT_ERROR(make("n=%4").text("n"), core::InvalidArgument, "hexadecimal");
  EXPECT_ERROR(make("n=%+4").text("n"), core::InvalidArgument, "hexadecimal");
  EXPECT_ERROR(make("n=x").number("n", 0, 0, 1), core::InvalidArgument, "a number, got 'x'");
  EXPECT_ERROR(make("n=nan").number("n", 0, 0, 1), core::InvalidArgument, "in [0, 1]");
  EXPECT_ERROR(make("n=2").integer("n", 0, 0, 1), core::InvalidArgument, "in [0, 1], got 2");
}

}  // namespace
}  // namespace venturi::data
