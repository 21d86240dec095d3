// venturi/couple/figures.hpp
//
// What the recipes of this room claim, measured: one function a paper, one Figure a promise.
// `quick` is the shortest honest version (seconds); the full one has more laws and draws.
#pragma once

#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/couple/draft.hpp"

namespace venturi::couple {

using core::Figure;

// mec-b: marginals of the coupling, EBIM's gap against h(p_2), the near-map optimum against search
// at
// [.7, .2, .1], and the coding game's accuracy and reward over the rate against equal shares.
std::vector<Figure> mec_b_figures(core::Key key, bool quick);
// spectr: chi-square of the output law in sigmas, least ratio of acceptance to the programme's.
std::vector<Figure> spectr_figures(core::Key key, bool quick);
// optimal-mdsd: largest difference from the linear programme; without against with replacement.
std::vector<Figure> optimal_mdsd_figures(core::Key key, bool quick);
// projektor: forecasts and selection in the small world of mixture_experiment.hpp.
std::vector<Figure> projektor_figures(core::Key key, bool quick);
// tokens-to-thoughts: planted categories are where the objective is least; AMI there.
std::vector<Figure> tokens_to_thoughts_figures(core::Key key, bool quick);

// The optimal acceptance by the linear programme itself, an exact transport from sets of drafts to
// tokens. InvalidArgument beyond 20,000 sets: it is for checking.
double acceptance_by_programme(const VectorView& target, const VectorView& draft, int drafts,
                               DraftDraw draw);

// EBIM (mec_b.hpp) by search. For a given p(t) the most information is H(X) + H(T) minus the least
// entropy of a coupling, so the search is over p(t) alone: three codes, along H(T) = rate, closer
// and closer around the best, which is a cusp. For laws of a few outcomes.
double ebim_by_search(const Vector& p, double rate_bits);

}  // namespace venturi::couple
