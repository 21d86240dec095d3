#include "venturi/app/couple_plots.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "venturi/core/table.hpp"
#include "venturi/report/plot.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;

struct Line {
  const char* key;
  const char* name;        // "" for the only line of a plot
  const char* error = "";  // key of its standard error
};

struct Drawing {
  std::string_view member;
  const char* title;
  const char* list;  // the results' array of points
  const char* x;
  const char* x_label;
  const char* y_label;
  std::vector<Line> lines;
};

const std::vector<Drawing>& drawings() {
  static const std::vector<Drawing> all = {
      {"ib",
       "Information bottleneck",
       "curve",
       "rate_bits",
       "rate I(X;T), bits",
       "relevance I(T;Y), bits",
       {{"relevance_bits", ""}}},
      {"dib",
       "Deterministic information bottleneck",
       "curve",
       "entropy_bits",
       "H(T), bits",
       "relevance I(T;Y), bits",
       {{"relevance_bits", ""}}},
      {"aib",
       "Agglomerative information bottleneck",
       "merges",
       "entropy_bits",
       "H(T), bits",
       "relevance I(T;Y), bits",
       {{"relevance_bits", ""}}},
      {"rate-distortion",
       "Rate and distortion",
       "curve",
       "distortion",
       "distortion",
       "rate, bits",
       {{"rate_bits", ""}}},
      {"tokens-to-thoughts",
       "Compression and meaning",
       "curve",
       "complexity_bits",
       "complexity I(X;C), bits",
       "distortion",
       {{"distortion", ""}}},
      {"projektor",
       "Best mixture of the sources",
       "curve",
       "size",
       "training points",
       "predicted performance",
       {{"predicted", "best mixture"}, {"predicted_even", "even weights"}}},
      {"mec-b",
       "Minimum entropy coupling with bottleneck",
       "curve",
       "rate_bits",
       "rate limit of H(T), bits",
       "bits",
       {{"information_bits", "I(X;Y)"},
        {"encoder_information_bits", "I(X;T)"},
        {"lower_bound_bits", "lower bound of I(X;Y)"}}},
      {"coding-game",
       "Coding game: messages named",
       "curve",
       "rate_bits",
       "rate limit of a step, bits",
       "accuracy",
       {{"accuracy", "", "accuracy_error"}}},
      {"coding-game",
       "Coding game: reward",
       "curve",
       "rate_bits",
       "rate limit of a step, bits",
       "discounted reward",
       {{"reward", "", "reward_error"}}},
      {"draft",
       "Acceptance of drafts",
       "curve",
       "drafts",
       "drafts",
       "acceptance",
       {{"optimal_without_replacement", "optimum, without replacement"},
        {"optimal", "optimum, with replacement"},
        {"greedy", "greedy"},
        {"sequential", "k-sequential"},
        {"recursive", "recursive"}}},
  };
  return all;
}

double number(const Json& point, const char* key) {
  const auto found = point.find(key);
  return found != point.end() && found->is_number() ? found->get<double>()
                                                    : std::numeric_limits<double>::quiet_NaN();
}

report::Plot plot_of(const Drawing& drawing, const Json& results, std::vector<Json> points) {
  std::ranges::stable_sort(points, {}, [&](const Json& p) { return number(p, drawing.x); });
  report::Plot plot;
  plot.title = drawing.title;
  plot.x.label = drawing.x_label;
  plot.y.label = drawing.y_label;
  for (const Line& line : drawing.lines) {
    report::Series series{.name = line.name, .style = report::Style::kLinePoints};
    for (const Json& point : points) {
      const double y = number(point, line.key);
      series.x.push_back(number(point, drawing.x));
      series.y.push_back(y);
      if (*line.error == '\0') continue;
      series.y_low.push_back(y - number(point, line.error));
      series.y_high.push_back(y + number(point, line.error));
    }
    plot.series.push_back(std::move(series));
  }
  if (results.contains("mutual_information_bits")) {
    plot.lines.push_back({true, results["mutual_information_bits"].get<double>(), "I(X;Y)"});
  }
  return plot;
}

// The single values of the points, a row each, in the order of the sweep.
core::Table table_of(const std::vector<Json>& points) {
  std::vector<core::Table::Column> columns;
  for (const auto& item : points.front().items()) {
    if (item.value().is_structured()) continue;
    std::string title = item.key();
    std::ranges::replace(title, '_', ' ');
    columns.push_back({item.key(), title, item.value().is_number_float() ? "{:.6g}" : ""});
  }
  core::Table table(columns);
  for (const Json& point : points) {
    std::vector<Json> cells;
    for (const auto& column : columns) cells.push_back(point.value(column.key, Json(nullptr)));
    table.add_row(std::move(cells));
  }
  return table;
}

}  // namespace

Json couple_drawings(std::string_view name, const Json& results) {
  Json out = Json::object();
  for (const Drawing& drawing : drawings()) {
    if (drawing.member != name || results[drawing.list].empty()) continue;
    const std::vector<Json> points(results[drawing.list].begin(), results[drawing.list].end());
    out["plots"].push_back(report::to_json(plot_of(drawing, results, points)));
    if (!out.contains("tables")) {
      out["tables"].push_back(report::to_json(table_of(points), "Points"));
    }
  }
  return out;
}

}  // namespace venturi::app
