#include "venturi/data/synthetic.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/data/query.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.synthetic";

// Checks the options and takes memory for n*d inputs.
template <class Options>
Dataset start(const Options& options, std::string_view name, std::int64_t d) {
  core::check_options(options, kWhere);
  if (options.n > (std::int64_t{1} << 31) / d) {
    core::fail_argument(kWhere, "expected n*d of at most 2^31, got {}*{}", options.n, d);
  }
  Dataset out;
  out.name = name;
  out.x.resize(options.n, d);
  out.shape = {d};
  return out;
}

void start_labels(Dataset& data) {
  data.task = Task::kClasses;
  data.classes = 2;
  data.labels.reserve(static_cast<std::size_t>(data.size()));
}

float normal(core::Random& random) { return static_cast<float>(random.normal()); }

template <class Options>
Options options_from_query(std::string_view text, core::Key& key) {
  std::vector<std::string> known;
  for (const auto& field : core::describe_options<Options>()) known.push_back(field.name);
  const auto fields = known;
  known.emplace_back("seed");
  const Query query(text, known, kWhere);
  core::Json json = core::Json::object();
  for (const auto& name : fields) {
    const auto value = query.text(name);
    if (!value) continue;
    core::Json number = core::Json::parse(*value, nullptr, /*allow_exceptions=*/false);
    json[name] = number.is_number() ? number : core::Json(*value);
  }
  if (query.text("seed")) {
    key = core::Key(static_cast<std::uint64_t>(
        query.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max())));
  }
  Options out;
  core::options_from_json(out, json, kWhere);
  return out;
}

template <class Options, Dataset (*kMake)(const Options&, core::Key)>
Dataset make(std::string_view query, core::Key key) {
  const auto options = options_from_query<Options>(query, key);
  return kMake(options, key);
}

constexpr std::array<core::Member<SyntheticMaker>, 6> kSources{{
    {"gaussians", "two Gaussian classes; Bayes error known (n, d, distance)", "own", "O(n d)",
     make<GaussiansOptions, gaussians>},
    {"gaussian-pair", "x and y of correlation rho; I(x; y) known (n, d, rho)",
     "Cover, Thomas, Elements of Information Theory, 8.5", "O(n d)",
     make<GaussianPairOptions, gaussian_pair>},
    {"moons", "two interleaved half circles (n, noise)", "scikit-learn, make_moons", "O(n)",
     make<MoonsOptions, moons>},
    {"parity", "XOR of k of d bits; I(x; label) known (n, d, k, flip)", "own", "O(n d)",
     make<ParityOptions, parity>},
    {"linear", "y = w.x + noise; I(x; y) and least error known (n, d, noise)", "own", "O(n d)",
     make<LinearOptions, linear>},
    {"twelve-bits",
     "the 4096 patterns of 12 bits under a symmetric rule (n); for information planes",
     "after Shwartz-Ziv, Tishby 2017", "O(1)", make<TwelveBitsOptions, twelve_bits>},
}};

constexpr core::Index kTwelveBitPatterns = 4096;

}  // namespace

std::span<const core::Member<SyntheticMaker>> synthetic_sources() { return kSources; }

Dataset gaussians(const GaussiansOptions& options, core::Key key) {
  Dataset out = start(options, "gaussians", options.d);
  start_labels(out);
  core::Random random(key);
  const auto half = static_cast<float>(options.distance / 2);
  for (core::Index i = 0; i < out.size(); ++i) {
    const auto label = static_cast<std::int32_t>(random.below(2));
    out.labels.push_back(label);
    for (core::Index j = 0; j < out.x.cols(); ++j) out.x(i, j) = normal(random);
    out.x(i, 0) += label == 1 ? half : -half;
  }
  return out;
}

double bayes_error(const GaussiansOptions& options) {
  return 0.5 * std::erfc(options.distance / 2 / std::numbers::sqrt2);
}

Dataset gaussian_pair(const GaussianPairOptions& options, core::Key key) {
  Dataset out = start(options, "gaussian-pair", options.d);
  out.task = Task::kRegression;
  out.y.resize(options.n, options.d);
  core::Random random(key);
  const auto rho = static_cast<float>(options.rho);
  const auto rest = static_cast<float>(std::sqrt(1 - options.rho * options.rho));
  for (core::Index i = 0; i < out.x.size(); ++i) {
    const float x = normal(random);
    out.x.data()[i] = x;
    out.y.data()[i] = rho * x + rest * normal(random);
  }
  return out;
}

core::Bits mutual_information(const GaussianPairOptions& options) {
  return core::Bits(-0.5 * static_cast<double>(options.d) * std::log1p(-options.rho * options.rho) *
                    core::kBitsPerNat);
}

Dataset moons(const MoonsOptions& options, core::Key key) {
  Dataset out = start(options, "moons", 2);
  start_labels(out);
  core::Random random(key);
  for (core::Index i = 0; i < out.size(); ++i) {
    const auto label = static_cast<std::int32_t>(random.below(2));
    const double t = std::numbers::pi * random.uniform();
    const double x = label == 0 ? std::cos(t) : 1 - std::cos(t);
    const double y = label == 0 ? std::sin(t) : 0.5 - std::sin(t);
    out.labels.push_back(label);
    out.x(i, 0) = static_cast<float>(x + options.noise * random.normal());
    out.x(i, 1) = static_cast<float>(y + options.noise * random.normal());
  }
  return out;
}

Dataset parity(const ParityOptions& options, core::Key key) {
  if (options.k > options.d) {
    core::fail_argument(kWhere, "expected k at most d = {}, got {}", options.d, options.k);
  }
  Dataset out = start(options, "parity", options.d);
  start_labels(out);
  core::Random random(key);
  for (core::Index i = 0; i < out.size(); ++i) {
    std::uint32_t sum = 0;
    for (core::Index j = 0; j < out.x.cols(); ++j) {
      const std::uint32_t bit = random() >> 31;
      out.x(i, j) = static_cast<float>(bit);
      if (j < options.k) sum ^= bit;
    }
    if (random.uniform() < options.flip) sum ^= 1U;
    out.labels.push_back(static_cast<std::int32_t>(sum));
  }
  return out;
}

core::Bits mutual_information(const ParityOptions& options) {
  const double p = options.flip;
  if (p <= 0) return core::Bits(1);
  return core::Bits(1 + p * std::log2(p) + (1 - p) * std::log2(1 - p));
}

core::Vector linear_weights(const LinearOptions& options, core::Key key) {
  core::check_options(options, kWhere);
  core::Random random(key.split("weights"));
  core::Vector out(options.d);
  for (core::Index j = 0; j < options.d; ++j) out(j) = random.normal();
  return out / out.norm();
}

Dataset linear(const LinearOptions& options, core::Key key) {
  Dataset out = start(options, "linear", options.d);
  out.task = Task::kRegression;
  out.y.resize(options.n, 1);
  const core::Vector weights = linear_weights(options, key);
  core::Random random(key);
  for (core::Index i = 0; i < out.size(); ++i) {
    double y = 0;
    for (core::Index j = 0; j < out.x.cols(); ++j) {
      const double x = random.normal();
      out.x(i, j) = static_cast<float>(x);
      y += weights(j) * x;
    }
    out.y(i, 0) = static_cast<float>(y + options.noise * random.normal());
  }
  return out;
}

core::Bits mutual_information(const LinearOptions& options) {
  return core::Bits(0.5 * std::log1p(1 / (options.noise * options.noise)) * core::kBitsPerNat);
}

core::Vector twelve_bit_scores() {
  constexpr double kGolden = std::numbers::phi;
  const double length = std::sqrt(1 + kGolden * kGolden);
  std::vector<Eigen::Vector3d> vertices;
  for (const double a : {1.0, -1.0}) {
    for (const double b : {kGolden, -kGolden}) {
      vertices.push_back(Eigen::Vector3d(0, a, b) / length);
      vertices.push_back(Eigen::Vector3d(a, b, 0) / length);
      vertices.push_back(Eigen::Vector3d(b, 0, a) / length);
    }
  }
  core::Vector out(kTwelveBitPatterns);
  for (core::Index row = 0; row < kTwelveBitPatterns; ++row) {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    double whole = 0;
    for (core::Index i = 0; i < 12; ++i) {
      if ((row >> i & 1) == 0) continue;
      whole += 1;
      sum += vertices[static_cast<std::size_t>(i)];
    }
    out[row] = whole - 0.4 * sum.squaredNorm();
  }
  return out;
}

Dataset twelve_bits(const TwelveBitsOptions& options, core::Key key) {
  core::check_options(options, kWhere);
  Dataset out;
  out.name = "twelve-bits";
  out.x.resize(kTwelveBitPatterns, 12);
  out.shape = {12};
  start_labels(out);
  for (core::Index row = 0; row < kTwelveBitPatterns; ++row) {
    for (core::Index i = 0; i < 12; ++i) out.x(row, i) = (row >> i & 1) != 0 ? 1.0F : 0.0F;
  }
  for (const double psi : twelve_bit_scores()) {
    out.labels.push_back(psi > kTwelveBitThreshold ? 1 : 0);
  }
  if (options.n == kTwelveBitPatterns) return out;
  auto rows = core::Random(key).permutation(kTwelveBitPatterns);
  rows.resize(static_cast<std::size_t>(options.n));
  return out.subset(rows);
}

}  // namespace venturi::data
