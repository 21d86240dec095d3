#include "venturi/learn/label_noise.hpp"

#include "venturi/core/error.hpp"

namespace venturi::learn {

data::Dataset with_label_noise(data::Dataset set, const std::string& kind, double rate,
                               core::Key key) {
  constexpr std::string_view kWhere = "learn.with_label_noise";
  if (kind != "symmetric" && kind != "asymmetric") {
    core::fail_argument(kWhere, "expected symmetric or asymmetric, got '{}'", kind);
  }
  if (!(rate >= 0 && rate <= 1))
    core::fail_argument(kWhere, "expected a rate in [0, 1], got {}", rate);
  if (set.task != data::Task::kClasses || set.classes < 2) {
    core::fail_argument(kWhere, "'{}' has no two classes", set.name);
  }
  core::Random random(key);
  for (std::int32_t& label : set.labels) {
    const bool turned = random.uniform() < rate;
    const auto other =
        1 + static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(set.classes - 1)));
    if (turned) label = (label + (kind == "symmetric" ? other : 1)) % set.classes;
  }
  return set;
}

}  // namespace venturi::learn
