// venturi/couple/members.cpp
#include "venturi/couple/members.hpp"

#include <array>

#include "venturi/couple/capacity.hpp"
#include "venturi/couple/clustering.hpp"
#include "venturi/couple/ib.hpp"
#include "venturi/couple/makers.hpp"
#include "venturi/couple/sinkhorn.hpp"
#include "venturi/couple/sliced.hpp"
#include "venturi/couple/tokens_to_thoughts.hpp"

namespace venturi::couple {

using core::Json;

void expect(const CoupleInput& input, std::size_t tables, bool sweep, std::string_view what) {
  if (input.tables.size() != tables) {
    core::fail_argument(kMembersWhere, "expected {} table{} ({}), got {}", tables,
                        tables == 1 ? "" : "s", what, input.tables.size());
  }
  if (sweep == input.sweep.empty()) {
    core::fail_argument(kMembersWhere, "expected {} ({}), got {}",
                        sweep ? "at least one value" : "no values", what, input.sweep.size());
  }
}

Joint joint_of(const CoupleInput& input) {
  return make_joint(input.tables[0], {.normalise = input.normalise});
}

Vector law(const CoupleInput& input, std::size_t at) {
  const Matrix& table = input.tables[at];
  if (table.rows() != 1 && table.cols() != 1) {
    core::fail_argument(kMembersWhere, "expected table {} to be one row or one column, got {}*{}",
                        at, table.rows(), table.cols());
  }
  const Vector flat = Eigen::Map<const Vector>(table.data(), table.size());
  return checked_distribution(flat, kMembersWhere, {.normalise = input.normalise});
}

Json numbers(const Vector& v) { return std::vector<double>(v.data(), v.data() + v.size()); }

Json rows(const Matrix& m) {
  Json out = Json::array();
  for (Index i = 0; i < m.rows(); ++i) out.push_back(numbers(m.row(i).transpose()));
  return out;
}

std::vector<Vector> laws_of(const CoupleInput& input) {
  std::vector<Vector> out;
  for (std::size_t k = 0; k < input.tables.size(); ++k) out.push_back(law(input, k));
  return out;
}

namespace {

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
    M{"tokens-to-thoughts",
      "clusters of embeddings: complexity against distortion [points, perhaps categories; betas]",
      "Shani, Jurafsky, LeCun, Shwartz-Ziv 2025", "O(n clusters d) a sweep",
      make_tokens_to_thoughts},
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
    M{"projektor",
      "performance of mixtures of sources and the best one [validation, observations, sources; "
      "sizes]",
      "Kang, Just, Sahu, Jia 2023", "one exact transport a mixture", make_projektor},
};

template <class Options>
std::vector<core::FieldInfo> fields() {
  return core::describe_options<Options>();
}

}  // namespace

std::span<const core::Member<CoupleMaker>> members() { return kMembers; }

std::vector<core::FieldInfo> member_options(std::string_view name) {
  const CoupleMaker maker = core::find_member(members(), name, kMembersWhere).make;
  if (maker == make_ib) return fields<IbOptions>();
  if (maker == make_dib) return fields<DibOptions>();
  if (maker == make_sequential) return fields<SequentialOptions>();
  if (maker == make_critical) return fields<CriticalOptions>();
  if (maker == make_capacity || maker == make_rate_distortion) return fields<BlahutOptions>();
  if (maker == make_tokens_to_thoughts) return fields<CompressionOptions>();
  if (maker == make_projektor) return fields<ProjektorOptions>();
  if (maker == make_mec_exact) return fields<ExactCouplingOptions>();
  if (maker == make_coding_game) return fields<CodingGameOptions>();
  if (maker == make_ot) return fields<ExactTransportOptions>();
  if (maker == make_sinkhorn) return fields<SinkhornOptions>();
  if (maker == make_sliced) return fields<SlicedOptions>();
  return fields<NoOptions>();
}

}  // namespace venturi::couple
