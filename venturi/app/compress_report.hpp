// venturi/app/compress_report.hpp
//
// What `venturi compress` shows: tables of menus and choices, the curve of rate and distortion, the
// information plane before and after.
#pragma once

#include "venturi/compress/compress.hpp"
#include "venturi/core/table.hpp"
#include "venturi/net/plane.hpp"
#include "venturi/report/render.hpp"

namespace venturi::app {

core::Table layer_table(const compress::Compressed& result);
core::Table edge_table(const compress::Compressed& result);
// The entries of each menu that no other beats, at most eight of a menu, evenly.
core::Table menu_table(const compress::Compressor& work);

// Sizes and divergences, measured, in the units of the predicted curve.
report::Plot curve_plot(const std::vector<compress::CurvePoint>& predicted,
                        const std::vector<compress::CurvePoint>& allocated,
                        const compress::CurvePoint& result);

// The same edges of two networks, before and after.
struct PlanePair {
  std::vector<net::PlanePoint> before, after;
};
core::Table plane_table(const PlanePair& planes);
report::Plot plane_plot(const PlanePair& planes);

}  // namespace venturi::app
