#include "venturi/allocate/members.hpp"

#include "tests/allocate/random_parts.hpp"
#include "tests/testing.hpp"

namespace venturi::allocate {
namespace {

Allocation run(std::string_view name, const Problem& problem,
               const core::Json& options = core::Json::object()) {
  return core::find_member(members(), name, "allocate").make(problem, options);
}

TEST(Members, EachSpendsItsBudget) {
  core::Random random{core::Key(1)};
  const auto parts = random_parts(Shape::rough, 5, 5, random);
  const std::int64_t budget = (least_bits(parts) + most_bits(parts)) / 2;
  const double best = least_distortion(parts, budget);
  for (const auto& member : members()) {
    Problem problem{parts, budget, {}, {}};
    core::Json options = core::Json::object();
    if (member.name == "two-budgets") problem.cost = kNoBudget;
    if (member.name == "evopress") options = {{"generations", 10}, {"offspring", 8}};
    const Allocation a = run(member.name, problem, options);
    EXPECT_LE(a.bits, budget) << member.name;
    EXPECT_GE(a.distortion, best * (1 - 1e-14)) << member.name;
    EXPECT_LE(a.bound, best * (1 + 1e-11)) << member.name;
    EXPECT_FALSE(member.summary.empty() || member.source.empty() || member.cost.empty());
  }
}

TEST(Members, WrongInputIsNamed) {
  const std::vector<Part> parts{{"a", {{1, 1}}}};
  const Fitness one = [](std::span<const std::size_t>, std::int64_t) { return 1.0; };
  EXPECT_ERROR(run("knapsak", {parts, 1, {}, {}}), core::InvalidArgument,
               "did you mean 'knapsack'");
  EXPECT_ERROR(run("two-budgets", {parts, 1, {}, {}}), core::InvalidArgument, "a budget of cost");
  EXPECT_ERROR(run("knapsack", {parts, 1, 1, {}}), core::InvalidArgument, "no budget of cost");
  EXPECT_ERROR(run("greedy", {parts, 1, {}, one}), core::InvalidArgument, "no loss");
  EXPECT_ERROR(run("greedy", {parts, 1, {}, {}}, {{"states", 1}}), core::InvalidArgument, "states");
  EXPECT_ERROR(run("knapsack", {parts, 1, {}, {}}, {{"statez", 1}}), core::InvalidArgument,
               "did you mean 'states'");
}

}  // namespace
}  // namespace venturi::allocate
