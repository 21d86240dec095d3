#include "venturi/measure/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "venturi/core/error.hpp"
#include "venturi/measure/brute_search.hpp"
#include "venturi/measure/cuda_search.hpp"
#include "venturi/measure/plane_search.hpp"
#include "venturi/measure/point_tree.hpp"

namespace venturi::measure {
namespace {

constexpr core::Index kTreeAuto = 4;

std::string preset_search = "auto";

struct Level {
  const char* name;
  const NeighbourKernels* kernels;
  bool runs;
};

std::vector<Level> levels() {
  std::vector<Level> out{{"portable", portable_kernels(), true}};
#if defined(__x86_64__)
  out.push_back({"avx2", avx2_kernels(), __builtin_cpu_supports("avx2") != 0});
  out.push_back(
      {"avx512", avx512_kernels(),
       __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0});
#endif
  std::erase_if(out, [](const Level& level) { return level.kernels == nullptr || !level.runs; });
  return out;
}

const NeighbourKernels& kernels_named(const std::string& name) {
  const std::vector<Level> known = levels();
  if (name == "auto") return *known.back().kernels;
  for (const auto& level : known) {
    if (level.name == name) return *level.kernels;
  }
  core::fail_argument("measure.find_neighbours", "expected simd auto or one of {}, got '{}'",
                      fmt::join(simd_levels(), ", "), name);
}

void check_search(const std::string& name, std::string_view where) {
  for (const char* known : {"auto", "tree", "brute", "cuda"}) {
    if (name == known) return;
  }
  core::fail_argument(where, "expected search auto, tree, brute or cuda, got '{}'", name);
}

void check_finite(const core::MatrixView& x, std::string_view where) {
  for (core::Index i = 0; i < x.rows(); ++i) {
    for (core::Index c = 0; c < x.cols(); ++c) {
      // Differences must be finite too: half the largest double on either side is enough.
      if (!(std::fabs(x(i, c)) < 8e307)) {
        core::fail_data(where, "row {}, column {} is {}; expected finite values below 8e307", i, c,
                        x(i, c));
      }
    }
  }
}

core::Matrix joined(std::span<const core::MatrixView> groups, unsigned members) {
  core::Index columns = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if ((members >> g & 1) != 0) columns += groups[g].cols();
  }
  core::Matrix out(groups[0].rows(), columns);
  core::Index at = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if ((members >> g & 1) == 0) continue;
    out.middleCols(at, groups[g].cols()) = groups[g];
    at += groups[g].cols();
  }
  return out;
}

Neighbours tree_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query) {
  const bool projected = query.reach == Reach::projected;
  std::unique_ptr<PointTree> joint;
  std::vector<core::Matrix> parts(query.unions.size());
  std::vector<std::unique_ptr<PointTree>> trees(query.unions.size());
#pragma omp parallel
#pragma omp single
  {
#pragma omp task shared(joint, groups)
    joint = make_point_tree(joined(groups, ~0U));
    for (std::size_t u = 0; u < trees.size(); ++u) {
#pragma omp task shared(parts, trees, groups, query) firstprivate(u)
      {
        parts[u] = joined(groups, query.unions[u]);
        trees[u] = make_point_tree(parts[u]);
      }
    }
  }
  const auto n = static_cast<std::int64_t>(groups[0].rows());
  Neighbours out;
  out.distance.resize(n);
  out.counts.assign(trees.size(), std::vector<std::int32_t>(n));
#pragma omp parallel
  {
    std::vector<Neighbour> nearest;
#pragma omp for schedule(dynamic, 256)
    for (std::int64_t p = 0; p < n; ++p) {
      const std::int32_t i = joint->order()[p];
      joint->nearest(i, query.k, projected, nearest);
      out.distance[i] = nearest.back().distance;
      for (std::size_t u = 0; u < trees.size(); ++u) {
        double radius = out.distance[i];
        if (projected) {
          radius = 0;
          for (const auto& near : nearest) {
            const auto gap = (parts[u].row(i) - parts[u].row(near.index)).cwiseAbs().maxCoeff();
            radius = std::max(radius, gap);
          }
        }
        out.counts[u][i] = trees[u]->count(i, radius, query.reach != Reach::strict);
      }
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> simd_levels() {
  std::vector<std::string> out;
  for (const auto& level : levels()) out.emplace_back(level.name);
  return out;
}

void set_search(const std::string& search) {
  constexpr const char* kWhere = "measure.set_search";
  check_search(search, kWhere);
  if (search == "cuda") require_cuda(kWhere);
  preset_search = search;
}

bool search_is_cuda() { return preset_search == "cuda"; }

Neighbours find_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query) {
  constexpr const char* kWhere = "measure.find_neighbours";
  if (groups.empty() || groups.size() > 31) {
    core::fail_argument(kWhere, "expected 1 to 31 groups of columns, got {}", groups.size());
  }
  core::Index dims = 0;
  for (const auto& g : groups) {
    if (g.rows() != groups[0].rows()) {
      core::fail_argument(kWhere, "expected {} rows in every group, got {}", groups[0].rows(),
                          g.rows());
    }
    if (g.cols() < 1) core::fail_argument(kWhere, "expected at least one column, got none");
    dims += g.cols();
  }
  const core::Index n = groups[0].rows();
  if (query.k < 1 || query.k >= n) {
    core::fail_argument(kWhere, "expected 1 <= k < n = {}, got k = {}", n, query.k);
  }
  if (n > INT32_MAX) core::fail_argument(kWhere, "expected n below 2^31, got {}", n);
  for (const unsigned members : query.unions) {
    if (members == 0 || members >> groups.size() != 0) {
      core::fail_argument(kWhere, "expected unions of the {} groups, got the bits {:#x}",
                          groups.size(), members);
    }
  }
  for (const auto& g : groups) check_finite(g, kWhere);
  const std::string& search = query.search == "auto" ? preset_search : query.search;
  if (search == "tree" && dims > kTreeDims) {
    core::fail_argument(kWhere, "expected at most {} columns for a tree, got {}", kTreeDims, dims);
  }
  if (search == "auto" && plane_answers(groups, query)) {
    return plane_neighbours(groups, query, kernels_named(query.simd).plane);
  }
  if (search == "tree" || (search == "auto" && dims <= kTreeAuto)) {
    return tree_neighbours(groups, query);
  }
  if (search == "cuda") return cuda_neighbours(groups, query);
  check_search(search, kWhere);
  return brute_neighbours(groups, query, kernels_named(query.simd));
}

std::vector<std::int32_t> count_within(const core::MatrixView& x, std::span<const double> radius,
                                       bool closed) {
  constexpr const char* kWhere = "measure.count_within";
  if (static_cast<core::Index>(radius.size()) != x.rows()) {
    core::fail_argument(kWhere, "expected {} radii, got {}", x.rows(), radius.size());
  }
  if (x.rows() < 1 || x.cols() < 1) {
    core::fail_argument(kWhere, "expected samples, got an array of {}*{}", x.rows(), x.cols());
  }
  check_finite(x, kWhere);
  if (search_is_cuda()) return cuda_count_within(x, radius, closed);
  if (preset_search == "brute" || x.cols() > kTreeAuto)
    return brute_count_within(x, radius, closed, kernels_named("auto"));
  const auto tree = make_point_tree(x);
  std::vector<std::int32_t> out(radius.size());
#pragma omp parallel for schedule(dynamic, 256)
  for (std::size_t p = 0; p < out.size(); ++p) {
    const std::int32_t i = tree->order()[p];
    out[i] = tree->count(i, radius[i], closed);
  }
  return out;
}

}  // namespace venturi::measure
