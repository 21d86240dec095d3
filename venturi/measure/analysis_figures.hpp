// venturi/measure/analysis_figures.hpp
//
// What the recipes of the room's analyses claim, measured on data whose answer was planted: one
// function a recipe, one Figure a number. `quick` takes fewer rows. Relations and targets stand in
// the recipes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/figure.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

// Features z_d, d = 0 .. 5, the product of 2^d random signs; layer l of 6 holds z_d for d <= l and
// for the others the products of 2^l signs that z_d is made of, turned at random, with noise. z_d
// is linear in layer l only from l = d on: its complexity is d/6.
//   "rank correlation of complexity and depth", "largest error of the complexity"
std::vector<core::Figure> complexity_figures(core::Key key, bool quick);

// Four factors of four values: as codes themselves; as continuous codes, turned against each other
// in pairs by 45 degrees (linear, no longer modular); doubled (modular, not compact).
std::vector<core::Figure> infomec_figures(core::Key key, bool quick);

// Factors with noise, turned in pairs by 0 to 45 degrees in steps: MIG at each, its largest rise.
std::vector<core::Figure> mig_figures(core::Key key, bool quick);

// Ten normal modes in 8 columns, far apart: generated without some of them, and with a part of
// outliers, k = 3.
std::vector<core::Figure> precision_recall_figures(core::Key key, bool quick);

// inductive_bias_bits() after 100 rows of spheres of dimension 1 to 6 in 20 columns, the dimension
// estimated; by the resolution, finer and finer; and of the images given, rows and labels by name,
// at the same error.
struct NamedRows {
  std::string name;
  core::MatrixView rows;
  std::span<const std::int32_t> labels;
};
std::vector<core::Figure> difficulty_figures(std::span<const NamedRows> images, core::Key key,
                                             bool quick);

// Linear hypotheses w of d = 12 to 48 columns after 8 rows without noise, test error |w - w*|^2 / d
// to be a quarter: a priori normal (bits from the non-central chi-square law in closed form); and
// uniform in a ball around w* (bits (d - 8) log2 of the ratio of radii), whose errors follow
// another law than the one that is fitted.
std::vector<core::Figure> sampled_bias_figures(core::Key key, bool quick);

// The framework of interaction_tensor.hpp drawn against its closed forms, for settings that keep
// the disagreement equality and one that breaks it; and a tensor with planted features.
std::vector<core::Figure> interaction_figures(core::Key key, bool quick);

}  // namespace venturi::measure
