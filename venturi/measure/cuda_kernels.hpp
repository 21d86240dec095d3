// venturi/measure/cuda_kernels.hpp: rows as kernel_cuda.hpp takes them.
#pragma once

#include "venturi/core/views.hpp"
#include "venturi/measure/kernel_cuda.hpp"

namespace venturi::measure {

// n*d, each value over the width.
CudaRows cuda_rows(const core::MatrixView& rows, double width);

}  // namespace venturi::measure
