#include "venturi/allocate/evolution.hpp"

#include "tests/allocate/random_parts.hpp"
#include "tests/testing.hpp"
#include "venturi/allocate/figures.hpp"
#include "venturi/allocate/knapsack.hpp"

namespace venturi::allocate {
namespace {

Fitness sum_of(const std::vector<Part>& parts) {
  return [&parts](std::span<const std::size_t> choice, std::int64_t) {
    return totals(parts, {choice.begin(), choice.end()}).distortion;
  };
}

constexpr auto kQuick = [] {
  return EvolutionOptions{
      .generations = 30, .offspring = 16, .survivors = {4, 1}, .data = {10, 100}};
};

Evolution run(const std::vector<Part>& parts, std::int64_t budget, const Fitness& fitness,
              core::Key key, const EvolutionOptions& options, std::vector<std::size_t> start = {}) {
  Evolution state = start_evolution(parts, budget, fitness, key, options, std::move(start));
  evolve(parts, budget, fitness, key, options, state);
  return state;
}

TEST(Evolution, EveryAllocationAskedForIsWithinTheBudget) {
  core::Random random{core::Key(1)};
  for (int trial = 0; trial < 10 * kShapes; ++trial) {
    const auto parts =
        random_parts(static_cast<Shape>(trial % kShapes), 1 + random.below(8), 5, random);
    const std::int64_t budget = random_budget(parts, random);
    auto options = kQuick();
    options.generations = 5;
    options.fill = trial % 2 == 0;
    const Fitness checked = [&](std::span<const std::size_t> choice, std::int64_t) {
      const Allocation a = totals(parts, {choice.begin(), choice.end()});
      EXPECT_LE(a.bits, budget);
      return a.distortion;
    };
    const Evolution out = run(parts, budget, checked, core::Key(trial), options);
    ASSERT_EQ(out.generation, 5);
    ASSERT_EQ(out.history.size(), 6U);
    ASSERT_TRUE(std::is_sorted(out.history.rbegin(), out.history.rend()));
    ASSERT_EQ(out.history.back(), out.best.distortion);
  }
}

TEST(Evolution, EqualStepsSpendTheBudgetExactly) {
  std::vector<Part> parts;
  for (int p = 0; p < 12; ++p) {
    parts.push_back({"", {{64, 1}, {128, 0.5}, {192, 0.2}, {256, 0.1}}});
  }
  const std::int64_t budget = 64 * 31;
  const Fitness checked = [&](std::span<const std::size_t> choice, std::int64_t) {
    const Allocation a = totals(parts, {choice.begin(), choice.end()});
    EXPECT_EQ(a.bits, budget);
    return a.distortion;
  };
  EXPECT_EQ(run(parts, budget, checked, core::Key(1), kQuick()).best.bits, budget);
  // What does not divide is left, less than a step.
  EXPECT_EQ(run(parts, budget + 63, sum_of(parts), core::Key(1), kQuick()).best.bits, budget);
}

TEST(Evolution, FindsTheOptimumOfSumsOnEqualSteps) {
  core::Random random{core::Key(2)};
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<Part> parts;
    for (int p = 0; p < 5; ++p) {
      Part part{"", {}};
      for (int k = 0; k < 4; ++k) part.choices.push_back({k, random.uniform()});
      std::sort(part.choices.begin(), part.choices.end(),
                [](const Choice& a, const Choice& b) { return a.distortion > b.distortion; });
      for (int k = 0; k < 4; ++k) part.choices[k].bits = k;
      parts.push_back(part);
    }
    const Evolution out = run(parts, 7, sum_of(parts), core::Key(trial), kQuick());
    ASSERT_NEAR(out.best.distortion, least_distortion(parts, 7), 1e-15 * 5);
  }
}

TEST(Evolution, WithoutFillItLeavesBitsWhereThatHelps) {
  // Each level above the first harms: the best allocation spends nothing.
  std::vector<Part> parts(6, Part{"", {{0, 0}, {1, 0}, {2, 0}}});
  const Fitness harm = [](std::span<const std::size_t> choice, std::int64_t) {
    double sum = 0;
    for (const std::size_t c : choice) sum += static_cast<double>(c);
    return sum;
  };
  auto options = kQuick();
  EXPECT_EQ(run(parts, 6, harm, core::Key(1), options).best.bits, 6);
  options.fill = false;
  EXPECT_EQ(run(parts, 6, harm, core::Key(1), options).best.bits, 0);
}

TEST(Evolution, StagesSeeTheDataAndTheNumbersPromised) {
  std::vector<Part> parts(10, Part{"", {{0, 4}, {1, 2}, {2, 1}, {3, 0}}});
  std::map<std::int64_t, int> asked;
  const Fitness counted = [&](std::span<const std::size_t> choice, std::int64_t data) {
    ++asked[data];
    return sum_of(parts)(choice, data);
  };
  const EvolutionOptions options{.generations = 3,
                                 .offspring = 20,
                                 .initial = 1,
                                 .survivors = {6, 2, 1},
                                 .data = {7, 70, 700}};
  const Evolution out = run(parts, 15, counted, core::Key(3), options);
  EXPECT_EQ(asked, (std::map<std::int64_t, int>{{7, 61}, {70, 18}, {700, 7}}));
  EXPECT_EQ(out.evaluations, 61 + 18 + 7);
  EXPECT_EQ(out.data_used, 61 * 7 + 18 * 70 + 7 * 700);
}

class StopAfter : public core::Monitor {
 public:
  explicit StopAfter(int checks) : left_(checks) {}
  bool stop_requested() override { return left_-- == 0; }

 private:
  int left_;
};

TEST(Evolution, StoppedAndResumedIsTheSame) {
  const RoundedNetwork net({RoundedNetwork::Kind::sum, 16, 8, 1, 5, 100}, core::Key(9));
  const auto parts = net.parts();
  const auto options = kQuick();
  const std::int64_t budget = 16 * 8 * 2;
  const Evolution whole = run(parts, budget, net.fitness(), core::Key(4), options);
  Evolution part = start_evolution(parts, budget, net.fitness(), core::Key(4), options);
  StopAfter stop(11);
  evolve(parts, budget, net.fitness(), core::Key(4), options, part, stop);
  EXPECT_EQ(part.generation, 11);
  evolve(parts, budget, net.fitness(), core::Key(4), options, part);
  EXPECT_EQ(part.best.choice, whole.best.choice);
  EXPECT_EQ(part.history, whole.history);
  EXPECT_EQ(part.evaluations, whole.evaluations);
  EXPECT_NE(run(parts, budget, net.fitness(), core::Key(5), options).history, whole.history);
}

TEST(Evolution, AGoodStartIsNeverLost) {
  core::Random random{core::Key(6)};
  const auto parts = random_parts(Shape::rough, 12, 6, random);
  const std::int64_t budget = (least_bits(parts) + most_bits(parts)) / 2;
  const Allocation best = knapsack(parts, budget);
  auto options = kQuick();
  options.generations = 3;
  EXPECT_EQ(run(parts, budget, sum_of(parts), core::Key(1), options, best.choice).best.choice,
            best.choice);
}

TEST(Evolution, LossesThatAreNoNumber) {
  std::vector<Part> parts(4, Part{"", {{0, 1}, {1, 0}}});
  const Fitness nan = [](std::span<const std::size_t>, std::int64_t) { return std::nan(""); };
  EXPECT_ERROR(run(parts, 2, nan, core::Key(1), kQuick()), core::DataError, "no allocation");
  // NaN but for one allocation: that one is found.
  const Fitness one = [](std::span<const std::size_t> choice, std::int64_t) {
    return choice[0] == 1 && choice[1] == 1 ? 3.0 : std::nan("");
  };
  EXPECT_EQ(run(parts, 2, one, core::Key(1), kQuick()).best.distortion, 3.0);
}

TEST(Evolution, BadInputIsNamed) {
  std::vector<Part> parts(4, Part{"", {{1, 1}, {2, 0}}});
  const auto start = [&](const EvolutionOptions& options, std::int64_t budget = 6,
                         std::vector<std::size_t> from = {}) {
    start_evolution(parts, budget, sum_of(parts), core::Key(1), options, std::move(from));
  };
  EXPECT_ERROR(start({}, 3), core::InvalidArgument, "at least 4 bits, the smallest reachable");
  EXPECT_ERROR(start({}, 6, {1, 1, 1, 1}), core::InvalidArgument,
               "a start of at most 6 bits, got 8");
  EXPECT_ERROR(start({}, 6, {1}), core::InvalidArgument, "one choice a part");
  EXPECT_ERROR(start({.survivors = {4, 2}, .data = {1, 2}}), core::InvalidArgument, "the last 1");
  EXPECT_ERROR(start({.survivors = {1}, .data = {1, 2}}), core::InvalidArgument,
               "as many survivors");
  EXPECT_ERROR(start({.survivors = {2, 4, 1}, .data = {1, 2, 3}}), core::InvalidArgument,
               "falling");
  EXPECT_ERROR(start({.survivors = {4, 1}, .data = {9, 2}}), core::InvalidArgument, "rising");
  EXPECT_ERROR(start({.offspring = 0}), core::InvalidArgument, "offspring");
  Evolution state;
  state.best.choice = {1, 1, 1, 1};
  EXPECT_ERROR(evolve(parts, 6, sum_of(parts), core::Key(1), {}, state), core::InvalidArgument,
               "a state of at most 6 bits");
}

TEST(Figures, Evopress) {
  const auto figures = evopress_figures(core::Key(1), true);
  ASSERT_FALSE(figures.empty());
  for (const core::Figure& f : figures) {
    EXPECT_TRUE(f.holds()) << f.name << ": " << f.value << " " << f.relation << " " << f.target;
  }
}

}  // namespace
}  // namespace venturi::allocate
