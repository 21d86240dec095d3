#include "venturi/app/compare.hpp"

#include <cmath>

#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;
using learn::Choice;
using learn::ComparedModel;
using learn::Comparison;

constexpr double kLevels[] = {0, 0.3, 0.5, 0.6, 0.8};

std::string betas(const Choice& choice) {
  return choice.least_beta == choice.most_beta
             ? fmt::format("{:g}", choice.least_beta)
             : fmt::format("{:g} to {:g}", choice.least_beta, choice.most_beta);
}

// The models of one method and beta, over seeds.
struct Group {
  std::string method;
  double beta = 0;
  learn::Spread test, removed, kde_bits, qmi, target_bits;
  std::size_t models = 0;
};

std::vector<Group> groups(const Comparison& comparison) {
  std::vector<Group> out;
  for (const ComparedModel& first : comparison.models) {
    if (first.seed > 0) continue;
    std::vector<double> test, removed, bits, qmi, target;
    for (const ComparedModel& m : comparison.models) {
      if (m.method != first.method || m.beta != first.beta || m.epoch == 0) continue;
      test.push_back(m.test);
      removed.push_back(m.removed);
      bits.push_back(m.compression.kde_bits);
      qmi.push_back(m.compression.qmi);
      target.push_back(m.target_bits);
    }
    out.push_back({first.method, first.beta, learn::spread_of(test), learn::spread_of(removed),
                   learn::spread_of(bits), learn::spread_of(qmi), learn::spread_of(target),
                   test.size()});
  }
  return out;
}

core::Table group_table(const std::vector<Group>& all, const std::string& unit) {
  core::Table table({{"method", "method", ""},
                     {"beta", "beta", "{:g}"},
                     {"models", "models", "{:.0f}"},
                     {"test", "test " + unit, "{:.4f}"},
                     {"test_deviation", "+-", "{:.4f}"},
                     {"removed", "r", "{:.3f}"},
                     {"removed_deviation", "+-", "{:.3f}"},
                     {"qmi", "normalised CS-QMI", "{:.4f}"},
                     {"kde_bits", "KDE bound, bits", "{:.3f}"},
                     {"target_bits", "I(T;Y), bits", "{:.3f}"}});
  for (const Group& g : all) {
    table.add_row({g.method, g.beta, g.models, g.test.mean, g.test.deviation, g.removed.mean,
                   g.removed.deviation, g.qmi.mean, g.kde_bits.mean, g.target_bits.mean});
  }
  return table;
}

report::Plot curve(const std::vector<Group>& all, const std::string& title,
                   const std::string& x_label, const std::string& y_label, learn::Spread Group::*x,
                   learn::Spread Group::*y) {
  report::Plot plot{.title = title,
                    .note = "One point a beta: mean over seeds; whiskers are deviations.",
                    .x = {.label = x_label},
                    .y = {.label = y_label}};
  for (const Group& g : all) {
    if (g.models == 0) continue;
    if (plot.series.empty() || plot.series.back().name != g.method) {
      plot.series.push_back({.name = g.method, .style = report::Style::kLinePoints});
    }
    report::Series& series = plot.series.back();
    series.x.push_back((g.*x).mean);
    series.y.push_back((g.*y).mean);
    series.y_low.push_back((g.*y).mean - (g.*y).deviation);
    series.y_high.push_back((g.*y).mean + (g.*y).deviation);
    series.tips.push_back(
        fmt::format("{}, beta {:g}: {:.4f} at {:.3f}", g.method, g.beta, (g.*y).mean, (g.*x).mean));
  }
  return plot;
}

// For each level the method of the least validation distortion, every seed present.
Json answers(const Comparison& comparison) {
  Json out = Json::array();
  for (const double level : kLevels) {
    const std::vector<Choice> choices = comparison.choices(level);
    const Choice* best = nullptr;
    const Choice* next = nullptr;
    for (const Choice& c : choices) {
      if (c.seeds < comparison.seeds) continue;
      if (best == nullptr || c.validation.mean < best->validation.mean) {
        next = best;
        best = &c;
      } else if (next == nullptr || c.validation.mean < next->validation.mean) {
        next = &c;
      }
    }
    const std::string what = level == 0 ? "Without a demand on compression"
                                        : fmt::format(
                                              "To remove {:.0f} % of the plain network's "
                                              "CS-QMI",
                                              100 * level);
    if (best == nullptr) {
      out.push_back(what + ": no method does so in every seed.");
      continue;
    }
    std::string line = fmt::format(
        "{}, validation picks {} with beta {}: test {} {:.4f} +- {:.4f}, {:.2f} bits of x kept by "
        "the KDE bound.",
        what, best->method, betas(*best), comparison.unit, best->test.mean, best->test.deviation,
        best->kde_bits.mean);
    if (next != nullptr) {
      const double gap = next->test.mean - best->test.mean;
      const double error = std::hypot(best->test.deviation, next->test.deviation) /
                           std::sqrt(std::max(1, comparison.seeds));
      line += fmt::format(" Next is {}: test {:+.4f}, {}.", next->method, gap,
                          comparison.seeds < 2 || std::abs(gap) < 2 * error
                              ? "which is within the seeds' noise"
                              : fmt::format("{:.1f} standard errors", std::abs(gap) / error));
    }
    out.push_back(line);
  }
  return out;
}

}  // namespace

core::Table choice_table(const Comparison& comparison) {
  core::Table table({{"level", "r >=", "{:.1f}"},
                     {"method", "method", ""},
                     {"betas", "beta", ""},
                     {"seeds", "seeds", "{:.0f}"},
                     {"validation", "validation " + comparison.unit, "{:.4f}"},
                     {"test", "test " + comparison.unit, "{:.4f}"},
                     {"test_deviation", "+-", "{:.4f}"},
                     {"removed", "r", "{:.3f}"},
                     {"kde_bits", "KDE bound, bits", "{:.2f}"}});
  for (const double level : kLevels) {
    for (const Choice& c : comparison.choices(level)) {
      if (c.seeds == 0) continue;
      table.add_row({level, c.method, betas(c), c.seeds, c.validation.mean, c.test.mean,
                     c.test.deviation, c.removed.mean, c.kde_bits.mean});
    }
  }
  return table;
}

Json comparison_results(const Comparison& comparison) {
  const std::vector<Group> all = groups(comparison);
  Json models = Json::array();
  for (const ComparedModel& m : comparison.models) {
    models.push_back({{"method", m.method},
                      {"seed", m.seed},
                      {"beta", m.beta},
                      {"epoch", m.epoch},
                      {"validation", m.validation},
                      {"test", m.test},
                      {"qmi", m.compression.qmi},
                      {"kde_bits", m.compression.kde_bits},
                      {"removed", m.removed},
                      {"target_bits", m.target_bits},
                      {"failure", m.failure}});
  }
  Json seconds = Json::object();
  for (std::size_t i = 0; i < comparison.methods.size(); ++i) {
    seconds[comparison.methods[i]] = comparison.seconds[i];
  }
  const std::string unit = "test " + comparison.unit;
  return {{"notes", answers(comparison)},
          {"tables",
           Json::array({report::to_json(choice_table(comparison),
                                        "Chosen on validation, of models that remove at least r"),
                        report::to_json(group_table(all, comparison.unit), "Every beta")})},
          {"plots",
           Json::array(
               {report::to_json(curve(all, "Loss against compression",
                                      "r, part of the plain network's CS-QMI removed", unit,
                                      &Group::removed, &Group::test)),
                report::to_json(curve(all, "Loss against bits kept", "I(X;T) at most, bits", unit,
                                      &Group::kde_bits, &Group::test)),
                report::to_json(curve(all, "Information plane", "I(X;T) at most, bits",
                                      "I(T;Y), bits", &Group::kde_bits, &Group::target_bits))})},
          {"models", std::move(models)},
          {"seconds_of_training", std::move(seconds)},
          {"unit", comparison.unit}};
}

}  // namespace venturi::app
