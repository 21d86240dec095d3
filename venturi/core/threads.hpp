// venturi/core/threads.hpp
//
// How many threads parallel loops use (OpenMP). Results do not depend on it unless a header says
// so.
#pragma once

namespace venturi::core {

// n >= 1 sets it; 0 asks for what the environment variable OMP_NUM_THREADS says, without it for all
// the cores that this process may use. Throws InvalidArgument below 0.
void set_threads(int n);
int threads();
// Cores that this process may run on (its affinity mask), at least 1.
int available_cores();

}  // namespace venturi::core
