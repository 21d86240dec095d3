// venturi/compress/figures.hpp
//
// What the recipes of this room claim, measured on a trained network and two sets of its inputs:
// one to calibrate and choose on, one (with labels) that nothing is chosen on.
#pragma once

#include <string>
#include <vector>

#include "venturi/compress/compress.hpp"
#include "venturi/core/figure.hpp"

namespace venturi::compress {

struct TestSet {
  tensor::Tensor inputs, labels;  // labels: n, int64
};

// One network held against the trained one on a test set.
struct Held {
  double divergence_bits = 0, agreement = 0, accuracy = 0;
};
Held hold(const Subject& subject, const net::Model& model, const TestSet& test);

// A row of the comparison: the largest file of a method within the size.
struct ComparisonRow {
  std::string method;
  double bits_asked = 0, bits = 0;  // a parameter, on the disk
  int levels = 0;                   // 0: by the allocator
  Held held;
};
// rtn, gptq (both with levels as packed, "plain", and under the room's coder), squeezellm, edkm,
// higgs, and the allocator ("joint"), each at each size. Scales are searched on the weights.
std::vector<ComparisonRow> compare(const Subject& subject, const TestSet& test,
                                   const std::vector<double>& sizes, core::Key key,
                                   core::Monitor& monitor);

// Each: what a recipe of this name claims.
std::vector<core::Figure> budget_figures(const Subject& subject, const TestSet& test, core::Key key,
                                         bool quick, core::Monitor& monitor);
std::vector<core::Figure> gptq_figures(const Subject& subject, const TestSet& test);
std::vector<core::Figure> squeezellm_figures(const Subject& subject, const TestSet& test);
std::vector<core::Figure> edkm_figures(const Subject& subject, const TestSet& test);
std::vector<core::Figure> higgs_figures(const Subject& subject, core::Key key, bool quick);
std::vector<core::Figure> augmented_hessian_figures(const Subject& subject, core::Key key,
                                                    bool quick);

}  // namespace venturi::compress
