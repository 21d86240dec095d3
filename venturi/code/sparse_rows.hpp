// venturi/code/sparse_rows.hpp
//
// Inner header: the entries of a matrix that are not 0, as the kernels of circuits read them.
#pragma once

#include <cstdint>
#include <vector>

#include "venturi/code/circuit_kernels.hpp"
#include "venturi/core/views.hpp"

namespace venturi::code {

template <class Number>
class SparseRows {
 public:
  // Of m, or of its transpose.
  explicit SparseRows(const core::MatrixOf<Number>& m, bool transposed);
  // Takes the values anew; the places stay.
  void refresh(const core::MatrixOf<Number>& m);
  SparseView<Number> view() const {
    return {static_cast<core::Index>(start_.size()) - 1, start_.data(), column_.data(),
            value_.data()};
  }

 private:
  bool transposed_;
  std::vector<std::uint32_t> start_;
  std::vector<std::uint16_t> column_;
  std::vector<Number> value_;
};

}  // namespace venturi::code
