// venturi/data/uci.hpp
//
// Regression sets of the UCI collection and its kin, as papers on regression use them, from the
// tables of the shared data:
//   california-housing  8 inputs (income, age, rooms, bedrooms, population and occupants a
//   household,
//                       latitude, longitude), target log(price / 100,000 $), houses at the cap of
//                       500,000 $ and rows without bedrooms left out: 19,443 rows
//   appliances-energy   25 inputs, Wh of appliances; without the date and the two random columns
//   beijing-pm25        weather and time (wind one-hot), micrograms a cubic metre; rows without it
//                       left out
//   bike-sharing        hours: calendar and weather, bikes hired; without its two summands
//   kin8nm, concrete    8 inputs each
#pragma once

#include <string_view>

#include "venturi/core/key.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::data {

// InvalidArgument for another name, listing these; DataError for a missing or broken file.
DataPair load_uci(std::string_view name, core::Key key);

}  // namespace venturi::data
