// venturi/app/couple_plots.hpp
//
// The curves of `venturi couple` as a report page draws them.
#pragma once

#include <string_view>

#include "venturi/core/json.hpp"

namespace venturi::app {

// "plots" and "tables" (render.hpp) of what the member `name` returned; both absent where it has no
// curve. Points come in the order of the horizontal axis, whatever the order of the sweep.
core::Json couple_drawings(std::string_view name, const core::Json& results);

}  // namespace venturi::app
