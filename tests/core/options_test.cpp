#include "venturi/core/options.hpp"

#include "tests/testing.hpp"

namespace venturi::core {
namespace {

struct Sample {
  int k = 3;
  double beta = 0.5;
  bool fast = true;
  std::string mode = "plain";
  std::vector<double> betas = {1, 2};
  std::uint64_t seed = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("k", self.k, "neighbours", at_least(1));
    visit("beta", self.beta, "weight", above(0));
    visit("fast", self.fast, "speed");
    visit("mode", self.mode, "how", one_of({"plain", "fancy"}));
    visit("betas", self.betas, "weights", between(0, 10));
    visit("seed", self.seed, "seed");
  }
};

TEST(Options, RoundTrip) {
  Sample a;
  a.k = 9;
  a.mode = "fancy";
  a.betas = {0.25};
  a.seed = ~std::uint64_t{0};
  Sample b;
  options_from_json(b, options_to_json(a), "test");
  EXPECT_EQ(options_to_json(b), options_to_json(a));
  EXPECT_EQ(b.seed, ~std::uint64_t{0});
}

TEST(Options, TomlGivesTheSame) {
  Sample s;
  options_from_json(s, parse_toml("k = 4\nbeta = 2\nfast = false\nbetas = [1, 2.5]\n", "x.toml"),
                    "test");
  EXPECT_EQ(s.k, 4);
  EXPECT_EQ(s.beta, 2.0);
  EXPECT_FALSE(s.fast);
  EXPECT_EQ(s.betas, (std::vector<double>{1, 2.5}));
  EXPECT_ERROR(parse_toml("k = = 3", "x.toml"), DataError, "x.toml:1:");
  EXPECT_ERROR(parse_toml("day = 2020-01-01", "x.toml"), DataError, "x.toml:1");
}

TEST(Options, WrongInputIsNamed) {
  Sample s;
  EXPECT_ERROR(options_from_json(s, Json{{"kk", 1}}, "room.f"), InvalidArgument,
               "[room.f] unknown option 'kk'; did you mean 'k'?");
  EXPECT_ERROR(options_from_json(s, Json{{"k", 0}}, "room.f"), InvalidArgument,
               "expected k >= 1, got 0");
  EXPECT_ERROR(options_from_json(s, Json{{"k", 1.5}}, "room.f"), InvalidArgument,
               "to be of type integer, got 1.5");
  EXPECT_ERROR(options_from_json(s, Json{{"k", 5000000000}}, "room.f"), InvalidArgument, "integer");
  EXPECT_ERROR(options_from_json(s, Json{{"beta", 0}}, "room.f"), InvalidArgument, "> 0");
  EXPECT_ERROR(options_from_json(s, Json{{"mode", "odd"}}, "room.f"), InvalidArgument,
               "one of plain, fancy");
  EXPECT_ERROR(options_from_json(s, Json{{"betas", {1, 11}}}, "room.f"), InvalidArgument, "11");
  EXPECT_ERROR(options_from_json(s, Json{{"seed", -1}}, "room.f"), InvalidArgument, "integer");
  EXPECT_ERROR(options_from_json(s, Json::array(), "room.f"), InvalidArgument, "object");
  s.beta = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERROR(check_options(s, "room.f"), InvalidArgument, "beta");
}

TEST(Options, Description) {
  const auto fields = describe_options<Sample>();
  ASSERT_EQ(fields.size(), 6U);
  EXPECT_EQ(fields[0].type, "integer");
  EXPECT_EQ(fields[0].preset, "3");
  EXPECT_EQ(fields[1].limits.text(), "> 0");
}

}  // namespace
}  // namespace venturi::core
