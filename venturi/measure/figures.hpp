// venturi/measure/figures.hpp
//
// What the recipes of this room claim, measured: one function a recipe, one Figure a number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/options.hpp"

namespace venturi::measure {

// Estimators against laws of known information. Columns are standardised first, as "Beyond Normal"
// does, k holds for the nearest-neighbour methods. For each method M: "M, MAE" in nats between the
// mean over seeds and the truth, averaged over laws; "M, tasks within .05"; with intervals also
// "M, coverage", in how many parts of all laws and seeds the 95 % interval holds the truth; with
// certificates (certificate.hpp) also "M, certified", the part that passes, and "M, coverage where
// certified"; with
// detail "M, LAW" and "M, LAW, coverage"; for a method with a place in `expected`, "M, MAE apart
// from expected", the distance between the two.
// With "auto" among others: "auto over the best of the others, MAE". Laws and seeds run side by
// side on all threads. Cost: laws * seeds * methods estimates, 1.4 times that with intervals and
// some 20 times with certificates. A law on which a method throws InvalidArgument or DataError (lnc
// of more than some columns, say) is left out of that method's figures and counted in "M, tasks
// refused"; InvalidArgument where it refuses all.
struct AccuracyOptions {
  std::string laws = "bmi";
  std::string methods = "ksg1,gaussian,copula";
  int n = 10000;
  int seeds = 10;
  int k = 5;
  bool intervals = true;
  bool certify = false;
  bool detail = false;
  std::vector<double> pair_nats{1, 2, 5};
  std::vector<double> image_nats{0.5, 1, 2, 3, 4, 6, 8};
  std::vector<double> expected;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("laws", self.laws,
          "which set: the 40 of Beyond Normal, mixtures, tunable pairs, those that auto was tuned "
          "on; second: mixtures, pairs and images after PCA together",
          core::one_of({"bmi", "mixtures", "pairs", "tuning", "second"}));
    visit("methods", self.methods, "estimators by name, with commas between");
    visit("n", self.n, "samples of each law", core::between(200, 1e6));
    visit("seeds", self.seeds, "draws of each law", core::between(1, 1000));
    visit("k", self.k, "nearest neighbours used", core::between(1, 100));
    visit("intervals", self.intervals, "count how often the intervals hold the truth");
    visit("certify", self.certify, "with intervals: how often they hold where certificates pass");
    visit("detail", self.detail, "each law's own figures too");
    visit("pair_nats", self.pair_nats, "information of the pairs, in nats; 2 + 2 columns",
          core::between(0.01, 20));
    visit("image_nats", self.image_nats, "information of the images, in nats",
          core::between(0.01, 20));
    visit("expected", self.expected, "known MAE of the first methods, in nats", core::at_least(0));
  }
};
std::vector<core::Figure> accuracy_figures(const AccuracyOptions& options, core::Key key);

// Compression first: I(PCA(X); PCA(Y)) by each of `methods`, images of known information
// (known_laws.hpp, image_laws). Figures, in nats, of all methods but the first after "METHOD, ":
// "METHOD, MAE" over both laws, "LAW at NATS" each estimate, "LAW, largest error up to 4 nats",
// "LAW, mean error" over all, and "LAW, least step", by how much the estimate grew at least from
// one value of the information to the next. Cost: laws * values of O(n d^2 + d^3 + n^2).
struct CompressionOptions {
  int n = 5000;
  int size = 16;
  int k = 5;
  std::string methods = "kl-pairs";
  std::vector<double> nats{0.5, 1, 2, 3, 4, 6, 8};
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("n", self.n, "pairs of images", core::between(300, 1e5));
    visit("size", self.size, "pixels a side", core::between(4, 64));
    visit("k", self.k, "nearest neighbours used", core::between(1, 100));
    visit("methods", self.methods, "estimators by name, with commas between");
    visit("nats", self.nats, "information of the images, rising", core::between(0.01, 20));
  }
};
std::vector<core::Figure> compression_figures(const CompressionOptions& options, core::Key key);

// likelihood_information() on discrete channels of known information: `inputs` equally likely x,
// p(z|x) the softmax over z of t g_xz, g standard normal; from channel to channel t rises from .25
// to 4 and the number of messages z goes through inputs / 2, inputs, 2 inputs. Figures, in bits:
// for each n "mean error of the lower bound, n = N" and "of the upper bound" against the channel's
// own information, "largest error of the lower bound" at the last n; and "rank correlation with
// accuracy", Spearman's between the lower bounds at the last n and the accuracy of the best guess
// of x from z, sum_z max_x p(x) p(z|x). Cost: O(channels n^2).
struct ChannelOptions {
  int channels = 20;
  int inputs = 16;
  std::vector<std::int64_t> n{125, 500, 2000};
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("channels", self.channels, "how many", core::between(3, 1000));
    visit("inputs", self.inputs, "values of x, even", core::between(2, 256));
    visit("n", self.n, "inputs drawn, rising", core::between(2, 8000));
  }
};
std::vector<core::Figure> channel_figures(const ChannelOptions& options, core::Key key);

}  // namespace venturi::measure
