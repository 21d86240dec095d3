#include "venturi/measure/figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

#include "venturi/core/side_by_side.hpp"
#include "venturi/core/units.hpp"
#include "venturi/measure/certificate.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/likelihood_information.hpp"
#include "venturi/measure/mutual_information.hpp"
#include "venturi/measure/principal.hpp"

namespace venturi::measure {
namespace {

// Pairs of image_laws()[law] on as many principal components as the law has latents.
Pairs components_of(const Pairs& images, std::size_t law) {
  const core::Index components = law == 0 ? 2 : 4;
  return {principal_components(images.x, components), principal_components(images.y, components)};
}

// Images of 16*16 after PCA.
std::vector<KnownLaw> compressed_images(const std::vector<double>& nats) {
  std::vector<KnownLaw> out;
  for (const double each : nats) {
    const std::vector<KnownLaw> images = image_laws(each, 16);
    for (std::size_t i = 0; i < images.size(); ++i) {
      out.push_back({.name = fmt::format("{}, {} nats", images[i].name, each),
                     .nats = each,
                     .draw = [law = images[i], i](core::Index n, core::Key key) {
                       return components_of(law.draw(n, key), i);
                     }});
    }
  }
  return out;
}

std::vector<KnownLaw> laws_of(const AccuracyOptions& options) {
  if (options.laws == "bmi") return bmi_laws();
  if (options.laws == "tuning") return tuning_laws();
  std::vector<KnownLaw> out;
  if (options.laws == "mixtures" || options.laws == "second") {
    for (MixtureLaw& law : mixture_laws()) out.push_back(std::move(law));
    if (options.laws == "mixtures") return out;
    for (KnownLaw& law : compressed_images(options.image_nats)) out.push_back(std::move(law));
  }
  for (const double nats : options.pair_nats) {
    for (KnownLaw& law : pair_laws(nats, 2)) {
      law.name += fmt::format(", {} nats", nats);
      out.push_back(std::move(law));
    }
  }
  return out;
}

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) out.push_back(name);
  return out;
}

struct Seen {
  bool refused = false;  // by the method, on any seed: the rest then says nothing
  double nats = 0;       // mean over seeds
  double covered = 0;    // part of the seeds whose interval holds the truth
  double certified = 0;  // part of the seeds that pass their certificate
  double certified_and_covered = 0;
};

// One draw of a law; with `certify`, the estimator's certificate on it.
Seen measure_draw(const KnownLaw& law, const std::string& method, const AccuracyOptions& options,
                  core::Key seed) {
  // The same draws for every method.
  const Pairs drawn = law.draw(options.n, seed.split("draw"));
  const core::Matrix x = standardized(drawn.x), y = standardized(drawn.y);
  if (!options.intervals) {
    const auto& make = core::find_member(mi_methods(), method, "measure.accuracy_figures").make;
    return {.nats = make.nats(x, y, {.k = options.k})};
  }
  const auto estimate = [&](const core::Matrix& a, const core::Matrix& b) {
    return mutual_information(a, b, {.method = method, .k = options.k}, seed.split("interval"))
        .estimate;
  };
  const Estimate e = estimate(x, y);
  const double truth = law.nats * core::kBitsPerNat;
  Seen out{.nats = e.bits / core::kBitsPerNat,
           .covered = e.low <= truth && truth <= e.high ? 1.0 : 0.0};
  if (options.certify) {
    const Certificate certificate = certify(
        [&](const core::Matrix& a, const core::Matrix& b) {
          const Estimate of = estimate(a, b);
          return BitsAndError{of.bits, of.standard_error};
        },
        x, y, seed.split("certificate"));
    out.certified = certificate.passes() ? 1 : 0;
    out.certified_and_covered = out.certified * out.covered;
  }
  return out;
}

// Of each law, means over its seeds; all laws and seeds side by side.
std::vector<Seen> measure_laws(const std::vector<KnownLaw>& laws, const std::string& method,
                               const AccuracyOptions& options, core::Key key) {
  const auto seeds = static_cast<std::size_t>(options.seeds);
  std::vector<Seen> each(laws.size() * seeds), out(laws.size());
  core::side_by_side(each.size(), [&](std::size_t i) {
    const KnownLaw& law = laws[i / seeds];
    try {
      each[i] = measure_draw(law, method, options, key.split(law.name).split(i % seeds));
    } catch (const core::InvalidArgument&) {
      each[i].refused = true;
    } catch (const core::DataError&) {
      each[i].refused = true;
    }
  });
  for (std::size_t i = 0; i < each.size(); ++i) {
    Seen& law = out[i / seeds];
    law.refused = law.refused || each[i].refused;
    law.nats += each[i].nats / options.seeds;
    law.covered += each[i].covered / options.seeds;
    law.certified += each[i].certified / options.seeds;
    law.certified_and_covered += each[i].certified_and_covered / options.seeds;
  }
  return out;
}

// By how much method "auto" is off, over the least of the others: none without it or others. Errors
// are NaN of methods that refused a law: means over other laws do not compare.
void add_ratio(const std::vector<std::string>& methods, const std::vector<double>& errors,
               std::vector<core::Figure>& out) {
  double least = std::numeric_limits<double>::infinity(), own = -1;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    if (methods[m] == "auto") {
      own = errors[m];
    } else {
      least = std::min(least, errors[m]);
    }
  }
  if (own >= 0 && std::isfinite(least)) {
    out.push_back({"auto over the best of the others, MAE", own / least, ""});
  }
}

// p(z|x), a row for each of equally likely x.
struct DiscreteChannel {
  core::Matrix law;

  DiscreteChannel(core::Index inputs, core::Index messages, double steepness, core::Key key)
      : law(inputs, messages) {
    core::Random random(key);
    for (core::Index x = 0; x < inputs; ++x) {
      for (core::Index z = 0; z < messages; ++z) law(x, z) = std::exp(steepness * random.normal());
      law.row(x) /= law.row(x).sum();
    }
  }
  double bits() const {
    const Eigen::RowVectorXd of_z = law.colwise().mean();
    double nats = 0;
    for (core::Index x = 0; x < law.rows(); ++x) {
      for (core::Index z = 0; z < law.cols(); ++z) {
        nats += law(x, z) * std::log(law(x, z) / of_z[z]) / static_cast<double>(law.rows());
      }
    }
    return nats * core::kBitsPerNat;
  }
  double accuracy() const {
    return law.colwise().maxCoeff().sum() / static_cast<double>(law.rows());
  }
  // Log-likelihoods of one message of each of n inputs under all of them.
  core::Matrix draw(core::Index n, core::Key key) const {
    core::Random random(key);
    std::vector<core::Index> x(n);
    for (core::Index& v : x) v = static_cast<core::Index>(random.below(law.rows()));
    core::Matrix out(n, n);
    for (core::Index i = 0; i < n; ++i) {
      core::Index z = 0;
      double left = random.uniform() - law(x[i], 0);
      while (left >= 0 && z + 1 < law.cols()) left -= law(x[i], ++z);
      for (core::Index j = 0; j < n; ++j) out(i, j) = std::log(law(x[j], z));
    }
    return out;
  }
};

std::vector<double> ranks(const std::vector<double>& v) {
  std::vector<std::size_t> order(v.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return v[a] < v[b]; });
  std::vector<double> out(v.size());
  for (std::size_t r = 0; r < order.size(); ++r) out[order[r]] = static_cast<double>(r);
  return out;
}

// Spearman's, of values without ties.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> ra = ranks(a), rb = ranks(b);
  const auto m = static_cast<double>(a.size());
  double squares = 0;
  for (std::size_t i = 0; i < ra.size(); ++i) squares += (ra[i] - rb[i]) * (ra[i] - rb[i]);
  return 1 - 6 * squares / (m * (m * m - 1));
}

}  // namespace

std::vector<core::Figure> accuracy_figures(const AccuracyOptions& options, core::Key key) {
  core::check_options(options, "measure.accuracy_figures");
  const std::vector<KnownLaw> laws = laws_of(options);
  std::vector<core::Figure> out, detail;
  std::vector<double> errors;
  const std::vector<std::string> methods = names_in(options.methods);
  for (const std::string& method : methods) {
    core::find_member(mi_methods(), method, "measure.accuracy_figures");
  }
  for (std::size_t m = 0; m < methods.size(); ++m) {
    const std::string& method = methods[m];
    double error = 0, covered = 0, certified = 0, certified_and_covered = 0;
    int near = 0;
    const std::vector<Seen> each = measure_laws(laws, method, options, key);
    const auto refused = static_cast<std::size_t>(
        std::count_if(each.begin(), each.end(), [](const Seen& seen) { return seen.refused; }));
    if (refused == laws.size()) {
      core::fail_argument("measure.accuracy_figures", "method '{}' refuses every law", method);
    }
    const auto taken = static_cast<double>(laws.size() - refused);
    for (std::size_t l = 0; l < laws.size(); ++l) {
      const KnownLaw& law = laws[l];
      const Seen& seen = each[l];
      if (seen.refused) continue;
      const double off = std::fabs(seen.nats - law.nats);
      error += off / taken;
      covered += seen.covered / taken;
      certified += seen.certified / taken;
      certified_and_covered += seen.certified_and_covered / taken;
      near += off < 0.05 ? 1 : 0;
      if (!options.detail) continue;
      const std::string name = method + ", " + law.name;
      detail.push_back({name, seen.nats, "nats", "", law.nats});
      if (options.intervals) detail.push_back({name + ", coverage", seen.covered, "", "", 0.95});
    }
    errors.push_back(refused > 0 ? std::nan("") : error);
    out.push_back({method + ", MAE", error, "nats", "", 0});
    out.push_back({method + ", tasks within .05", static_cast<double>(near), "", "", 0});
    if (refused > 0) {
      out.push_back({method + ", tasks refused", static_cast<double>(refused), "", "", 0});
    }
    if (m < options.expected.size()) {
      out.push_back({method + ", MAE apart from expected", std::fabs(error - options.expected[m]),
                     "nats", "", 0});
    }
    if (options.intervals) out.push_back({method + ", coverage", covered, "", "", 0.95});
    if (options.intervals && options.certify) {
      out.push_back({method + ", certified", certified, "", "", 0});
      out.push_back({method + ", coverage where certified",
                     certified > 0 ? certified_and_covered / certified : 0, "", "", 0.95});
    }
  }
  add_ratio(methods, errors, out);
  out.insert(out.end(), detail.begin(), detail.end());
  return out;
}

std::vector<core::Figure> compression_figures(const CompressionOptions& options, core::Key key) {
  constexpr const char* kWhere = "measure.compression_figures";
  core::check_options(options, kWhere);
  const std::vector<std::string> methods = names_in(options.methods);
  const std::size_t values = options.nats.size(), images = 2;
  for (const std::string& method : methods) core::find_member(mi_methods(), method, kWhere);
  // found[law, value, method]; each pair of image sets is drawn once.
  std::vector<std::vector<double>> found(images * values);
  core::side_by_side(found.size(), [&](std::size_t i) {
    const std::size_t law = i / values;
    const double nats = options.nats[i % values];
    const KnownLaw known = image_laws(nats, options.size)[law];
    const Pairs drawn =
        known.draw(options.n, key.split(known.name).split(static_cast<int>(64 * nats)));
    const auto [x, y] = components_of(drawn, law);
    for (const std::string& method : methods) {
      const auto& make = core::find_member(mi_methods(), method, kWhere).make;
      found[i].push_back(make.nats(x, y, {.k = options.k}));
    }
  });
  std::vector<core::Figure> out;
  std::vector<double> errors;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    const std::string of = m == 0 ? "" : methods[m] + ", ";
    double all = 0;
    for (std::size_t law = 0; law < images; ++law) {
      const std::string name = of + (law == 0 ? "gaussians" : "rectangles");
      double before = -std::numeric_limits<double>::infinity(), step = -before;
      double largest = 0, mean = 0;
      for (std::size_t v = 0; v < values; ++v) {
        const double nats = options.nats[v], value = found[law * values + v][m];
        out.push_back({fmt::format("{} at {}", name, nats), value, "nats", "", nats});
        step = std::min(step, value - before);
        before = value;
        mean += std::fabs(value - nats) / static_cast<double>(values);
        if (nats <= 4) largest = std::max(largest, std::fabs(value - nats));
      }
      out.push_back({name + ", largest error up to 4 nats", largest, "nats", "", 0});
      out.push_back({name + ", mean error", mean, "nats", "", 0});
      out.push_back({name + ", least step", step, "nats", "", 0});
      all += mean / static_cast<double>(images);
    }
    errors.push_back(all);
    out.push_back({methods[m] + ", MAE", all, "nats", "", 0});
  }
  add_ratio(methods, errors, out);
  return out;
}

std::vector<core::Figure> channel_figures(const ChannelOptions& options, core::Key key) {
  constexpr const char* kWhere = "measure.channel_figures";
  core::check_options(options, kWhere);
  if (options.inputs % 2 != 0 || options.n.empty()) {
    core::fail_argument(kWhere, "expected inputs even and some n, got {} and {} of them",
                        options.inputs, options.n.size());
  }
  const auto channels = static_cast<std::size_t>(options.channels);
  std::vector<DiscreteChannel> laws;
  std::vector<double> accuracy;
  for (std::size_t c = 0; c < channels; ++c) {
    const double along = static_cast<double>(c) / (options.channels - 1);
    const core::Index messages = (options.inputs / 2) << (c % 3);
    laws.emplace_back(options.inputs, messages, 0.25 * std::pow(16, along),
                      key.split("law").split(c));
    accuracy.push_back(laws.back().accuracy());
  }
  std::vector<core::Figure> out;
  std::vector<double> found(channels);
  double largest = 0;
  for (const std::int64_t n : options.n) {
    double of_lower = 0, of_upper = 0;
    largest = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      const auto drawn =
          laws[c].draw(n, key.split("draw").split(c).split(static_cast<std::uint64_t>(n)));
      const LikelihoodInformation bounds = likelihood_information(drawn);
      const double truth = laws[c].bits();
      found[c] = bounds.lower.bits;
      largest = std::max(largest, std::fabs(found[c] - truth));
      of_lower += std::fabs(found[c] - truth) / options.channels;
      of_upper += std::fabs(bounds.upper.bits - truth) / options.channels;
    }
    out.push_back({fmt::format("mean error of the lower bound, n = {}", n), of_lower, "bits"});
    out.push_back({fmt::format("mean error of the upper bound, n = {}", n), of_upper, "bits"});
  }
  out.push_back({"largest error of the lower bound", largest, "bits"});
  out.push_back({"rank correlation with accuracy", rank_correlation(found, accuracy), ""});
  return out;
}

}  // namespace venturi::measure
