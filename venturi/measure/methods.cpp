#include "venturi/measure/methods.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/core/threads.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/nonuniformity.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;
using Groups = std::span<const MatrixView>;

constexpr const char* kWhere = "measure.methods";

// Copies of the data as doubles: as given, scaled, and a selection of rows.
double data_bytes(Size s) {
  return 3.0 * sizeof(double) * static_cast<double>(s.n) * static_cast<double>(s.columns);
}
// The search's floats, its distances and counts, and one row of distances a thread and group.
double search_bytes(Size s) {
  const auto n = static_cast<double>(s.n), columns = static_cast<double>(s.columns);
  return data_bytes(s) + 4 * n * columns + 24 * n + 4 * n * columns * core::threads();
}
// Lists of (distance, index).
double list_bytes(Size s) { return search_bytes(s) + 16.0 * static_cast<double>(s.n) * s.k; }
// Labels and counts.
double label_bytes(Size s) { return data_bytes(s) + 64.0 * static_cast<double>(s.n); }

double miller_madow(std::span<const std::int32_t> labels) {
  std::vector<std::int32_t> kinds(labels.begin(), labels.end());
  std::sort(kinds.begin(), kinds.end());
  const auto seen = std::unique(kinds.begin(), kinds.end()) - kinds.begin();
  return plug_in_entropy_bits(labels) * std::numbers::ln2 +
         static_cast<double>(seen - 1) / (2 * static_cast<double>(labels.size()));
}

double plug_in(std::span<const std::int32_t> labels) {
  return plug_in_entropy_bits(labels) * std::numbers::ln2;
}

// H(X_1) + .. + H(X_m) - H(X_1..X_m) of labels, under an estimate of entropy.
template <auto Entropy>
double label_total(Groups groups, int) {
  double sum = 0;
  std::vector<std::int32_t> rows(groups.size() * groups[0].rows());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto labels = row_labels(groups[g], "a group", kWhere);
    sum += Entropy(labels);
    for (std::size_t i = 0; i < labels.size(); ++i) rows[i * groups.size() + g] = labels[i];
  }
  return sum - Entropy(joint_labels(rows, groups.size()));
}

template <auto Entropy>
double label_information(const MatrixView& x, const MatrixView& y, int k) {
  const MatrixView groups[] = {x, y};
  return label_total<Entropy>(groups, k);
}

// I(X;Y|Z) = I(X;YZ) - I(X;Z).
template <auto Entropy>
double label_conditional(const MatrixView& x, const MatrixView& y, const MatrixView& z, int k) {
  return label_information<Entropy>(x, beside(y, z), k) - label_information<Entropy>(x, z, k);
}

template <auto Entropy>
double label_entropy(const MatrixView& x, int) {
  return Entropy(row_labels(x, "x", kWhere));
}

template <auto Local>
double mean_pair(const MatrixView& x, const MatrixView& y, int k) {
  return mean_of(Local(x, y, k));
}
template <auto Local>
double mean_given(const MatrixView& x, const MatrixView& y, const MatrixView& z, int k) {
  return mean_of(Local(x, y, z, k));
}
template <auto Local>
double mean_one(const MatrixView& x, int k) {
  return mean_of(Local(x, k));
}
template <auto Local>
double mean_groups(Groups groups, int k) {
  return mean_of(Local(groups, k));
}

double ross(const MatrixView& x, const MatrixView& y, int k) {
  if (x.cols() != 1) {
    core::fail_argument(kWhere, "method ross expects one column of labels as x, got {}", x.cols());
  }
  return mean_of(ross_local(row_labels(x, "x", kWhere), y, k));
}

double gaussian(const MatrixView& x, const MatrixView& y, int) {
  return gaussian_information_nats(x, y, true);
}

double copula(const MatrixView& x, const MatrixView& y, int) {
  return gaussian_information_nats(normal_scores(x), normal_scores(y), true);
}

constexpr core::Member<MiMethod> kInformation[] = {
    {"ksg1",
     "nearest neighbours, cubes; the default for continuous data",
     "Kraskov et al. 2004, eq. 8",
     "O(n log n) to 4 columns in all, O(n^2 d) above",
     {mean_pair<ksg1_local>, Takes::density, search_bytes}},
    {"ksg2",
     "nearest neighbours, rectangles; less bias for strong dependence, more variance",
     "Kraskov et al. 2004, eq. 9",
     "as ksg1",
     {mean_pair<ksg2_local>, Takes::density, search_bytes}},
    {"lnc",
     "ksg1 corrected where neighbours fill a slanted box; strong dependence, k above the columns",
     "Gao, Ver Steeg, Galstyan 2015, section 4",
     "ksg1's and O(n k d^2)",
     {mean_pair<lnc_local>, Takes::density, list_bytes}},
    {"wkl",
     "weighted neighbours of whitened sides; 5 columns and more",
     "Berrett, Samworth, Yuan 2019",
     "O(n^2 d)",
     {mean_pair<wkl_local>, Takes::density, list_bytes, false}},
    {"gao",
     "nearest neighbours for mixtures of discrete and continuous, and for ties",
     "Gao et al. 2017",
     "as ksg1",
     {mean_pair<gao_local>, Takes::anything, search_bytes}},
    {"ross",
     "labels x against continuous y",
     "Ross 2014",
     "as ksg1",
     {ross, Takes::labels_first, search_bytes}},
    {"gaussian",
     "canonical correlations, less the finite-sample bias; normal data",
     "Misra et al. 2005",
     "O(n d^2 + d^3)",
     {gaussian, Takes::normal, data_bytes}},
    {"copula",
     "the same of normal scores; normal up to monotone maps of the columns",
     "own, after Misra et al. 2005",
     "O(d n log n + n d^2)",
     {copula, Takes::normal, data_bytes}},
    {"miller-madow",
     "labels against labels, with Miller's correction",
     "Miller 1955",
     "O(n log n)",
     {label_information<miller_madow>, Takes::labels, label_bytes}},
    {"plug-in",
     "labels against labels, as counted; biased up",
     "textbook",
     "O(n log n)",
     {label_information<plug_in>, Takes::labels, label_bytes}},
};

constexpr core::Member<ConditionalMethod> kConditional[] = {
    {"frenzel-pompe",
     "nearest neighbours, cubes; the default for continuous data",
     "Frenzel, Pompe 2007",
     "as ksg1",
     {mean_given<conditional_local>, Takes::density, search_bytes}},
    {"mesner-shalizi",
     "nearest neighbours for mixtures of discrete and continuous, and for ties",
     "Mesner, Shalizi 2020",
     "as ksg1",
     {mean_given<mixed_conditional_local>, Takes::anything, search_bytes}},
    {"miller-madow",
     "labels throughout, with Miller's correction",
     "Miller 1955",
     "O(n log n)",
     {label_conditional<miller_madow>, Takes::labels, label_bytes}},
    {"plug-in",
     "labels throughout, as counted; biased up",
     "textbook",
     "O(n log n)",
     {label_conditional<plug_in>, Takes::labels, label_bytes}},
};

constexpr core::Member<EntropyMethod> kEntropy[] = {
    {"kl",
     "nearest neighbours; the default for a density, to 4 columns",
     "Kozachenko, Leonenko 1987",
     "as ksg1",
     {mean_one<entropy_local>, Takes::density, search_bytes}},
    {"wkl",
     "weighted neighbours of several orders; 5 columns and more",
     "Berrett, Samworth, Yuan 2019",
     "O(n^2 d)",
     {mean_one<wkl_entropy_local>, Takes::density, list_bytes}},
    {"miller-madow",
     "of labels, with Miller's correction",
     "Miller 1955",
     "O(n log n)",
     {label_entropy<miller_madow>, Takes::labels, label_bytes}},
    {"plug-in",
     "of labels, as counted; biased down",
     "textbook",
     "O(n log n)",
     {label_entropy<plug_in>, Takes::labels, label_bytes}},
};

constexpr core::Member<GroupMethod> kGroups[] = {
    {"total",
     "total correlation sum H(X_g) - H(all), ksg1 of several",
     "Kraskov et al. 2004, eq. 23",
     "as ksg1",
     {mean_groups<total_correlation_local>, Takes::density, search_bytes}},
    {"dual",
     "dual total correlation H(all) - sum H(X_g given the rest), nearest neighbours",
     "Han 1978; Kraskov et al. 2004",
     "as ksg1",
     {mean_groups<dual_total_correlation_local>, Takes::density, search_bytes}},
    {"o-information",
     "total less dual: above 0 redundancy prevails, below synergy",
     "Rosas et al. 2019",
     "as ksg1",
     {mean_groups<o_information_local>, Takes::density, search_bytes}},
    {"miller-madow",
     "total correlation of labels, with Miller's correction",
     "Miller 1955",
     "O(n log n)",
     {label_total<miller_madow>, Takes::labels, label_bytes}},
    {"plug-in",
     "total correlation of labels, as counted; biased up",
     "textbook",
     "O(n log n)",
     {label_total<plug_in>, Takes::labels, label_bytes}},
};

}  // namespace

std::span<const core::Member<MiMethod>> mi_methods() { return kInformation; }
std::span<const core::Member<ConditionalMethod>> conditional_methods() { return kConditional; }
std::span<const core::Member<EntropyMethod>> entropy_methods() { return kEntropy; }
std::span<const core::Member<GroupMethod>> group_methods() { return kGroups; }

std::vector<core::MemberInfo> member_infos() {
  std::vector<core::MemberInfo> out;
  const auto add = [&](const char* kind, auto table) {
    for (const auto& info : core::member_infos("measure", kind, table)) out.push_back(info);
  };
  add("mi", mi_methods());
  add("mi given z, te", conditional_methods());
  add("entropy", entropy_methods());
  add("tc", group_methods());
  return out;
}

std::vector<std::int32_t> row_labels(const MatrixView& x, std::string_view name,
                                     std::string_view where) {
  std::vector<std::int32_t> out(x.size());
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index c = 0; c < x.cols(); ++c) {
      const double v = x(i, c);
      if (!(std::fabs(v) <= 2147483647.0) || v != std::floor(v)) {
        core::fail_data(where, "expected whole numbers as labels, row {} of {} has {}", i, name, v);
      }
      out[i * x.cols() + c] = static_cast<std::int32_t>(v);
    }
  }
  return x.cols() == 1 ? out : joint_labels(out, static_cast<std::size_t>(x.cols()));
}

}  // namespace venturi::measure
