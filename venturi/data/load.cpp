#include "venturi/data/load.hpp"

#include <array>
#include <filesystem>

#include "venturi/core/error.hpp"
#include "venturi/data/idx.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.load";
constexpr const char* kFashionFolder = "/usr/share/datasets/fashion-mnist";

void refuse_rest(std::string_view name, std::string_view rest) {
  if (!rest.empty())
    core::fail_argument(kWhere, "'{}' takes nothing behind it, got '{}'", name, rest);
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
  std::error_code ignored;
  if (!std::filesystem::is_directory(kFashionFolder, ignored)) {
    core::fail_data(kWhere, "no folder '{}': install the Debian package dataset-fashion-mnist",
                    kFashionFolder);
  }
  DataPair out = read_idx_folder(kFashionFolder, "fashion-mnist");
  name_classes(out, {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                     "Sneaker", "Bag", "Ankle boot"});
  return out;
}

constexpr std::array<core::Member<Loader>, 1> kLoaders{{
    {"fashion-mnist", "70,000 grey 28*28 images of clothes in ten classes",
     "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747", "O(n d)", load_fashion},
}};

}  // namespace

std::span<const core::Member<Loader>> loaders() { return kLoaders; }

DataPair load(std::string_view uri, core::Key key) {
  const std::size_t colon = uri.find(':');
  const auto scheme = uri.substr(0, colon);
  const auto rest = colon == std::string_view::npos ? std::string_view() : uri.substr(colon + 1);
  DataPair out = core::find_member(loaders(), scheme, kWhere).make(rest, key);
  out.train.check(kWhere);
  if (out.test) out.test->check(kWhere);
  return out;
}

}  // namespace venturi::data
