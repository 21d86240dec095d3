// venturi/learn/trainer_options.hpp
//
// How a model is trained: the options of train(), and what a model has no use for.
#pragma once

#include <string>

#include "venturi/core/options.hpp"
#include "venturi/learn/objective.hpp"

namespace venturi::learn {

struct TrainerOptions {
  double beta = 1e-3;
  double target_rate = 0;
  int head_epochs = 0;
  int epochs = 10;
  int batch = 128;
  double learning_rate = 1e-3;
  double head_learning_rate = 3e-3;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  std::string schedule = "cosine";
  int decay_epochs = 2;
  double decay = 0.97;
  double average = 0;
  double clip = 0;
  int patience = 0;
  double validation = 0.1;
  std::string augment = "none";
  double hard = 0.5;
  double sharpness = 12;
  int planes = 0;
  std::string plane_estimator = "kde";
  ObjectiveOptions objective;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("beta", self.beta, "weight of the rate (nats of rate against nats of prediction)",
          core::at_least(0));
    visit("target_rate", self.target_rate,
          "bits per sample that beta is steered to (patience is "
          "then not used); 0: beta stays",
          core::at_least(0));
    visit("head_epochs", self.head_epochs,
          "epochs of projection, channel and decoder alone, on "
          "features computed once",
          core::between(0, 1000000));
    visit("epochs", self.epochs, "epochs of the whole model", core::between(0, 1000000));
    visit("batch", self.batch, "samples per step", core::between(1, 1 << 20));
    visit("learning_rate", self.learning_rate, "of Adam, whole model", core::above(0));
    visit("head_learning_rate", self.head_learning_rate, "of Adam, head epochs", core::above(0));
    visit("adam_beta1", self.adam_beta1, "decay of Adam's first moment", core::between(0, 0.99999));
    visit("adam_beta2", self.adam_beta2, "decay of Adam's second moment",
          core::between(0, 0.9999999));
    visit("schedule", self.schedule,
          "learning rate over time: constant, a cosine to zero after a "
          "short rise, or steps (times `decay` every `decay_epochs`)",
          core::one_of({"constant", "cosine", "step"}));
    visit("decay_epochs", self.decay_epochs, "epochs between steps of the schedule",
          core::at_least(1));
    visit("decay", self.decay, "factor of each step of the schedule", core::between(0, 1));
    visit("average", self.average,
          "decay of the exponential moving average of the weights, which "
          "is then what is used; 0: none",
          core::between(0, 0.999999));
    visit("clip", self.clip, "largest norm of the gradient; 0: no limit", core::at_least(0));
    visit("patience", self.patience,
          "epochs without a better validation objective before it stops "
          "and keeps the best weights; 0: never",
          core::at_least(0));
    visit("validation", self.validation, "part of the training data held out",
          core::between(0, 0.9));
    visit("augment", self.augment, "flip: mirror half of the images",
          core::one_of({"none", "flip"}));
    visit("hard", self.hard,
          "last part of training in which a quantized channel rounds, as it does "
          "at use, instead of adding noise (all of a whole-model stage after a head stage)",
          core::between(0, 1));
    visit("sharpness", self.sharpness,
          "soft rounding of a quantized channel: where it ends, rising "
          "evenly from 0 until rounding is hard",
          core::between(0, 100));
    visit("planes", self.planes,
          "epochs of the whole model, evenly in the logarithm, at which the information plane of "
          "its layers is measured (classes; on at most 500 held-out samples)",
          core::between(0, 1000));
    visit("plane_estimator", self.plane_estimator, "of the planes, see `venturi plane`",
          core::one_of({"kde", "pca", "bins", "ebab"}));
    ObjectiveOptions::fields(self.objective, visit);
  }
};

// InvalidArgument as train() says.
void check_trainer_options(const Model& model, const TrainerOptions& options);

}  // namespace venturi::learn
