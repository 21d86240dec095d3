// venturi/measure/neighbours_cuda.hpp
//
// The all-pairs search on a CUDA device, the same results as on the CPU bit for bit: float32
// distances decide where their rounding bound (float_copy.hpp) lets them, float64 on the device
// where not. Points whose list of candidates overflows (many equal distances) come back unsettled.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace venturi::measure {

// n points of `dims` columns.
struct CudaPoints {
  int n = 0, dims = 0;
  std::vector<float> rows;    // n*padded_dims(dims): the float copy row by row, zeros behind
  std::vector<float> sizes;   // n: max_c |x_ic| of the copy
  std::vector<double> exact;  // n*dims
  double scale = 1;           // copy = scale * (exact - centre)
};

inline constexpr int kCudaDims = 64;
inline constexpr int kCudaNeighbours = 24;
// Rows take a multiple of four floats.
inline int padded_dims(int dims) { return (dims + 3) / 4 * 4; }

struct CudaNearest {
  std::vector<double> distance;         // n*k, ascending by (distance, index)
  std::vector<std::int32_t> index;      // n*k
  std::vector<std::int32_t> unsettled;  // points to be settled by other means
};

// Both: 1 <= dims <= kCudaDims, k <= kCudaNeighbours; memory on the device n * (4 padded_dims + 8
// dims + 48 k) bytes. DataError, with CUDA's own words, if the device fails or its memory does not
// do.
CudaNearest cuda_nearest(const CudaPoints& points, int k);
// #{j != i: d(i,j) < radius_i} (<= if closed).
std::vector<std::int32_t> cuda_count(const CudaPoints& points, std::span<const double> radius,
                                     bool closed);

// Throws DataError with the device's words.
[[noreturn]] void cuda_failed(const char* words);

}  // namespace venturi::measure
