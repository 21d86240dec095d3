// venturi/measure/decomposition.hpp
//
// What two sources Y, Z tell of a target S, in bits, split into what both tell (redundancy), what
// one alone tells (unique) and what only both together tell (synergy):
//   I(S;Y) = redundancy + unique_y,  I(S;Z) = redundancy + unique_z,
//   I(S;Y,Z) = redundancy + unique_y + unique_z + synergy.
// Two definitions of the one quantity that these leave open:
//   williams-beer  redundancy = sum_s p(s) min over Y, Z of I(S=s;.), with the specific information
//                  I(S=s;Y) = sum_y p(y|s) log2(p(s|y) / p(s))
//   broja          unique_y = min I_Q(S;Y|Z) over the laws Q with Q(s,y) = P(s,y), Q(s,z) = P(s,z):
//                  a convex programme, solved by a log-barrier Newton method with exact marginals.
//                  The objective is within 1e-8 bits of its minimum (the barrier's duality gap).
// Shape: a law p[(s * ny + y) * nz + z] on ns * ny * nz values, non-negative, of any positive sum
// (it is normalised). Range: all four >= 0 up to 1e-8, williams-beer's all >= 0 by theorem.
// Cost: O(cells), broja O((ns (ny+nz))^3) for each of about 100 steps (8*8*8 values: 30 ms,
// 16*16*16: 1.5 s). Errors: InvalidArgument for shapes, negative or non-finite cells, a sum of 0,
// and where broja's matrices would pass 1 GiB. Sources: Williams, Beer, arXiv 1004.2515 (2010);
// Bertschinger, Rauh, Olbrich, Jost, Ay, Entropy 16 (2014); Boyd, Vandenberghe, Convex
// Optimization, 11.3 (barrier).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/members.hpp"

namespace venturi::measure {

struct TripleLaw {
  std::size_t ns = 0, ny = 0, nz = 0;
  std::vector<double> p;  // p[(s * ny + y) * nz + z]
};

struct Decomposition {
  double redundancy = 0, unique_y = 0, unique_z = 0, synergy = 0;  // bits
};

using DecompositionMethod = Decomposition (*)(const TripleLaw& law);
std::span<const core::Member<DecompositionMethod>> decomposition_methods();

Decomposition decompose(const TripleLaw& law, std::string_view method);

// The observed frequencies of n labels of each, values in order of first appearance. Plug-in: with
// few samples a cell, synergy is biased up. InvalidArgument for n = 0, different lengths, or more
// than 2^24 cells.
TripleLaw empirical_law(std::span<const std::int32_t> s, std::span<const std::int32_t> y,
                        std::span<const std::int32_t> z);

}  // namespace venturi::measure
