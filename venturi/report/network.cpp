#include "venturi/report/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/report/colours.hpp"
#include "venturi/report/drawing.hpp"
#include "venturi/report/text.hpp"

namespace venturi::report {
namespace {

constexpr std::size_t kMost = 400;
constexpr double kWidth = 760;
constexpr double kRow = 40;    // from one box to the next
constexpr double kBox = 30;    // height
constexpr double kLeft = 230;  // of the boxes, left of which the names stand
constexpr double kHalf = 130;  // width of half a box
constexpr double kLane = 9;
constexpr int kLanes = 18;

// Where a quantity lies between its least and its most, on a logarithmic scale.
class LogRange {
 public:
  void add(double value) {
    if (value <= 0) return;
    low_ = empty() ? value : std::min(low_, value);
    high_ = std::max(high_, value);
  }
  bool empty() const { return high_ <= 0; }
  double low() const { return low_; }
  double high() const { return high_; }
  double position(double value) const {
    if (high_ <= low_) return 0.5;
    return std::clamp(std::log(value / low_) / std::log(high_ / low_), 0.0, 1.0);
  }

 private:
  double low_ = 0, high_ = 0;
};

std::string bits_text(double bits) {
  if (bits >= 1e9) return fmt::format("{:.3g} Gbit", bits / 1e9);
  if (bits >= 1e6) return fmt::format("{:.3g} Mbit", bits / 1e6);
  if (bits >= 1e3) return fmt::format("{:.3g} kbit", bits / 1e3);
  return fmt::format("{:.3g} bit", bits);
}

std::string time_text(double seconds) {
  if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.3g} ms", 1e3 * seconds);
  return fmt::format("{:.3g} us", 1e6 * seconds);
}

class NetworkPen {
 public:
  explicit NetworkPen(const NetworkPicture& picture)
      : picture_(picture), drawn_(std::min(picture.layers.size(), kMost)) {
    for (const NetworkLayer& layer : picture.layers) {
      bits_.add(layer.bits);
      seconds_.add(layer.seconds);
    }
  }

  std::string document(Form form) {
    top_ = canvas_.heading(picture_.title, picture_.note, kWidth - 2 * kPad);
    if (drawn_ > 0) {
      draw_scale(kLeft, "bits held", bits_, bits_text);
      draw_scale(kLeft + kHalf + 8, "time", seconds_, time_text);
      top_ += 44;
    }
    for (std::size_t i = 0; i < drawn_; ++i) draw_lines(i);
    for (std::size_t i = 0; i < drawn_; ++i) draw_box(i);
    double y = top_ + kRow * static_cast<double>(drawn_);
    std::string print = picture_.layers.empty() ? "No layers." : "";
    if (drawn_ < picture_.layers.size()) {
      print =
          fmt::format("{} more layers are not drawn.", count_text(picture_.layers.size() - drawn_));
    }
    y = canvas_.small_print(print, y, kWidth - 2 * kPad);
    return canvas_.document(picture_.title, kWidth, y + kPad, form,
                            form == Form::kFile ? colour_style(false) : "");
  }

 private:
  double row(std::size_t i) const { return top_ + kRow * static_cast<double>(i); }

  void draw_scale(double x, const char* label, const LogRange& range, std::string (*text)(double)) {
    const double width = kHalf - 8;
    canvas_.text(x, top_ + 8, label, "class=\"vt-label\"");
    constexpr int kSteps = 16;
    for (int k = 0; k < kSteps; ++k) {
      canvas_.rect(x + width * k / kSteps, top_ + 14, width / kSteps + 0.5, 8,
                   "class=\"" + cell_class((k + 0.5) / kSteps, false) + "\"");
    }
    if (range.empty()) return;
    canvas_.text(x, top_ + 34, text(range.low()), "class=\"vt-tick\"");
    canvas_.text(x + width, top_ + 34, text(range.high()), "class=\"vt-tick\" text-anchor=\"end\"");
  }

  void half(double x, double y, double value, const LogRange& range, const std::string& text) {
    const bool some = value > 0;
    const double t = some ? range.position(value) : 0;
    canvas_.rect(x, y, kHalf, kBox,
                 some ? "class=\"" + cell_class(t, false) + "\"" : "class=\"vt-none\"");
    if (!some) return;
    canvas_.text(
        x + kHalf / 2, y + kBox / 2 + 4, text,
        fmt::format("class=\"vt-cell {}\" text-anchor=\"middle\"", cell_text_class(t, false)));
  }

  void draw_box(std::size_t i) {
    const NetworkLayer& layer = picture_.layers[i];
    const double y = row(i);
    canvas_.raw(
        fmt::format("<g><title>{}</title>\n",
                    escape(fmt::format("{} ({}) {}: {}, {}", layer.name, layer.kind, layer.shape,
                                       bits_text(layer.bits), time_text(layer.seconds)))));
    half(kLeft, y, layer.bits, bits_, bits_text(layer.bits));
    half(kLeft + kHalf, y, layer.seconds, seconds_, time_text(layer.seconds));
    canvas_.text(kLeft - 10, y + 13, shorten(layer.name, kLabelSize, kLeft - 10 - kPad),
                 "class=\"vt-label\" text-anchor=\"end\"");
    canvas_.text(kLeft - 10, y + 27,
                 shorten(layer.kind + " " + layer.shape, kTickSize, kLeft - 10 - kPad),
                 "class=\"vt-tick\" text-anchor=\"end\"");
    canvas_.raw("</g>\n");
  }

  // From the boxes that layer i reads: straight down from the one above, else by a lane.
  void draw_lines(std::size_t i) {
    for (const std::size_t from : picture_.layers[i].inputs) {
      const double x = kLeft + kHalf;
      if (from + 1 == i) {
        canvas_.line(x, row(from) + kBox, x, row(i), "vt-axis");
        continue;
      }
      const double right = kLeft + 2 * kHalf;
      const double lane = right + 14 + kLane * lane_of(from, i);
      canvas_.raw(fmt::format("<path class=\"vt-axis\" fill=\"none\" d=\"M{} {}H{}V{}H{}\"/>\n",
                              px(right), px(row(from) + kBox - 5), px(lane), px(row(i) + 5),
                              px(right)));
    }
  }

  // The first lane that is free from box `from` to box `to`; the last where none is.
  int lane_of(std::size_t from, std::size_t to) {
    for (int lane = 0; lane < kLanes; ++lane) {
      if (busy_until_[lane] <= from) {
        busy_until_[lane] = to;
        return lane;
      }
    }
    return kLanes - 1;
  }

  const NetworkPicture& picture_;
  std::size_t drawn_;
  LogRange bits_, seconds_;
  Canvas canvas_;
  double top_ = 0;
  std::size_t busy_until_[kLanes] = {};
};

}  // namespace

std::string draw(const NetworkPicture& picture, Form form) {
  for (std::size_t i = 0; i < picture.layers.size(); ++i) {
    const NetworkLayer& layer = picture.layers[i];
    for (const double value : {layer.bits, layer.seconds}) {
      if (!std::isfinite(value) || value < 0) {
        core::fail_argument("report.to_svg", "layer '{}': expected bits and seconds >= 0, got {}",
                            layer.name, value);
      }
    }
    for (const std::size_t from : layer.inputs) {
      if (from >= i) {
        core::fail_argument("report.to_svg", "layer {} '{}' reads layer {}, which is not before it",
                            i, layer.name, from);
      }
    }
  }
  return NetworkPen(picture).document(form);
}

std::string to_svg(const NetworkPicture& picture) { return draw(picture, Form::kFile); }

}  // namespace venturi::report
