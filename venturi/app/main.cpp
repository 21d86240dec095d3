#include "venturi/app/command.hpp"

int main(int argc, char** argv) { return venturi::app::run(argc, argv); }
