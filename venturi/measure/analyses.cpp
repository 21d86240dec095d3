#include "venturi/measure/analyses.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "venturi/measure/disentanglement.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/inductive_bias.hpp"
#include "venturi/measure/latent_activity.hpp"
#include "venturi/measure/manifold_overlap.hpp"
#include "venturi/measure/methods.hpp"
#include "venturi/measure/probes.hpp"
#include "venturi/measure/spread.hpp"
#include "venturi/measure/weight_spectrum.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;
using Arrays = std::span<const MatrixView>;
using Readings = std::vector<Reading>;

constexpr const char* kWhere = "measure.analyse";
constexpr double kNone = std::numeric_limits<double>::infinity();

Estimate exact(double value, std::string unit, std::string method, Index n) {
  return {.bits = value,
          .low = value,
          .high = value,
          .method = std::move(method),
          .n = static_cast<std::size_t>(n),
          .unit = std::move(unit)};
}

// A share p of n counted rows; Wilson's interval.
Estimate share_of(double p, Index rows, const AnalysisOptions& options, std::string method) {
  Estimate out = exact(p, "1", std::move(method), rows);
  const auto n = static_cast<double>(rows);
  const double z = normal_quantile(0.5 + 0.5 * options.interval), z2 = z * z / n;
  const double middle = (p + z2 / 2) / (1 + z2);
  const double half = z / (1 + z2) * std::sqrt(p * (1 - p) / n + z2 / (4 * n));
  out.standard_error = std::sqrt(p * (1 - p) / n);
  out.low = std::max(0.0, middle - half);
  out.high = std::min(1.0, middle + half);
  out.level = options.interval;
  return out;
}

// A function of the rows of two arrays (the second may be empty), with the interval of parts of
// `least` rows or more.
struct OfRows {
  Arrays arrays;
  std::function<double(Arrays)> value;
  Index least;
  std::string unit, method;
};
Estimate of_rows(const OfRows& f, const AnalysisOptions& options, core::Key key) {
  const Index n = f.arrays[0].rows();
  Estimate out = exact(f.value(f.arrays), f.unit, f.method, n);
  const Statistic part = [&](std::span<const Index> rows) {
    const Rows chosen(rows.begin(), rows.end());
    std::vector<Matrix> kept;
    for (const MatrixView& a : f.arrays) kept.emplace_back(a(chosen, Eigen::all));
    const std::vector<MatrixView> views(kept.begin(), kept.end());
    return f.value(views);
  };
  try {
    add_interval(out, part,
                 {.n = n,
                  .columns = (f.least + 1) / 2,
                  .k = 1,
                  .series = false,
                  .block = 0,
                  .level = options.interval},
                 key);
  } catch (const core::DataError& error) {  // the whole was fine: a part is not
    out.standard_error = out.high = kNone;
    out.low = -kNone;
    out.level = options.interval;
    out.warnings.push_back(fmt::format("no interval: of a part of the rows, {}", error.what()));
  }
  out.unit = f.unit;  // intervals speak of bits
  return out;
}

template <auto Of>
Readings gap_of(Arrays a, const AnalysisOptions& options, core::Key key, std::string name) {
  const auto value = [&](Arrays v) { return Of(v[0], v[1], options.bins); };
  return {{name, of_rows({a, value, 50, "1", name}, options, key)}};
}

double sap_of(const MatrixView& codes, const MatrixView& factors, int) {
  return separated_predictability(codes, factors);
}
Readings mig(Arrays a, const AnalysisOptions& options, core::Key key) {
  return gap_of<mutual_information_gap>(a, options, key, "MIG");
}
Readings sap(Arrays a, const AnalysisOptions& options, core::Key key) {
  return gap_of<sap_of>(a, options, key, "SAP");
}

Readings infomec(Arrays a, const AnalysisOptions& options, core::Key key) {
  const auto part = [&](double InfoMec::*field) {
    return of_rows(
        {a, [field](Arrays v) { return info_mec(v[0], v[1]).*field; }, 100, "1", "InfoMEC"},
        options, key);
  };
  return {{"InfoM", part(&InfoMec::modularity)},
          {"InfoE", part(&InfoMec::explicitness)},
          {"InfoC", part(&InfoMec::compactness)}};
}

Readings precision_recall(Arrays a, const AnalysisOptions& options, core::Key) {
  const int k = options.k > 0 ? options.k : 3;
  ManifoldOverlap found = manifold_overlap(a[0], a[1], k);
  const std::string method = fmt::format("manifolds of {} neighbours", k);
  // The median and the order statistics around it.
  std::vector<double>& r = found.realism;
  std::sort(r.begin(), r.end());
  const auto m = static_cast<double>(r.size());
  const double half = normal_quantile(0.5 + 0.5 * options.interval) * std::sqrt(m) / 2;
  const auto rank = [&](double at) {
    return r[static_cast<std::size_t>(std::clamp(at, 0.0, m - 1))];
  };
  Estimate realism = exact(rank((m - 1) / 2), "1", method, a[1].rows());
  realism.low = rank(m / 2 - half);
  realism.high = rank(m / 2 + half);
  realism.level = options.interval;
  realism.standard_error =
      (realism.high - realism.low) / (2 * normal_quantile(0.5 + 0.5 * options.interval));
  return {{"precision", share_of(found.precision, a[1].rows(), options, method)},
          {"recall", share_of(found.recall, a[0].rows(), options, method)},
          {"realism, median", realism}};
}

Readings dimension(Arrays a, const AnalysisOptions& options, core::Key key) {
  const int k = options.k > 0 ? options.k : 5;
  const auto value = [k](Arrays v) { return intrinsic_dimension(v[0], k); };
  return {{"intrinsic dimension",
           of_rows({a, value, 4 * Index{k}, "1", fmt::format("maximum likelihood, k = {}", k)},
                   options, key)}};
}

Readings bias(Arrays a, const AnalysisOptions& options, core::Key key) {
  const auto labels = row_labels(a[1], "labels", kWhere);
  const LearningTask task = learning_task(a[0], labels, options.error, key);
  Readings out = dimension(a.first(1), options, key.split("dimension"));
  const Index n = a[0].rows();
  out.push_back({"largest norm", exact(task.radius, "1", "largest of the rows", n)});
  out.push_back({"resolution", exact(task.resolution, "1", "extremes of class distances", n)});
  out.push_back({"inductive bias", exact(inductive_bias_bits(task), "bits", "Boopathy 2023", n)});
  for (std::size_t i = 2; i < out.size(); ++i) {
    Estimate& e = out[i].estimate;
    e.standard_error = e.high = kNone;
    e.low = -kNone;
  }
  out.back().estimate.warnings.push_back("an order of magnitude: no interval is known");
  return out;
}

Readings linear_probe(Arrays a, const AnalysisOptions& options, core::Key key) {
  const auto value = [&](Arrays v) { return linear_r2(v[0], v[1], options.folds, key); };
  return {
      {"R^2", of_rows({a, value, 10 * a[0].cols(), "1", "linear, cross-fitted"}, options, key)}};
}

Readings softmax(Arrays a, const AnalysisOptions& options, core::Key key) {
  const auto part = [&](bool bits) {
    const auto value = [&, bits](Arrays v) {
      const SoftmaxProbe probe =
          softmax_probe(v[0], row_labels(v[1], "labels", kWhere), options.folds, key);
      return bits ? probe.information_bits() : probe.accuracy;
    };
    return of_rows({a, value, 10 * a[0].cols(), bits ? "bits" : "1", "softmax, cross-fitted"},
                   options, key);
  };
  return {{"V-information", part(true)}, {"accuracy", part(false)}};
}

Readings explained(Arrays a, const AnalysisOptions& options, core::Key key) {
  const auto value = [](Arrays v) { return variance_explained(v[0], v[1]); };
  return {{"variance explained",
           of_rows({a, value, 10 * a[1].cols(), "1", "linear regression on the feature"}, options,
                   key)}};
}

Readings activity(Arrays a, const AnalysisOptions& options, core::Key key) {
  const ActivityOptions thresholds;
  const std::vector<Activity> kinds = latent_activity(a[1], thresholds);
  Readings out;
  for (std::size_t l = 0; l < kinds.size(); ++l) {
    const double unused = (a[1].col(static_cast<Index>(l)).array() >= thresholds.unused_variance)
                              .cast<double>()
                              .mean();
    out.push_back({fmt::format("latent {}, {}: unused by", l, name_of(kinds[l])),
                   share_of(unused, a[1].rows(), options, "variance >= 0.9")});
  }
  using Correlation = RepresentationCorrelation;
  const auto part = [&](const char* name, double Correlation::*field) {
    const auto value = [&, field](Arrays v) {
      return representation_correlation(v[0], v[1], kinds, key.split("sample")).*field;
    };
    out.push_back({name, of_rows({a, value, 10 * a[0].cols(), "bits", "normal"}, options, key)});
  };
  part("total correlation, means", &Correlation::mean_bits);
  part("total correlation, samples", &Correlation::sampled_bits);
  part("the same without passive latents, means", &Correlation::used_mean_bits);
  part("the same without passive latents, samples", &Correlation::used_sampled_bits);
  return out;
}

Readings spectrum(Arrays a, const AnalysisOptions&, core::Key) {
  const WeightSpectrum s = weight_spectrum(a[0]);
  const Index r = s.singular_values.size();
  return {{"condition number", exact(s.condition, "1", "singular values", r)},
          {"log-volume", exact(s.log2_volume, "bits", "singular values", r)},
          {"largest singular value", exact(s.singular_values[0], "1", "singular values", r)},
          {"smallest singular value", exact(s.singular_values[r - 1], "1", "singular values", r)}};
}

constexpr core::Member<Analysis> kAnalyses[] = {
    {"mig",
     "disentanglement: gap between the two latents that know most of a factor",
     "Chen et al. 2018",
     "O(L S n log n)",
     {mig, {"codes", "factors"}}},
    {"sap",
     "disentanglement: the same gap of squared correlations",
     "Kumar et al. 2018",
     "O(n L S)",
     {sap, {"codes", "factors"}}},
    {"infomec",
     "disentanglement: modularity, explicitness, compactness from information",
     "Hsu et al. 2023",
     "O(L S n log n), softmax",
     {infomec, {"codes", "factors"}}},
    {"precision-recall",
     "generated samples: are they real, are all reached; realism",
     "Kynkaanniemi et al. 2019",
     "O((n + m)^2 d)",
     {precision_recall, {"real", "generated"}}},
    {"intrinsic-dimension",
     "dimension of the surface that rows lie on",
     "Levina, Bickel 2004",
     "O(n^2 d)",
     {dimension, {"x", ""}}},
    {"inductive-bias",
     "bits to be known beforehand to generalise on a classification task",
     "Boopathy et al. 2023",
     "O(n^2 d)",
     {bias, {"x", "labels"}}},
    {"linear-probe",
     "usable information of fixed variance: cross-fitted R^2",
     "Xu et al. 2020",
     "O(folds (n d^2 + d^3))",
     {linear_probe, {"x", "target"}}},
    {"softmax-probe",
     "usable information on labels, and accuracy",
     "Xu et al. 2020",
     "O(folds steps n d C)",
     {softmax, {"x", "labels"}}},
    {"variance-explained",
     "part of a representation's variance that a feature takes up",
     "Lampinen et al. 2024",
     "O(n m^2)",
     {explained, {"x", "feature"}}},
    {"latent-activity",
     "active, passive and mixed latents; correlation of means against samples",
     "Bonheme, Grzes 2023",
     "O(n L^2 + L^3)",
     {activity, {"mean", "variance"}}},
    {"weight-spectrum",
     "condition number and log-volume of a weight matrix",
     "arXiv 2506.16289",
     "O(m n min(m, n))",
     {spectrum, {"weights", ""}}},
};

}  // namespace

std::span<const core::Member<Analysis>> analyses() { return kAnalyses; }

std::vector<Reading> analyse(std::string_view name, Arrays arrays, const AnalysisOptions& options,
                             core::Key key) {
  core::check_options(options, kWhere);
  const auto& member = core::find_member(analyses(), name, kWhere);
  const auto& names = member.make.arrays;
  const std::size_t count = names[1].empty() ? 1 : 2;
  if (arrays.size() != count) {
    core::fail_argument(kWhere, "{} expects {}{}{}, got {} arrays", name, names[0],
                        count == 2 ? " and " : "", names[1], arrays.size());
  }
  for (const MatrixView& a : arrays) {
    if (a.size() == 0) core::fail_data(kWhere, "expected samples, got {}*{}", a.rows(), a.cols());
  }
  return member.make.call(arrays, options, key);
}

}  // namespace venturi::measure
