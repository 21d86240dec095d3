#include "venturi/data/load.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/cifar10.hpp"
#include "venturi/data/csv.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/idx.hpp"
#include "venturi/data/little_endian.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/data/query.hpp"
#include "venturi/data/synthetic.hpp"
#include "venturi/data/uci.hpp"

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

// The choice that `key` names; the first of `choices` without it.
template <class T>
T choice_of(const Query& query, std::string_view key,
            const std::vector<std::pair<std::string_view, T>>& choices) {
  const auto text = query.text(key);
  if (!text) return choices.front().second;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == *text) return value;
    names.push_back(name);
  }
  core::fail_argument(kWhere, "expected {} one of {}, got '{}'", key, fmt::join(names, ", "),
                      *text);
}

Task task_of(const Query& query) {
  return choice_of<Task>(
      query, "task",
      {{"auto", Task::kNone}, {"classes", Task::kClasses}, {"regression", Task::kRegression}});
}

DataPair load_npy(std::string_view rest, core::Key) {
  require_path("npy", "FILE", rest);
  const fs::path path(rest);
  return {dataset_from(read_npy(path), path.filename().string(), kWhere), std::nullopt};
}

DataPair load_npz(std::string_view rest, core::Key) {
  const auto [path, text] = split_at(rest, '#');
  require_path("npz", "FILE#task=classes|regression", path);
  const Query query(text, {"task"}, kWhere);
  const Task task = task_of(query);
  const std::string name = fs::path(path).filename().string();
  return decode_file(
      path, [&](core::Bytes file) { return dataset_from_npz(decode_npz(file), name, task); });
}

DataPair load_csv(std::string_view rest, core::Key) {
  const auto [path, text] = split_at(rest, '#');
  require_path("csv", "FILE#target=COLUMN&onehot=A,B", path);
  const Query query(text, {"target", "onehot", "ignore", "missing", "task", "header", "skip"},
                    kWhere);
  CsvOptions options;
  options.targets = query.list("target");
  options.onehot = query.list("onehot");
  options.ignore = query.list("ignore");
  options.missing = choice_of<Missing>(
      query, "missing",
      {{"refuse", Missing::kRefuse}, {"drop", Missing::kDrop}, {"mean", Missing::kMean}});
  options.task = task_of(query);
  options.header = choice_of<std::optional<bool>>(
      query, "header", {{"auto", std::nullopt}, {"yes", true}, {"no", false}});
  options.skip = static_cast<int>(query.integer("skip", 0, 0, 1'000'000));
  const std::string name = fs::path(path).filename().string();
  return decode_file(path, [&](core::Bytes file) {
    return DataPair{dataset_from_csv(parse_csv(as_text(file), options), name, options),
                    std::nullopt};
  });
}

DataPair load_cifar10(std::string_view rest, core::Key) {
  if (!rest.empty()) return read_cifar10_folder(fs::path(rest));
  return read_cifar10_folder(shared_folder("cifar10", "data_batch_1.bin and its kin"));
}

DataPair load_synthetic(std::string_view rest, core::Key key) {
  const auto [name, query] = split_at(rest, '?');
  return {core::find_member(synthetic_sources(), name, kWhere).make(query, key), std::nullopt};
}

constexpr std::array<core::Member<Loader>, 9> kLoaders{{
    {"fashion-mnist", "70,000 grey 28*28 images of clothes in ten classes",
     "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747", "O(n d)", load_fashion},
    {"mnist", "70,000 grey 28*28 images of digits", "LeCun, Bottou, Bengio, Haffner 1998", "O(n d)",
     load_mnist},
    {"cifar10", "colour 32*32 images of things in ten classes, of the shared data or cifar10:DIR",
     "Krizhevsky 2009", "O(n d)", load_cifar10},
    {"uci", "uci:NAME, regression tables of the shared data (california-housing, kin8nm, ...)",
     "UCI collection; see data/uci.hpp", "O(bytes)", load_uci},
    {"synthetic", "synthetic:NAME?n=&seed=, sources with known answers", "own", "O(n d)",
     load_synthetic},
    {"idx", "idx:DIR or idx:FILE, plain or gzipped", "LeCun, Cortes, Burges, MNIST file formats",
     "O(n d)", load_idx},
    {"npy", "npy:FILE, inputs without labels", "NumPy manual, numpy.lib.format", "O(n d)",
     load_npy},
    {"npz", "npz:FILE#task=, arrays x, y or x_train, y_train, x_test, y_test",
     "NumPy manual, numpy.lib.format", "O(n d)", load_npz},
    {"csv", "csv:FILE#target=&onehot=&ignore=&missing=refuse|drop|mean&task=&header=&skip=",
     "RFC 4180", "O(bytes)", load_csv},
}};

struct Ending {
  std::string_view text;
  std::string_view scheme;
};
constexpr std::array<Ending, 9> kEndings{{{"-ubyte", "idx"},
                                          {".idx", "idx"},
                                          {".npy", "npy"},
                                          {".npz", "npz"},
                                          {".csv", "csv"},
                                          {".tsv", "csv"},
                                          {".txt", "csv"},
                                          {".data", "csv"},
                                          {".dat", "csv"}}};

bool looks_like_a_path(std::string_view name) {
  std::error_code ignored;
  return name.find_first_of("/.") != std::string_view::npos || fs::exists(name, ignored);
}

// "ixd" of "ixd:/data/x", not the drive of "c:/data/x": a word of letters, digits and '-' before a
// colon is meant as a scheme.
bool looks_like_a_scheme(std::string_view scheme, std::string_view rest) {
  const auto in_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return scheme.size() > 1 && rest.starts_with(':') && std::ranges::all_of(scheme, in_word);
}

// The scheme that reads a bare path.
std::string_view scheme_of(std::string_view path) {
  if (is_folder(path)) return "idx";
  std::string_view name = path;
  for (const std::string_view packed : {".gz", ".xz"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  for (const Ending& ending : kEndings) {
    if (name.ends_with(ending.text)) return ending.scheme;
  }
  std::vector<std::string_view> known;
  known.reserve(kEndings.size());
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
  std::error_code ignored;
  const bool mistyped = looks_like_a_scheme(scheme, rest) && !fs::exists(path, ignored);
  if (!known && !mistyped && looks_like_a_path(path)) {
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
