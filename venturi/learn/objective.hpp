// venturi/learn/objective.hpp
//
// What training minimises:  prediction + beta u(R),  R = sum_k w_k rate_k.
// Prediction (prediction.hpp) and rates (rate.hpp) are chosen by name; u is R, R^2, R^(1+a) or
// exp(a R): with a convex u the rate falls continuously with beta where the plain form knows two
// solutions only. Sources: Tishby et al. 1999; Kolchinsky, Tracey, Van Kuyk, ICLR 2019 (square);
// Rodriguez Galvez, Thobaben, Skoglund, Entropy 22(1) 98 (2020) (power, exponential).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "venturi/core/members.hpp"
#include "venturi/core/options.hpp"
#include "venturi/learn/critic_rate.hpp"
#include "venturi/learn/model.hpp"

namespace venturi::learn {

struct ObjectiveOptions {
  std::string prediction = "likelihood";
  std::string rate = "channel";
  std::vector<double> weights;
  std::string form = "plain";
  double exponent = 1;
  double width = 1;
  double input_width = 0.1;
  double target_width = 1;
  double residual = 3;
  int critic_steps = 1;
  double critic_learning_rate = 1e-3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("prediction", self.prediction, "what is lost: likelihood, squared-error, cs-divergence");
    visit("rate", self.rate,
          "what passes, one name or several joined by '+': channel, pairwise, cs-qmi, ... "
          "(`venturi list learn`)");
    visit("weights", self.weights, "of each of the rates; none: all 1", core::at_least(0));
    visit("form", self.form, "of the rate R in the loss: R, R^2, R^(1+exponent), exp(exponent R)",
          core::one_of({"plain", "square", "power", "exponential"}));
    visit("exponent", self.exponent, "of the forms power and exponential", core::above(0));
    visit("width", self.width, "of a rate's kernels on x and z, in units of the batch's spread",
          core::above(0));
    visit("input_width", self.input_width,
          "of cs-divergence's kernel on x, in units of the batch's spread", core::above(0));
    visit("target_width", self.target_width,
          "of cs-divergence's kernel, in deviations of the target", core::above(0));
    visit("residual", self.residual,
          "of cs-divergence's kernel, in root mean squared errors of the batch", core::at_least(0));
    visit("critic_steps", self.critic_steps, "of a trained rate's critic for each of the model's",
          core::between(1, 1000));
    visit("critic_learning_rate", self.critic_learning_rate, "of Adam, for a trained rate's critic",
          core::above(0));
  }
};

// A batch on its way through a model; with copies every tensor has their axis first.
struct Forward {
  tensor::Tensor x;       // n*inputs (or the body's features, in a head stage)
  tensor::Tensor target;  // n labels, or n*targets standardised
  Signal signal;
  tensor::Tensor output;  // n*outputs
  torch::Generator* generator = nullptr;
};

// x n*input..., features n*features.
Forward run_forward(const Model& model, const tensor::Tensor& x, const tensor::Tensor& features,
                    const tensor::Tensor& target, const Throat& throat, const net::Pass& pass);

struct Losses {
  tensor::Tensor prediction, rate;  // one value a copy
  tensor::Tensor charged;           // u(rate)
  tensor::Tensor terms;             // 1 + rates values (a copy): prediction, then each rate
};

class Objective {
 public:
  // InvalidArgument for an unknown name, for weights that are not one a rate. `key`: of critics.
  explicit Objective(const ObjectiveOptions& options, core::Key key = core::Key(1));

  // "prediction", then the rates' names.
  const std::vector<std::string>& names() const { return names_; }
  // InvalidArgument where a term does not fit the model (mixtures of a channel without noise, ...).
  // A rate with a critic trains it first.
  Losses losses(const Model& model, const Forward& forward);
  // R of mean terms as `terms` holds them.
  double rate(const std::vector<double>& terms) const;

  // For checkpoints: all critics', in the order of their names; undefined without any.
  tensor::Tensor critic_state() const;
  void set_critic_state(const tensor::Tensor& state);

 private:
  tensor::Tensor rate_term(const std::string& name, const Forward& forward);

  ObjectiveOptions options_;
  std::vector<std::string> names_;
  std::vector<double> weights_;
  std::map<std::string, CriticRate> critics_;
};

}  // namespace venturi::learn
