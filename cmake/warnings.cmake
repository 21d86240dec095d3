# Flags of all our own code. Warnings are errors; what is switched off has its reason beside it.
add_library(venturi_flags INTERFACE)
set(own_flags
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Werror
  # Indices meet sizes everywhere in numerical code; -Wconversion still catches what loses bits.
  -Wno-sign-conversion
  # Designated initializers state what differs from the defaults; that is their use.
  -Wno-missing-field-initializers
  # The same arithmetic on every machine: no multiply-add that the source does not write.
  -ffp-contract=off)
target_compile_options(venturi_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${own_flags}>")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of GCC 12 inside the standard library and Eigen when optimising.
  set(false_alarms -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized)
  target_compile_options(venturi_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${false_alarms}>")
endif()
if(VENTURI_SANITIZE)
  target_compile_options(venturi_flags INTERFACE
    -fsanitize=${VENTURI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(venturi_flags INTERFACE -fsanitize=${VENTURI_SANITIZE})
endif()
