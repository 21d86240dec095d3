// venturi/report/render.hpp
//
// Run records in, a page out: a record is drawn without the code of the room that made it. Of the
// results of a record these are drawn, all optional, in this order:
//   "notes":     ["a paragraph", ...]
//   "tables":    [{"title", "columns": [{"key","title","form"}], "rows": [{key: cell, ...}, ...]}]
//   "plots":     [plots as in plot.hpp]
//   "heat_maps": [heat maps as in plot.hpp]
// The other scalar results come as a table of name and value; the whole record is folded below.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/table.hpp"
#include "venturi/report/page.hpp"

namespace venturi::report {

// A table as a record keeps it, and the way back (rows may be objects by key or arrays in column
// order). DataError naming the field; a "form" is one replacement field for a number, such as
// "{:.2f}" or "{:.1f} %".
core::Json to_json(const core::Table& table, std::string_view title = "");
core::Table table_from_json(const core::Json& json);

// One section a record, in their order. The footer holds time, machine and versions of the last.
// DataError naming record and field on a record that cannot be drawn ("record
// 2.results.plots[0].x: ..."); records nested deeper than 64 are refused.
Page render_records(const std::vector<core::Json>& records,
                    std::string_view title = "Venturi report");

}  // namespace venturi::report
