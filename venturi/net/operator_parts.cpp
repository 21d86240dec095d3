#include "venturi/net/operator_parts.hpp"

#include <algorithm>
#include <limits>

namespace venturi::net {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 32;
constexpr std::int64_t kMaxList = std::int64_t{1} << 16;

bool is_small_float(const Tensor& x) {
  return x.defined() && x.is_cpu() &&
         (x.scalar_type() == torch::kFloat16 || x.scalar_type() == torch::kBFloat16);
}

Results run_in_float(const Call& call, Kernel kernel) {
  const auto small = std::find_if(call.inputs.begin(), call.inputs.end(), is_small_float);
  if (small == call.inputs.end()) return kernel(call);
  std::vector<Tensor> inputs(call.inputs.begin(), call.inputs.end());
  for (Tensor& x : inputs) {
    if (is_small_float(x)) x = x.to(torch::kFloat32);
  }
  Results out = kernel({call.attributes, inputs, call.opset, call.outputs});
  for (Tensor& y : out) {
    if (y.defined() && y.scalar_type() == torch::kFloat32) y = y.to(small->scalar_type());
  }
  return out;
}

template <class Limit>
torch::Scalar limit_of(torch::ScalarType type, Limit limit) {
  switch (type) {
    case torch::kInt8:
      return limit(std::int8_t{});
    case torch::kUInt8:
      return limit(std::uint8_t{});
    case torch::kInt16:
      return limit(std::int16_t{});
    case torch::kInt32:
      return limit(std::int32_t{});
    case torch::kInt64:
      return limit(std::int64_t{});
    case torch::kBool:
      return limit(false);
    default:
      return limit(0.0);
  }
}

}  // namespace

Results run_checked(const Call& call, Kernel kernel, int least, int most, bool in_float) {
  const auto given = static_cast<int>(std::min<std::size_t>(call.inputs.size(), kMaxList));
  if (given < least || (most >= 0 && given > most)) {
    core::fail_data(kOperator, "expected {} to {} inputs, got {}", least,
                    most < 0 ? "any number of" : std::to_string(most), given);
  }
  try {
    Results out = in_float ? run_in_float(call, kernel) : kernel(call);
    if (out.size() < call.outputs) {
      core::fail_data(kOperator, "has {} outputs, but {} are asked for", out.size(), call.outputs);
    }
    out.resize(call.outputs);
    return out;
  } catch (const core::Error&) {
    throw;
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    core::fail_data(kOperator, "{}", text.substr(0, text.find('\n')));
  } catch (const std::exception& error) {  // Torch has a few of these too; and too little memory
    core::fail_data(kOperator, "{}", error.what());
  }
}

const Tensor& input(const Call& call, std::size_t i) {
  if (i >= call.inputs.size() || !call.inputs[i].defined()) {
    core::fail_data(kOperator, "input {} is missing", i);
  }
  return call.inputs[i];
}

Tensor optional_input(const Call& call, std::size_t i) {
  return i < call.inputs.size() ? call.inputs[i] : Tensor{};
}

const Tensor& real_input(const Call& call, std::size_t i) {
  const Tensor& x = input(call, i);
  if (!x.is_floating_point()) {
    core::fail_data(kOperator, "expected real numbers as input {}, got {}", i,
                    torch::toString(x.scalar_type()));
  }
  return x;
}

std::int64_t check_elements(const Sizes& sizes) {
  std::int64_t out = 1;
  std::int64_t bound = 1;
  for (const std::int64_t size : sizes) {
    if (size < 0 || std::max<std::int64_t>(size, 1) > kMaxElements / bound) {
      core::fail_data(kOperator, "a result of {} is negative or of more than 2^32 elements",
                      fmt::join(sizes, "*"));
    }
    bound *= std::max<std::int64_t>(size, 1);
    out *= size;
  }
  return out;
}

void check_same_type(const Tensor& a, const Tensor& b) {
  if (a.scalar_type() != b.scalar_type()) {
    core::fail_data(kOperator, "expected inputs of one type, got {} and {}",
                    torch::toString(a.scalar_type()), torch::toString(b.scalar_type()));
  }
}

std::int64_t axis_of(std::int64_t axis, std::int64_t rank) {
  if (axis < -rank || axis >= rank) {
    core::fail_data(kOperator, "axis {} of {} dimensions", axis, rank);
  }
  return axis < 0 ? axis + rank : axis;
}

Sizes axes_of(Sizes axes, std::int64_t rank) {
  for (std::int64_t& axis : axes) axis = axis_of(axis, rank);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) {
    core::fail_data(kOperator, "an axis twice in {}", fmt::join(axes, ", "));
  }
  return axes;
}

Sizes integers_of(const Tensor& x, const char* what) {
  if (!c10::isIntegralType(x.scalar_type(), false) || x.dim() > 1 || x.numel() > kMaxList) {
    core::fail_data(kOperator, "expected a list of integers as {}", what);
  }
  const Tensor plain = x.detach().to(torch::kCPU, torch::kInt64).contiguous();
  const auto* data = plain.data_ptr<std::int64_t>();
  return {data, data + plain.numel()};
}

std::int64_t integer_of(const Tensor& x, const char* what) {
  if (x.numel() != 1 || !c10::isIntegralType(x.scalar_type(), false)) {
    core::fail_data(kOperator, "expected one integer as {}", what);
  }
  return x.reshape({}).item<std::int64_t>();
}

double real_of(const Tensor& x, const char* what) {
  if (x.numel() != 1) core::fail_data(kOperator, "expected one number as {}", what);
  return x.detach().reshape({}).item<double>();
}

Sizes integers_input_or(const Call& call, std::size_t i, const char* attribute) {
  const Tensor values = optional_input(call, i);
  return values.defined() ? integers_of(values, attribute)
                          : call.attributes.integers(attribute, {});
}

Tensor wrap_indices(const Tensor& indices, std::int64_t size) {
  if (!c10::isIntegralType(indices.scalar_type(), false)) {
    core::fail_data(kOperator, "expected integers as indices");
  }
  const Tensor wide = indices.to(torch::kInt64);
  if (wide.numel() > 0) {
    const auto least = wide.min().item<std::int64_t>();
    const auto most = wide.max().item<std::int64_t>();
    if (least < -size || most >= size) {
      core::fail_data(kOperator, "index {} of a dimension of {}", least < -size ? least : most,
                      size);
    }
    if (least >= 0) return wide;
  }
  return torch::where(wide < 0, wide + size, wide);
}

torch::Scalar lowest(torch::ScalarType type) {
  return limit_of(type, [](auto zero) -> torch::Scalar {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, double>) return -std::numeric_limits<double>::infinity();
    return std::numeric_limits<T>::lowest();
  });
}

torch::Scalar highest(torch::ScalarType type) {
  return limit_of(type, [](auto zero) -> torch::Scalar {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, double>) return std::numeric_limits<double>::infinity();
    return std::numeric_limits<T>::max();
  });
}

Tensor reverse_sequences(const Tensor& x, const Tensor& lens) {
  const std::int64_t steps = x.size(0);
  const Tensor wide = lens.to(torch::kInt64);
  if (lens.dim() != 1 || lens.size(0) != x.size(1) ||
      (wide.lt(0) | wide.gt(steps)).any().item<bool>()) {
    core::fail_data(kOperator, "expected {} sequence lengths in [0, {}]", x.size(1), steps);
  }
  const Tensor t = torch::arange(steps, wide.options()).unsqueeze(1);
  Tensor index = torch::where(t < wide, wide - 1 - t, t);
  for (std::int64_t i = 2; i < x.dim(); ++i) index = index.unsqueeze(-1);
  return x.gather(0, index.expand(x.sizes()));
}

}  // namespace venturi::net
