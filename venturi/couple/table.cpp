// venturi/couple/table.cpp
#include "venturi/couple/table.hpp"

#include <cmath>
#include <limits>

namespace venturi::couple {
namespace {

// Checks each mass; returns the sum. `columns` = 0 for a vector: the place is then one number.
double checked_sum(const double* p, Index size, Index columns, std::string_view where,
                   const TableOptions& options) {
  double sum = 0;
  double lost = 0;  // Neumaier's correction, so that a million masses still sum to 1 +- 1e-15
  for (Index i = 0; i < size; ++i) {
    const double v = p[i];
    if (!(v >= 0) || std::isinf(v)) {
      if (columns > 0) {
        core::fail_data(where, "expected masses >= 0, got {} at row {}, column {}", v, i / columns,
                        i % columns);
      }
      core::fail_data(where, "expected masses >= 0, got {} at place {}", v, i);
    }
    const double next = sum + v;
    lost += std::abs(sum) >= std::abs(v) ? (sum - next) + v : (v - next) + sum;
    sum = next;
  }
  sum += lost;
  if (!(sum > 0) || std::isinf(sum))
    core::fail_data(where, "expected masses of sum 1, got {}", sum);
  if (!options.normalise && std::abs(sum - 1) > options.tolerance) {
    core::fail_data(where, "expected masses of sum 1 (within {}), got {:.12g}; ask to normalise",
                    options.tolerance, sum);
  }
  return sum;
}

}  // namespace

Vector checked_distribution(const VectorView& p, std::string_view where,
                            const TableOptions& options) {
  core::check_options(options, where);
  if (p.size() == 0) core::fail_argument(where, "expected a distribution, got no masses");
  return p / checked_sum(p.data(), p.size(), 0, where, options);
}

Matrix Joint::conditional() const { return px.cwiseInverse().asDiagonal() * p; }

Joint make_joint(const MatrixView& table, const TableOptions& options) {
  constexpr std::string_view kWhere = "couple.make_joint";
  core::check_options(options, kWhere);
  if (table.size() == 0) {
    core::fail_argument(kWhere, "expected a table (x*y), got {}*{}", table.rows(), table.cols());
  }
  const Matrix whole = table;  // contiguous, whatever the view's stride
  const double sum = checked_sum(whole.data(), whole.size(), whole.cols(), kWhere, options);
  const Vector px = whole.rowwise().sum();
  const Vector py = whole.colwise().sum();
  Joint out;
  out.given_rows = whole.rows();
  out.given_columns = whole.cols();
  for (Index x = 0; x < px.size(); ++x) {
    if (px[x] > 0) out.rows.push_back(x);
  }
  for (Index y = 0; y < py.size(); ++y) {
    if (py[y] > 0) out.columns.push_back(y);
  }
  out.p = whole(out.rows, out.columns) / sum;
  out.px = out.p.rowwise().sum();
  out.py = out.p.colwise().sum();
  return out;
}

Joint make_joint(const VectorView& px, const MatrixView& channel, const TableOptions& options) {
  constexpr std::string_view kWhere = "couple.make_joint";
  if (px.size() != channel.rows()) {
    core::fail_argument(kWhere, "expected a channel (x*y) of {} rows, got {}", px.size(),
                        channel.rows());
  }
  const Vector law = checked_distribution(px, kWhere, options);
  Matrix table(channel.rows(), channel.cols());
  for (Index x = 0; x < law.size(); ++x) {
    if (law[x] == 0) {
      table.row(x).setZero();
    } else {
      const Vector row = channel.row(x);
      table.row(x) = law[x] * checked_distribution(row, kWhere, options);
    }
  }
  return make_joint(table, {.normalise = true});
}

double plogp_bits(double p) { return p > 0 ? -p * std::log2(p) : 0.0; }

double entropy_bits(const VectorView& p) {
  double sum = 0;
  for (Index i = 0; i < p.size(); ++i) sum += plogp_bits(p[i]);
  return sum;
}

double joint_entropy_bits(const MatrixView& p) {
  double sum = 0;
  for (Index i = 0; i < p.rows(); ++i) {
    for (Index j = 0; j < p.cols(); ++j) sum += plogp_bits(p(i, j));
  }
  return sum;
}

double binary_entropy_bits(double p) { return plogp_bits(p) + plogp_bits(1 - p); }

double mutual_information_bits(const MatrixView& joint) {
  const Vector px = joint.rowwise().sum();
  const Vector py = joint.colwise().sum();
  double sum = 0;
  for (Index x = 0; x < joint.rows(); ++x) {
    for (Index y = 0; y < joint.cols(); ++y) {
      const double p = joint(x, y);
      if (p > 0) sum += p * std::log2(p / (px[x] * py[y]));
    }
  }
  return std::max(sum, 0.0);
}

double kl_bits(const VectorView& p, const VectorView& q) {
  double sum = 0;
  for (Index i = 0; i < p.size(); ++i) {
    if (p[i] <= 0) continue;
    if (q[i] <= 0) return std::numeric_limits<double>::infinity();
    sum += p[i] * std::log2(p[i] / q[i]);
  }
  return std::max(sum, 0.0);
}

double jensen_shannon_bits(const VectorView& p, const VectorView& q, double a) {
  double sum = 0;
  for (Index i = 0; i < p.size(); ++i) {
    const double mix = a * p[i] + (1 - a) * q[i];
    if (mix <= 0) continue;
    if (p[i] > 0) sum += a * p[i] * std::log2(p[i] / mix);
    if (q[i] > 0) sum += (1 - a) * q[i] * std::log2(q[i] / mix);
  }
  return std::max(sum, 0.0);
}

}  // namespace venturi::couple
