#include "venturi/measure/disentanglement.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "venturi/core/error.hpp"
#include "venturi/measure/bins.hpp"
#include "venturi/measure/gaussian.hpp"
#include "venturi/measure/ksg.hpp"
#include "venturi/measure/label_methods.hpp"
#include "venturi/measure/probes.hpp"
#include "venturi/measure/remarks.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Matrix;
using core::MatrixView;

Codes column_codes(const MatrixView& x, Index c) {
  return coded(std::vector<double>(x.col(c).begin(), x.col(c).end()));
}

// The sources as labels, after all checks.
std::vector<Codes> sources_of(const MatrixView& codes, const MatrixView& factors,
                              const char* where) {
  if (codes.rows() != factors.rows() || codes.rows() < 8) {
    core::fail_argument(where,
                        "expected codes (n*L) and factors (n*S), n >= 8, got {}*{} and {}*{}",
                        codes.rows(), codes.cols(), factors.rows(), factors.cols());
  }
  if (codes.cols() < 2 || factors.cols() < 2) {
    core::fail_data(where, "expected two latents and two sources or more, got {} and {}",
                    codes.cols(), factors.cols());
  }
  if (!codes.allFinite() || !factors.allFinite()) {
    core::fail_data(where, "expected finite values, found NaN or infinity");
  }
  std::vector<Codes> out;
  for (Index i = 0; i < factors.cols(); ++i) {
    out.push_back(column_codes(factors, i));
    if (out.back().seen < 2 || out.back().seen > factors.rows() / 4) {
      core::fail_data(where,
                      "expected sources of 2 to n/4 = {} values, source {} has {}: put amounts in "
                      "bins first",
                      factors.rows() / 4, i, out.back().seen);
    }
  }
  return out;
}

// The greatest of a list less the second.
double gap(std::vector<double> values) {
  std::partial_sort(values.begin(), values.begin() + 2, values.end(), std::greater<>());
  return values[0] - values[1];
}

// Mean over rows of the largest entry's share, less what equal shares would have, to 0 .. 1.
double concentration(const Matrix& shares) {
  const auto parts = static_cast<double>(shares.cols());
  double mean = 0;
  for (Index r = 0; r < shares.rows(); ++r) {
    const double sum = shares.row(r).sum();
    mean +=
        (sum > 0 ? shares.row(r).maxCoeff() / sum : 1 / parts) / static_cast<double>(shares.rows());
  }
  return (mean - 1 / parts) / (1 - 1 / parts);
}

std::vector<std::int32_t> labels_of(const Codes& codes) {
  return {codes.of_row.begin(), codes.of_row.end()};
}

// Columns of 0 and 1, one for each value of each latent.
Matrix one_hot(const std::vector<Codes>& latents, Index n) {
  Index columns = 0;
  for (const Codes& codes : latents) columns += codes.seen;
  Matrix out = Matrix::Zero(n, columns);
  columns = 0;
  for (const Codes& codes : latents) {
    for (Index i = 0; i < n; ++i) out(i, columns + codes.of_row[i]) = 1;
    columns += codes.seen;
  }
  return out;
}

}  // namespace

double mutual_information_gap(const MatrixView& codes, const MatrixView& factors, int bins) {
  const std::vector<Codes> sources = sources_of(codes, factors, "measure.mutual_information_gap");
  std::vector<Codes> latents;
  latents.reserve(codes.cols());
  for (Index j = 0; j < codes.cols(); ++j) {
    latents.push_back(coded(equal_width_codes(codes.col(j), bins)));
  }
  double mean = 0;
  for (const Codes& source : sources) {
    std::vector<double> known;
    known.reserve(latents.size());
    for (const Codes& latent : latents) {
      known.push_back(information_of<plug_in_bits>(source, latent));
    }
    mean += gap(known) / nats_of<plug_in_bits>(source) / static_cast<double>(sources.size());
  }
  return mean;
}

double separated_predictability(const MatrixView& codes, const MatrixView& factors) {
  sources_of(codes, factors, "measure.separated_predictability");
  const Matrix correlation =
      standardized(factors).transpose() * standardized(codes) / static_cast<double>(codes.rows());
  double mean = 0;
  for (Index i = 0; i < factors.cols(); ++i) {
    const Eigen::RowVectorXd squares = correlation.row(i).array().square();
    mean += gap({squares.begin(), squares.end()}) / static_cast<double>(factors.cols());
  }
  return mean;
}

InfoMec info_mec(const MatrixView& codes, const MatrixView& factors) {
  constexpr const char* kWhere = "measure.info_mec";
  const std::vector<Codes> sources = sources_of(codes, factors, kWhere);
  const Index n = codes.rows(), latent_count = codes.cols();
  const bool discrete = looks_discrete(codes);
  std::vector<Codes> latents;
  for (Index j = 0; discrete && j < latent_count; ++j) latents.push_back(column_codes(codes, j));
  const Matrix scaled = standardized(codes);
  const Eigen::RowVectorXd range = codes.colwise().maxCoeff() - codes.colwise().minCoeff();
  const double least = discrete ? 0 : range.maxCoeff() / 20;
  std::vector<Index> active;
  for (Index j = 0; j < latent_count; ++j) {
    if (range[j] > least) active.push_back(j);
  }
  InfoMec out{.nmi = Matrix::Zero(factors.cols(), latent_count),
              .active = static_cast<Index>(active.size())};
  if (out.active < 2) core::fail_data(kWhere, "expected two active latents, found {}", out.active);
  for (Index i = 0; i < factors.cols(); ++i) {
    const std::vector<std::int32_t> labels = labels_of(sources[i]);
    for (const Index j : active) {
      const double nats = discrete ? information_of<plug_in_bits>(sources[i], latents[j])
                                   : mean_of(ross_local(labels, scaled.col(j), 10));
      out.nmi(i, j) = std::max(0.0, nats) / nats_of<plug_in_bits>(sources[i]);
    }
  }
  const Matrix pruned = out.nmi(Eigen::all, active);
  out.modularity = concentration(pruned.transpose());
  out.compactness = concentration(pruned);
  const Matrix inputs = discrete ? one_hot(latents, n) : scaled;
  for (const Codes& source : sources) {
    const double bits = balanced_cross_entropy_bits(inputs, labels_of(source));
    out.explicitness += (1 - bits / std::log2(static_cast<double>(source.seen))) /
                        static_cast<double>(sources.size());
  }
  return out;
}

}  // namespace venturi::measure
