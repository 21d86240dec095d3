#include "venturi/core/threads.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "venturi/core/error.hpp"

namespace venturi::core {

int available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, omp_get_num_procs());
}

namespace {

// What the environment asks for (the first number of a list by levels), or 0.
int asked_threads() {
  const char* const text = std::getenv("OMP_NUM_THREADS");
  int n = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), n);
  return std::clamp(n, 0, 4096);
}

}  // namespace

void set_threads(int n) {
  if (n < 0) fail_argument("core.set_threads", "expected threads >= 0, got {}", n);
  if (n == 0) n = asked_threads();
  omp_set_num_threads(n == 0 ? available_cores() : n);
}

int threads() { return omp_get_max_threads(); }

}  // namespace venturi::core
