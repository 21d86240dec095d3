#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "venturi/app/command.hpp"

int main(int argc, char** argv) {
  // Tensors of some megabytes come and go at every step. By default the C library hands each back
  // to the kernel, which then faults fresh pages in one by one: on a virtual machine that costs a
  // fifth of a training step, and makes two threads slower than one.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const int code = venturi::app::run(argc, argv);
  // What was printed is out before the libraries below come down: CUDA's teardown at exit is not
  // ours to trust with it.
  std::fflush(nullptr);
  std::_Exit(code);
}
