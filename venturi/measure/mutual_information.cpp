// Over 400 lines: the front of four quantities, which share checks, scales, intervals and p-values.
#include "venturi/measure/mutual_information.hpp"

#include <functional>
#include <optional>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/auto_information.hpp"
#include "venturi/measure/decomposition.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/remarks.hpp"
#include "venturi/measure/spread.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

// A quantity of some variables (x, y, z or groups) that all have the same rows.
struct Problem {
  const char* where;
  Quantity quantity;
  std::string method;
  Takes takes;
  Bytes bytes;
  bool compares_scales = true;
  std::vector<MatrixView> variables;
  std::vector<std::string> names;
  std::function<double(std::span<const MatrixView>)> nats;
  std::string_view unit = "bits";  // `nats` is in this unit if it is another
  // An order of the rows of each variable that breaks what is measured; none if undefined.
  std::function<std::vector<Rows>(core::Key)> surrogate;
};

void check(const Problem& problem, const MiOptions& options) {
  const Index n = problem.variables[0].rows();
  Index columns = 0;
  for (const MatrixView& v : problem.variables) {
    if (v.rows() != n) {
      core::fail_argument(problem.where, "expected {} rows in all variables, got {}", n, v.rows());
    }
    columns += v.cols();
  }
  if (n < 2) core::fail_argument(problem.where, "expected at least 2 samples, got {}", n);
  for (const MatrixView& v : problem.variables) {
    if (!v.allFinite()) {
      core::fail_data(problem.where, "expected finite values, found NaN or infinity");
    }
  }
  if (problem.quantity == Quantity::entropy && options.scale != "none") {
    core::fail_argument(problem.where, "expected scale none: the entropy changes with it, got {}",
                        options.scale);
  }
  if (options.block > 0 && !options.series) {
    core::fail_argument(problem.where,
                        "expected series with block = {}: rows without an order have "
                        "no blocks",
                        options.block);
  }
  if (options.permutations > 0 && !problem.surrogate) {
    core::fail_argument(problem.where,
                        "expected permutations = 0: no surrogates are defined, got {}",
                        options.permutations);
  }
  const double mib = problem.bytes({n, columns, options.k}) / (1 << 20);
  if (mib > options.memory) {
    core::fail_argument(problem.where,
                        "method {} takes {:.0f} MiB for n*d = {}*{}, expected at most memory = {}",
                        problem.method, mib, n, columns, options.memory);
  }
}

// The variables as the method sees them: views of what came, or of copies that `own` keeps. Labels
// keep their values.
std::vector<MatrixView> scaled(const Problem& problem, const std::string& scale,
                               std::vector<Matrix>& own) {
  std::vector<MatrixView> out;
  own.reserve(problem.variables.size());  // or the views would lose what they look at
  for (std::size_t v = 0; v < problem.variables.size(); ++v) {
    const bool labels =
        problem.takes == Takes::labels || (problem.takes == Takes::labels_first && v == 0);
    const MatrixView& x = problem.variables[v];
    if (labels || scale == "none") {
      out.push_back(x);
    } else {
      own.push_back(scale == "standard" ? standardized(x) : normal_scores(x));
      out.emplace_back(own.back());
    }
  }
  return out;
}

double p_value(const Problem& problem, const std::function<double(std::span<const Rows>)>& bits_of,
               double bits, int permutations, core::Key key) {
  int above = 1;
  for (int p = 0; p < permutations; ++p) {
    const auto orders =
        problem.surrogate(key.split("surrogates").split(static_cast<std::uint64_t>(p)));
    above += bits_of(orders) >= bits ? 1 : 0;
  }
  return static_cast<double>(above) / (1 + permutations);
}

void add_remarks(const Problem& problem, const MiOptions& options, Estimate& estimate) {
  const auto add = [&](std::vector<std::string> remarks) {
    for (std::string& remark : remarks) {
      if (!remark.empty()) estimate.warnings.push_back(std::move(remark));
    }
  };
  add(remarks_on_data(problem.variables, problem.names, problem.quantity, problem.takes));
  if (problem.compares_scales && options.scale == "none") {
    add({remark_on_scales(problem.variables, problem.takes)});
  }
  if (problem.quantity == Quantity::information || problem.quantity == Quantity::conditional) {
    add(remarks_on_excess(estimate.bits, problem.variables[0], problem.variables[1]));
    if (estimate.high < 0) {
      add({fmt::format("information is never below 0: the bias is at least {:.4f} bits",
                       -estimate.high)});
    }
  }
}

Measured measure(const Problem& problem, const MiOptions& options, core::Key key) {
  check(problem, options);
  std::vector<Matrix> own;
  const std::vector<MatrixView> data = scaled(problem, options.scale, own);
  const auto bits_of = [&](std::span<const MatrixView> variables) {
    return problem.nats(variables) * (problem.unit == "bits" ? core::kBitsPerNat : 1);
  };
  // Each variable in an order of rows of its own; none: as it is.
  const auto bits_of_rows = [&](std::span<const Rows> orders) {
    std::vector<Matrix> moved;
    std::vector<MatrixView> views;
    moved.reserve(data.size());
    for (std::size_t v = 0; v < data.size(); ++v) {
      if (orders[v].empty()) {
        views.push_back(data[v]);
      } else {
        moved.push_back(data[v](orders[v], Eigen::all));
        views.emplace_back(moved.back());
      }
    }
    return bits_of(views);
  };
  Index columns = 0;
  for (const MatrixView& v : data) columns += v.cols();
  Measured out;
  out.estimate.bits = bits_of(data);
  out.estimate.n = static_cast<std::size_t>(data[0].rows());
  out.estimate.method = problem.method;
  add_interval(
      out.estimate,
      [&](std::span<const Index> rows) {
        return bits_of_rows(std::vector<Rows>(data.size(), Rows(rows.begin(), rows.end())));
      },
      {data[0].rows(), columns, options.k, options.series, options.block, options.interval}, key);
  out.estimate.unit = problem.unit;
  add_remarks(problem, options, out.estimate);
  if (options.permutations > 0) {
    out.p_value = p_value(problem, bits_of_rows, out.estimate.bits, options.permutations, key);
  }
  return out;
}

Settings settings(const MiOptions& options) {
  return {.k = options.k,
          .components = options.components,
          .bins = options.bins,
          .width = options.width};
}

Problem conditional_problem(const MatrixView& x, const MatrixView& y, const MatrixView& z,
                            const MiOptions& options, const char* where) {
  const auto& member = choose(conditional_methods(), options.method, where);
  return {.where = where,
          .quantity = Quantity::conditional,
          .method = std::string(member.name),
          .takes = member.make.takes,
          .bytes = member.make.bytes,
          .variables = {x, y, z},
          .names = {"x", "y", "z"},
          .nats = [call = member.make.nats, set = settings(options)](
                      std::span<const MatrixView> v) { return call(v[0], v[1], v[2], set); }};
}

}  // namespace

core::Json Measured::json() const {
  core::Json out = estimate.json();
  if (p_value) out["p_value"] = *p_value;
  return out;
}

namespace {

// KSG1 and the Gaussian copula see different dependence; for surrogates alone.
double both_dependences(const Matrix& zx, const Matrix& zy) {
  constexpr int kNear = 5;
  const int k = static_cast<int>(std::min<Index>(kNear, zx.rows() - 1));
  const double near = mean_of(ksg1_local(zx, zy, k));
  try {
    return near + gaussian_information_nats(zx, zy, true);
  } catch (const core::Error&) {
    return near;  // singular, or more columns than rows
  }
}

Measured by_choice(const MatrixView& x, const MatrixView& y, MiOptions options, core::Key key) {
  const AutoChoice choice = auto_information(x, y, key.split("auto"));
  const auto note = [&](Measured& m) {
    m.estimate.method = "auto: " + m.estimate.method;
    m.estimate.details = choice.json();
  };
  if (!choice.delegate.empty()) {
    const DelegateData data(choice.delegate, x, y);
    options.method = choice.delegate;
    Measured out = mutual_information(data.x, data.y, options, key);
    note(out);
    out.estimate.warnings.insert(out.estimate.warnings.begin(),
                                 fmt::format("auto took {}: {}", choice.delegate, choice.why));
    return out;
  }
  Measured out;
  out.estimate =
      normal_estimate(choice.nats * core::kBitsPerNat, choice.standard_error * core::kBitsPerNat,
                      choice.method, static_cast<std::size_t>(x.rows()), options.interval);
  note(out);
  out.estimate.warnings = choice.remarks;
  if (options.permutations > 0) {
    const Matrix zx = normal_scores(x), zy = normal_scores(y);
    const double found = both_dependences(zx, zy);
    int above = 1;
    for (int p = 0; p < options.permutations; ++p) {
      const Rows rows = surrogate_rows(
          x.rows(), false, 0, key.split("surrogates").split(static_cast<std::uint64_t>(p)));
      above += both_dependences(zx, zy(rows, Eigen::all)) >= found ? 1 : 0;
    }
    out.p_value = static_cast<double>(above) / (1 + options.permutations);
  }
  return out;
}

}  // namespace

Measured mutual_information(const MatrixView& x, const MatrixView& y, const MiOptions& options,
                            core::Key key) {
  constexpr const char* kWhere = "measure.mutual_information";
  core::check_options(options, kWhere);
  const auto& member = choose(mi_methods(), options.method, kWhere);
  if (member.name == "auto") {
    check({.where = kWhere,
           .quantity = Quantity::information,
           .method = "auto",
           .takes = member.make.takes,
           .bytes = member.make.bytes,
           .variables = {x, y}},
          {.k = options.k, .memory = options.memory});
    if (!options.series) return by_choice(x, y, options, key);
    MiOptions plain = options;
    plain.method = "ksg1";
    Measured out = mutual_information(x, y, plain, key);
    out.estimate.warnings.push_back("auto takes rows as independent: the series went to ksg1");
    return out;
  }
  return measure({.where = kWhere,
                  .quantity = Quantity::information,
                  .method = std::string(member.name),
                  .takes = member.make.takes,
                  .bytes = member.make.bytes,
                  .compares_scales = member.make.compares_scales,
                  .variables = {x, y},
                  .names = {"x", "y"},
                  .nats =
                      [&](std::span<const MatrixView> v) {
                        return member.make.nats(v[0], v[1], settings(options));
                      },
                  .surrogate =
                      [&](core::Key k) {
                        return std::vector<Rows>{
                            {}, surrogate_rows(x.rows(), options.series, options.block, k)};
                      }},
                 options, key);
}

Measured conditional_mutual_information(const MatrixView& x, const MatrixView& y,
                                        const MatrixView& z, const MiOptions& options,
                                        core::Key key) {
  constexpr const char* kWhere = "measure.conditional_mutual_information";
  core::check_options(options, kWhere);
  Problem problem = conditional_problem(x, y, z, options, kWhere);
  check(problem, {.k = options.k, .memory = options.memory});  // before the search in z
  std::optional<LocalSurrogates> local;
  if (options.permutations > 0) local.emplace(z);
  problem.surrogate = [&](core::Key k) { return std::vector<Rows>{{}, local->rows(k), {}}; };
  return measure(problem, options, key);
}

Measured transfer_entropy(const MatrixView& x, const MatrixView& y, int lags, MiOptions options,
                          core::Key key) {
  constexpr const char* kWhere = "measure.transfer_entropy";
  core::check_options(options, kWhere);
  check(conditional_problem(x, y, y, options, kWhere), {.k = options.k, .memory = options.memory});
  if (lags < 1 || lags + 2 > x.rows()) {
    core::fail_argument(kWhere, "expected 1 <= lags <= n - 2 = {}, got {}", x.rows() - 2, lags);
  }
  const Index n = x.rows() - lags;
  const auto past = [&](const MatrixView& s) {
    Matrix out(n, s.cols() * lags);
    for (int l = 1; l <= lags; ++l) {
      out.middleCols((l - 1) * s.cols(), s.cols()) = s.middleRows(lags - l, n);
    }
    return out;
  };
  // The scale is that of the whole series.
  std::vector<Matrix> own;
  const std::vector<MatrixView> series =
      scaled(conditional_problem(x, y, y, options, kWhere), options.scale, own);
  options.scale = "none";
  options.series = true;
  const Matrix now = series[1].bottomRows(n), y_past = past(series[1]), x_past = past(series[0]);
  Problem problem = conditional_problem(now, x_past, y_past, options, kWhere);
  problem.names = {"y's present", "x's past", "y's past"};
  problem.method = fmt::format("transfer entropy of {} lags, {}", lags, problem.method);
  problem.surrogate = [&](core::Key k) {
    return std::vector<Rows>{{}, surrogate_rows(n, true, options.block, k), {}};
  };
  return measure(problem, options, key);
}

Measured total_correlation(std::span<const MatrixView> groups, const MiOptions& options,
                           core::Key key) {
  constexpr const char* kWhere = "measure.total_correlation";
  core::check_options(options, kWhere);
  if (groups.size() < 2) {
    core::fail_argument(kWhere, "expected 2 or more groups of columns, got {}", groups.size());
  }
  const auto& member = choose(group_methods(), options.method, kWhere);
  Problem problem{.where = kWhere,
                  .quantity = Quantity::groups,
                  .method = std::string(member.name),
                  .takes = member.make.takes,
                  .bytes = member.make.bytes,
                  .variables = {groups.begin(), groups.end()}};
  for (std::size_t g = 0; g < groups.size(); ++g) {
    problem.names.push_back(fmt::format("group {}", g + 1));
  }
  problem.nats = [&](std::span<const MatrixView> v) {
    return member.make.nats(v, settings(options));
  };
  problem.surrogate = [&](core::Key k) {
    std::vector<Rows> out(1);
    for (std::size_t g = 1; g < groups.size(); ++g) {
      out.push_back(surrogate_rows(groups[0].rows(), options.series, options.block, k.split(g)));
    }
    return out;
  };
  return measure(problem, options, key);
}

Measured dependence(const MatrixView& x, const MatrixView& y, const MiOptions& options,
                    core::Key key) {
  constexpr const char* kWhere = "measure.dependence";
  core::check_options(options, kWhere);
  const auto& member = choose(dependence_methods(), options.method, kWhere);
  const bool bits = member.make.unit == "bits";
  return measure({.where = kWhere,
                  .quantity = Quantity::dependence,
                  .method = std::string(member.name),
                  .takes = Takes::anything,
                  .bytes = member.make.bytes,
                  .compares_scales = false,  // of x with y
                  .variables = {x, y},
                  .names = {"x", "y"},
                  .nats =
                      [&](std::span<const MatrixView> v) {
                        const double value = member.make.value(v[0], v[1], settings(options));
                        return bits ? value / core::kBitsPerNat : value;
                      },
                  .unit = member.make.unit,
                  .surrogate =
                      [&](core::Key k) {
                        return std::vector<Rows>{
                            {}, surrogate_rows(x.rows(), options.series, options.block, k)};
                      }},
                 options, key);
}

MeasuredDecomposition decomposition(const MatrixView& x, const MatrixView& y,
                                    const MatrixView& target, const MiOptions& options,
                                    core::Key key) {
  constexpr const char* kWhere = "measure.decomposition";
  core::check_options(options, kWhere);
  const auto& member = choose(decomposition_methods(), options.method, kWhere);
  const auto part = [&](double Decomposition::*which) {
    return measure({.where = kWhere,
                    .quantity = Quantity::conditional,
                    .method = std::string(member.name),
                    .takes = Takes::labels,
                    .bytes = [](Size s) { return 256.0 * static_cast<double>(s.n * s.columns); },
                    .variables = {x, y, target},
                    .names = {"x", "y", "the target"},
                    .nats =
                        [&](std::span<const MatrixView> v) {
                          const TripleLaw law = empirical_law(
                              row_labels(v[2], "the target", kWhere), row_labels(v[0], "x", kWhere),
                              row_labels(v[1], "y", kWhere));
                          return member.make(law).*which / core::kBitsPerNat;
                        }},
                   options, key);
  };
  return {part(&Decomposition::redundancy), part(&Decomposition::unique_y),
          part(&Decomposition::unique_z), part(&Decomposition::synergy)};
}

Measured entropy(const MatrixView& x, const MiOptions& options, core::Key key) {
  constexpr const char* kWhere = "measure.entropy";
  core::check_options(options, kWhere);
  const auto& member = choose(entropy_methods(), options.method, kWhere);
  return measure({.where = kWhere,
                  .quantity = Quantity::entropy,
                  .method = std::string(member.name),
                  .takes = member.make.takes,
                  .bytes = member.make.bytes,
                  .variables = {x},
                  .names = {"x"},
                  .nats =
                      [&](std::span<const MatrixView> v) {
                        return member.make.nats(v[0], settings(options));
                      }},
                 options, key);
}

}  // namespace venturi::measure
