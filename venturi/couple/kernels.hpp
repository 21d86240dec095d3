// venturi/couple/kernels.hpp
//
// The inner loops of Blahut-Arimoto, Sinkhorn and the network simplex, for AVX-512, AVX2 and plain
// machines. Sums run in eight lanes that are folded in a fixed order, so all three give the same
// digits; the number of threads never enters.
//   exp: range [-inf, 709], relative error <= 2 ulp (4.5e-16), 0 below -708.
#pragma once

#include <cstddef>

namespace venturi::couple {

struct Smallest {
  double value = 0;
  std::size_t index = 0;
};

struct Kernels {
  const char* name;
  // max_i (scale a_i + b_i); -inf for n = 0.
  double (*max_sum)(const double* a, const double* b, double scale, std::size_t n);
  // out_i = exp(scale a_i + b_i - shift); returns the sum of out.
  double (*exp_sum)(const double* a, const double* b, double scale, double shift, double* out,
                    std::size_t n);
  // sum_i exp(scale a_i + b_i - shift), nothing stored.
  double (*exp_total)(const double* a, const double* b, double scale, double shift, std::size_t n);
  // m_j = max(m_j, scale a_j + add).
  void (*max_into)(const double* a, double scale, double add, double* m, std::size_t n);
  // s_j += exp(scale a_j + add - m_j).
  void (*exp_into)(const double* a, double scale, double add, const double* m, double* s,
                   std::size_t n);
  // The smallest c_j - v_j and its first place; n >= 1.
  Smallest (*smallest_difference)(const double* c, const double* v, std::size_t n);
  // Eight counts at once of which clocks have rung: for each rate r_i in turn, with a = exp(-r_i
  // t_l), state[j*8+l] = state[j*8+l] a + state[(j-1)*8+l] (1 - a), j = 0 .. counts-1.
  void (*count_rings)(const double* rates, std::size_t n, const double* t, double* state,
                      std::size_t counts);
};

// The widest that this machine runs; VENTURI_COUPLE_KERNELS=portable|avx2|avx512 narrows the
// choice.
const Kernels& kernels();

// The three twins; the SIMD ones are null where the compiler or the machine lacks them.
const Kernels* portable_kernels();
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();

}  // namespace venturi::couple
