#include "venturi/data/load.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/idx.hpp"
#include "venturi/data/query.hpp"

namespace venturi::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhere = "data.load";
constexpr const char* kFashionFolder = "/usr/share/datasets/fashion-mnist";

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

void refuse_rest(std::string_view name, std::string_view rest) {
  if (!rest.empty()) core::fail_argument(kWhere, "expected '{}' alone, got '{}'", name, rest);
}

void require_path(std::string_view scheme, std::string_view what, std::string_view path) {
  if (path.empty()) core::fail_argument(kWhere, "expected {}:{}", scheme, what);
}

void name_classes(DataPair& pair, const std::vector<std::string>& names) {
  for (Dataset* part : {&pair.train, pair.test ? &*pair.test : nullptr}) {
    if (part == nullptr || part->task != Task::kClasses) continue;
    part->classes = static_cast<int>(names.size());
    part->class_names = names;
  }
}

DataPair load_fashion(std::string_view rest, core::Key) {
  refuse_rest("fashion-mnist", rest);
  if (!is_folder(kFashionFolder)) {
    core::fail_data(kWhere, "no folder '{}': install the Debian package dataset-fashion-mnist",
                    kFashionFolder);
  }
  DataPair out = read_idx_folder(kFashionFolder, "fashion-mnist");
  name_classes(out, {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                     "Sneaker", "Bag", "Ankle boot"});
  return out;
}

// The folder of a set that lies in the shared data.
fs::path shared_folder(std::string_view name, std::string_view files) {
  const fs::path shared = core::shared_data_folder();
  fs::path folder = shared / name;
  if (shared.empty() || !is_folder(folder)) {
    core::fail_data(kWhere, "no folder '{}': set VENTURI_DATA to a folder that holds {}/{}",
                    shared.empty() ? std::string(name) : folder.string(), name, files);
  }
  return folder;
}

DataPair load_mnist(std::string_view rest, core::Key) {
  refuse_rest("mnist", rest);
  DataPair out =
      read_idx_folder(shared_folder("mnist", "train-images-idx3-ubyte.gz and its kin"), "mnist");
  name_classes(out, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  return out;
}

// A folder of the MNIST family, or one file of inputs.
DataPair load_idx(std::string_view rest, core::Key) {
  require_path("idx", "DIR", rest);
  const fs::path path(rest);
  if (is_folder(path)) return read_idx_folder(path, path.string());
  return {dataset_from(read_idx(path), path.filename().string(), kWhere), std::nullopt};
}

constexpr std::array<core::Member<Loader>, 3> kLoaders{{
    {"fashion-mnist", "70,000 grey 28*28 images of clothes in ten classes",
     "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747", "O(n d)", load_fashion},
    {"mnist", "70,000 grey 28*28 images of digits", "LeCun, Bottou, Bengio, Haffner 1998", "O(n d)",
     load_mnist},
    {"idx", "idx:DIR or idx:FILE, plain or gzipped", "LeCun, Cortes, Burges, MNIST file formats",
     "O(n d)", load_idx},
}};

struct Ending {
  std::string_view text;
  std::string_view scheme;
};
constexpr std::array<Ending, 2> kEndings{{{"-ubyte", "idx"}, {".idx", "idx"}}};

bool looks_like_a_path(std::string_view name) {
  std::error_code ignored;
  return name.find_first_of("/.") != std::string_view::npos || fs::exists(name, ignored);
}

// The scheme that reads a bare path.
std::string_view scheme_of(std::string_view path) {
  if (is_folder(path)) return "idx";
  std::string_view name = path;
  if (name.ends_with(".gz")) name.remove_suffix(3);
  for (const Ending& ending : kEndings) {
    if (name.ends_with(ending.text)) return ending.scheme;
  }
  std::vector<std::string_view> known;
  for (const Ending& ending : kEndings) known.push_back(ending.text);
  core::fail_argument(kWhere, "expected '{}' to end in one of {}; or put a scheme before it", path,
                      fmt::join(known, ", "));
}

DataPair find_and_load(std::string_view uri, core::Key key) {
  const auto scheme = uri.substr(0, uri.find_first_of(":?#"));
  auto rest = uri.substr(scheme.size());
  const bool known = std::ranges::any_of(
      loaders(), [&](const core::Member<Loader>& m) { return m.name == scheme; });
  const auto path = split_at(uri, '#').first;
  if (!known && looks_like_a_path(path)) {
    return core::find_member(loaders(), scheme_of(path), kWhere).make(uri, key);
  }
  if (rest.starts_with(':')) rest.remove_prefix(1);
  return core::find_member(loaders(), scheme, kWhere).make(rest, key);
}

}  // namespace

std::span<const core::Member<Loader>> loaders() { return kLoaders; }

DataPair load(std::string_view uri, core::Key key) {
  DataPair out = find_and_load(uri, key);
  out.train.check(kWhere);
  if (out.test) out.test->check(kWhere);
  return out;
}

}  // namespace venturi::data
