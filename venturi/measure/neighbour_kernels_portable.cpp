#include <algorithm>
#include <cmath>

#include "venturi/measure/neighbour_kernels_body.hpp"

namespace venturi::measure {
namespace {

float gap(float a, float b) { return std::fabs(a - b); }
std::uint8_t gap(std::uint8_t a, std::uint8_t b) {
  return static_cast<std::uint8_t>(a > b ? a - b : b - a);
}

// Lanes as an array: any compiler turns it into what its machine has.
template <class T, std::size_t kLanes>
struct Lanes {
  static constexpr std::size_t width = kLanes;
  using Element = T;
  struct Type {
    T lane[kLanes];
  };
  static Type set(T v) {
    Type out;
    for (T& lane : out.lane) lane = v;
    return out;
  }
  static Type load(const T* p) {
    Type out;
    for (std::size_t l = 0; l < kLanes; ++l) out.lane[l] = p[l];
    return out;
  }
  static void store(T* p, const Type& v) {
    for (std::size_t l = 0; l < kLanes; ++l) p[l] = v.lane[l];
  }
  static Type max(Type a, const Type& b) {
    for (std::size_t l = 0; l < kLanes; ++l) a.lane[l] = std::max(a.lane[l], b.lane[l]);
    return a;
  }
  static Type min(Type a, const Type& b) {
    for (std::size_t l = 0; l < kLanes; ++l) a.lane[l] = std::min(a.lane[l], b.lane[l]);
    return a;
  }
  static Type max_gap(Type most, const Type& a, const Type& b) {
    for (std::size_t l = 0; l < kLanes; ++l) {
      most.lane[l] = std::max(most.lane[l], gap(a.lane[l], b.lane[l]));
    }
    return most;
  }
  static std::uint64_t less(const Type& a, const Type& b) {
    std::uint64_t lanes = 0;
    for (std::size_t l = 0; l < kLanes; ++l) {
      lanes |= static_cast<std::uint64_t>(a.lane[l] < b.lane[l]) << l;
    }
    return lanes;
  }
};

}  // namespace

const NeighbourKernels* portable_kernels() {
  static constexpr NeighbourKernels kKernels{KernelsOver<Lanes<float, 4>>::kTable,
                                             KernelsOver<Lanes<std::uint8_t, 16>>::kTable};
  return &kKernels;
}

}  // namespace venturi::measure
