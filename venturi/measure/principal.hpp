// venturi/measure/principal.hpp
//
// Compression first: variables of very many columns (images, layers) that live near a low surface
// are projected on their principal components, and the information of those is measured.
// I(PCA(X);PCA(Y)) <= I(X;Y), with equality where the projection forgets nothing.
//
// Shapes: x n*dx, y n*dy. Errors: InvalidArgument for different lengths or more components than
// columns or rows - 1; DataError for values that are not finite, or components of no variance.
// Cost: O(n d^2 + d^3). Source: Butakov et al., ICLR 2024, section 3 (there PCA or an autoencoder).
#pragma once

#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::measure {

// Projections on the `components` directions of most variance, most first: n*components, mean 0.
core::Matrix principal_components(const core::MatrixView& x, core::Index components);

struct Compression {
  core::Index x_components = 4, y_components = 4;
  int k = 5;
};

// wkl_local() of the components; n values in NATS.
std::vector<double> compressed_local(const core::MatrixView& x, const core::MatrixView& y,
                                     const Compression& compression);

}  // namespace venturi::measure
