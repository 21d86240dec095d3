#include <cstdio>
#include <cstdlib>

#include "venturi/app/command.hpp"

int main(int argc, char** argv) {
  const int code = venturi::app::run(argc, argv);
  // What was printed is out before the libraries below come down: CUDA's teardown at exit is not
  // ours to trust with it.
  std::fflush(nullptr);
  std::_Exit(code);
}
