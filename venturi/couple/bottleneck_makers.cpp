#include <algorithm>
#include <cmath>

#include "venturi/couple/capacity.hpp"
#include "venturi/couple/clustering.hpp"
#include "venturi/couple/ib.hpp"
#include "venturi/couple/makers.hpp"
#include "venturi/couple/tokens_to_thoughts.hpp"

namespace venturi::couple {

using core::Json;

namespace {

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

}  // namespace

Json make_ib(const CoupleInput& input, const Json& options) {
  return ib_curve_json(input, read_member_options<IbOptions>(options));
}

Json make_dib(const CoupleInput& input, const Json& options) {
  expect(input, 1, true, "joint; betas");
  const auto chosen = read_member_options<DibOptions>(options);
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
  read_member_options<NoOptions>(options);
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
  return hard_json(
      sequential_ib(joint_of(input), input.key, read_member_options<SequentialOptions>(options)));
}

Json make_critical(const CoupleInput& input, const Json& options) {
  expect(input, 1, false, "joint");
  const Transitions walk =
      critical_betas(joint_of(input), read_member_options<CriticalOptions>(options));
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
  const Capacity c = channel_capacity(input.tables[0], read_member_options<BlahutOptions>(options));
  return {{"bits", c.bits},
          {"upper_bits", c.upper_bits},
          {"input", numbers(c.input)},
          {"converged", c.converged}};
}

Json make_rate_distortion(const CoupleInput& input, const Json& options) {
  expect(input, 2, true, "law, distortions; slopes");
  const auto chosen = read_member_options<BlahutOptions>(options);
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

Json make_tokens_to_thoughts(const CoupleInput& input, const Json& options) {
  const bool judged = input.tables.size() == 2;
  expect(input, judged ? 2 : 1, true, "points, perhaps their categories; betas");
  auto chosen = read_member_options<CompressionOptions>(options);
  const Matrix& points = input.tables[0];
  std::vector<int> categories;
  for (Index i = 0; judged && i < input.tables[1].size(); ++i) {
    const double name = input.tables[1].data()[i];
    if (name != std::floor(name) || std::abs(name) > 1e9) {
      core::fail_data(kMembersWhere, "expected whole numbers for categories, got {}", name);
    }
    categories.push_back(static_cast<int>(name));
  }
  Json out = {{"curve", Json::array()}};
  for (std::size_t k = 0; k < input.sweep.size(); ++k) {
    chosen.beta = input.sweep[k];
    const CompressionClusters found = minimise_compression(points, input.key.split(k), chosen);
    Json at = {{"beta", chosen.beta},
               {"complexity_bits", found.value.complexity_bits},
               {"distortion", found.value.distortion},
               {"objective", found.value.objective},
               {"clusters", found.value.clusters},
               {"converged", found.converged},
               {"starts", found.starts},
               {"labels", found.labels}};
    if (judged) {
      at["categories_objective"] = compression_meaning(points, categories, chosen.beta).objective;
      at["adjusted_mutual_information"] = adjusted_mutual_information(found.labels, categories);
    }
    out["curve"].push_back(std::move(at));
  }
  return out;
}

}  // namespace venturi::couple
