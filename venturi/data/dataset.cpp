#include "venturi/data/dataset.hpp"

#include <bit>
#include <cmath>

#include "venturi/core/error.hpp"

namespace venturi::data {
namespace {

// All exponent bits set: infinite or NaN. On integers, so that the loop vectorizes.
bool all_finite(const core::MatrixF& m) {
  constexpr std::uint32_t kExponent = 0x7F800000U;
  std::uint32_t bad = 0;
  for (core::Index i = 0; i < m.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(m.data()[i]);
    bad |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
  }
  return bad == 0;
}

void check_finite(const core::MatrixF& m, std::string_view what, std::string_view name,
                  std::string_view where) {
  if (all_finite(m)) return;
  for (core::Index i = 0; i < m.size(); ++i) {
    if (std::isfinite(m.data()[i])) continue;
    core::fail_data(where, "'{}': expected {} to be finite, got {} in row {}, column {}", name,
                    what, m.data()[i], i / m.cols(), i % m.cols());
  }
}

void check_labels(const Dataset& d, std::string_view where) {
  if (static_cast<core::Index>(d.labels.size()) != d.size()) {
    core::fail_data(where, "'{}': expected a label for each of the {} samples, got {}", d.name,
                    d.size(), d.labels.size());
  }
  if (d.classes < 1) {
    core::fail_data(where, "'{}': expected one class or more, got {}", d.name, d.classes);
  }
  for (std::size_t i = 0; i < d.labels.size(); ++i) {
    if (d.labels[i] < 0 || d.labels[i] >= d.classes) {
      core::fail_data(where, "'{}': expected labels in [0, {}), got {} in row {}", d.name,
                      d.classes, d.labels[i], i);
    }
  }
  if (!d.class_names.empty() && d.class_names.size() != static_cast<std::size_t>(d.classes)) {
    core::fail_data(where, "'{}': expected a name for each of the {} classes, got {}", d.name,
                    d.classes, d.class_names.size());
  }
}

void check_shape(const Dataset& d, std::string_view where) {
  // Factors past d are cut short, so that the product cannot overflow.
  core::Index product = 1;
  for (const std::int64_t edge : d.shape) {
    if (edge < 1 || edge > d.x.cols() || product > d.x.cols() / edge) {
      product = -1;
      break;
    }
    product *= edge;
  }
  if (d.shape.empty() || product != d.x.cols()) {
    core::fail_data(where, "'{}': expected a shape of {} features, got [{}]", d.name, d.x.cols(),
                    fmt::join(d.shape, ", "));
  }
}

core::MatrixF take_rows(const core::MatrixF& m, std::span<const std::size_t> rows) {
  core::MatrixF out(static_cast<core::Index>(rows.size()), m.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.row(static_cast<core::Index>(i)) = m.row(static_cast<core::Index>(rows[i]));
  }
  return out;
}

}  // namespace

Dataset Dataset::subset(std::span<const std::size_t> rows) const {
  for (const std::size_t row : rows) {
    if (row >= static_cast<std::size_t>(size())) {
      core::fail_argument("data.subset", "'{}': expected rows below {}, got {}", name, size(), row);
    }
  }
  Dataset out;
  out.name = name;
  out.x = take_rows(x, rows);
  out.shape = shape;
  out.task = task;
  out.classes = classes;
  if (task == Task::kClasses) {
    out.labels.reserve(rows.size());
    for (const std::size_t row : rows) out.labels.push_back(labels[row]);
  }
  if (task == Task::kRegression) out.y = take_rows(y, rows);
  out.feature_names = feature_names;
  out.class_names = class_names;
  return out;
}

void Dataset::check(std::string_view where) const {
  check_shape(*this, where);
  if (!feature_names.empty() && static_cast<core::Index>(feature_names.size()) != x.cols()) {
    core::fail_data(where, "'{}': expected a name for each of the {} features, got {}", name,
                    x.cols(), feature_names.size());
  }
  if (task == Task::kClasses) {
    check_labels(*this, where);
  } else if (!labels.empty() || classes != 0) {
    core::fail_data(where, "'{}': labels without the task of classes", name);
  }
  if (task == Task::kRegression) {
    if (y.rows() != size() || y.cols() < 1) {
      core::fail_data(where, "'{}': expected y (n*t = {}*t, t >= 1), got {}*{}", name, size(),
                      y.rows(), y.cols());
    }
  } else if (y.size() != 0) {
    core::fail_data(where, "'{}': targets without the task of regression", name);
  }
  check_finite(x, "x", name, where);
  check_finite(y, "y", name, where);
}

}  // namespace venturi::data
