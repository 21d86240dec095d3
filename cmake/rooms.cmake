# A room is a folder, a namespace, a library venturi_<room> (alias venturi::<room>), a test program
# tests/<room>_test with the label <room>, and a benchmark program bench/<room>_bench.

# venturi_room(<room> LINKS <targets...>): called once in venturi/<room>/CMakeLists.txt.
function(venturi_room room)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/venturi/${room}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_cuda\\.cpp$|/main\\.cpp$")
  if(VENTURI_CUDA)
    file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/venturi/${room}/*_cuda.cu)
    list(APPEND sources ${kernels})
  endif()
  add_library(venturi_${room} STATIC ${sources})
  add_library(venturi::${room} ALIAS venturi_${room})
  target_include_directories(venturi_${room} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(venturi_${room} PUBLIC ${ARG_LINKS} PRIVATE $<BUILD_INTERFACE:venturi_flags>)

  list(FIND VENTURI_TORCH_ROOMS ${room} torch_room)
  if(torch_room GREATER -1 AND NOT room STREQUAL "tensor")
    target_precompile_headers(venturi_${room} REUSE_FROM venturi_tensor)
  endif()

  if(VENTURI_TESTS)
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${room}/*_test.cpp)
    if(tests)
      venturi_test_program(${room} ${tests})
    endif()
  endif()
  if(VENTURI_BENCH)
    file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/${room}/*_bench.cpp)
    if(benches)
      add_executable(${room}_bench ${benches})
      target_link_libraries(${room}_bench PRIVATE venturi::${room} venturi_flags
                            benchmark::benchmark_main)
      set_target_properties(${room}_bench PROPERTIES
                            RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    endif()
  endif()
endfunction()

# Tests whose name holds "Slow" end in ".slow" (run.sh leaves those out; a second label would be lost
# on the way through PROPERTIES).
function(venturi_test_program room)
  include(GoogleTest)
  add_executable(${room}_test ${ARGN})
  target_link_libraries(${room}_test PRIVATE venturi::${room} venturi_flags
                        GTest::gtest GTest::gtest_main)
  set_target_properties(${room}_test PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  list(FIND VENTURI_TORCH_ROOMS ${room} torch_room)
  if(torch_room GREATER -1)
    # The rooms' precompiled header halves the time that a test takes to compile; it is for -fPIC.
    target_compile_options(${room}_test PRIVATE -fPIC)
    target_precompile_headers(${room}_test REUSE_FROM venturi_tensor)
  endif()
  set(common WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_MODE PRE_TEST)
  gtest_discover_tests(${room}_test ${common} TEST_FILTER "-*Slow*"
                       PROPERTIES LABELS "${room}" TIMEOUT 300)
  gtest_discover_tests(${room}_test ${common} TEST_FILTER "*Slow*" TEST_SUFFIX ".slow"
                       PROPERTIES LABELS "${room}" TIMEOUT 1800)
endfunction()

# Adds every opened room of rooms.txt (of VENTURI_ROOMS, if that names some), in order of rank.
function(venturi_add_rooms)
  file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/rooms.txt lines REGEX "^[0-9]")
  set(VENTURI_TORCH_ROOMS "")
  foreach(line IN LISTS lines)
    separate_arguments(words UNIX_COMMAND "${line}")
    list(GET words 1 room)
    list(GET words 2 torch)
    if(VENTURI_ROOMS AND NOT room IN_LIST VENTURI_ROOMS)
      continue()
    endif()
    if(torch STREQUAL "torch")
      list(APPEND VENTURI_TORCH_ROOMS ${room})
    endif()
    if(EXISTS ${CMAKE_SOURCE_DIR}/venturi/${room}/CMakeLists.txt
       AND (VENTURI_TORCH OR torch STREQUAL "plain"))
      # Not build/<preset>/venturi/: that is the name of the command.
      add_subdirectory(venturi/${room} rooms/${room})
    endif()
  endforeach()
endfunction()
