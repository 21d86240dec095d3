// Over 400 lines: four tables, of which each line is one method.
#include "venturi/measure/methods.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/threads.hpp"
#include "venturi/measure/analyses.hpp"
#include "venturi/measure/auto_information.hpp"
#include "venturi/measure/bins.hpp"
#include "venturi/measure/count_entropy.hpp"
#include "venturi/measure/decomposition.hpp"
#include "venturi/measure/discrete.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/kernel_density.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/label_methods.hpp"
#include "venturi/measure/local_gaussian.hpp"
#include "venturi/measure/method_bytes.hpp"
#include "venturi/measure/nonuniformity.hpp"
#include "venturi/measure/pairwise.hpp"
#include "venturi/measure/principal.hpp"
#include "venturi/measure/weighted_entropy.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;
using Groups = std::span<const MatrixView>;

constexpr const char* kWhere = "measure.methods";

// The search's floats (or its trees and strips, in few columns), its distances and counts, and one
// row of distances a thread and group.
double search_bytes(Size s) {
  const auto n = static_cast<double>(s.n), columns = static_cast<double>(s.columns);
  if (s.columns <= 4) return data_bytes(s) + 120 * n + 48 * n * columns;
  return data_bytes(s) + 4 * n * columns + 24 * n + 4 * n * columns * core::threads();
}
// Lists of (distance, index).
double list_bytes(Size s) { return search_bytes(s) + 16.0 * static_cast<double>(s.n) * s.k; }
// Labels and counts.
double label_bytes(Size s) { return data_bytes(s) + 64.0 * static_cast<double>(s.n); }

// Rows of codes, columns of them side by side, as one label each.
template <auto Bins>
Codes binned(const MatrixView& x, const Settings& settings) {
  const int bins = settings.bins > 0
                       ? settings.bins
                       : static_cast<int>(std::ceil(std::cbrt(static_cast<double>(x.rows()))));
  const std::vector<std::int32_t> codes = Bins(x, bins);
  return coded(joint_labels(codes, static_cast<std::size_t>(x.cols())));
}

template <auto Bins>
double binned_information(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  return information_of<miller_madow_bits>(binned<Bins>(x, settings), binned<Bins>(y, settings));
}

std::vector<std::int32_t> entropy_based_codes(const MatrixView& x, int bins) {
  return adaptive_codes(x, bins);
}

void check_silverman(const Settings& settings) {
  if (settings.width == "median") {
    core::fail_argument(kWhere, "a density takes the width silverman, got median");
  }
}

template <auto Of>
double density_information(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  check_silverman(settings);
  return Of(x, y, silverman_widths(beside(x, y)));
}

template <auto Of>
double density_entropy(const MatrixView& x, const Settings& settings) {
  check_silverman(settings);
  return Of(x, silverman_widths(x));
}

template <auto Local>
double mean_pair(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  return mean_of(Local(x, y, settings.k));
}
template <auto Local>
double mean_given(const MatrixView& x, const MatrixView& y, const MatrixView& z,
                  const Settings& settings) {
  return mean_of(Local(x, y, z, settings.k));
}
template <auto Local>
double mean_one(const MatrixView& x, const Settings& settings) {
  return mean_of(Local(x, settings.k));
}
template <auto Local>
double mean_groups(Groups groups, const Settings& settings) {
  return mean_of(Local(groups, settings.k));
}

double ross(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  if (x.cols() != 1) {
    core::fail_argument(kWhere, "method ross expects one column of labels as x, got {}", x.cols());
  }
  return mean_of(ross_local(row_labels(x, "x", kWhere), y, settings.k));
}

double shuffled_pairs(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  constexpr int kShuffles = 4;
  return shuffled_pairs_nats(x, y, settings.k, kShuffles, core::Key(1));
}

template <auto Of>
double compressed(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  const auto most = static_cast<Index>(settings.components);
  return Of(principal_components(x, std::min(most, x.cols())),
            principal_components(y, std::min(most, y.cols())), settings);
}

// Covariances, too.
double compressed_bytes(Size s) {
  const auto columns = static_cast<double>(s.columns);
  return list_bytes(s) + 32 * columns * columns;
}

double gaussian(const MatrixView& x, const MatrixView& y, const Settings&) {
  return gaussian_information_nats(x, y, true);
}

double copula(const MatrixView& x, const MatrixView& y, const Settings&) {
  return gaussian_information_nats(normal_scores(x), normal_scores(y), true);
}

// Scores, shares of 28 components and the search of neighbours.
double choice_bytes(Size s) {
  const auto n = static_cast<double>(std::min<Index>(s.n, 20000));
  return data_bytes(s) + 8 * n * (6 * static_cast<double>(s.columns) + 28) * 4 + 256 * n;
}

double by_choice(const MatrixView& x, const MatrixView& y, const Settings& settings) {
  const AutoChoice choice = auto_information(x, y, core::Key(1));
  if (choice.delegate.empty()) return choice.nats;
  const DelegateData data(choice.delegate, x, y);
  return core::find_member(mi_methods(), choice.delegate, kWhere)
      .make.nats(data.x, data.y, settings);
}

double gaussian_total(Groups groups, const Settings&) {
  return gaussian_total_correlation_nats(groups, true);
}

constexpr core::Member<MiMethod> kInformation[] = {
    {"ksg1",
     "nearest neighbours, cubes; few columns",
     "Kraskov et al. 2004, eq. 8",
     "O(n log n) to 4 columns in all, O(n^2 d) above",
     {mean_pair<ksg1_local>, Takes::density, search_bytes}},
    {"ksg2",
     "nearest neighbours, rectangles; less bias for strong dependence, more variance",
     "Kraskov et al. 2004, eq. 9",
     "as ksg1",
     {mean_pair<ksg2_local>, Takes::density, search_bytes}},
    {"auto",
     "chosen from the data among copulas, mixtures and neighbours; the command's default",
     "own, see auto_information.hpp",
     "seconds to minutes for n = 10,000",
     {by_choice, Takes::anything, choice_bytes, false}},
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
    {"kl-pairs",
     "nearest neighbours of pairs against those of shuffled pairs; edges or folds, 5 columns and "
     "more",
     "own, after Kozachenko, Leonenko 1987",
     "O(5 n^2 d)",
     {shuffled_pairs, Takes::density, list_bytes, false}},
    {"pca-wkl",
     "wkl of each side's principal components (option components); images, layers",
     "Butakov et al. 2024, section 3",
     "O(n d^2 + d^3 + n^2)",
     {compressed<mean_pair<wkl_local>>, Takes::density, compressed_bytes, false}},
    {"pca-kl-pairs",
     "kl-pairs of the same",
     "own, after Butakov et al. 2024",
     "O(n d^2 + d^3 + 5 n^2)",
     {compressed<shuffled_pairs>, Takes::density, compressed_bytes, false}},
    {"lnn",
     "Gaussians fitted around each row; thin or bent shapes, k of 4 and more",
     "Gao, Oh, Viswanath 2016",
     "O(n^2 d^2)",
     {mean_pair<lnn_local>, Takes::density, list_bytes}},
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
    {"kde",
     "leave-one-out Parzen densities; few columns",
     "Beirlant et al. 1997",
     "O(n^2 d)",
     {density_information<density_information_nats>, Takes::normal, kernel_bytes, false}},
    {"akde",
     "the same with widths that follow the density; long tails",
     "Abramson 1982",
     "O(n^2 d)",
     {density_information<adaptive_density_information_nats>, Takes::normal, kernel_bytes, false}},
    {"bins-width",
     "bins of equal width, counted, with Miller's correction; the information of the bins",
     "textbook",
     "O(n log n)",
     {binned_information<equal_width_codes>, Takes::normal, label_bytes, false}},
    {"bins-mass",
     "bins of equal mass, counted, with Miller's correction; the information of the bins",
     "textbook",
     "O(n log n)",
     {binned_information<equal_mass_codes>, Takes::normal, label_bytes, false}},
    {"bins-ebab",
     "entropy-based adaptive bins, counted, with Miller's correction; layers that saturate",
     "Chelombiev et al. 2019",
     "O(n log n)",
     {binned_information<entropy_based_codes>, Takes::normal, label_bytes, false}},
    {"miller-madow",
     "labels against labels, with Miller's correction; the default",
     "Miller 1955",
     "O(n log n)",
     {label_information<miller_madow_bits>, Takes::labels, label_bytes}},
    {"plug-in",
     "labels against labels, as counted; biased up",
     "textbook",
     "O(n log n)",
     {label_information<plug_in_bits>, Takes::labels, label_bytes}},
    {"grassberger",
     "labels against labels, each count's logarithm corrected; few samples a value",
     "Grassberger 2003",
     "O(n log n)",
     {label_information<grassberger_bits>, Takes::labels, label_bytes}},
    {"chao-shen",
     "labels against labels, weights for what was not seen; many rare values",
     "Chao, Shen 2003",
     "O(n log n)",
     {label_information<chao_shen_bits>, Takes::labels, label_bytes}},
    {"shrinkage",
     "labels against labels, frequencies drawn towards uniform",
     "Hausser, Strimmer 2009",
     "O(n log n)",
     {label_information<shrinkage_bits>, Takes::labels, label_bytes}},
    {"nsb",
     "labels against labels, Bayes, entropy uniform a priori; far fewer samples than values",
     "Nemenman et al. 2001",
     "O(n log n + 1000 distinct counts)",
     {label_information<nsb_bits>, Takes::labels, label_bytes}},
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
     "labels throughout, with Miller's correction; the default",
     "Miller 1955",
     "O(n log n)",
     {label_conditional<miller_madow_bits>, Takes::labels, label_bytes}},
    {"plug-in",
     "labels throughout, as counted; biased up",
     "textbook",
     "O(n log n)",
     {label_conditional<plug_in_bits>, Takes::labels, label_bytes}},
    {"grassberger",
     "labels throughout, each count's logarithm corrected; few samples a value",
     "Grassberger 2003",
     "O(n log n)",
     {label_conditional<grassberger_bits>, Takes::labels, label_bytes}},
    {"chao-shen",
     "labels throughout, weights for what was not seen; many rare values",
     "Chao, Shen 2003",
     "O(n log n)",
     {label_conditional<chao_shen_bits>, Takes::labels, label_bytes}},
    {"shrinkage",
     "labels throughout, frequencies drawn towards uniform",
     "Hausser, Strimmer 2009",
     "O(n log n)",
     {label_conditional<shrinkage_bits>, Takes::labels, label_bytes}},
    {"nsb",
     "labels throughout, Bayes, entropy uniform a priori; far fewer samples than values",
     "Nemenman et al. 2001",
     "O(n log n + 1000 distinct counts)",
     {label_conditional<nsb_bits>, Takes::labels, label_bytes}},
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
    {"lnn",
     "Gaussians fitted around each row; thin or bent shapes, k of 4 and more",
     "Gao, Oh, Viswanath 2016",
     "O(n^2 d^2)",
     {mean_one<lnn_entropy_local>, Takes::density, list_bytes}},
    {"kde",
     "leave-one-out Parzen density; few columns",
     "Beirlant et al. 1997",
     "O(n^2 d)",
     {density_entropy<density_entropy_nats>, Takes::normal, kernel_bytes}},
    {"akde",
     "the same with widths that follow the density; long tails",
     "Abramson 1982",
     "O(n^2 d)",
     {density_entropy<adaptive_density_entropy_nats>, Takes::normal, kernel_bytes}},
    {"miller-madow",
     "of labels, with Miller's correction; the default",
     "Miller 1955",
     "O(n log n)",
     {label_entropy<miller_madow_bits>, Takes::labels, label_bytes}},
    {"plug-in",
     "of labels, as counted; biased down",
     "textbook",
     "O(n log n)",
     {label_entropy<plug_in_bits>, Takes::labels, label_bytes}},
    {"grassberger",
     "of labels, each count's logarithm corrected; few samples a value",
     "Grassberger 2003",
     "O(n log n)",
     {label_entropy<grassberger_bits>, Takes::labels, label_bytes}},
    {"chao-shen",
     "of labels, weights for what was not seen; many rare values",
     "Chao, Shen 2003",
     "O(n log n)",
     {label_entropy<chao_shen_bits>, Takes::labels, label_bytes}},
    {"shrinkage",
     "of labels, frequencies drawn towards uniform",
     "Hausser, Strimmer 2009",
     "O(n log n)",
     {label_entropy<shrinkage_bits>, Takes::labels, label_bytes}},
    {"nsb",
     "of labels, Bayes, entropy uniform a priori; far fewer samples than values",
     "Nemenman et al. 2001",
     "O(n log n + 1000 distinct counts)",
     {label_entropy<nsb_bits>, Takes::labels, label_bytes}},
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
    {"gaussian",
     "total correlation of normal data, less the finite-sample bias",
     "Misra et al. 2005",
     "O(n d^2 + d^3)",
     {gaussian_total, Takes::normal, data_bytes}},
    {"miller-madow",
     "total correlation of labels, with Miller's correction; the default",
     "Miller 1955",
     "O(n log n)",
     {label_total<miller_madow_bits>, Takes::labels, label_bytes}},
    {"plug-in",
     "total correlation of labels, as counted; biased up",
     "textbook",
     "O(n log n)",
     {label_total<plug_in_bits>, Takes::labels, label_bytes}},
    {"grassberger",
     "total correlation of labels, each count's logarithm corrected; few samples a value",
     "Grassberger 2003",
     "O(n log n)",
     {label_total<grassberger_bits>, Takes::labels, label_bytes}},
    {"chao-shen",
     "total correlation of labels, weights for what was not seen; many rare values",
     "Chao, Shen 2003",
     "O(n log n)",
     {label_total<chao_shen_bits>, Takes::labels, label_bytes}},
    {"shrinkage",
     "total correlation of labels, frequencies drawn towards uniform",
     "Hausser, Strimmer 2009",
     "O(n log n)",
     {label_total<shrinkage_bits>, Takes::labels, label_bytes}},
    {"nsb",
     "total correlation of labels, Bayes, entropy uniform a priori; far fewer samples than values",
     "Nemenman et al. 2001",
     "O(n log n + 1000 distinct counts)",
     {label_total<nsb_bits>, Takes::labels, label_bytes}},
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
  add("dependence", dependence_methods());
  add("pid", decomposition_methods());
  add("analysis", analyses());
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
