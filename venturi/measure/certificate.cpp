#include "venturi/measure/certificate.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/measure/spread.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

constexpr const char* kWhere = "measure.certify";
constexpr int kShuffles = 5;

Rows shuffled(Index n, core::Key key) { return surrogate_rows(n, false, 0, key); }

// y with a quarter of the rows in the place of others.
Matrix exchanged(const Matrix& y, core::Key key) {
  core::Random random(key);
  Matrix out = y;
  for (Index i = 0; i < y.rows(); ++i) {
    if (random.uniform() < 0.25) {
      out.row(i) = y.row(static_cast<Index>(random.below(static_cast<std::uint64_t>(y.rows()))));
    }
  }
  return out;
}

}  // namespace

bool ConsistencyTest::passes() const {
  const double above = bits - expected;
  return relation == "<=" ? above <= tolerance : std::fabs(above) <= tolerance;
}

bool Certificate::passes() const {
  return std::all_of(tests.begin(), tests.end(), [](const auto& t) { return t.passes(); });
}

core::Json Certificate::json() const {
  core::Json list = core::Json::array();
  for (const ConsistencyTest& t : tests) {
    list.push_back({{"name", t.name},
                    {"bits", t.bits},
                    {"relation", t.relation},
                    {"expected", t.expected},
                    {"tolerance", t.tolerance},
                    {"passes", t.passes()}});
  }
  return {{"passes", passes()}, {"n", n},       {"bits", bits}, {"standard_error", standard_error},
          {"noise", noise},     {"tests", list}};
}

Certificate certify(const Informant& informant, const core::MatrixView& given_x,
                    const core::MatrixView& given_y, core::Key key) {
  constexpr Index kMostRows = 5000, kFewRows = 100;
  if (given_x.rows() != given_y.rows() || given_x.rows() < kFewRows) {
    core::fail_argument(kWhere, "expected {} rows or more, as many of y as of x, got {} and {}",
                        kFewRows, given_x.rows(), given_y.rows());
  }
  Rows rows = shuffled(given_x.rows(), key.split("rows"));
  const Index n = std::min<Index>(kMostRows, given_x.rows()) / 2 * 2;
  rows.resize(static_cast<std::size_t>(n));
  const Matrix x = given_x(rows, Eigen::all), y = given_y(rows, Eigen::all);
  const BitsAndError whole = informant(x, y);
  Certificate out{.bits = whole.bits,
                  .standard_error = std::isfinite(whole.standard_error) ? whole.standard_error : 0,
                  .n = static_cast<std::size_t>(n)};

  std::vector<double> alone;
  double mean = 0, squares = 0;
  for (int s = 0; s < kShuffles; ++s) {
    const Rows order = shuffled(n, key.split("shuffle").split(static_cast<std::uint64_t>(s)));
    alone.push_back(informant(x, y(order, Eigen::all)).bits);
    mean += alone.back() / kShuffles;
  }
  for (const double v : alone) squares += (v - mean) * (v - mean);
  out.noise = std::sqrt(squares / (kShuffles - 1));
  const double s = std::hypot(out.noise, out.standard_error), share = 0.05 * std::fabs(out.bits);
  out.tests.push_back({"independence: y shuffled", mean, 0,
                       3 * out.noise / std::sqrt(double{kShuffles}) + 0.01 + 0.4 * share});

  const auto no_more = [&](const char* name, const Matrix& a, const Matrix& b) {
    out.tests.push_back({name, informant(a, b).bits, out.bits, 2 * s, "<="});
  };
  if (x.cols() > 1) {
    no_more("data processing: half of the columns of x", x.leftCols(x.cols() / 2), y);
  }
  if (y.cols() > 1) {
    no_more("data processing: half of the columns of y", x, y.leftCols(y.cols() / 2));
  }
  no_more("data processing: a quarter of y exchanged", x, exchanged(y, key.split("exchange")));

  const Matrix column = y.col(0)(shuffled(n, key.split("column")));
  out.tests.push_back({"no news: one independent column more", informant(x, beside(y, column)).bits,
                       out.bits, 2 * s + share});

  const Index half = n / 2;
  const Matrix x1 = x.topRows(half), x2 = x.bottomRows(half);
  const Matrix y1 = y.topRows(half), y2 = y.bottomRows(half);
  const double apart = informant(x1, y1).bits + informant(x2, y2).bits;
  out.tests.push_back({"additivity: two halves side by side",
                       informant(beside(x1, x2), beside(y1, y2)).bits, apart,
                       4 * s + 0.05 * std::fabs(apart)});
  return out;
}

}  // namespace venturi::measure
