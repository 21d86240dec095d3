// venturi/couple/data_mixture.hpp
//
// How well will a model do that is trained on a mixture of data sources, judged from small pilot
// samples? The transport distance between the mixture and the validation set carries most of the
// answer:
//   distance D(w) = W_2^2(sum_s w_s P_s, V), its slope along w_s the mean potential of the points
//   of s; performance at one size, least squares: a + b D(w) + c w (+ d w^2), c and d on choice;
//   between and beyond two sizes N_0 < N_1, linear in log N:
//     f(N) = (log(N_1/N) f(N_0) + log(N/N_0) f(N_1)) / log(N_1/N_0).
// Selection climbs that prediction on the simplex by its gradient.
// Source: Kang, Just, Sahu, Jia, "Performance scaling via optimal transport", NeurIPS 2023,
// sections 3-4.
#pragma once

#include <string>
#include <vector>

#include "venturi/couple/transport.hpp"

namespace venturi::couple {

// Transport distance of mixtures to one validation set. O(n m) memory, one exact transport a call.
class MixtureDistance {
 public:
  // sources: one matrix n_s*d each, validation m*d. Points count equally within their set.
  MixtureDistance(const std::vector<Matrix>& sources, const MatrixView& validation);

  struct Value {
    double distance = 0;
    Vector slope;  // s: change of the distance along w_s, centred so that w . slope = 0
  };
  // weights: a law over sources.
  Value at(const VectorView& weights) const;
  Index sources() const { return static_cast<Index>(first_.size()) - 1; }

 private:
  std::vector<Index> first_;  // rows of source s: first_[s] .. first_[s+1]-1
  Matrix cost_;               // n*m
};

struct MixtureObservation {
  Vector weights;   // s
  double size = 0;  // training points
  double performance = 0;
};

struct MixtureModelOptions {
  std::string terms = "linear";
  double ridge = 1e-6;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("terms", self.terms, "beside the distance: nothing, w, or w and w^2",
          core::one_of({"distance", "linear", "quadratic"}));
    visit("ridge", self.ridge, "weight of squared coefficients but the constant's",
          core::at_least(0));
  }
};

// Fitted on observations of exactly two sizes.
class MixtureModel {
 public:
  MixtureModel(const MixtureDistance& distance, const std::vector<MixtureObservation>& observations,
               const MixtureModelOptions& options = {});

  double predict(const VectorView& weights, double size) const;
  // s: the slope of predict() along the weights.
  Vector slope(const VectorView& weights, double size) const;
  double small_size() const { return sizes_[0]; }
  double large_size() const { return sizes_[1]; }

 private:
  Vector features(const Vector& weights, double distance) const;
  Vector mixed_coefficients(double size) const;

  const MixtureDistance& distance_;
  bool linear_ = false;
  bool quadratic_ = false;
  double sizes_[2] = {0, 0};
  Vector coefficients_[2];
};

struct MixtureSelection {
  Vector weights;
  double predicted = 0;
  int steps = 0;
  bool converged = false;  // no weight moved by 1e-4 in the last step
};

struct SelectionOptions {
  int step_limit = 200;
  double step = 0.1;
  double time_limit_s = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("step_limit", self.step_limit, "most steps from each start", core::at_least(1));
    visit("step", self.step, "first move of the weights, halved when it does not help",
          core::between(1e-4, 1));
    visit("time_limit_s", self.time_limit_s, "seconds for all starts", core::above(0));
  }
};

// The weights of the best predicted performance at `size`: projected gradient from even weights and
// from near each single source; predictions never fall along the way.
MixtureSelection select_mixture(const MixtureModel& model, Index sources, double size,
                                const SelectionOptions& options = {});

// The nearest law to w in Euclid's distance. O(s log s). Source: Held, Wolfe, Crowder 1974.
Vector project_to_simplex(const VectorView& w);

}  // namespace venturi::couple
