// venturi/couple/members.cpp
#include "venturi/couple/members.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "venturi/couple/capacity.hpp"
#include "venturi/couple/clustering.hpp"
#include "venturi/couple/draft.hpp"
#include "venturi/couple/ib.hpp"
#include "venturi/couple/mec_b_game.hpp"
#include "venturi/couple/sinkhorn.hpp"
#include "venturi/couple/sliced.hpp"

namespace venturi::couple {
namespace {

using core::Json;

constexpr std::string_view kWhere = "couple";

struct NoOptions {
  template <class Self, class Visit>
  static void fields(Self&, Visit&&) {}
};

template <class Options>
Options read(const Json& json) {
  Options out;
  core::options_from_json(out, json.is_null() ? Json::object() : json, kWhere);
  core::check_options(out, kWhere);
  return out;
}

void expect(const CoupleInput& input, std::size_t tables, bool sweep, std::string_view what) {
  if (input.tables.size() != tables) {
    core::fail_argument(kWhere, "expected {} table{} ({}), got {}", tables, tables == 1 ? "" : "s",
                        what, input.tables.size());
  }
  if (sweep == input.sweep.empty()) {
    core::fail_argument(kWhere, "expected {} ({}), got {}",
                        sweep ? "at least one value" : "no values", what, input.sweep.size());
  }
}

Joint joint_of(const CoupleInput& input) {
  return make_joint(input.tables[0], {.normalise = input.normalise});
}

Vector law(const CoupleInput& input, std::size_t at) {
  const Matrix& table = input.tables[at];
  if (table.rows() != 1 && table.cols() != 1) {
    core::fail_argument(kWhere, "expected table {} to be one row or one column, got {}*{}", at,
                        table.rows(), table.cols());
  }
  const Vector flat = Eigen::Map<const Vector>(table.data(), table.size());
  return checked_distribution(flat, kWhere, {.normalise = input.normalise});
}

Json numbers(const Vector& v) { return std::vector<double>(v.data(), v.data() + v.size()); }

Json rows(const Matrix& m) {
  Json out = Json::array();
  for (Index i = 0; i < m.rows(); ++i) out.push_back(numbers(m.row(i).transpose()));
  return out;
}

Json point_json(const IbPoint& p, double whole) {
  return {{"beta", p.beta},
          {"rate_bits", p.rate_bits},
          {"relevance_bits", p.relevance_bits},
          {"lost_bits", std::max(whole - p.relevance_bits, 0.0)},
          {"entropy_bits", p.entropy_bits},
          {"objective_bits", p.objective_bits},
          {"clusters", p.clusters},
          {"sweeps", p.sweeps},
          {"converged", p.converged}};
}

Json hard_json(const HardClustering& c) {
  return {{"entropy_bits", c.entropy_bits},
          {"relevance_bits", c.relevance_bits},
          {"objective_bits", c.objective_bits},
          {"clusters", c.clusters},
          {"converged", c.converged},
          {"starts", c.starts},
          {"labels", c.labels}};
}

Json ib_curve_json(const CoupleInput& input, const IbOptions& options) {
  expect(input, 1, true, "joint; betas");
  const Joint joint = joint_of(input);
  const double whole = mutual_information_bits(joint.p);
  Json out = {{"mutual_information_bits", whole}, {"curve", Json::array()}};
  const double critical = first_critical_beta(joint);
  out["first_critical_beta"] = std::isinf(critical) ? Json(nullptr) : Json(critical);
  if (input.sweep.size() > 1) {
    for (const IbPoint& p : ib_curve(joint, input.sweep, input.key, options)) {
      out["curve"].push_back(point_json(p, whole));
    }
  } else {
    const IbSolution s = solve_ib(joint, input.sweep[0], input.key, options);
    out["curve"].push_back(point_json(s.point, whole));
    out["encoder"] = rows(s.encoder);
    out["decoder"] = rows(s.decoder);
    out["mass"] = numbers(s.mass);
  }
  return out;
}

Json make_ib(const CoupleInput& input, const Json& options) {
  return ib_curve_json(input, read<IbOptions>(options));
}

Json make_dib(const CoupleInput& input, const Json& options) {
  expect(input, 1, true, "joint; betas");
  const auto chosen = read<DibOptions>(options);
  const Joint joint = joint_of(input);
  Json out = {{"mutual_information_bits", mutual_information_bits(joint.p)},
              {"curve", Json::array()}};
  for (std::size_t k = 0; k < input.sweep.size(); ++k) {
    Json at = hard_json(deterministic_ib(joint, input.sweep[k], input.key.split(k), chosen));
    at["beta"] = input.sweep[k];
    out["curve"].push_back(std::move(at));
  }
  return out;
}

Json make_agglomerative(const CoupleInput& input, const Json& options) {
  read<NoOptions>(options);
  expect(input, 1, false, "joint");
  const Joint joint = joint_of(input);
  Json out = {{"mutual_information_bits", mutual_information_bits(joint.p)},
              {"merges", Json::array()}};
  const Agglomeration tree = agglomerative_ib(joint);
  for (const Merge& m : tree.merges) {
    out["merges"].push_back({{"first", joint.rows[m.first]},
                             {"second", joint.rows[m.second]},
                             {"lost_bits", m.relevance_lost_bits},
                             {"relevance_bits", m.relevance_bits},
                             {"entropy_bits", m.entropy_bits}});
  }
  return out;
}

Json make_sequential(const CoupleInput& input, const Json& options) {
  expect(input, 1, false, "joint");
  return hard_json(sequential_ib(joint_of(input), input.key, read<SequentialOptions>(options)));
}

Json make_critical(const CoupleInput& input, const Json& options) {
  expect(input, 1, false, "joint");
  const Transitions walk = critical_betas(joint_of(input), read<CriticalOptions>(options));
  Json out = {{"reached_beta", walk.reached_beta},
              {"time_out", walk.time_out},
              {"transitions", Json::array()}};
  for (const Transition& t : walk.found) {
    out["transitions"].push_back({{"beta", t.beta}, {"clusters_before", t.clusters_before}});
  }
  return out;
}

Json make_capacity(const CoupleInput& input, const Json& options) {
  expect(input, 1, false, "channel");
  const Capacity c = channel_capacity(input.tables[0], read<BlahutOptions>(options));
  return {{"bits", c.bits},
          {"upper_bits", c.upper_bits},
          {"input", numbers(c.input)},
          {"converged", c.converged}};
}

Json make_rate_distortion(const CoupleInput& input, const Json& options) {
  expect(input, 2, true, "law, distortions; slopes");
  const auto chosen = read<BlahutOptions>(options);
  Json out = {{"curve", Json::array()}};
  const auto curve = rate_distortion_curve(law(input, 0), input.tables[1], input.sweep, chosen);
  for (std::size_t k = 0; k < curve.size(); ++k) {
    out["curve"].push_back({{"slope", input.sweep[k]},
                            {"rate_bits", curve[k].point.bits.value},
                            {"lower_bits", curve[k].lower_bits},
                            {"distortion", curve[k].point.distortion},
                            {"converged", curve[k].converged}});
  }
  return out;
}

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

std::vector<Vector> laws_of(const CoupleInput& input) {
  std::vector<Vector> out;
  for (std::size_t k = 0; k < input.tables.size(); ++k) out.push_back(law(input, k));
  return out;
}

Json make_mec(const CoupleInput& input, const Json& options) {
  read<NoOptions>(options);
  expect(input, std::max<std::size_t>(input.tables.size(), 1), false, "laws");
  const auto laws = laws_of(input);
  return coupling_json(greedy_coupling(laws), laws);
}

Json make_mec_split(const CoupleInput& input, const Json& options) {
  read<NoOptions>(options);
  expect(input, 2, false, "law, law");
  const auto laws = laws_of(input);
  return coupling_json(meet_split_coupling(laws[0], laws[1]), laws);
}

Json make_mec_exact(const CoupleInput& input, const Json& options) {
  expect(input, 2, false, "law, law");
  const auto laws = laws_of(input);
  const ExactCoupling found = exact_coupling(laws[0], laws[1], read<ExactCouplingOptions>(options));
  Json out = coupling_json(found.coupling, laws);
  out["proved"] = found.proved;
  out["nodes"] = found.nodes;
  return out;
}

Json make_mec_b(const CoupleInput& input, const Json& options) {
  read<NoOptions>(options);
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

struct CodingGameOptions {
  GridOptions grid;
  GameOptions game;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    GridOptions::fields(self.grid, visit);
    GameOptions::fields(self.game, visit);
  }
};

Json make_coding_game(const CoupleInput& input, const Json& options) {
  const auto chosen = read<CodingGameOptions>(options);
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
                                             read<ExactTransportOptions>(options));
  Json flows = Json::array();
  for (const Flow& f : plan.flows) flows.push_back({f.from, f.to, f.mass});
  return {{"cost", plan.cost},       {"gap", plan.gap}, {"pivots", plan.pivots},
          {"optimal", plan.optimal}, {"flows", flows},  {"u", numbers(plan.u)},
          {"v", numbers(plan.v)}};
}

Json make_sinkhorn(const CoupleInput& input, const Json& options) {
  expect(input, 3, false, "law, law, costs");
  const SinkhornResult s =
      sinkhorn(law(input, 0), law(input, 1), input.tables[2], read<SinkhornOptions>(options));
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
  const auto chosen = read<SlicedOptions>(options);
  if (x.rows() == 0 || y.rows() == 0) core::fail_argument(kWhere, "expected points (n*d), n > 0");
  const Vector a = Vector::Constant(x.rows(), 1.0 / static_cast<double>(x.rows()));
  const Vector b = Vector::Constant(y.rows(), 1.0 / static_cast<double>(y.rows()));
  const SlicedTransport s = sliced_transport({x, a}, {y, b}, input.key, chosen);
  return {{"cost", s.cost}, {"standard_error", s.standard_error}, {"largest", s.largest}};
}

Json make_draft(const CoupleInput& input, const Json& options) {
  read<NoOptions>(options);
  expect(input, 2, true, "target, draft; numbers of drafts");
  const auto laws = laws_of(input);
  Json out = {{"curve", Json::array()}};
  for (const double wish : input.sweep) {
    if (!(wish >= 1 && wish <= 64) || wish != std::floor(wish)) {
      core::fail_argument(kWhere, "expected whole numbers of drafts in [1, 64], got {}", wish);
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

using M = core::Member<CoupleMaker>;
constexpr std::array kMembers{
    M{"ib", "information bottleneck and its generalised form by Blahut-Arimoto [joint; betas]",
      "Tishby, Pereira, Bialek 1999; Strouse, Schwab 2017", "O(|X| |T| |Y|) a sweep", make_ib},
    M{"dib", "deterministic information bottleneck: hard clusters [joint; betas]",
      "Strouse, Schwab 2017, section 3", "O(|X| |T| |Y|) a sweep", make_dib},
    M{"aib", "agglomerative information bottleneck, the whole tree [joint]", "Slonim, Tishby 1999",
      "O(|X|^2 |Y|)", make_agglomerative},
    M{"sib", "sequential information bottleneck at a number of clusters [joint]",
      "Slonim, Friedman, Tishby 2002", "O(|X| |T| |Y|) a sweep", make_sequential},
    M{"critical", "betas at which the bottleneck's clusters split [joint]", "Rose 1998",
      "O(|X| |T| |Y|) a sweep", make_critical},
    M{"capacity", "channel capacity with its certificate [channel]", "Arimoto 1972; Blahut 1972",
      "O(|X| |Y|) a sweep", make_capacity},
    M{"rate-distortion", "rate-distortion function [law, distortions; slopes]", "Blahut 1972",
      "O(|X| |Z|) a sweep", make_rate_distortion},
    M{"mec", "minimum entropy coupling, greedy, any number of laws [laws]",
      "Kocaoglu et al. 2017; Compton et al. 2023", "O(m n log n)", make_mec},
    M{"mec-split", "minimum entropy coupling by splitting the meet, within one bit [law, law]",
      "Cicalese, Gargano, Vaccaro 2019", "O(n log n)", make_mec_split},
    M{"mec-exact", "minimum entropy coupling by branch and bound [law, law]",
      "own; Compton et al. 2023", "exponential, limited", make_mec_exact},
    M{"mec-b", "minimum entropy coupling with a bottleneck [law, law; rates]",
      "Ebrahimi, Chen, Khisti 2024", "O(n log n)", make_mec_b},
    M{"coding-game", "Markov coding game: accuracy and reward over the code's rate [; rates]",
      "Ebrahimi, Chen, Khisti 2024, section 5", "O(episodes steps messages log messages)",
      make_coding_game},
    M{"ot", "exact optimal transport by the network simplex [law, law, costs]",
      "Ahuja, Magnanti, Orlin 1993, chapter 11", "about 10 (n+m) pivots of O(m)", make_ot},
    M{"sinkhorn", "entropy-regularised transport in the log domain [law, law, costs]",
      "Cuturi 2013; Schmitzer 2019", "O(n m) a round", make_sinkhorn},
    M{"sliced", "sliced transport between point clouds [points, points]", "Bonneel et al. 2015",
      "O(directions n log n)", make_sliced},
    M{"draft", "acceptance of draft selections and their optimum [target, draft; drafts]",
      "Sun et al. 2023; Hu et al. 2025", "O(V n) to O(V log V)", make_draft},
};

template <class Options>
std::vector<core::FieldInfo> fields() {
  return core::describe_options<Options>();
}

}  // namespace

std::span<const core::Member<CoupleMaker>> members() { return kMembers; }

std::vector<core::FieldInfo> member_options(std::string_view name) {
  const CoupleMaker maker = core::find_member(members(), name, kWhere).make;
  if (maker == make_ib) return fields<IbOptions>();
  if (maker == make_dib) return fields<DibOptions>();
  if (maker == make_sequential) return fields<SequentialOptions>();
  if (maker == make_critical) return fields<CriticalOptions>();
  if (maker == make_capacity || maker == make_rate_distortion) return fields<BlahutOptions>();
  if (maker == make_mec_exact) return fields<ExactCouplingOptions>();
  if (maker == make_coding_game) return fields<CodingGameOptions>();
  if (maker == make_ot) return fields<ExactTransportOptions>();
  if (maker == make_sinkhorn) return fields<SinkhornOptions>();
  if (maker == make_sliced) return fields<SlicedOptions>();
  return fields<NoOptions>();
}

}  // namespace venturi::couple
