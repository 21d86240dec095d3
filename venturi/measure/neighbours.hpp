// venturi/measure/neighbours.hpp
//
// The engine under every nearest-neighbour estimator of the room. Samples are n rows; their
// columns come in groups (X, Y, Z, ...). With d_g(i,j) = max over the columns of group g of
// |x_ic - x_jc| and d(i,j) = max over all groups, it finds for each i the distance to its k-th
// nearest neighbour and counts, for chosen unions of groups, the points within reach.
//
// Exactness: distances are those of float64 subtraction on the data as given, and the results
// equal the obvious double loop bit for bit. The brute-force search runs on columns rounded to
// bytes (byte_copy.hpp) or, where those tell too little, on centred, scaled float32 columns, and
// settles every case within the rounding's bound in float64. Ties: neighbours are ordered by
// (distance, index). Nothing is added to break ties.
//
// Cost: "tree" O(n log n) in few dimensions, where the counts are small or boxes lie wholly
// inside; "brute" O(n^2 D) with n*D floats and 4*n*groups floats a thread of memory at most. "auto"
// takes strips (plane_search.hpp) for two columns in all where they answer, else the tree for a
// total dimension D <= 4. "cuda" is brute on the device of that name, for k <= 24 and D <= 64, in a
// build with VENTURI_CUDA. Parallel over points; results do not depend on threads. Errors:
// InvalidArgument for no groups, different lengths, k < 1 or k >= n; DataError for NaN or infinity.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

// What lies "within reach" of point i in a union s of groups, with e_i the k-th distance.
enum class Reach {
  strict,     // d_s(i,j) < e_i (KSG1)
  closed,     // d_s(i,j) <= e_i (Gao)
  projected,  // d_s(i,j) <= max of d_s(i,m) over the k nearest neighbours m of i (KSG2)
};

struct NeighbourQuery {
  int k = 3;
  Reach reach = Reach::strict;
  std::string search = "auto";   // auto, tree, brute, cuda
  std::string simd = "auto";     // auto, portable, avx2, avx512: the same results
  std::vector<unsigned> unions;  // bit g set: group g belongs
};

struct Neighbours {
  std::vector<double> distance;                   // n: e_i
  std::vector<std::vector<std::int32_t>> counts;  // one list of n for each union, without i itself
};

// groups: n*d_g each.
Neighbours find_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query);

// For each i the number of j != i with d(i,j) < radius_i (or <=, if closed); x: n*d, radius: n.
std::vector<std::int32_t> count_within(const core::MatrixView& x, std::span<const double> radius,
                                       bool closed);

// What "auto" stands for in this process, in place of the choice above: auto, tree, brute or cuda.
// InvalidArgument for other names, and for cuda in a build without it.
void set_search(const std::string& search);
// Whether that is cuda; the sums of kernel_sums.hpp and matrix_renyi.hpp then run there too.
bool search_is_cuda();

// The SIMD levels that this processor and build offer, best last.
std::vector<std::string> simd_levels();

}  // namespace venturi::measure
