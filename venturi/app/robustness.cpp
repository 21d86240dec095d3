// venturi robustness: a trained model under attack, noise, foreign data; its calibration.
#include "venturi/learn/robustness.hpp"
#include "venturi/app/robustness.hpp"

#include "venturi/app/command.hpp"
#include "venturi/data/load.hpp"
#include "venturi/learn/codec.hpp"

namespace venturi::app {
namespace {

struct Robustness {
  Common common;
  std::string model, data, outside;
  std::vector<std::string> kinds = {"fgsm", "pgd", "gaussian"};
  std::vector<double> eps = {0, 0.1, 0.2, 0.3};
  int steps = 10;
};

// The test part, or all of it.
data::Dataset test_part(const std::string& uri, core::Key key) {
  data::DataPair pair = data::load(uri, key);
  return pair.test ? std::move(*pair.test) : std::move(pair.train);
}

void run(const Robustness& verb) {
  const core::Key key(verb.common.seed);
  const learn::Codec codec =
      learn::load_codec(verb.model, tensor::parse_device(verb.common.device));
  const learn::Model& model = *codec.model;
  const data::Dataset set = test_part(verb.data, key.split("data"));
  const auto target = learn::targets(model, set);
  core::Table table({{"input", "input", ""},
                     {"eps", "eps", "{:g}"},
                     {"distortion", model.problem().regression() ? "rmse" : "error rate", "{:.4f}"},
                     {"prediction_bits", "NLL, bits", "{:.4f}"}});
  for (const std::string& kind : verb.kinds) {
    for (const double eps : verb.eps) {
      const learn::AttackOptions options{.kind = kind,
                                         .eps = eps,
                                         .step = 2.5 * eps / verb.steps,
                                         .steps = verb.steps,
                                         .low = static_cast<double>(set.x.minCoeff()),
                                         .high = static_cast<double>(set.x.maxCoeff())};
      const core::MatrixF x = learn::attacked(model, set, options, key.split(kind));
      const learn::Evaluation e =
          learn::evaluate(model, model.inputs(x), target, 0, key.split("evaluate"));
      table.add_row({kind, eps, e.distortion, e.mean_prediction_bits()});
    }
  }
  core::Json json = {{"rows", table.json()}};
  std::string text = table.text();
  if (!model.problem().regression()) {
    const auto y = learn::predictions(model, learn::signals(model, model.inputs(set.x)));
    json["ece"] = learn::expected_calibration_error(tensor::to_matrix(y), set.labels);
    text += fmt::format("expected calibration error {:.4f}\n", json["ece"].get<double>());
  }
  if (!verb.outside.empty()) {
    const data::Dataset other = test_part(verb.outside, key.split("outside"));
    json["auroc"] =
        learn::auroc(learn::confidences(model, set.x), learn::confidences(model, other.x));
    text += fmt::format("AUROC against {}: {:.4f}\n", verb.outside, json["auroc"].get<double>());
  }
  print_result(verb.common, json, text);
}

}  // namespace

void add_robustness(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "robustness", "a trained model under attack, noise and foreign data; its calibration");
  const auto state = std::make_shared<Robustness>();
  verb->add_option("model", state->model, "model (.vt) of `venturi train`")->required();
  verb->add_option("data", state->data, "labelled data: its test part")->required();
  verb->add_option("--attacks", state->kinds, "fgsm, pgd, gaussian [all]")->delimiter(',');
  verb->add_option("--eps", state->eps, "sizes, in the units of the data [0,0.1,0.2,0.3]")
      ->delimiter(',');
  verb->add_option("--steps", state->steps, "of pgd, each 2.5 eps / steps [10]")
      ->check(CLI::Range(1, 10000));
  verb->add_option("--ood", state->outside, "other data, to be told from the first by confidence");
  add_common(*verb, state->common);
  verb->callback([state] { run(*state); });
}

}  // namespace venturi::app
