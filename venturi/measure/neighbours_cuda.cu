#include <algorithm>

#include "venturi/measure/neighbours_cuda.hpp"
#include "venturi/measure/on_device.cuh"

namespace venturi::measure {
namespace {

constexpr int kThreads = 128;  // queries of a block, one a thread
constexpr int kTile = 128;     // points in shared memory at a time
constexpr int kMostList = 32;  // candidates kept for each query
constexpr int kSpare = 8;      // of them beyond k

struct Points {
  const float4* rows;
  const float* sizes;
  const double* exact;
  int n, dims;
};

// As FloatCopy::slack().
__device__ float slack(float size, float distance) {
  return 0x1p-22F * (size + distance) + 0x1p-130F;
}

__device__ double exact_distance(const Points& p, int i, int j) {
  double d = 0;
  for (int c = 0; c < p.dims; ++c) {
    d = fmax(d,
             fabs(p.exact[(std::int64_t)i * p.dims + c] - p.exact[(std::int64_t)j * p.dims + c]));
  }
  return d;
}

// The largest absolute difference of the quarters [from, to) of two rows, and `so_far`.
template <int from, int to>
__device__ float distance(const float4* a, const float4* b, float so_far) {
  float x = so_far, y = 0, z = 0, w = 0;
#pragma unroll
  for (int q = from; q < to; ++q) {
    const float4 v = b[q];
    x = fmaxf(x, fabsf(a[q].x - v.x));
    y = fmaxf(y, fabsf(a[q].y - v.y));
    z = fmaxf(z, fabsf(a[q].z - v.z));
    w = fmaxf(w, fabsf(a[q].w - v.w));
  }
  return fmaxf(fmaxf(x, y), fmaxf(z, w));
}

// Points [first, first + kTile) to shared memory; past the end, points at infinity.
template <int P>
__device__ void load_tile(const Points& p, int first, float4* tile) {
  for (int t = threadIdx.x; t < kTile * P; t += kThreads) {
    const int j = first + t / P;
    const float far = t % P == 0 ? INFINITY : 0.0F;
    tile[t] = j < p.n ? p.rows[(std::int64_t)first * P + t] : make_float4(far, 0, 0, 0);
  }
}

template <int P>
__device__ void load_query(const Points& p, int i, float4* query) {
#pragma unroll
  for (int q = 0; q < P; ++q) query[q] = p.rows[(std::int64_t)min(i, p.n - 1) * P + q];
}

// The `kept` nearest in float32, then the k nearest of these in float64.
template <int P>
__global__ void nearest_kernel(Points p, int k, int kept, double* distances, std::int32_t* indices,
                               std::int32_t* settled) {
  __shared__ float4 tile[kTile * P];
  const int i = blockIdx.x * kThreads + threadIdx.x;
  float4 query[P];
  load_query<P>(p, i, query);
  float list[kMostList];
  std::int32_t of[kMostList];
  for (int t = 0; t < kept; ++t) list[t] = INFINITY;
  float last = INFINITY;  // list[kept - 1]
  constexpr int kHalf = (P + 1) / 2;
  for (int first = 0; first < p.n; first += kTile) {
    __syncthreads();
    load_tile<P>(p, first, tile);
    __syncthreads();
    for (int t = 0; t < kTile; ++t) {
      float d = distance<0, kHalf>(query, tile + t * P, 0.0F);
      if constexpr (kHalf < P) {
        if (__all_sync(0xFFFFFFFF, d >= last)) continue;
        d = distance<kHalf, P>(query, tile + t * P, d);
      }
      if (d < last && first + t != i) {
        int at = kept - 1;
        for (; at > 0 && d < list[at - 1]; --at) {
          list[at] = list[at - 1];
          of[at] = of[at - 1];
        }
        list[at] = d;
        of[at] = first + t;
        last = list[kept - 1];
      }
    }
  }
  if (i >= p.n) return;
  // The k nearest in float64 are within the bound in float32.
  const float bound = list[k - 1] + 2 * slack(p.sizes[i], list[k - 1]);
  double* best = distances + (std::int64_t)i * k;
  std::int32_t* best_index = indices + (std::int64_t)i * k;
  int found = 0;
  for (int t = 0; t < kept && list[t] <= bound; ++t) {
    if (isinf(list[t])) break;
    const double d = exact_distance(p, i, of[t]);
    if (found == k && !(d < best[k - 1] || (d == best[k - 1] && of[t] < best_index[k - 1]))) {
      continue;
    }
    int at = found < k ? found++ : k - 1;
    for (; at > 0 && (d < best[at - 1] || (d == best[at - 1] && of[t] < best_index[at - 1]));
         --at) {
      best[at] = best[at - 1];
      best_index[at] = best_index[at - 1];
    }
    best[at] = d;
    best_index[at] = of[t];
  }
  // A list that ends within the bound may lack some; one that is not full has every point.
  settled[i] = list[kept - 1] > bound || kept >= p.n - 1 ? 1 : 0;
}

template <int P>
__global__ void count_kernel(Points p, double scale, const double* radius, bool closed,
                             std::int32_t* counts) {
  __shared__ float4 tile[kTile * P];
  const int i = blockIdx.x * kThreads + threadIdx.x;
  const int own = min(i, p.n - 1);
  float4 query[P];
  load_query<P>(p, i, query);
  const double limit = radius[own];
  const float reach = (float)(limit * scale);
  const float unsure = slack(p.sizes[own], reach);
  const float low = reach - unsure, high = reach + unsure;
  int found = 0;
  for (int first = 0; first < p.n; first += kTile) {
    __syncthreads();
    load_tile<P>(p, first, tile);
    __syncthreads();
#pragma unroll 4
    for (int t = 0; t < kTile; ++t) {
      const float d = distance<0, P>(query, tile + t * P, 0.0F);
      if (d < high) {
        if (d < low) {
          ++found;
        } else {
          const double exact = exact_distance(p, own, first + t);
          found += (closed ? exact <= limit : exact < limit) ? 1 : 0;
        }
      }
    }
  }
  if (i < p.n) counts[i] = found - (closed || limit > 0 ? 1 : 0);
}

class Uploaded {
 public:
  explicit Uploaded(const CudaPoints& points)
      : rows_(std::span<const float>(points.rows)),
        sizes_(std::span<const float>(points.sizes)),
        exact_(std::span<const double>(points.exact)),
        n_(points.n),
        dims_(points.dims) {}
  Points view() const {
    return {reinterpret_cast<const float4*>(rows_.get()), sizes_.get(), exact_.get(), n_, dims_};
  }
  int blocks() const { return (n_ + kThreads - 1) / kThreads; }
  int quarters() const { return padded_dims(dims_) / 4; }

 private:
  OnDevice<float> rows_, sizes_;
  OnDevice<double> exact_;
  int n_, dims_;
};

// The kernels of P = quarters.
template <int P = 1>
void launch_nearest(const Uploaded& on, int k, double* distance, std::int32_t* index,
                    std::int32_t* settled) {
  if (on.quarters() == P) {
    nearest_kernel<P>
        <<<on.blocks(), kThreads>>>(on.view(), k, k + kSpare, distance, index, settled);
  } else if constexpr (P < kCudaDims / 4) {
    launch_nearest<P + 1>(on, k, distance, index, settled);
  }
}

template <int P = 1>
void launch_count(const Uploaded& on, double scale, const double* radius, bool closed,
                  std::int32_t* counts) {
  if (on.quarters() == P) {
    count_kernel<P><<<on.blocks(), kThreads>>>(on.view(), scale, radius, closed, counts);
  } else if constexpr (P < kCudaDims / 4) {
    launch_count<P + 1>(on, scale, radius, closed, counts);
  }
}

}  // namespace

CudaNearest cuda_nearest(const CudaPoints& points, int k) {
  const Uploaded on_device(points);
  const auto n = static_cast<std::size_t>(points.n);
  OnDevice<double> distance(n * k);
  OnDevice<std::int32_t> index(n * k), settled(n);
  launch_nearest(on_device, k, distance.get(), index.get(), settled.get());
  check(cudaGetLastError());
  check(cudaDeviceSynchronize());
  CudaNearest out{std::vector<double>(n * k), std::vector<std::int32_t>(n * k), {}};
  distance.fetch(out.distance);
  index.fetch(out.index);
  std::vector<std::int32_t> is_settled(n);
  settled.fetch(is_settled);
  for (std::size_t i = 0; i < n; ++i) {
    if (is_settled[i] == 0) out.unsettled.push_back(static_cast<std::int32_t>(i));
  }
  return out;
}

std::vector<std::int32_t> cuda_count(const CudaPoints& points, std::span<const double> radius,
                                     bool closed) {
  const Uploaded on_device(points);
  const OnDevice<double> limits(radius);
  std::vector<std::int32_t> out(points.n);
  OnDevice<std::int32_t> counts(out.size());
  launch_count(on_device, points.scale, limits.get(), closed, counts.get());
  check(cudaGetLastError());
  check(cudaDeviceSynchronize());
  counts.fetch(out);
  return out;
}

}  // namespace venturi::measure
