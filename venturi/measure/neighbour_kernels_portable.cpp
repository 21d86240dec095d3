#include <algorithm>
#include <cmath>

#include "venturi/measure/neighbour_kernels_body.hpp"
#include "venturi/measure/plane_kernels_body.hpp"

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

struct FourDoubles {
  template <int kLanes>
  struct Lane {
    double lane[kLanes];
  };
  using Type = Lane<4>;
  using Half = Lane<2>;
  static Type set(double v) { return {{v, v, v, v}}; }
  static Type load(const double* p) { return {{p[0], p[1], p[2], p[3]}}; }
  template <int kLanes>
  static Lane<kLanes> max(Lane<kLanes> a, const Lane<kLanes>& b) {
    for (int l = 0; l < kLanes; ++l) a.lane[l] = a.lane[l] > b.lane[l] ? a.lane[l] : b.lane[l];
    return a;
  }
  template <int kLanes>
  static Lane<kLanes> min(Lane<kLanes> a, const Lane<kLanes>& b) {
    for (int l = 0; l < kLanes; ++l) a.lane[l] = a.lane[l] < b.lane[l] ? a.lane[l] : b.lane[l];
    return a;
  }
  static Type minus(Type a, const Type& b) {
    for (int l = 0; l < 4; ++l) a.lane[l] -= b.lane[l];
    return a;
  }
  static Type gap(Type a, const Type& b) {
    for (int l = 0; l < 4; ++l) a.lane[l] = std::fabs(a.lane[l] - b.lane[l]);
    return a;
  }
  static int lanes(const Type& a, const Type& b, bool strict) {
    int held = 0;
    for (int l = 0; l < 4; ++l) {
      held += strict ? a.lane[l] < b.lane[l] : a.lane[l] <= b.lane[l];
    }
    return held;
  }
  static Half low(const Type& v) { return {{v.lane[0], v.lane[1]}}; }
  static Half high(const Type& v) { return {{v.lane[2], v.lane[3]}}; }
  static double first(const Half& v) { return v.lane[0]; }
  static double second(const Half& v) { return v.lane[1]; }
};

}  // namespace

const NeighbourKernels* portable_kernels() {
  static constexpr NeighbourKernels kKernels{KernelsOver<Lanes<float, 4>>::kTable,
                                             KernelsOver<Lanes<std::uint8_t, 16>>::kTable,
                                             PlaneOver<FourDoubles>::kPlane};
  return &kKernels;
}

}  // namespace venturi::measure
