#include "venturi/code/sparse_rows.hpp"

namespace venturi::code {

using core::Index;

template <class Number>
SparseRows<Number>::SparseRows(const core::MatrixOf<Number>& m, bool transposed)
    : transposed_(transposed) {
  const Index rows = transposed ? m.cols() : m.rows();
  const Index columns = transposed ? m.rows() : m.cols();
  start_.push_back(0);
  for (Index z = 0; z < rows; ++z) {
    for (Index k = 0; k < columns; ++k) {
      const Number value = transposed ? m(k, z) : m(z, k);
      if (value == 0) continue;
      column_.push_back(static_cast<std::uint16_t>(k));
      value_.push_back(value);
    }
    start_.push_back(static_cast<std::uint32_t>(column_.size()));
  }
}

template <class Number>
void SparseRows<Number>::refresh(const core::MatrixOf<Number>& m) {
  for (std::size_t z = 0; z + 1 < start_.size(); ++z) {
    for (std::uint32_t i = start_[z]; i < start_[z + 1]; ++i) {
      const auto row = static_cast<Index>(z);
      value_[i] = transposed_ ? m(column_[i], row) : m(row, column_[i]);
    }
  }
}

template class SparseRows<float>;
template class SparseRows<double>;

}  // namespace venturi::code
