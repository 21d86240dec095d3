#include "venturi/measure/cuda_search.hpp"

#include <algorithm>
#include <cmath>

#include "venturi/core/error.hpp"
#include "venturi/measure/float_copy.hpp"
#include "venturi/measure/neighbours_cuda.hpp"
#include "venturi/measure/point_tree.hpp"

namespace venturi::measure {

#ifdef VENTURI_CUDA
namespace {

constexpr const char* kWhere = "measure.cuda_search";

CudaPoints points_of(std::span<const core::MatrixView> groups) {
  const FloatCopy copy(groups);
  CudaPoints out{.n = static_cast<int>(copy.n()), .scale = copy.scale()};
  for (const auto& g : groups) out.dims += static_cast<int>(g.cols());
  if (out.dims > kCudaDims) {
    core::fail_argument(kWhere, "expected at most {} columns on the device, got {}", kCudaDims,
                        out.dims);
  }
  const auto n = copy.n();
  const auto dims = static_cast<std::size_t>(out.dims);
  const auto padded = static_cast<std::size_t>(padded_dims(out.dims));
  out.rows.assign(n * padded, 0.0F);
  out.exact.resize(n * dims);
  std::size_t at = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (core::Index c = 0; c < groups[g].cols(); ++c, ++at) {
      const float* column = copy.columns(static_cast<int>(g)) + c * copy.stride();
      for (std::size_t i = 0; i < n; ++i) {
        out.rows[i * padded + at] = column[i];
        out.exact[i * dims + at] = groups[g](static_cast<core::Index>(i), c);
      }
    }
  }
  for (std::size_t i = 0; i < n; ++i) out.sizes.push_back(copy.size(i));
  return out;
}

std::vector<core::MatrixView> members_of(std::span<const core::MatrixView> groups,
                                         unsigned members) {
  std::vector<core::MatrixView> out;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if ((members >> g & 1) != 0) out.push_back(groups[g]);
  }
  return out;
}

double exact_distance(std::span<const core::MatrixView> groups, core::Index i, core::Index j) {
  double d = 0;
  for (const auto& g : groups) d = std::max(d, (g.row(i) - g.row(j)).cwiseAbs().maxCoeff());
  return d;
}

// The k nearest of one point by looking at all.
void settle(std::span<const core::MatrixView> groups, int k, std::int32_t i, CudaNearest& found) {
  std::vector<Neighbour> all;
  for (core::Index j = 0; j < groups[0].rows(); ++j) {
    if (j != i) all.push_back({exact_distance(groups, i, j), static_cast<std::int32_t>(j)});
  }
  std::partial_sort(all.begin(), all.begin() + k, all.end());
  for (int r = 0; r < k; ++r) {
    found.distance[static_cast<std::size_t>(i) * k + r] = all[r].distance;
    found.index[static_cast<std::size_t>(i) * k + r] = all[r].index;
  }
}

}  // namespace

void require_cuda(std::string_view) {}

void cuda_failed(const char* words) {
  core::fail_data(kWhere, "the CUDA device failed: {}", words);
}

Neighbours cuda_neighbours(std::span<const core::MatrixView> groups, const NeighbourQuery& query) {
  if (query.k > kCudaNeighbours) {
    core::fail_argument(kWhere, "expected k <= {} on the device, got {}", kCudaNeighbours, query.k);
  }
  CudaNearest found = cuda_nearest(points_of(groups), query.k);
#pragma omp parallel for schedule(dynamic, 8)
  for (std::size_t u = 0; u < found.unsettled.size(); ++u) {
    settle(groups, query.k, found.unsettled[u], found);
  }
  const auto n = static_cast<std::size_t>(groups[0].rows());
  const auto k = static_cast<std::size_t>(query.k);
  Neighbours out;
  for (std::size_t i = 0; i < n; ++i) out.distance.push_back(found.distance[i * k + k - 1]);
  for (const unsigned members : query.unions) {
    const auto chosen = members_of(groups, members);
    std::vector<double> radius = out.distance;
    if (query.reach == Reach::projected) {
      for (std::size_t i = 0; i < n; ++i) {
        radius[i] = 0;
        for (std::size_t r = 0; r < k; ++r) {
          radius[i] = std::max(radius[i], exact_distance(chosen, static_cast<core::Index>(i),
                                                         found.index[i * k + r]));
        }
      }
    }
    out.counts.push_back(cuda_count(points_of(chosen), radius, query.reach != Reach::strict));
  }
  return out;
}

std::vector<std::int32_t> cuda_count_within(const core::MatrixView& x,
                                            std::span<const double> radius, bool closed) {
  return cuda_count(points_of({&x, 1}), radius, closed);
}

#else

void require_cuda(std::string_view where) {
  core::fail_argument(where, "this build of Venturi has no CUDA (VENTURI_CUDA=OFF)");
}

Neighbours cuda_neighbours(std::span<const core::MatrixView>, const NeighbourQuery&) {
  require_cuda("measure.find_neighbours");
  return {};
}

std::vector<std::int32_t> cuda_count_within(const core::MatrixView&, std::span<const double>,
                                            bool) {
  require_cuda("measure.count_within");
  return {};
}

#endif

}  // namespace venturi::measure
