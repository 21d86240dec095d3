#include "venturi/data/uci.hpp"

#include <array>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/core/members.hpp"
#include "venturi/data/csv.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/little_endian.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.load_uci";

// Columns of `names` in a table whose header has them.
core::MatrixF columns(const Dataset& from, const std::vector<std::string>& names) {
  core::MatrixF out(from.size(), static_cast<core::Index>(names.size()));
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto found = std::ranges::find(from.feature_names, names[c]);
    if (found == from.feature_names.end()) {
      core::fail_data(kWhere, "there is no column '{}'", names[c]);
    }
    out.col(static_cast<core::Index>(c)) = from.x.col(found - from.feature_names.begin());
  }
  return out;
}

void housing(Dataset& set) {
  constexpr float kCap = 500000;
  std::vector<std::size_t> rows;
  for (core::Index i = 0; i < set.size(); ++i) {
    if (set.y(i, 0) < kCap) rows.push_back(static_cast<std::size_t>(i));
  }
  set = set.subset(rows);
  core::MatrixF x =
      columns(set, {"median_income", "housing_median_age", "total_rooms", "total_bedrooms",
                    "population", "population", "latitude", "longitude"});
  const core::MatrixF households = columns(set, {"households"});
  for (const core::Index c : {2, 3, 5}) x.col(c).array() /= households.col(0).array();
  set.x = std::move(x);
  set.feature_names = {"income",     "age",       "rooms",    "bedrooms",
                       "population", "occupants", "latitude", "longitude"};
  set.shape = {8};
  set.y = (set.y.array() / 100000).log().matrix();
}

void as_it_is(Dataset&) {}

struct Source {
  std::string_view file;
  std::vector<std::string> targets, onehot, ignore;
  bool header = true;
  int skip = 0;
};

using Make = std::pair<Source, void (*)(Dataset&)> (*)();

constexpr std::array<core::Member<Make>, 6> kSets{{
    {"california-housing", "", "", "",
     [] {
       return std::pair(Source{"california-housing/housing.csv.xz",
                               {"median_house_value"},
                               {},
                               {"ocean_proximity"}},
                        housing);
     }},
    {"appliances-energy", "", "", "",
     [] {
       return std::pair(Source{"appliances-energy/energydata_complete.csv.xz",
                               {"Appliances"},
                               {},
                               {"date", "rv1", "rv2"}},
                        as_it_is);
     }},
    {"beijing-pm25", "", "", "",
     [] {
       return std::pair(Source{"beijing-pm25/PRSA_data_2010.1.1-2014.12.31.csv.xz",
                               {"pm2.5"},
                               {"cbwd"},
                               {"No"},
                               true,
                               1},
                        as_it_is);
     }},
    {"bike-sharing", "", "", "",
     [] {
       return std::pair(Source{"bike-sharing/hour.csv.xz",
                               {"cnt"},
                               {},
                               {"instant", "dteday", "casual", "registered"}},
                        as_it_is);
     }},
    {"kin8nm", "", "", "",
     [] {
       return std::pair(Source{"kin8nm/data.txt.xz", {"9"}, {}, {}, false}, as_it_is);
     }},
    {"concrete", "", "", "",
     [] {
       return std::pair(Source{"concrete/data.txt.xz", {"9"}, {}, {}, false}, as_it_is);
     }},
}};

}  // namespace

DataPair load_uci(std::string_view name, core::Key) {
  const auto [source, finish] =
      core::find_member(std::span<const core::Member<Make>>(kSets), name, kWhere).make();
  const auto folder = core::shared_data_folder();
  if (folder.empty()) {
    core::fail_data(kWhere, "set VENTURI_DATA to a folder that holds uci/{}", source.file);
  }
  CsvOptions options{.targets = source.targets,
                     .onehot = source.onehot,
                     .ignore = source.ignore,
                     .missing = Missing::kDrop,
                     .task = Task::kRegression,
                     .header = source.header,
                     .skip = source.skip};
  Dataset set = decode_file(folder / "uci" / source.file, [&](core::Bytes file) {
    return dataset_from_csv(parse_csv(as_text(file), options), name, options);
  });
  finish(set);
  return {std::move(set), std::nullopt};
}

}  // namespace venturi::data
