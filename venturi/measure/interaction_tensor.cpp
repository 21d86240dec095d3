#include "venturi/measure/interaction_tensor.hpp"

#include <cmath>
#include <numeric>

#include "venturi/core/error.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/principal.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;

void check_kind(const FeatureKind& k, const char* name, const char* where) {
  if (k.features < 1 || k.in_example < 0 || k.in_example > k.features || k.learned < 0 ||
      k.learned > k.features) {
    core::fail_argument(where,
                        "expected {} features t >= 1, 0 <= n <= t, 0 <= c <= t, got {}, {}, {}",
                        name, k.features, k.in_example, k.learned);
  }
}

void check(const FeatureFramework& f, const char* where) {
  check_kind(f.dominant, "dominant", where);
  check_kind(f.rare, "rare", where);
  if (!(f.dominant_share >= 0 && f.dominant_share <= 1) || f.classes < 2) {
    core::fail_argument(where,
                        "expected a dominant share in [0, 1] and 2 classes or more, got {}, {}",
                        f.dominant_share, f.classes);
  }
}

// The probability that an example and a model share a feature: 1 - C(t-c, n) / C(t, n).
double shared(const FeatureKind& k) {
  double none = 1;
  for (int i = 0; i < k.in_example; ++i) {
    none *= std::max(0.0, static_cast<double>(k.features - k.learned - i)) / (k.features - i);
  }
  return 1 - none;
}

double right(double q, double classes) { return q + (1 - q) / classes; }
double agreeing(double q, double classes) {
  return q * q + 2 * q * (1 - q) / classes + (1 - q) * (1 - q) / classes;
}

template <class Of>
double over_kinds(const FeatureFramework& f, Of of) {
  return f.dominant_share * of(shared(f.dominant), f.classes) +
         (1 - f.dominant_share) * of(shared(f.rare), f.classes);
}

// `count` of 0 .. features-1 as flags.
std::vector<char> draw_set(int features, int count, core::Random& random) {
  std::vector<char> out(static_cast<std::size_t>(features), 0);
  const auto order = random.permutation(out.size());
  for (int i = 0; i < count; ++i) out[order[static_cast<std::size_t>(i)]] = 1;
  return out;
}

bool share_one(const std::vector<char>& a, const std::vector<char>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] && b[i]) return true;
  }
  return false;
}

// The root of a cluster, with shortened paths.
std::size_t root_of(std::vector<std::size_t>& parent, std::size_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

// Clusters of the features of all models, 0 .. count-1 in order of first appearance.
std::vector<Index> clusters(const std::vector<Matrix>& features, double match, Index& count) {
  const Index k = features[0].cols();
  std::vector<std::size_t> parent(features.size() * static_cast<std::size_t>(k));
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  for (std::size_t a = 0; a < features.size(); ++a) {
    for (std::size_t b = a + 1; b < features.size(); ++b) {
      const Matrix correlation =
          features[a].transpose() * features[b] / static_cast<double>(features[a].rows());
      for (Index i = 0; i < k; ++i) {
        for (Index j = 0; j < k; ++j) {
          if (std::fabs(correlation(i, j)) < match) continue;
          const std::size_t ra = root_of(parent, a * static_cast<std::size_t>(k) + i);
          const std::size_t rb = root_of(parent, b * static_cast<std::size_t>(k) + j);
          parent[std::max(ra, rb)] = std::min(ra, rb);
        }
      }
    }
  }
  std::vector<Index> out(parent.size(), -1);
  count = 0;
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const std::size_t root = root_of(parent, i);
    out[i] = root == i ? count++ : out[root];
  }
  return out;
}

}  // namespace

InteractionTensor interaction_tensor(std::span<const core::MatrixView> models,
                                     const InteractionOptions& options) {
  constexpr const char* kWhere = "measure.interaction_tensor";
  if (models.empty() || !(options.match > 0 && options.match <= 1) || !(options.present >= 0)) {
    core::fail_argument(kWhere, "expected models, 0 < match <= 1, present >= 0, got {}, {}, {}",
                        models.size(), options.match, options.present);
  }
  std::vector<Matrix> features;
  for (const core::MatrixView& model : models) {
    if (model.rows() != models[0].rows()) {
      core::fail_argument(kWhere, "expected {} examples of every model, got {}", models[0].rows(),
                          model.rows());
    }
    features.push_back(standardized(principal_components(model, options.components)));
  }
  InteractionTensor out{.models = std::ssize(models), .examples = models[0].rows()};
  const std::vector<Index> cluster = clusters(features, options.match, out.features);
  // Bounded by the features, which are held already: clusters <= models * components.
  const double bytes = static_cast<double>(out.models) * static_cast<double>(out.examples) *
                       static_cast<double>(out.features);
  if (bytes > 8e9) {
    core::fail_argument(kWhere, "expected a tensor of at most 8e9 entries, got {}*{}*{}",
                        out.models, out.examples, out.features);
  }
  out.entries.resize(static_cast<std::size_t>(bytes));
  out.learned.resize(static_cast<std::size_t>(out.models * out.features));
  for (Index m = 0; m < out.models; ++m) {
    for (Index f = 0; f < options.components; ++f) {
      const Index t = cluster[static_cast<std::size_t>(m * options.components + f)];
      out.learned[static_cast<std::size_t>(m * out.features + t)] = 1;
      for (Index n = 0; n < out.examples; ++n) {
        if (std::fabs(features[static_cast<std::size_t>(m)](n, f)) >= options.present) {
          out.entries[static_cast<std::size_t>((m * out.examples + n) * out.features + t)] = 1;
        }
      }
    }
  }
  return out;
}

double framework_accuracy(const FeatureFramework& f) {
  check(f, "measure.framework_accuracy");
  return over_kinds(f, right);
}

double framework_agreement(const FeatureFramework& f) {
  check(f, "measure.framework_agreement");
  return over_kinds(f, agreeing);
}

DrawnAgreement draw_framework(const FeatureFramework& f, int models, int examples, core::Key key) {
  constexpr const char* kWhere = "measure.draw_framework";
  check(f, kWhere);
  if (models < 1 || examples < 1) {
    core::fail_argument(kWhere, "expected models and examples >= 1, got {} and {}", models,
                        examples);
  }
  DrawnAgreement out;
  const double each = 1.0 / models / examples;
  const auto classes = static_cast<std::uint64_t>(f.classes);
  for (int m = 0; m < models; ++m) {
    core::Random random(key.split(static_cast<std::uint64_t>(m)));
    std::vector<char> learned[2][2];  // of each of two models, dominant and rare
    for (auto& model : learned) {
      model[0] = draw_set(f.dominant.features, f.dominant.learned, random);
      model[1] = draw_set(f.rare.features, f.rare.learned, random);
    }
    for (int e = 0; e < examples; ++e) {
      const int kind = random.uniform() < f.dominant_share ? 0 : 1;
      const FeatureKind& of = kind == 0 ? f.dominant : f.rare;
      const std::vector<char> held = draw_set(of.features, of.in_example, random);
      std::uint64_t answer[2];  // 0 is the right one
      for (int a = 0; a < 2; ++a) {
        answer[a] = share_one(held, learned[a][kind]) ? 0 : random.below(classes);
        out.accuracy += answer[a] == 0 ? 0.5 * each : 0;
      }
      out.agreement += answer[0] == answer[1] ? each : 0;
    }
  }
  return out;
}

}  // namespace venturi::measure
