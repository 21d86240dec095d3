#include "venturi/data/matrix_file.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "venturi/data/array.hpp"
#include "venturi/data/csv.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/little_endian.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.read_matrix";

core::Matrix matrix_from_npy(core::Bytes file) {
  const Array array = decode_npy(file);
  if (array.shape.empty() || array.shape.size() > 2 || array.count() == 0) {
    core::fail_data(kWhere, "expected an array of n or n*d numbers, got shape [{}]",
                    fmt::join(array.shape, ", "));
  }
  core::Matrix out(array.shape[0], array.shape.size() == 2 ? array.shape[1] : 1);
  to_doubles(array, {out.data(), array.count()});
  return out;
}

core::Matrix matrix_from_csv(core::Bytes file) {
  const CsvTable table = parse_csv(as_text(file));
  core::Matrix out(static_cast<core::Index>(table.rows()),
                   static_cast<core::Index>(table.columns()));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    for (std::size_t j = 0; j < table.columns(); ++j) {
      const auto value = parse_cell(table.cell(i, j));
      if (!value) {
        core::fail_data(kWhere, "line {}, column '{}': expected a number, got '{}'", table.lines[i],
                        table.names[j], table.cell(i, j).substr(0, 40));
      }
      out(static_cast<core::Index>(i), static_cast<core::Index>(j)) = *value;
    }
  }
  return out;
}

}  // namespace

core::Matrix read_matrix(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 5> kText = {".csv", ".tsv", ".txt", ".data", ".dat"};
  std::string name = path.string();
  if (name.ends_with(".xz")) name.resize(name.size() - 3);
  if (name.ends_with(".npy")) return decode_file(path, matrix_from_npy);
  if (std::ranges::any_of(kText, [&](std::string_view end) { return name.ends_with(end); })) {
    return decode_file(path, matrix_from_csv);
  }
  core::fail_argument(kWhere, "expected '{}' to end in one of .npy, {}", path.string(),
                      fmt::join(kText, ", "));
}

}  // namespace venturi::data
