// venturi/core/views.hpp
//
// Arrays, everywhere below Torch: row-major, n samples by d features, x[i*d + j].
#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <span>

namespace venturi::core {

using Index = std::ptrdiff_t;

// n*d, row-major, owning.
template <class T>
using MatrixOf = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Matrix = MatrixOf<double>;
using MatrixF = MatrixOf<float>;
using Vector = Eigen::VectorXd;

// n*d, row-major, not owning; binds to a Matrix or to mapped memory without a copy.
using MatrixView = Eigen::Ref<const Matrix>;
using MatrixViewF = Eigen::Ref<const MatrixF>;
using VectorView = Eigen::Ref<const Vector>;

using Bytes = std::span<const std::byte>;

}  // namespace venturi::core
