#include "venturi/data/cifar10.hpp"

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/decode_file.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.decode_cifar10";
constexpr std::size_t kPixels = std::size_t{3} * 32 * 32;
constexpr std::size_t kRow = 1 + kPixels;

// The files of one part, by name.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder,
                                            std::initializer_list<std::string_view> beginnings) {
  std::vector<std::filesystem::path> out;
  for (const std::string& name : core::list_files(folder)) {
    const bool ours = std::ranges::any_of(
        beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
    if (ours && (name.ends_with(".bin") || name.ends_with(".bin.xz"))) out.push_back(folder / name);
  }
  return out;
}

Dataset read_part(const std::vector<std::filesystem::path>& files) {
  std::vector<std::byte> all;
  for (const auto& path : files) {
    decode_file(path, [&](core::Bytes bytes) {
      if (bytes.size() % kRow != 0) {
        core::fail_data(kWhere, "expected rows of {} bytes, got {} bytes", kRow, bytes.size());
      }
      all.insert(all.end(), bytes.begin(), bytes.end());
    });
  }
  return decode_cifar10(all);
}

}  // namespace

Dataset decode_cifar10(core::Bytes file) {
  if (file.empty() || file.size() % kRow != 0) {
    core::fail_data(kWhere, "expected rows of {} bytes, got {} bytes", kRow, file.size());
  }
  const std::size_t n = file.size() / kRow;
  Dataset out;
  out.name = "cifar10";
  out.shape = {3, 32, 32};
  out.task = Task::kClasses;
  out.classes = 10;
  out.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                     "dog",      "frog",       "horse", "ship", "truck"};
  out.x.resize(static_cast<core::Index>(n), kPixels);
  out.labels.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = file.subspan(i * kRow, kRow);
    const int label = std::to_integer<int>(row[0]);
    if (label > 9) core::fail_data(kWhere, "expected labels 0 to 9, got {} in row {}", label, i);
    out.labels.push_back(label);
    float* x = out.x.data() + i * kPixels;
    for (std::size_t j = 0; j < kPixels; ++j) {
      x[j] = static_cast<float>(std::to_integer<int>(row[j + 1])) / 255.0F;
    }
  }
  return out;
}

DataPair read_cifar10_folder(const std::filesystem::path& folder) {
  const auto train = files_of(folder, {"data_batch", "train"});
  const auto test = files_of(folder, {"test"});
  if (train.empty()) {
    core::fail_data("data.read_cifar10_folder", "no file data_batch*.bin or train*.bin in '{}'",
                    folder.string());
  }
  DataPair out{read_part(train), std::nullopt};
  if (!test.empty()) out.test = read_part(test);
  return out;
}

}  // namespace venturi::data
