#include "venturi/measure/auto_information.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/core/record.hpp"
#include "venturi/core/side_by_side.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/pair_models.hpp"
#include "venturi/measure/principal.hpp"
#include "venturi/measure/remarks.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;
using core::Vector;
using Rows = std::vector<Index>;
using Model = std::unique_ptr<PairModel>;
using Fit = std::function<Model(const MatrixView& z, core::Key key)>;

constexpr const char* kWhere = "measure.auto_information";
constexpr Index kFolds = 3, kMostRows = 20000, kFewRows = 100;
constexpr double kFar = 2.5;

double error_of_mean(const Vector& v) {
  const auto n = static_cast<double>(v.size());
  return std::sqrt((v.array() - v.mean()).square().sum() / (n * (n - 1)));
}

// ---- What the data are

// The part of the rows whose value in some column is not the only one of its kind.
double tied(const MatrixView& x) {
  double most = 0;
  for (Index c = 0; c < x.cols(); ++c) {
    Vector v = x.col(c);
    std::sort(v.begin(), v.end());
    const auto kinds = static_cast<double>(std::unique(v.begin(), v.end()) - v.begin());
    most = std::max(most, 1 - kinds / static_cast<double>(v.size()));
  }
  return most;
}

std::optional<AutoChoice> other_method(const MatrixView& x, const MatrixView& y) {
  constexpr double kTies = 0.05;
  const auto take = [](const char* method, std::string why) {
    AutoChoice out;
    out.delegate = method;
    out.why = std::move(why);
    return out;
  };
  const bool dx = looks_discrete(x), dy = looks_discrete(y);
  if (dx && dy) return take("miller-madow", "both variables have few values");
  if (dx) return take("ross", "x has few values");
  if (dy) return take("gao", "y has few values");
  if (std::max(tied(x), tied(y)) > kTies) return take("gao", "columns have ties");
  const Index columns = x.cols() + y.cols();
  if (x.rows() < kFewRows) {
    return take(columns <= 3 ? "ksg1" : "copula",
                fmt::format("{} rows are too few to hold a third out", x.rows()));
  }
  return std::nullopt;
}

// ---- Columns

Matrix varying(const MatrixView& x, const char* name, std::vector<std::string>& remarks) {
  Rows kept;
  for (Index c = 0; c < x.cols(); ++c) {
    if ((x.col(c).array() != x(0, c)).any()) kept.push_back(c);
  }
  if (static_cast<Index>(kept.size()) < x.cols()) {
    remarks.push_back(fmt::format("{} of {} columns of {} are constant and left out",
                                  x.cols() - static_cast<Index>(kept.size()), x.cols(), name));
  }
  return x(Eigen::all, kept);
}

bool singular(const Matrix& z) {
  const Eigen::MatrixXd r = z.transpose() * z / static_cast<double>(z.rows());
  const Eigen::LLT<Eigen::MatrixXd> llt(r);
  return llt.info() != Eigen::Success || llt.matrixLLT().diagonal().minCoeff() < 1e-4;
}

// Normal scores of the columns, or of principal components.
Matrix scores(const Matrix& x, const char* name, std::vector<std::string>& remarks) {
  constexpr Index kMany = 64, kComponents = 10;
  constexpr double kVariance = 0.95;
  if (x.cols() <= kMany && 20 * x.cols() <= x.rows()) {
    Matrix z = normal_scores(x);
    if (!singular(z)) return z;
  }
  Index most = std::min({kComponents, x.cols(), x.rows() / 20});
  const double all = (x.rowwise() - x.colwise().mean()).squaredNorm();
  for (;; --most) {
    Matrix parts;
    try {
      parts = principal_components(x, most);
    } catch (const core::DataError&) {
      if (most > 1) continue;
      throw;
    }
    Index count = 1;
    while (count < most && parts.leftCols(count).squaredNorm() < kVariance * all) ++count;
    Matrix z = normal_scores(parts.leftCols(count));
    if (singular(z) && most > 1) continue;
    remarks.push_back(fmt::format("the {} columns of {} are represented by {} principal components",
                                  x.cols(), name, count));
    return z;
  }
}

// ---- Candidates

struct Fitted {
  Model model;        // of all rows
  LogDensities held;  // of each row by the model that has not seen it
  Vector ratio;       // of each row by `model`
  double nats = 0, seconds = 0;
};

Fitted cross_fit(const Matrix& z, const Fit& fit, core::Key key) {
  const double start = core::now_seconds();
  const Index n = z.rows();
  std::vector<Rows> held(kFolds);
  core::Random random(key.split("folds"));
  const std::vector<std::size_t> order = random.permutation(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    held[static_cast<std::size_t>(i * kFolds / n)].push_back(
        static_cast<Index>(order[static_cast<std::size_t>(i)]));
  }
  Fitted out{.held = {Vector(n), Vector(n), Vector(n)}};
  core::side_by_side(kFolds + 1, [&](std::size_t f) {
    if (f == kFolds) {
      out.model = fit(z, key);
      out.ratio = out.model->log_densities(z).ratio();
      return;
    }
    Rows rest;
    for (std::size_t g = 0; g < kFolds; ++g) {
      if (g != f) rest.insert(rest.end(), held[g].begin(), held[g].end());
    }
    std::sort(rest.begin(), rest.end());
    const Matrix train = z(rest, Eigen::all), test = z(held[f], Eigen::all);
    const LogDensities found = fit(train, key.split(f))->log_densities(test);
    out.held.both(held[f]) = found.both;
    out.held.x(held[f]) = found.x;
    out.held.y(held[f]) = found.y;
  });
  out.nats = out.model->nats().value_or(0.5 * (out.ratio.mean() + out.held.ratio().mean()));
  out.seconds = core::now_seconds() - start;
  return out;
}

// Canonical correlations that n rows of independent sides would hardly reach, 1 to 3.
Index leading_pairs(const Matrix& z, Index dx) {
  const Vector rho = canonical_correlations(z.leftCols(dx), z.rightCols(z.cols() - dx));
  const double chance =
      (std::sqrt(static_cast<double>(dx)) + std::sqrt(static_cast<double>(z.cols() - dx)) + 2) /
      std::sqrt(static_cast<double>(z.rows()));
  return std::clamp<Index>((rho.array() > chance).count(), 1, std::min<Index>(3, rho.size()));
}

class Search {
 public:
  Search(const Matrix& z, Index dx, core::Key key) : z_(z), dx_(dx), key_(key) {}

  void run() {
    add([this](const MatrixView& z, core::Key) { return fit_gaussian_copula(z, dx_); });
    base_ = 0.5 * (fitted_[0].held.x + fitted_[0].held.y);
    add([this](const MatrixView& z, core::Key) { return fit_t_copula(z, dx_); });
    ladder(z_.cols(), [this](int parts) {
      return
          [this, parts](const MatrixView& z, core::Key k) { return fit_mixture(z, dx_, parts, k); };
    });
    const Index side = std::min(dx_, z_.cols() - dx_);
    const Index pairs = leading_pairs(z_, dx_);
    if (pairs < side || (side > 1 && pairs == side && z_.cols() > 2 * pairs)) {
      ladder(2 * pairs, [this, pairs](int parts) {
        return [this, parts, pairs](const MatrixView& z, core::Key k) {
          return fit_leading_pairs(z, dx_, pairs, parts, k);
        };
      });
    }
  }

  Vector gain(const Fitted& f) const { return f.held.conditional() - base_; }
  const std::vector<Fitted>& fitted() const { return fitted_; }

  // The first that no later one passes by more than chance.
  const Fitted& best() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < fitted_.size(); ++i) {
      const Vector more = fitted_[i].held.conditional() - fitted_[best].held.conditional();
      if (more.mean() > 2 * error_of_mean(more)) best = i;
    }
    return fitted_[best];
  }

 private:
  bool add(const Fit& fit) {
    try {
      fitted_.push_back(cross_fit(z_, fit, key_.split(fitted_.size())));
    } catch (const core::DataError&) {
      if (fitted_.empty()) throw;
      return false;  // not a law of these data
    }
    return true;
  }
  // More and more parts while that helps, or may catch up with what is best so far. d: columns of
  // the mixture.
  template <class Make>
  void ladder(Index d, const Make& make) {
    constexpr double kSteps = 3;  // as large as the last, that may lead to the best
    double best = -std::numeric_limits<double>::infinity(), before = best;
    for (const Fitted& f : fitted_) best = std::max(best, f.held.conditional().mean());
    int without = 0;
    for (const int parts : {2, 3, 4, 6, 9, 13, 19, 28}) {
      const Index numbers = parts * (d * (d + 3) / 2 + 1);
      if (3 * numbers > z_.rows() || without == 2 || !add(make(parts))) break;
      const double reached = fitted_.back().held.conditional().mean(), step = reached - before;
      without = step > 0 && best - reached < kSteps * step ? 0 : without + 1;
      best = std::max(best, reached);
      before = std::max(before, reached);
    }
  }

  const Matrix& z_;
  Index dx_;
  core::Key key_;
  std::vector<Fitted> fitted_;
  Vector base_;
};

// ---- What the model missed

struct Missed {
  double nats = 0, error = 0, seen = 1;  // seen: the part of the model's information KSG1 finds
};

Missed missed_by(const Fitted& f, const Matrix& z, Index dx, core::Key key) {
  constexpr Index kColumns = 12;
  constexpr int kNear = 5, kDraws = 2;
  const Index n = z.rows();
  const Index pairs = z.cols() > kColumns ? leading_pairs(z, dx) : 0;
  const auto neighbours = [&](const Matrix& rows) {
    const Matrix seen = pairs > 0 ? canonical_variates(rows, dx, pairs) : rows;
    const Index first = pairs > 0 ? pairs : dx;
    const std::vector<double> local =
        ksg1_local(seen.leftCols(first), seen.rightCols(seen.cols() - first), kNear);
    return Vector(Eigen::Map<const Vector>(local.data(), static_cast<Index>(local.size())));
  };
  const Vector data = neighbours(z) - f.ratio;
  Missed out{.nats = data.mean() + f.ratio.mean() - f.nats};
  double variance = std::pow(error_of_mean(data), 2), found = 0, truth = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Matrix drawn = f.model->draw(n, key.split(static_cast<std::uint64_t>(draw)));
    const Vector local = neighbours(normal_scores(drawn));
    const Vector ratio = f.model->log_densities(drawn).ratio();
    const Vector off = local - ratio;
    out.nats -= off.mean() / kDraws;
    variance += std::pow(error_of_mean(off) / kDraws, 2);
    found += local.mean() / kDraws;
    truth += ratio.mean() / kDraws;
  }
  out.error = std::sqrt(variance);
  if (truth > 0.02) out.seen = std::clamp(found / truth, 0.5, 1.0);
  return out;
}

}  // namespace

DelegateData::DelegateData(const std::string& delegate, const MatrixView& given_x,
                           const MatrixView& given_y)
    : x(given_x), y(given_y) {
  const auto labels = [](Matrix& m) {
    const RowCodes codes = row_codes(m);
    m.resize(m.rows(), 1);
    for (Index i = 0; i < m.rows(); ++i) m(i, 0) = codes.of_row[static_cast<std::size_t>(i)];
  };
  if (delegate == "miller-madow" || delegate == "ross") labels(x);
  if (delegate == "miller-madow") labels(y);
}

core::Json AutoChoice::json() const {
  core::Json table = core::Json::array();
  for (const AutoCandidate& c : candidates) {
    table.push_back({{"name", c.name},
                     {"gain_nats", c.gain},
                     {"gain_error", c.gain_error},
                     {"nats", c.nats},
                     {"seconds", c.seconds}});
  }
  return {{"chosen", delegate.empty() ? method : delegate},
          {"why", why},
          {"candidates", table},
          {"model_nats", model_nats},
          {"missed_nats", missed},
          {"missed_error", missed_error},
          {"corrected", corrected},
          {"seconds", seconds}};
}

AutoChoice auto_information(const MatrixView& x, const MatrixView& y, core::Key key) {
  const double start = core::now_seconds();
  if (x.rows() != y.rows() || x.rows() < 2) {
    core::fail_argument(kWhere, "expected 2 rows or more, as many of y as of x, got {} and {}",
                        x.rows(), y.rows());
  }
  if (!x.allFinite() || !y.allFinite()) {
    core::fail_data(kWhere, "expected finite values, found NaN or infinity");
  }
  AutoChoice out;
  Matrix a = varying(x, "x", out.remarks), b = varying(y, "y", out.remarks);
  const auto other = a.cols() > 0 && b.cols() > 0 ? other_method(a, b) : other_method(x, y);
  if (other) return *other;
  if (x.rows() > kMostRows) {
    core::Random random(key.split("rows"));
    const std::vector<std::size_t> order = random.permutation(static_cast<std::size_t>(x.rows()));
    const Rows rows(order.begin(), order.begin() + kMostRows);
    a = a(rows, Eigen::all).eval();
    b = b(rows, Eigen::all).eval();
    out.remarks.push_back(fmt::format("{} of {} rows were used", kMostRows, x.rows()));
  }
  const Matrix za = scores(a, "x", out.remarks), zb = scores(b, "y", out.remarks);
  Matrix z(za.rows(), za.cols() + zb.cols());
  z << za, zb;
  const Index dx = za.cols();
  Search search(z, dx, key.split("search"));
  search.run();
  const Fitted& best = search.best();
  const Missed missed = missed_by(best, z, dx, key.split("missed"));
  for (const Fitted& f : search.fitted()) {
    out.candidates.push_back({f.model->name(), search.gain(f).mean(),
                              error_of_mean(f.held.conditional() - best.held.conditional()), f.nats,
                              f.seconds});
  }
  out.model_nats = best.nats;
  out.missed = missed.nats;
  out.missed_error = missed.error;
  out.corrected = std::fabs(missed.nats) > kFar * missed.error;
  out.nats = best.nats + (out.corrected ? missed.nats / missed.seen : 0);
  out.standard_error = error_of_mean(best.held.ratio());
  if (out.corrected) {
    out.standard_error = std::hypot(out.standard_error, 0.5 * (out.nats - best.nats));
  }
  out.method = best.model->name() + (out.corrected ? " + nearest neighbours" : "");
  out.why = fmt::format("highest held-out gain of {} candidates, {:.4f} nats a row",
                        out.candidates.size(), search.gain(best).mean());
  out.seconds = core::now_seconds() - start;
  return out;
}

}  // namespace venturi::measure
