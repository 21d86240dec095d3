// venturi/report/page.hpp
//
// One self-contained HTML page: text, tables, plots and run records, in the order added. It opens
// from disk, asks nothing of the network, runs no script, reads in light and dark and on paper.
// Every text given is shown as text: no markup passes through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/table.hpp"
#include "venturi/report/network.hpp"
#include "venturi/report/plot.hpp"

namespace venturi::report {

class Page {
 public:
  // The title, and under it a sentence that says what the page shows (may be empty).
  explicit Page(std::string title, std::string subtitle = "");

  // A section of the page; four or more are listed at the top. Plots added one after the other
  // stand side by side where there is room.
  void add_heading(std::string_view text);
  // A paragraph; a blank line starts the next one.
  void add_text(std::string_view text);
  // One small line: where something comes from.
  void add_remark(std::string_view text);
  // Columns that hold numbers are set to the right. `title` may be empty.
  void add_table(const core::Table& table, std::string_view title = "");
  void add_plot(const Plot& plot);
  void add_heat_map(const HeatMap& map);
  void add_network(const NetworkPicture& picture);
  // Any JSON document, folded until opened: options, machine, results.
  void add_json(std::string_view title, const core::Json& json);

  // What the footer says of the page's origin: a time, and facts as a flat object ({"processor":
  // ..., "cores": ...}). Without it: now, core::machine_facts() and core::build_facts().
  void set_origin(std::string time, core::Json facts);

  // The whole document, UTF-8.
  std::string html() const;

 private:
  struct Part {
    std::string html;
    std::string narrow;  // a figure as it stands beside others; empty for anything else
  };
  void add_block(std::string html);

  std::string title_;
  std::string subtitle_;
  std::string time_;
  core::Json facts_;
  std::vector<std::string> headings_;  // escaped
  std::vector<Part> parts_;
};

}  // namespace venturi::report
