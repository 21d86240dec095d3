// Calls that no sound model makes: a kernel answers with its results or a DataError.
#include <limits>
#include <map>
#include <random>

#include "tests/net/operator_cases.hpp"

namespace venturi::net {
namespace {

using namespace cases;

// Numbers that models hold, and some that only a damaged one does.
struct Dice {
  std::mt19937_64 engine;

  std::int64_t below(std::uint64_t n) { return static_cast<std::int64_t>(engine() % n); }
  std::int64_t integer() {
    constexpr std::int64_t kOdd[] = {std::numeric_limits<std::int64_t>::min(),
                                     std::numeric_limits<std::int64_t>::max(),
                                     std::int64_t{1} << 40,
                                     -(std::int64_t{1} << 33),
                                     0,
                                     -1};
    return below(8) == 0 ? kOdd[below(6)] : below(7) - 2;
  }
  Sizes integers() {
    Sizes out;
    for (std::int64_t i = below(6); i > 0; --i) out.push_back(integer());
    return out;
  }
  Tensor tensor() {
    constexpr torch::ScalarType kTypes[] = {torch::kFloat32, torch::kFloat32, torch::kFloat32,
                                            torch::kInt64,   torch::kInt64,   torch::kInt32,
                                            torch::kInt8,    torch::kUInt8,   torch::kBool,
                                            torch::kFloat16, torch::kFloat64};
    if (below(12) == 0) return {};
    if (below(3) == 0) return ints(integers());
    Sizes sizes;
    for (std::int64_t i = below(6); i > 0; --i) sizes.push_back(below(8) == 0 ? 0 : 1 + below(4));
    Tensor out = torch::empty(sizes, torch::kFloat64);
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      out.data_ptr<double>()[i] = static_cast<double>(below(9) - 4) / (below(2) == 0 ? 1 : 2);
    }
    return out.to(kTypes[below(11)]);
  }
  Attribute attribute(const std::string& name) {
    static const std::map<std::string, std::vector<std::string>> texts = {
        {"auto_pad", {"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"}},
        {"mode", {"constant", "reflect", "edge", "wrap", "linear", "nearest", "cubic", "CRD"}},
        {"coordinate_transformation_mode",
         {"align_corners", "asymmetric", "half_pixel_symmetric", "tf_crop_and_resize"}},
        {"reduction", {"none", "add", "mul", "max", "min"}},
        {"direction", {"LEFT", "RIGHT", "forward", "reverse", "bidirectional"}},
        {"equation", {"ij,jk->ik", "...i->...", "i,i", "ii->i", "->", "i.j", "ab,"}},
    };
    const auto words = texts.find(name);
    if (words != texts.end()) {
      return words->second[static_cast<std::size_t>(below(words->second.size()))];
    }
    switch (below(10)) {
      case 0:
        return static_cast<double>(integer()) / 3;
      case 1:
        return integers();
      case 2:
        return tensor();
      case 3:
        return std::vector<double>{0.5, -1};
      default:
        return integer();
    }
  }
};

Values strange_attributes(Dice& dice) {
  static const std::vector<std::string> lists = {
      "kernel_shape",   "strides", "dilations", "pads",  "output_shape",
      "output_padding", "perm",    "axes",      "split", "value_ints"};
  static const std::vector<std::string> others = {"axis",
                                                  "group",
                                                  "auto_pad",
                                                  "mode",
                                                  "ceil_mode",
                                                  "keepdims",
                                                  "to",
                                                  "k",
                                                  "size",
                                                  "blocksize",
                                                  "coordinate_transformation_mode",
                                                  "reduction",
                                                  "direction",
                                                  "equation",
                                                  "num_groups",
                                                  "hidden_size",
                                                  "layout",
                                                  "batch_dims",
                                                  "batch_axis",
                                                  "time_axis",
                                                  "epsilon",
                                                  "alpha",
                                                  "beta",
                                                  "exclusive",
                                                  "reverse",
                                                  "storage_order",
                                                  "count_include_pad",
                                                  "p",
                                                  "block_size",
                                                  "value",
                                                  "output_dtype",
                                                  "antialias",
                                                  "exclude_outside",
                                                  "num_outputs",
                                                  "start",
                                                  "end",
                                                  "fmod",
                                                  "training_mode",
                                                  "dtype",
                                                  "allowzero",
                                                  "select_last_index",
                                                  "largest",
                                                  "upper"};
  Values out;
  for (const std::string& name : lists) {
    if (dice.below(3) != 0) continue;
    out.emplace_back(name, dice.below(20) == 0 ? dice.attribute(name) : dice.integers());
  }
  for (const std::string& name : others) {
    if (dice.below(4) == 0) out.emplace_back(name, dice.attribute(name));
  }
  return out;
}

// True for results, false for a DataError; all else fails the test.
bool survives(const std::string& name, const std::vector<Tensor>& inputs, const Values& values,
              int opset, std::size_t outputs) {
  try {
    EXPECT_EQ(run(name, inputs, values, opset, outputs).size(), outputs) << name;
    return true;
  } catch (const core::DataError&) {
  } catch (const std::exception& error) {
    ADD_FAILURE() << name << ": " << error.what();
  }
  return false;
}

TEST(Operators, StrangeCallsEndInResultsOrDataErrors) {
  constexpr int kRounds = 60;
  Dice dice{std::mt19937_64(2024)};
  int results = 0;
  for (const Operator& op : operators()) {
    const int most = op.most_inputs < 0 ? 4 : op.most_inputs;
    for (int round = 0; round < kRounds; ++round) {
      const Values values = strange_attributes(dice);
      std::vector<Tensor> inputs;
      const std::int64_t count = op.least_inputs + dice.below(most - op.least_inputs + 2);
      for (std::int64_t i = 0; i < count; ++i) inputs.push_back(dice.tensor());
      results +=
          survives(std::string(op.name), inputs, values, static_cast<int>(11 + dice.below(11)),
                   static_cast<std::size_t>(1 + dice.below(3)));
    }
  }
  EXPECT_GT(results, kRounds * 3);  // so that what follows the checks is reached too
}

// Puts one strange thing into a call that was sound.
void damage(Dice& dice, std::vector<Tensor>& inputs, Values& values) {
  if (!values.empty() && dice.below(2) == 0) {
    auto& [name, value] = values[static_cast<std::size_t>(dice.below(values.size()))];
    auto* list = std::get_if<Sizes>(&value);
    if (list != nullptr && dice.below(4) != 0) {
      list->at(static_cast<std::size_t>(dice.below(list->size()))) = dice.integer();
    } else {
      value = dice.attribute(name);
    }
    return;
  }
  if (dice.below(3) == 0) {
    const Values more = strange_attributes(dice);
    values.insert(values.end(), more.begin(), more.end());
    return;
  }
  Tensor& damaged = inputs[static_cast<std::size_t>(dice.below(inputs.size()))];
  const bool integers = damaged.defined() && damaged.scalar_type() == torch::kInt64;
  if (integers && damaged.numel() > 0 && dice.below(4) != 0) {
    damaged = damaged.clone();
    damaged.view({-1})[dice.below(static_cast<std::uint64_t>(damaged.numel()))] = dice.integer();
  } else {
    damaged = dice.tensor();
  }
}

TEST(Operators, DamagedCallsEndInResultsOrDataErrors) {
  constexpr int kRounds = 40;
  Dice dice{std::mt19937_64(2025)};
  int results = 0;
  for (const GradientCase& c : gradient_cases()) {
    for (int round = 0; round < kRounds; ++round) {
      std::vector<Tensor> inputs;
      for (const Sizes& sizes : c.inputs) inputs.push_back(uniform(sizes, c.low, c.high, 5));
      inputs.insert(inputs.end(), c.constants.begin(), c.constants.end());
      Values values = c.attributes;
      damage(dice, inputs, values);
      results +=
          survives(c.name, inputs, values, c.opset, static_cast<std::size_t>(1 + dice.below(2)));
    }
  }
  EXPECT_GT(results, kRounds * 10);
}

}  // namespace
}  // namespace venturi::net
