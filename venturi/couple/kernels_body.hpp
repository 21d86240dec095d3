// venturi/couple/kernels_body.hpp
//
// The bodies of kernels.hpp, included once by each kernels_*.cpp, which is compiled for its own
// instruction set. Everything is in an unnamed namespace and calls nothing inline from elsewhere:
// code compiled for AVX-512 must never be merged into what other machines run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "venturi/couple/kernels.hpp"

namespace venturi::couple {
namespace {

constexpr std::size_t kLanes = 8;
// Eight lanes as vectors of the machine's own width: wider ones would be taken apart in memory.
#if defined(__AVX512F__)
constexpr std::size_t kBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kBytes = 32;
#else
constexpr std::size_t kBytes = 16;
#endif
constexpr std::size_t kParts = kLanes * sizeof(double) / kBytes;
using Part = double __attribute__((vector_size(kBytes)));
using IntPart = std::int64_t __attribute__((vector_size(kBytes)));
constexpr double kInfinity = __builtin_huge_val();

struct Lanes {
  Part part[kParts];
};
struct IntLanes {
  IntPart part[kParts];
};

template <class Out, class F>
inline Out each(F f) {
  Out out;
#pragma GCC unroll 4
  for (std::size_t k = 0; k < kParts; ++k) out.part[k] = f(k);
  return out;
}
inline Lanes operator+(const Lanes& a, const Lanes& b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] + b.part[k]; });
}
inline Lanes operator-(const Lanes& a, const Lanes& b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] - b.part[k]; });
}
inline Lanes operator*(const Lanes& a, const Lanes& b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] * b.part[k]; });
}
inline Lanes operator+(const Lanes& a, double b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] + b; });
}
inline Lanes operator-(const Lanes& a, double b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] - b; });
}
inline Lanes operator*(const Lanes& a, double b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] * b; });
}

inline Lanes load(const double* p) {
  return each<Lanes>([&](std::size_t k) {
    Part v;
    __builtin_memcpy(&v, p + k * (kLanes / kParts), sizeof v);
    return v;
  });
}
// The last n < 8 values, the others `fill`.
inline Lanes load_some(const double* p, std::size_t n, double fill) {
  double some[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) some[i] = i < n ? p[i] : fill;
  return load(some);
}
inline void store(double* p, const Lanes& v) {
#pragma GCC unroll 4
  for (std::size_t k = 0; k < kParts; ++k) {
    __builtin_memcpy(p + k * (kLanes / kParts), &v.part[k], sizeof(Part));
  }
}
inline Lanes all(double x) {
  return each<Lanes>([&](std::size_t) { return Part{} + x; });
}
inline Lanes larger(const Lanes& a, const Lanes& b) {
  return each<Lanes>([&](std::size_t k) { return a.part[k] > b.part[k] ? a.part[k] : b.part[k]; });
}
inline double fold_max(const Lanes& lanes) {
  double v[kLanes];
  store(v, lanes);
  double m = v[0];
  for (std::size_t i = 1; i < kLanes; ++i) m = v[i] > m ? v[i] : m;
  return m;
}
inline double fold_sum(const Lanes& lanes) {
  double v[kLanes];
  store(v, lanes);
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// exp by Cody and Waite's reduction x = k ln2 + r, |r| <= ln2/2, and the Taylor series to r^13
// (remainder 4e-18). k is read from the low bits of a sum with 1.5 * 2^52.
inline Part exp_part(const Part& given) {
  const Part x = given > 709.0 ? Part{} + 709.0 : given;
  const IntPart in_range = x > -708.0;
  const Part safe = in_range ? x : Part{};
  constexpr double kMagic = 6755399441055744.0;
  const Part shifted = safe * 1.4426950408889634 + kMagic;
  const Part k = shifted - kMagic;
  const Part r = (safe - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  Part y = Part{} + 1.0 / 6227020800.0;
  y = y * r + 1.0 / 479001600.0;
  y = y * r + 1.0 / 39916800.0;
  y = y * r + 1.0 / 3628800.0;
  y = y * r + 1.0 / 362880.0;
  y = y * r + 1.0 / 40320.0;
  y = y * r + 1.0 / 5040.0;
  y = y * r + 1.0 / 720.0;
  y = y * r + 1.0 / 120.0;
  y = y * r + 1.0 / 24.0;
  y = y * r + 1.0 / 6.0;
  y = y * r + 0.5;
  y = y * r + 1.0;
  y = y * r + 1.0;
  // The sum's low bits hold k in two's complement; the shift by 52 drops what is above them.
  const IntPart scale_bits = ((IntPart)shifted + 1023) << 52;
  return in_range ? y * (Part)scale_bits : Part{};
}
inline Lanes exp_lanes(const Lanes& x) {
  return each<Lanes>([&](std::size_t k) { return exp_part(x.part[k]); });
}

double max_sum(const double* a, const double* b, double scale, std::size_t n) {
  Lanes m = all(-kInfinity);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) m = larger(m, load(a + i) * scale + load(b + i));
  if (i < n)
    m = larger(m, load_some(a + i, n - i, 0) * scale + load_some(b + i, n - i, -kInfinity));
  return fold_max(m);
}

double exp_sum(const double* a, const double* b, double scale, double shift, double* out,
               std::size_t n) {
  Lanes sum = all(0.0);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Lanes e = exp_lanes(load(a + i) * scale + load(b + i) - shift);
    store(out + i, e);
    sum = sum + e;
  }
  if (i < n) {
    const Lanes e =
        exp_lanes(load_some(a + i, n - i, 0) * scale + load_some(b + i, n - i, -kInfinity) - shift);
    double some[kLanes];
    store(some, e);
    for (std::size_t k = 0; i + k < n; ++k) out[i + k] = some[k];
    sum = sum + e;
  }
  return fold_sum(sum);
}

double exp_total(const double* a, const double* b, double scale, double shift, std::size_t n) {
  Lanes sum = all(0.0);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    sum = sum + exp_lanes(load(a + i) * scale + load(b + i) - shift);
  }
  if (i < n) {
    sum = sum + exp_lanes(load_some(a + i, n - i, 0) * scale + load_some(b + i, n - i, -kInfinity) -
                          shift);
  }
  return fold_sum(sum);
}

void max_into(const double* a, double scale, double add, double* m, std::size_t n) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(m + i, larger(load(m + i), load(a + i) * scale + add));
  for (; i < n; ++i) {
    const double v = a[i] * scale + add;
    m[i] = v > m[i] ? v : m[i];
  }
}

void exp_into(const double* a, double scale, double add, const double* m, double* s,
              std::size_t n) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    store(s + i, load(s + i) + exp_lanes((load(a + i) * scale + add) - load(m + i)));
  }
  if (i < n) {
    const Lanes e =
        exp_lanes((load_some(a + i, n - i, 0) * scale + add) - load_some(m + i, n - i, 0));
    double some[kLanes];
    store(some, e);
    for (std::size_t k = 0; i + k < n; ++k) s[i + k] += some[k];
  }
}

Smallest smallest_difference(const double* c, const double* v, std::size_t n) {
  Lanes best = all(kInfinity);
  IntLanes place{};
  IntLanes here{};
  std::int64_t first[kLanes];
  for (std::size_t k = 0; k < kLanes; ++k) first[k] = static_cast<std::int64_t>(k);
  __builtin_memcpy(&here, first, sizeof here);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Lanes d = load(c + i) - load(v + i);
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kParts; ++k) {
      const IntPart less = d.part[k] < best.part[k];
      best.part[k] = less ? d.part[k] : best.part[k];
      place.part[k] = less ? here.part[k] : place.part[k];
      here.part[k] += static_cast<std::int64_t>(kLanes);
    }
  }
  double values[kLanes];
  std::int64_t places[kLanes];
  store(values, best);
  __builtin_memcpy(places, &place, sizeof places);
  Smallest out{kInfinity, 0};
  for (std::size_t k = 0; k < kLanes; ++k) {
    const auto at = static_cast<std::size_t>(places[k]);
    if (values[k] < out.value || (values[k] == out.value && at < out.index)) out = {values[k], at};
  }
  for (; i < n; ++i) {
    if (c[i] - v[i] < out.value) out = {c[i] - v[i], i};
  }
  return out;
}

void count_rings(const double* rates, std::size_t n, const double* t, double* state,
                 std::size_t counts) {
  const Lanes minus_t = load(t) * -1.0;
  for (std::size_t i = 0; i < n; ++i) {
    const Lanes silent = exp_lanes(minus_t * rates[i]);
    const Lanes rings = silent * -1.0 + 1.0;
    for (std::size_t j = counts - 1; j > 0; --j) {
      store(state + j * kLanes,
            load(state + j * kLanes) * silent + load(state + (j - 1) * kLanes) * rings);
    }
    store(state, load(state) * silent);
  }
}

constexpr Kernels make_kernels(const char* name) {
  return {name, max_sum, exp_sum, exp_total, max_into, exp_into, smallest_difference, count_rings};
}

}  // namespace
}  // namespace venturi::couple
