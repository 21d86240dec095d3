// tests/report/sample.hpp: a page with one of everything, from made-up numbers.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/record.hpp"
#include "venturi/report/plot.hpp"
#include "venturi/report/render.hpp"

namespace venturi::report::testing {

inline Plot sample_curve() {
  Plot plot{.title = "Accuracy bought with bits",
            .note = "Each point is one trained channel. Made-up numbers that show the drawing.",
            .x = {.label = "bits per image on disk", .log = true},
            .y = {.label = "accuracy on the test images (%)"}};
  Series ours{.name = "quantized channel", .style = Style::kLinePoints};
  Series gaussian{.name = "Gaussian channel (model rate)", .style = Style::kLinePoints};
  Series jpeg{.name = "JPEG, same network", .style = Style::kPoints};
  for (int i = 0; i < 9; ++i) {
    const double bits = 0.8 * std::pow(1.9, i);
    ours.x.push_back(bits);
    ours.y.push_back(91.4 - 60 * std::exp(-1.1 * bits));
    gaussian.x.push_back(bits * 1.2);
    gaussian.y.push_back(91.2 - 66 * std::exp(-0.9 * bits));
    gaussian.y_low.push_back(gaussian.y.back() - 2.2);
    gaussian.y_high.push_back(gaussian.y.back() + 2.2);
    jpeg.x.push_back(1800 + 700 * i);
    jpeg.y.push_back(91.3 - 50 * std::exp(-0.4 * (i + 1)));
  }
  plot.series = {ours, gaussian, jpeg};
  plot.lines = {{true, 91.5, "without a bottleneck: 91.5 %"},
                {false, std::log2(10), "log2(10) bits"},
                {false, 2830, "zstd"}};
  return plot;
}

inline Plot sample_plane() {
  Plot plot{.title = "Information plane",
            .note = "What the code holds of the image against what it holds of the label.",
            .x = {.label = "I(X;Z) at most, bits"},
            .y = {.label = "I(Z;Y) at least, bits"}};
  for (const double beta : {0.001, 0.01, 0.1}) {
    Series path{.name = fmt::format("beta = {}", beta), .style = Style::kLinePoints};
    for (int epoch = 1; epoch <= 12; ++epoch) {
      const double x = (12 + 2 * std::log10(beta)) * (1 - std::exp(-0.3 * epoch));
      path.x.push_back(x);
      path.y.push_back(3.2 * (1 - std::exp(-0.5 * x)) * (1 - 0.3 * std::sqrt(beta)));
      path.tips.push_back(fmt::format("beta {}, epoch {}", beta, epoch));
    }
    plot.series.push_back(path);
  }
  plot.lines = {{true, std::log2(10), "H(Y) = log2(10)"}};
  return plot;
}

inline Plot sample_training() {
  Plot plot{.title = "Training",
            .x = {.label = "step"},
            .y = {.label = "cross-entropy, bits", .log = true}};
  Series train{.name = "training"};
  Series valid{.name = "validation"};
  for (int step = 1; step <= 400; ++step) {
    const double y = 0.3 + 3 * std::exp(-step / 60.0);
    train.x.push_back(step * 25);
    train.y.push_back(y * (1 + 0.12 * std::sin(step * 12.9898) * std::cos(step * 4.1)));
    if (step % 20) continue;
    valid.x.push_back(step * 25);
    valid.y.push_back(y * 1.1);
    valid.y_low.push_back(y * 1.02);
    valid.y_high.push_back(y * 1.19);
  }
  plot.series = {train, valid};
  return plot;
}

inline Plot sample_cloud() {
  Plot plot{.title = "Codes of two classes", .x = {.label = "z1"}, .y = {.label = "z2"}};
  for (int c = 0; c < 2; ++c) {
    Series cloud{.name = c == 0 ? "shirt" : "coat", .style = Style::kPoints};
    core::Random random(core::Key(7).split(static_cast<std::uint64_t>(c)));
    for (int i = 0; i < 700; ++i) {
      cloud.x.push_back(random.normal() + 2.4 * c);
      cloud.y.push_back(random.normal() * (1 + 0.5 * c) - c);
    }
    plot.series.push_back(cloud);
  }
  return plot;
}

inline HeatMap sample_confusion() {
  HeatMap map{.title = "Who is taken for whom",
              .note = "Share of each row's images, in per cent.",
              .row_label = "true class",
              .column_label = "predicted from the file",
              .rows = {"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt",
                       "sneaker", "bag", "ankle boot"},
              .scale = {.label = "%", .min = 0, .max = 100}};
  map.columns = map.rows;
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 10; ++j) {
      map.values.push_back(i == j ? 92 - i : (i * 7 + j * 3) % 4 * 0.4);
    }
  }
  map.values[7] = std::nan("");
  return map;
}

inline HeatMap sample_correlation() {
  HeatMap map{.title = "Correlation of the code's coordinates",
              .scale = {.label = "correlation", .min = -1, .max = 1},
              .diverging = true};
  for (int i = 0; i < 32; ++i) {
    map.rows.push_back(fmt::format("z{}", i));
    map.columns.push_back(fmt::format("z{}", i));
    for (int j = 0; j < 32; ++j) {
      map.values.push_back(i == j ? 1 : std::sin(i * j * 0.7) * std::exp(-std::abs(i - j) / 6.0));
    }
  }
  return map;
}

inline core::Json sample_record() {
  core::Table table({{"beta", "beta", "{:.3f}"},
                     {"model", "bits/image (model)", "{:.2f}"},
                     {"disk", "bits/image (on disk)", "{:.2f}"},
                     {"useful", "I(Z;Y) bits \xE2\x89\xA5", "{:.3f}"},
                     {"accuracy", "accuracy from the file (%)", "{:.1f}"}});
  table.add_row({0.001, 12.41, 12.43, 3.012, 91.4});
  table.add_row({0.01, 4.87, 4.89, 2.961, 91.1});
  table.add_row({0.1, 2.03, 2.05, 1.822, 78.5});
  table.add_row({"raw pixels", nullptr, 6272, nullptr, 91.5});
  core::Record record{.command = "demo", .seed = 1, .seconds = 381.2};
  record.options = {{"data", "fashion-mnist"}, {"beta", {0.001, 0.01, 0.1}}, {"epochs", 4}};
  record.results = {
      {"notes",
       {"A code of a few bits classifies nearly as well as the pixels. Every byte of the "
        "file is counted. All numbers on this page are made up to show its drawing."}},
      {"tables", core::Json::array({to_json(table, "One row a channel")})},
      {"plots", core::Json::array({to_json(sample_curve()), to_json(sample_plane()),
                                   to_json(sample_training()), to_json(sample_cloud())})},
      {"heat_maps",
       core::Json::array({to_json(sample_confusion()), to_json(sample_correlation())})},
      {"images", 10000},
      {"best", "beta = 0.01"}};
  return record.json();
}

}  // namespace venturi::report::testing
