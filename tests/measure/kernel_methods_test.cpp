#include "venturi/measure/kernel_methods.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/core/key.hpp"
#include "venturi/measure/kernel_density.hpp"
#include "venturi/measure/kernel_sums.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

Matrix normals(Index n, Index d, core::Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (Index i = 0; i < out.size(); ++i) out(i) = random.normal();
  return out;
}

double value(std::string_view name, const Matrix& x, const Matrix& y,
             const KernelOptions& options = {}) {
  return core::find_member(dependence_methods(), name, "test").make.value(x, y, options);
}

TEST(KernelMethods, NamesAndRules) {
  const Matrix x = normals(60, 2, core::Key(1)), y = normals(60, 1, core::Key(2));
  Matrix both(60, 3);
  both << x, y;
  EXPECT_EQ(value("kde", x, y), density_information_nats(x, y, silverman_widths(both)));
  EXPECT_EQ(value("hsic", x, y), hsic({x, silverman_width(x)}, {y, silverman_width(y)}));
  EXPECT_EQ(value("cs-qmi", x, y, {.width = "median"}),
            cauchy_schwarz_information_nats({x, median_width(x)}, {y, median_width(y)}));
}

// Every member tells a dependence from none, is symmetric, and under its rule unmoved by scale.
TEST(KernelMethods, Laws) {
  const Matrix x = normals(150, 1, core::Key(1)), noise = normals(150, 1, core::Key(2));
  const Matrix y = x + 0.2 * noise;
  for (const auto& member : dependence_methods()) {
    const KernelOptions options;
    const double v = member.make.value(x, y, options);
    EXPECT_GT(v, 3 * std::fabs(member.make.value(x, noise, options))) << member.name;
    EXPECT_NEAR(member.make.value(y, x, options), v, 1e-9) << member.name;
    EXPECT_NEAR(member.make.value(100 * x, 1e-3 * y, options), v, 1e-9) << member.name;
    EXPECT_TRUE(member.make.unit == "nats" || member.make.unit == "1") << member.name;
  }
}

TEST(KernelMethods, Errors) {
  const Matrix x = normals(30, 1, core::Key(1)), y = normals(29, 1, core::Key(2));
  for (const auto& member : dependence_methods()) {
    EXPECT_ERROR(member.make.value(x, y, {}), core::InvalidArgument, "30 rows of y, got 29");
    EXPECT_ERROR(member.make.value(x.topRows(1), x.topRows(1), {}), core::InvalidArgument,
                 "n >= 2");
    EXPECT_ERROR(member.make.value(x, x, {.width = "wide"}), core::InvalidArgument, "width");
    EXPECT_ERROR(member.make.value(x, Matrix::Ones(30, 1), {}), core::DataError, "is constant");
  }
  EXPECT_ERROR(value("kde", x, x, {.width = "median"}), core::InvalidArgument, "got median");
  EXPECT_ERROR(value("renyi", x, x, {.memory_limit = 14399}), core::InvalidArgument, "14400 bytes");
  EXPECT_ERROR(value("cka", x, x, {.width = "median", .memory_limit = 3479}), core::InvalidArgument,
               "3480 bytes");
}

}  // namespace
}  // namespace venturi::measure
