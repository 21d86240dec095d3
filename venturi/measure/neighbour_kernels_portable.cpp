#include <cmath>

#include "venturi/measure/neighbour_kernels_body.hpp"

namespace venturi::measure {
namespace {

// Four lanes as an array: any compiler turns it into what its machine has.
struct Four {
  static constexpr std::size_t width = 4;
  struct Type {
    float lane[4];
  };
  template <class F>
  static Type each(F&& f) {
    return {{f(0), f(1), f(2), f(3)}};
  }
  static Type set(float v) { return {{v, v, v, v}}; }
  static Type load(const float* p) { return {{p[0], p[1], p[2], p[3]}}; }
  static void store(float* p, Type v) {
    for (int l = 0; l < 4; ++l) p[l] = v.lane[l];
  }
  static Type sub(Type a, Type b) {
    return each([&](int l) { return a.lane[l] - b.lane[l]; });
  }
  static Type max(Type a, Type b) {
    return each([&](int l) { return a.lane[l] > b.lane[l] ? a.lane[l] : b.lane[l]; });
  }
  static Type max_abs(Type a, Type b) {
    return max(a, each([&](int l) { return std::fabs(b.lane[l]); }));
  }
  static std::uint32_t less(Type a, Type b) {
    std::uint32_t lanes = 0;
    for (int l = 0; l < 4; ++l) lanes |= static_cast<std::uint32_t>(a.lane[l] < b.lane[l]) << l;
    return lanes;
  }
};

}  // namespace

const NeighbourKernels* portable_kernels() { return &KernelsOver<Four>::kTable; }

}  // namespace venturi::measure
