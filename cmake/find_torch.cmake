# LibTorch: Debian's libtorch-dev 1.13, a PyTorch 2.x under CMAKE_PREFIX_PATH, or, with
# -DVENTURI_PYTORCH=ON, the PyTorch that python3 imports. Defines the target venturi_torch.
if(VENTURI_PYTORCH)
  execute_process(COMMAND python3 -c "import torch; print(torch.utils.cmake_prefix_path)"
                  OUTPUT_VARIABLE torch_prefix OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE torch_missing)
  if(torch_missing)
    message(FATAL_ERROR "VENTURI_PYTORCH=ON, but python3 cannot import torch")
  endif()
  list(PREPEND CMAKE_PREFIX_PATH ${torch_prefix})
endif()
find_package(Torch REQUIRED)
message(STATUS "LibTorch ${Torch_VERSION} at ${TORCH_INSTALL_PREFIX}")
add_library(venturi_torch INTERFACE)
# Torch brings flags of its own (the C++ ABI of its build); as system headers its warnings are its own.
separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(venturi_torch INTERFACE ${torch_flags})
target_include_directories(venturi_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(venturi_torch INTERFACE ${TORCH_LIBRARIES})
