#include "venturi/app/compress_report.hpp"

#include <algorithm>
#include <functional>

#include "venturi/core/units.hpp"

namespace venturi::app {
namespace {

report::Series series_of(std::string name, report::Style style,
                         const std::vector<compress::CurvePoint>& points) {
  report::Series out{.style = style};
  out.name = std::move(name);
  for (const auto& p : points) {
    out.x.push_back(p.bits);
    out.y.push_back(p.predicted_bits);
  }
  return out;
}

report::Series series_of(std::string name, const std::vector<net::PlanePoint>& points) {
  report::Series out{.style = report::Style::kLinePoints};
  out.name = std::move(name);
  for (const auto& p : points) {
    out.x.push_back((p.rate_low + p.rate_high) / 2);
    out.y.push_back((p.label_low + p.label_high) / 2);
    out.tips.push_back(
        fmt::format("{}: I(X;T) {:.3f}, I(Y;T) {:.3f} bits", p.edge, out.x.back(), out.y.back()));
  }
  return out;
}

// Rows of one menu: what no other entry beats, thinned.
void add_menu(core::Table& table, const std::string& name, double numbers,
              const allocate::Part& part, const std::function<std::string(std::size_t)>& method) {
  constexpr std::size_t kRows = 8;
  const auto good = allocate::undominated(part.choices);
  const std::size_t rows = std::min(kRows, good.size());
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t at = good[rows == 1 ? 0 : i * (good.size() - 1) / (rows - 1)];
    const allocate::Choice& c = part.choices[at];
    table.add_row({name, method(at), static_cast<double>(c.bits) / numbers, c.bits / 8,
                   c.distortion * core::kBitsPerNat});
  }
}

}  // namespace

core::Table layer_table(const compress::Compressed& c) {
  core::Table table({{"layer", "layer", ""},
                     {"method", "method", ""},
                     {"weights", "weights", "{:.0f}"},
                     {"bytes", "bytes", "{:.0f}"},
                     {"bits", "bits/weight", "{:.3f}"},
                     {"predicted_bits", "predicted loss, bits", "{:.2e}"}});
  for (const auto& layer : c.layers) {
    table.add_row({layer.name, layer.method, layer.weights, layer.bytes,
                   8.0 * static_cast<double>(layer.bytes) / static_cast<double>(layer.weights),
                   layer.predicted_bits});
  }
  return table;
}

core::Table edge_table(const compress::Compressed& c) {
  core::Table table({{"edge", "edge", ""},
                     {"elements", "elements", "{:.0f}"},
                     {"bits", "bits each", "{:.0f}"},
                     {"predicted_bits", "predicted loss, bits", "{:.2e}"}});
  for (const auto& edge : c.edges) {
    table.add_row({edge.edge, edge.elements, edge.bits, edge.predicted_bits});
  }
  return table;
}

core::Table menu_table(const compress::Compressor& work) {
  core::Table table({{"part", "part", ""},
                     {"method", "method", ""},
                     {"bits", "bits/weight", "{:.3f}"},
                     {"bytes", "bytes", "{:.0f}"},
                     {"predicted_bits", "predicted loss, bits", "{:.2e}"}});
  const auto parts = compress::parts_of(work.menus());
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const compress::Menu& menu = work.menus()[k];
    const auto& coded = menu.entries.front().coded;
    add_menu(table, parts[k].name, static_cast<double>(coded.rows * coded.columns), parts[k],
             [&](std::size_t i) { return menu.entries[i].method; });
  }
  const auto& activations = work.activations();
  const auto elements = static_cast<double>(std::max<std::int64_t>(activations.elements(), 1));
  for (std::size_t k = 0; k < activations.parts().size(); ++k) {
    const double numbers =
        activations.peak() ? elements : static_cast<double>(activations.menus()[k].elements);
    add_menu(table, activations.parts()[k].name, numbers, activations.parts()[k],
             [](std::size_t) { return "activations"; });
  }
  return table;
}

report::Plot curve_plot(const std::vector<compress::CurvePoint>& predicted,
                        const std::vector<compress::CurvePoint>& allocated,
                        const compress::CurvePoint& result) {
  report::Plot out{.title = "Rate and distortion",
                   .note =
                       "Divergence from the network as it was, against the bits a parameter "
                       "that the budget counts.",
                   .x = {.label = "bits a parameter"},
                   .y = {.label = "divergence, bits"},
                   .series = {}};
  out.series.push_back(series_of("predicted", report::Style::kLinePoints, predicted));
  if (!allocated.empty()) {
    out.series.push_back(
        series_of("measured, as allocated", report::Style::kLinePoints, allocated));
  }
  out.series.push_back(series_of("measured, the file", report::Style::kPoints, {result}));
  return out;
}

core::Table plane_table(const PlanePair& planes) {
  core::Table table({{"edge", "edge T", ""},
                     {"rate_before_low", "I(X;T) before, bits, from", "{:.4f}"},
                     {"rate_before_high", "to", "{:.4f}"},
                     {"rate_after_low", "after, from", "{:.4f}"},
                     {"rate_after_high", "to", "{:.4f}"},
                     {"label_before_low", "I(Y;T) before, bits, by the lower", "{:.4f}"},
                     {"label_before_high", "by the upper bound", "{:.4f}"},
                     {"label_after_low", "after, by the lower", "{:.4f}"},
                     {"label_after_high", "by the upper bound", "{:.4f}"}});
  for (const auto& a : planes.before) {
    const auto b = std::ranges::find(planes.after, a.edge, &net::PlanePoint::edge);
    if (b == planes.after.end()) continue;
    table.add_row({a.edge, a.rate_low, a.rate_high, b->rate_low, b->rate_high, a.label_low,
                   a.label_high, b->label_low, b->label_high});
  }
  return table;
}

report::Plot plane_plot(const PlanePair& planes) {
  return {.title = "Information plane, before and after",
          .note =
              "What each edge, with noise, tells of the input and of the label: the middle "
              "of the two bounds, in the order of the network.",
          .x = {.label = "I(X;T), bits"},
          .y = {.label = "I(Y;T), bits"},
          .series = {series_of("before", planes.before), series_of("after", planes.after)}};
}

}  // namespace venturi::app
