#include "venturi/learn/training_result.hpp"

namespace venturi::learn {

using core::Json;

Json to_json(const EpochRecord& record) {
  Json out = {{"stage", record.stage},
              {"epoch", record.epoch},
              {"train_prediction_bits", record.train_prediction_bits},
              {"train_rate_bits", record.train_rate_bits},
              {"validation_prediction_bits", record.validation_prediction_bits},
              {"validation_rate_bits", record.validation_rate_bits},
              {"validation_distortion", record.validation_distortion},
              {"beta", record.beta},
              {"seconds", record.seconds}};
  for (const net::PlanePoint& p : record.plane) {
    out["plane"].push_back({{"edge", p.edge},
                            {"units", p.units},
                            {"rate", {p.rate_low, p.rate_high}},
                            {"label", {p.label_low, p.label_high}}});
  }
  return out;
}

EpochRecord epoch_record_from_json(const Json& json) {
  EpochRecord out{.stage = json.at("stage"),
                  .epoch = json.at("epoch"),
                  .train_prediction_bits = json.at("train_prediction_bits"),
                  .train_rate_bits = json.at("train_rate_bits"),
                  .validation_prediction_bits = json.at("validation_prediction_bits"),
                  .validation_rate_bits = json.at("validation_rate_bits"),
                  .validation_distortion = json.at("validation_distortion"),
                  .beta = json.at("beta"),
                  .seconds = json.at("seconds")};
  for (const Json& p : json.value("plane", Json::array())) {
    out.plane.push_back({.edge = p.at("edge"),
                         .units = p.at("units"),
                         .rate_low = p.at("rate").at(0),
                         .rate_high = p.at("rate").at(1),
                         .label_low = p.at("label").at(0),
                         .label_high = p.at("label").at(1)});
  }
  return out;
}

Json to_json(const TrainingResult& result) {
  Json history = Json::array();
  for (const EpochRecord& r : result.history) history.push_back(to_json(r));
  return {{"beta", result.beta},
          {"train_rate_bits", result.train_rate_bits},
          {"seconds_per_step", result.seconds_per_step},
          {"history", history}};
}

TrainingResult training_result_from_json(const Json& json) {
  TrainingResult out{.beta = json.at("beta"),
                     .train_rate_bits = json.at("train_rate_bits"),
                     .seconds_per_step = json.at("seconds_per_step")};
  for (const Json& one : json.at("history")) out.history.push_back(epoch_record_from_json(one));
  return out;
}

}  // namespace venturi::learn
