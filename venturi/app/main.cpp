#include <cstdio>
#include <cstdlib>

#include "venturi/app/command.hpp"
#include "venturi/core/heap.hpp"

int main(int argc, char** argv) {
  venturi::core::keep_freed_memory();
  const int code = venturi::app::run(argc, argv);
  // What was printed is out before the libraries below come down: CUDA's teardown at exit is not
  // ours to trust with it.
  std::fflush(nullptr);
  std::_Exit(code);
}
