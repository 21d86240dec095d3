#include "venturi/data/idx.hpp"

#include <algorithm>
#include <optional>

#include "venturi/core/error.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/inflate.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.decode_idx";
constexpr std::size_t kMostAxes = 8;

// The bytes of a file, plain or through gzip, in order.
class Source {
 public:
  explicit Source(core::Bytes file) : rest_(file) {
    if (is_gzip(file)) inflater_.emplace(file, Wrapping::kGzip, kWhere);
  }
  std::uint64_t most() const { return inflater_ ? inflater_->most() : rest_.size(); }
  // The next `count` bytes, in memory that grows with them.
  std::vector<std::byte> read_bytes(std::uint64_t count) {
    if (inflater_) return inflater_->read_bytes(count);
    if (count > rest_.size()) {
      core::fail_data(kWhere, "expected {} more bytes, got {}", count, rest_.size());
    }
    const core::Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return {taken.begin(), taken.end()};
  }
  void finish() {
    if (inflater_) return inflater_->finish();
    if (!rest_.empty()) core::fail_data(kWhere, "{} bytes behind the elements", rest_.size());
  }

 private:
  core::Bytes rest_;
  std::optional<Inflater> inflater_;
};

Element element_of(std::byte code) {
  switch (std::to_integer<int>(code)) {
    case 0x08:
      return Element::kU8;
    case 0x09:
      return Element::kI8;
    case 0x0B:
      return Element::kI16;
    case 0x0C:
      return Element::kI32;
    case 0x0D:
      return Element::kF32;
    case 0x0E:
      return Element::kF64;
    default:
      core::fail_data(kWhere, "expected an element type 8, 9, 11 to 14, got {}",
                      std::to_integer<int>(code));
  }
}

// The file of one part under any of its usual names.
std::optional<std::filesystem::path> find_part(const std::filesystem::path& folder,
                                               std::string_view part, int axes) {
  for (const char* separator : {"-", "."}) {
    for (const char* ending : {".gz", ""}) {
      auto path = folder / fmt::format("{}{}idx{}-ubyte{}", part, separator, axes, ending);
      std::error_code ignored;
      if (std::filesystem::exists(path, ignored)) return path;
    }
  }
  return std::nullopt;
}

std::optional<Dataset> read_part(const std::filesystem::path& folder, std::string_view part,
                                 std::string_view name) {
  const auto images = find_part(folder, fmt::format("{}-images", part), 3);
  if (!images) return std::nullopt;
  Dataset out = dataset_from(read_idx(*images), name, "data.read_idx_folder");
  if (const auto labels = find_part(folder, fmt::format("{}-labels", part), 1)) {
    set_labels(out, read_idx(*labels), "data.read_idx_folder");
  }
  return out;
}

}  // namespace

Array decode_idx(core::Bytes file) {
  Source source(file);
  const auto magic = source.read_bytes(4);
  const auto axes = std::to_integer<std::size_t>(magic[3]);
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0} || axes < 1 || axes > kMostAxes) {
    core::fail_data(kWhere, "expected an IDX file (0, 0, type, 1 to {} axes), got {}, {}, {}, {}",
                    kMostAxes, std::to_integer<int>(magic[0]), std::to_integer<int>(magic[1]),
                    std::to_integer<int>(magic[2]), axes);
  }
  Array out;
  out.element = element_of(magic[2]);
  for (std::size_t i = 0; i < axes; ++i) {
    std::int64_t value = 0;
    for (const std::byte b : source.read_bytes(4))
      value = (value << 8) | std::to_integer<std::int64_t>(b);
    out.shape.push_back(value);
  }
  const auto bytes = array_bytes(out.element, out.shape);
  if (!bytes || *bytes > source.most()) {
    core::fail_data(kWhere, "a shape of [{}] in a file of {} bytes", fmt::join(out.shape, ", "),
                    file.size());
  }
  out.bytes = source.read_bytes(*bytes);
  source.finish();
  swap_bytes(out.bytes, element_bytes(out.element));
  return out;
}

Array read_idx(const std::filesystem::path& path) { return decode_file(path, decode_idx); }

DataPair read_idx_folder(const std::filesystem::path& folder, std::string_view name) {
  auto train = read_part(folder, "train", name);
  if (!train) {
    core::fail_data("data.read_idx_folder", "no file train-images-idx3-ubyte(.gz) in '{}'",
                    folder.string());
  }
  DataPair out{std::move(*train), read_part(folder, "t10k", name)};
  match_parts(out, "data.read_idx_folder");
  return out;
}

}  // namespace venturi::data
