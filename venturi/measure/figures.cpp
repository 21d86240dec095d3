#include "venturi/measure/figures.hpp"

#include <cmath>
#include <sstream>

#include "venturi/core/units.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/known_laws.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/mutual_information.hpp"
#include "venturi/measure/principal.hpp"

namespace venturi::measure {
namespace {

std::vector<KnownLaw> laws_of(const AccuracyOptions& options) {
  if (options.laws == "bmi") return bmi_laws();
  std::vector<KnownLaw> out;
  if (options.laws == "mixtures") {
    for (MixtureLaw& law : mixture_laws()) out.push_back(std::move(law));
    return out;
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
  double nats = 0;     // mean over seeds
  double covered = 0;  // part of the seeds
};

Seen measure_law(const KnownLaw& law, const std::string& method, const AccuracyOptions& options,
                 core::Key key) {
  const auto& make = core::find_member(mi_methods(), method, "measure.accuracy_figures").make;
  Seen out;
  for (int s = 0; s < options.seeds; ++s) {
    // The same draws for every method.
    const core::Key seed = key.split(law.name).split(static_cast<std::uint64_t>(s));
    const Pairs drawn = law.draw(options.n, seed.split("draw"));
    const core::Matrix x = standardized(drawn.x), y = standardized(drawn.y);
    if (options.intervals) {
      const Estimate e =
          mutual_information(x, y, {.method = method, .k = options.k}, seed.split("interval"))
              .estimate;
      const double truth = law.nats * core::kBitsPerNat;
      out.nats += e.bits / core::kBitsPerNat / options.seeds;
      out.covered += (e.low <= truth && truth <= e.high ? 1.0 : 0.0) / options.seeds;
    } else {
      out.nats += make(x, y, options.k) / options.seeds;
    }
  }
  return out;
}

}  // namespace

std::vector<core::Figure> accuracy_figures(const AccuracyOptions& options, core::Key key) {
  core::check_options(options, "measure.accuracy_figures");
  const std::vector<KnownLaw> laws = laws_of(options);
  std::vector<core::Figure> out, detail;
  const std::vector<std::string> methods = names_in(options.methods);
  for (std::size_t m = 0; m < methods.size(); ++m) {
    const std::string& method = methods[m];
    double error = 0, covered = 0;
    int near = 0;
    for (const KnownLaw& law : laws) {
      const Seen seen = measure_law(law, method, options, key);
      const double off = std::fabs(seen.nats - law.nats);
      error += off / static_cast<double>(laws.size());
      covered += seen.covered / static_cast<double>(laws.size());
      near += off < 0.05 ? 1 : 0;
      if (!options.detail) continue;
      const std::string name = method + ", " + law.name;
      detail.push_back({name, seen.nats, "nats", "", law.nats});
      if (options.intervals) detail.push_back({name + ", coverage", seen.covered, "", "", 0.95});
    }
    out.push_back({method + ", MAE", error, "nats", "", 0});
    out.push_back({method + ", tasks within .05", static_cast<double>(near), "", "", 0});
    if (m < options.expected.size()) {
      out.push_back({method + ", MAE apart from expected", std::fabs(error - options.expected[m]),
                     "nats", "", 0});
    }
    if (options.intervals) out.push_back({method + ", coverage", covered, "", "", 0.95});
  }
  out.insert(out.end(), detail.begin(), detail.end());
  return out;
}

std::vector<core::Figure> compression_figures(const CompressionOptions& options, core::Key key) {
  core::check_options(options, "measure.compression_figures");
  std::vector<core::Figure> out;
  for (std::size_t law = 0; law < 2; ++law) {
    const core::Index components = law == 0 ? 2 : 4;  // as many as latents
    std::string name;
    double before = -std::numeric_limits<double>::infinity(), step = -before, largest = 0, mean = 0;
    for (const double nats : options.nats) {
      const KnownLaw known = image_laws(nats, options.size)[law];
      name = known.name;
      const Pairs drawn = known.draw(options.n, key.split(name).split(static_cast<int>(64 * nats)));
      const double found =
          mean_of(compressed_local(drawn.x, drawn.y, {components, components, options.k}));
      out.push_back({fmt::format("{} at {}", name, nats), found, "nats", "", nats});
      step = std::min(step, found - before);
      before = found;
      mean += std::fabs(found - nats) / static_cast<double>(options.nats.size());
      if (nats <= 4) largest = std::max(largest, std::fabs(found - nats));
    }
    out.push_back({name + ", largest error up to 4 nats", largest, "nats", "", 0});
    out.push_back({name + ", mean error", mean, "nats", "", 0});
    out.push_back({name + ", least step", step, "nats", "", 0});
  }
  return out;
}

}  // namespace venturi::measure
