#include "venturi/app/results.hpp"

#include "venturi/report/render.hpp"

namespace venturi::app {
namespace {

using core::Json;
using learn::Experiment;
using learn::Point;

bool is_classification(const Experiment& e) { return e.target_entropy_bits > 0; }

// Accuracy in percent, or the root mean squared error.
double merit(bool classification, double distortion) {
  return classification ? 100 * (1 - distortion) : distortion;
}

report::Plot information_plane(const Experiment& experiment) {
  report::Series series{.name = "models", .style = report::Style::kLinePoints};
  for (const Point& p : experiment.points) {
    series.x.push_back(p.rate_bound.bits);
    series.y.push_back(p.information.bits);
    series.y_low.push_back(p.information.low);
    series.y_high.push_back(p.information.high);
    series.tips.push_back(fmt::format("beta {:g}: I(X;Z) <= {:.2f}, I(Z;Y) >= {:.3f} bits", p.beta,
                                      p.rate_bound.bits, p.information.bits));
  }
  return {.title = "Information plane",
          .note =
              "An upper bound on what Z keeps of the input against a lower bound on what it "
              "says of the label; whiskers are 95 % intervals.",
          .x = {.label = "I(X;Z) at most, bits", .log = true},
          .y = {.label = "I(Z;Y) at least, bits"},
          .series = {std::move(series)},
          .lines = {{.at = experiment.target_entropy_bits, .label = "H(Y)"}}};
}

// The layers' way through the plane while a model learned; nothing where it was not measured.
std::optional<report::Plot> plane_of_epochs(const Point& p) {
  std::vector<std::vector<net::PlanePoint>> planes;
  std::vector<std::string> names;
  for (const auto& record : p.training.history) {
    if (record.plane.empty()) continue;
    planes.push_back(record.plane);
    names.push_back(fmt::format("epoch {}", record.epoch));
  }
  if (planes.empty()) return {};
  return moving_plane(fmt::format("Information plane while it learned, beta {:g}", p.beta), planes,
                      std::move(names));
}

report::Plot training_curves(const Experiment& experiment, bool rates) {
  report::Plot plot{.title = rates ? "Rate over training" : "Prediction over training",
                    .note = "On the validation part, in the mode of use.",
                    .x = {.label = "epochs"},
                    .y = {.label = rates ? "bits per sample" : "bits of cross-entropy"}};
  for (const Point& p : experiment.points) {
    report::Series series{.name = fmt::format("beta {:.3g}", p.beta)};
    for (const auto& record : p.training.history) {
      series.x.push_back(static_cast<double>(series.x.size() + 1));
      series.y.push_back(rates ? record.validation_rate_bits : record.validation_prediction_bits);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

}  // namespace

report::Plot moving_plane(std::string title,
                          const std::vector<std::vector<net::PlanePoint>>& planes,
                          std::vector<std::string> names) {
  report::Plot out{.title = std::move(title),
                   .note = "What each layer tells of the input and of the label; a line a layer.",
                   .x = {.label = "I(X;T), bits"},
                   .y = {.label = "I(Y;T), bits"},
                   .frames = std::move(names)};
  for (std::size_t layer = 0; layer < planes.front().size(); ++layer) {
    report::Series series{.name = planes.front()[layer].edge, .style = report::Style::kLinePoints};
    for (std::size_t i = 0; i < planes.size(); ++i) {
      const net::PlanePoint& p = planes[i].at(layer);
      series.x.push_back((p.rate_low + p.rate_high) / 2);
      series.y.push_back((p.label_low + p.label_high) / 2);
      series.tips.push_back(
          fmt::format("{}, {}: I(X;T) {:.3f} to {:.3f}, I(Y;T) {:.3f} to {:.3f} "
                      "bits",
                      p.edge, out.frames[i], p.rate_low, p.rate_high, p.label_low, p.label_high));
    }
    out.series.push_back(std::move(series));
  }
  return out;
}

core::Table experiment_table(const Experiment& experiment) {
  const bool classes = is_classification(experiment);
  const std::string unit = classes ? "accuracy" : "rmse";
  const std::string form = classes ? "{:.2f} %" : "{:.4g}";
  core::Table table(
      {{"beta", "beta", "{:.3g}"},
       {"bits_model", "bits/sample (model)", "{:.3f}"},
       {"bits_on_disk", "bits/sample (on disk)", "{:.3f}"},
       {"information_bits", "I(Z;Y) bits >=", "{:.3f}"},
       {"merit",
        unit + (experiment.points.empty() || experiment.points[0].bits_on_disk ? " from the file"
                                                                               : ""),
        form},
       {"merit_reference", unit + " without a bottleneck", form}});
  for (const Point& p : experiment.points) {
    table.add_row(
        {p.beta, p.rate.bits.value, p.bits_on_disk ? Json(*p.bits_on_disk) : Json(),
         p.information.method.empty() ? Json() : Json(p.information.bits),
         merit(classes, p.rate.distortion),
         experiment.reference ? Json(merit(classes, experiment.reference->distortion)) : Json()});
  }
  return table;
}

report::Plot rate_plot(const Experiment& experiment, const std::vector<Rival>& rivals) {
  const bool classes = is_classification(experiment);
  report::Plot plot{
      .title = classes ? "Bits against accuracy" : "Bits against error",
      .note = experiment.points.empty() || experiment.points[0].bits_on_disk
                  ? "Everything in the file counts; predictions are made from the file alone."
                  : "Rates are the model's bound.",
      .x = {.label = "bits per sample", .log = true},
      .y = {.label = classes ? "accuracy, %" : "root mean squared error"}};
  report::Series own{.name = "Venturi", .style = report::Style::kLinePoints};
  for (const Point& p : experiment.points) {
    own.x.push_back(p.bits_on_disk.value_or(p.rate.bits.value));
    own.y.push_back(merit(classes, p.rate.distortion));
    own.tips.push_back(
        fmt::format("beta {:.3g}: {:.3f} bits, {:.2f}", p.beta, own.x.back(), own.y.back()));
  }
  plot.series.push_back(std::move(own));
  for (const bool mosaic : {true, false}) {
    report::Series series{.name = mosaic ? "JPEG, all images in one file" : "JPEG, a file each",
                          .style = report::Style::kLinePoints};
    for (const Rival& rival : rivals) {
      if (rival.name.find("JPEG") != 0 ||
          (rival.name.find("one file") != std::string::npos) != mosaic)
        continue;
      series.x.push_back(rival.bits);
      series.y.push_back(rival.accuracy);
      series.tips.push_back(
          fmt::format("{}: {:.1f} bits, {:.2f} %", rival.name, rival.bits, rival.accuracy));
    }
    if (!series.x.empty()) plot.series.push_back(std::move(series));
  }
  if (experiment.reference) {
    plot.lines.push_back(
        {.at = merit(classes, experiment.reference->distortion), .label = "without a bottleneck"});
  }
  return plot;
}

Json experiment_results(const Experiment& experiment, const std::vector<Rival>& rivals) {
  Json points = Json::array();
  Json histories = Json::object();
  for (const Point& p : experiment.points) {
    points.push_back(p.json());
    histories[fmt::format("beta {:g}", p.beta)] = learn::to_json(p.training)["history"];
  }
  Json plots = Json::array({report::to_json(rate_plot(experiment, rivals))});
  if (is_classification(experiment))
    plots.push_back(report::to_json(information_plane(experiment)));
  for (const Point& p : experiment.points) {
    if (const auto plot = plane_of_epochs(p)) plots.push_back(report::to_json(*plot));
  }
  plots.push_back(report::to_json(training_curves(experiment, true)));
  plots.push_back(report::to_json(training_curves(experiment, false)));
  Json out = {
      {"tables",
       Json::array({report::to_json(experiment_table(experiment), "What each model keeps")})},
      {"plots", std::move(plots)},
      {"points", std::move(points)},
      {"histories", std::move(histories)},
      {"target_entropy_bits", experiment.target_entropy_bits}};
  if (experiment.reference) out["reference_distortion"] = experiment.reference->distortion;
  return out;
}

}  // namespace venturi::app
