#include "venturi/core/threads.hpp"

#include <omp.h>
#include <sched.h>

#include <algorithm>

#include "venturi/core/error.hpp"

namespace venturi::core {

int available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, omp_get_num_procs());
}

void set_threads(int n) {
  if (n < 0) fail_argument("core.set_threads", "expected threads >= 0, got {}", n);
  omp_set_num_threads(n == 0 ? available_cores() : n);
}

int threads() { return omp_get_max_threads(); }

}  // namespace venturi::core
