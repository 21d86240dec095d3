// venturi/couple/makers.hpp
//
// What the table of members.cpp is made of: one maker a member, and what they share in reading
// their input and writing their output.
#pragma once

#include <string_view>
#include <vector>

#include "venturi/couple/data_mixture.hpp"
#include "venturi/couple/mec_b_game.hpp"
#include "venturi/couple/members.hpp"
#include "venturi/couple/table.hpp"

namespace venturi::couple {

inline constexpr std::string_view kMembersWhere = "couple";

struct NoOptions {
  template <class Self, class Visit>
  static void fields(Self&, Visit&&) {}
};

struct CodingGameOptions {
  GridOptions grid;
  GameOptions game;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    GridOptions::fields(self.grid, visit);
    GameOptions::fields(self.game, visit);
  }
};

struct ProjektorOptions {
  MixtureModelOptions model;
  SelectionOptions selection;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    MixtureModelOptions::fields(self.model, visit);
    SelectionOptions::fields(self.selection, visit);
  }
};

template <class Options>
Options read_member_options(const core::Json& json) {
  Options out;
  core::options_from_json(out, json.is_null() ? core::Json::object() : json, kMembersWhere);
  core::check_options(out, kMembersWhere);
  return out;
}

// InvalidArgument, saying `what` was wanted, for another number of tables or a sweep that is there
// or not.
void expect(const CoupleInput& input, std::size_t tables, bool sweep, std::string_view what);
Joint joint_of(const CoupleInput& input);
// Table `at`, one row or one column, as a law.
Vector law(const CoupleInput& input, std::size_t at);
std::vector<Vector> laws_of(const CoupleInput& input);

core::Json numbers(const Vector& v);
core::Json rows(const Matrix& m);

// bottleneck_makers.cpp, coupling_makers.cpp
core::Json make_ib(const CoupleInput& input, const core::Json& options);
core::Json make_dib(const CoupleInput& input, const core::Json& options);
core::Json make_agglomerative(const CoupleInput& input, const core::Json& options);
core::Json make_sequential(const CoupleInput& input, const core::Json& options);
core::Json make_critical(const CoupleInput& input, const core::Json& options);
core::Json make_capacity(const CoupleInput& input, const core::Json& options);
core::Json make_rate_distortion(const CoupleInput& input, const core::Json& options);
core::Json make_tokens_to_thoughts(const CoupleInput& input, const core::Json& options);
core::Json make_mec(const CoupleInput& input, const core::Json& options);
core::Json make_mec_split(const CoupleInput& input, const core::Json& options);
core::Json make_mec_exact(const CoupleInput& input, const core::Json& options);
core::Json make_mec_b(const CoupleInput& input, const core::Json& options);
core::Json make_coding_game(const CoupleInput& input, const core::Json& options);
core::Json make_ot(const CoupleInput& input, const core::Json& options);
core::Json make_sinkhorn(const CoupleInput& input, const core::Json& options);
core::Json make_sliced(const CoupleInput& input, const core::Json& options);
core::Json make_draft(const CoupleInput& input, const core::Json& options);
core::Json make_projektor(const CoupleInput& input, const core::Json& options);

}  // namespace venturi::couple
