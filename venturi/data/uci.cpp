#include "venturi/data/uci.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

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

struct Source {
  std::string name, file;
  CsvOptions options;
  void (*finish)(Dataset&) = nullptr;
};

std::vector<Source> sources() {
  const auto csv = [](std::vector<std::string> targets, std::vector<std::string> ignore) {
    return CsvOptions{.targets = std::move(targets),
                      .onehot = {},
                      .ignore = std::move(ignore),
                      .missing = Missing::kDrop,
                      .task = Task::kRegression,
                      .header = true};
  };
  CsvOptions air = csv({"pm2.5"}, {"No"});
  air.onehot = {"cbwd"};
  air.skip = 1;
  CsvOptions plain = csv({"9"}, {});
  plain.header = false;
  return {{"california-housing", "california-housing/housing.csv.xz",
           csv({"median_house_value"}, {"ocean_proximity"}), housing},
          {"appliances-energy", "appliances-energy/energydata_complete.csv.xz",
           csv({"Appliances"}, {"date", "rv1", "rv2"})},
          {"beijing-pm25", "beijing-pm25/PRSA_data_2010.1.1-2014.12.31.csv.xz", air},
          {"bike-sharing", "bike-sharing/hour.csv.xz",
           csv({"cnt"}, {"instant", "dteday", "casual", "registered"})},
          {"kin8nm", "kin8nm/data.txt.xz", plain},
          {"concrete", "concrete/data.txt.xz", plain}};
}

}  // namespace

DataPair load_uci(std::string_view name, core::Key) {
  std::vector<std::string> known;
  for (const Source& source : sources()) {
    known.push_back(source.name);
    if (source.name != name) continue;
    const auto folder = core::shared_data_folder();
    if (folder.empty()) {
      core::fail_data(kWhere, "set VENTURI_DATA to a folder that holds uci/{}", source.file);
    }
    Dataset set = decode_file(folder / "uci" / source.file, [&](core::Bytes file) {
      return dataset_from_csv(parse_csv(as_text(file), source.options), name, source.options);
    });
    if (source.finish != nullptr) source.finish(set);
    return {std::move(set), std::nullopt};
  }
  core::fail_argument(kWhere, "unknown set '{}'{}; known: {}", name,
                      core::did_you_mean(name, known), fmt::join(known, ", "));
}

}  // namespace venturi::data
