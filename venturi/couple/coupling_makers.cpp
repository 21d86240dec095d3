#include <algorithm>
#include <cmath>

#include "venturi/couple/draft.hpp"
#include "venturi/couple/makers.hpp"
#include "venturi/couple/sinkhorn.hpp"
#include "venturi/couple/sliced.hpp"

namespace venturi::couple {

using core::Json;

namespace {

Json coupling_json(const Coupling& c, const std::vector<Vector>& laws) {
  Json cells = Json::array();
  for (Index k = 0; k < c.cells(); ++k) {
    Json at = Json::array();
    for (Index v = 0; v < c.variables; ++v) at.push_back(c.place(k, v));
    cells.push_back({{"place", at}, {"mass", c.masses[k]}});
  }
  return {{"entropy_bits", c.entropy_bits()},
          {"meet_bound_bits", meet_bound_bits(laws)},
          {"profile_bound_bits", profile_bound_bits(laws)},
          {"cells", cells}};
}

}  // namespace

Json make_mec(const CoupleInput& input, const Json& options) {
  read_member_options<NoOptions>(options);
  expect(input, std::max<std::size_t>(input.tables.size(), 1), false, "laws");
  const auto laws = laws_of(input);
  return coupling_json(greedy_coupling(laws), laws);
}

Json make_mec_split(const CoupleInput& input, const Json& options) {
  read_member_options<NoOptions>(options);
  expect(input, 2, false, "law, law");
  const auto laws = laws_of(input);
  return coupling_json(meet_split_coupling(laws[0], laws[1]), laws);
}

Json make_mec_exact(const CoupleInput& input, const Json& options) {
  expect(input, 2, false, "law, law");
  const auto laws = laws_of(input);
  const ExactCoupling found =
      exact_coupling(laws[0], laws[1], read_member_options<ExactCouplingOptions>(options));
  Json out = coupling_json(found.coupling, laws);
  out["proved"] = found.proved;
  out["nodes"] = found.nodes;
  return out;
}

Json make_mec_b(const CoupleInput& input, const Json& options) {
  read_member_options<NoOptions>(options);
  expect(input, 2, true, "law, law; rates in bits");
  const auto laws = laws_of(input);
  Json out = {{"entropy_x_bits", entropy_bits(laws[0])},
              {"entropy_y_bits", entropy_bits(laws[1])},
              {"curve", Json::array()}};
  for (const double rate : input.sweep) {
    const MecB m = mec_b(laws[0], laws[1], rate);
    out["curve"].push_back({{"rate_bits", rate},
                            {"code_entropy_bits", m.encoder.entropy_bits},
                            {"encoder_information_bits", m.encoder.information_bits},
                            {"code_information_bits", m.code_information_bits},
                            {"information_bits", m.information_bits},
                            {"lower_bound_bits", m.lower_bound_bits},
                            {"labels", m.encoder.labels}});
    if (input.sweep.size() == 1) out["joint"] = rows(m.joint);
  }
  return out;
}

Json make_coding_game(const CoupleInput& input, const Json& options) {
  const auto chosen = read_member_options<CodingGameOptions>(options);
  expect(input, 0, true, "no tables; rates in bits");
  Json out = {{"curve", Json::array()}};
  for (const GamePoint& p :
       trade_off(chosen.grid, chosen.game, input.sweep, {chosen.grid.temperature}, input.key)) {
    out["curve"].push_back({{"rate_bits", p.rate_bits},
                            {"accuracy", p.accuracy},
                            {"accuracy_error", p.accuracy_error},
                            {"reward", p.reward},
                            {"reward_error", p.reward_error},
                            {"belief_bits", p.belief_bits},
                            {"code_bits", p.code_bits},
                            {"steps", p.steps},
                            {"episodes", p.episodes}});
  }
  return out;
}

Json make_ot(const CoupleInput& input, const Json& options) {
  expect(input, 3, false, "law, law, costs");
  const TransportPlan plan = exact_transport(law(input, 0), law(input, 1), input.tables[2],
                                             read_member_options<ExactTransportOptions>(options));
  Json flows = Json::array();
  for (const Flow& f : plan.flows) flows.push_back({f.from, f.to, f.mass});
  return {{"cost", plan.cost},       {"gap", plan.gap}, {"pivots", plan.pivots},
          {"optimal", plan.optimal}, {"flows", flows},  {"u", numbers(plan.u)},
          {"v", numbers(plan.v)}};
}

Json make_sinkhorn(const CoupleInput& input, const Json& options) {
  expect(input, 3, false, "law, law, costs");
  const SinkhornResult s = sinkhorn(law(input, 0), law(input, 1), input.tables[2],
                                    read_member_options<SinkhornOptions>(options));
  return {{"cost", s.cost},
          {"objective", s.objective},
          {"marginal_error", s.marginal_error},
          {"iterations", s.iterations},
          {"converged", s.converged},
          {"f", numbers(s.f)},
          {"g", numbers(s.g)}};
}

Json make_sliced(const CoupleInput& input, const Json& options) {
  expect(input, 2, false, "points, points");
  const Matrix& x = input.tables[0];
  const Matrix& y = input.tables[1];
  const auto chosen = read_member_options<SlicedOptions>(options);
  if (x.rows() == 0 || y.rows() == 0)
    core::fail_argument(kMembersWhere, "expected points (n*d), n > 0");
  const Vector a = Vector::Constant(x.rows(), 1.0 / static_cast<double>(x.rows()));
  const Vector b = Vector::Constant(y.rows(), 1.0 / static_cast<double>(y.rows()));
  const SlicedTransport s = sliced_transport({x, a}, {y, b}, input.key, chosen);
  return {{"cost", s.cost}, {"standard_error", s.standard_error}, {"largest", s.largest}};
}

Json make_draft(const CoupleInput& input, const Json& options) {
  read_member_options<NoOptions>(options);
  expect(input, 2, true, "target, draft; numbers of drafts");
  const auto laws = laws_of(input);
  Json out = {{"curve", Json::array()}};
  for (const double wish : input.sweep) {
    if (!(wish >= 1 && wish <= 64) || wish != std::floor(wish)) {
      core::fail_argument(kMembersWhere, "expected whole numbers of drafts in [1, 64], got {}",
                          wish);
    }
    const int k = static_cast<int>(wish);
    Json at = {{"drafts", k}};
    at["sequential"] = KSequential(laws[0], laws[1], k).acceptance();
    at["recursive"] = recursive_acceptance(laws[0], laws[1], k);
    at["optimal"] = optimal_acceptance(laws[0], laws[1], k).acceptance;
    at["optimal_without_replacement"] =
        optimal_acceptance(laws[0], laws[1], k, DraftDraw::without_replacement).acceptance;
    at["greedy"] =
        k <= laws[1].size() ? Json(GreedyDraft(laws[0], laws[1], k).acceptance()) : Json(nullptr);
    out["curve"].push_back(std::move(at));
  }
  return out;
}

Json make_projektor(const CoupleInput& input, const Json& options) {
  const auto chosen = read_member_options<ProjektorOptions>(options);
  expect(input, std::max<std::size_t>(input.tables.size(), 3), true,
         "validation, observations, sources; sizes");
  const std::vector<Matrix> sources(input.tables.begin() + 2, input.tables.end());
  const MixtureDistance distance(sources, input.tables[0]);
  const Matrix& seen = input.tables[1];
  const Index weights = distance.sources();
  if (seen.cols() != weights + 2) {
    core::fail_argument(kMembersWhere,
                        "expected observations of {} weights, a size and a performance, got {} "
                        "columns",
                        weights, seen.cols());
  }
  std::vector<MixtureObservation> observations;
  for (Index i = 0; i < seen.rows(); ++i) {
    observations.push_back({.weights = seen.row(i).head(weights).transpose(),
                            .size = seen(i, weights),
                            .performance = seen(i, weights + 1)});
  }
  const MixtureModel model(distance, observations, chosen.model);
  const Vector even = Vector::Constant(weights, 1.0 / static_cast<double>(weights));
  Json out = {{"curve", Json::array()}};
  for (const double size : input.sweep) {
    const MixtureSelection best = select_mixture(model, weights, size, chosen.selection);
    out["curve"].push_back({{"size", size},
                            {"weights", numbers(best.weights)},
                            {"predicted", best.predicted},
                            {"predicted_even", model.predict(even, size)},
                            {"distance", distance.at(best.weights).distance},
                            {"converged", best.converged}});
  }
  return out;
}

}  // namespace venturi::couple
