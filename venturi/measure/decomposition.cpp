#include "venturi/measure/decomposition.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>

#include "venturi/core/error.hpp"
#include "venturi/core/units.hpp"
#include "venturi/core/views.hpp"
#include "venturi/measure/discrete.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Vector;

constexpr const char* kWhere = "measure.decompose";

double x_log_x(double p) { return p > 0 ? p * std::log(p) : 0; }

// Sums of a law over what is left out.
struct Margins {
  Vector s, y, z, sy, sz, yz;
};

Margins margins(const TripleLaw& law) {
  Margins m{Vector::Zero(law.ns),          Vector::Zero(law.ny),
            Vector::Zero(law.nz),          Vector::Zero(law.ns * law.ny),
            Vector::Zero(law.ns * law.nz), Vector::Zero(law.ny * law.nz)};
  for (std::size_t s = 0, cell = 0; s < law.ns; ++s) {
    for (std::size_t y = 0; y < law.ny; ++y) {
      for (std::size_t z = 0; z < law.nz; ++z, ++cell) {
        const double p = law.p[cell];
        m.s[s] += p, m.y[y] += p, m.z[z] += p;
        m.sy[s * law.ny + y] += p, m.sz[s * law.nz + z] += p, m.yz[y * law.nz + z] += p;
      }
    }
  }
  return m;
}

double minus_entropy(const Vector& p) {
  double sum = 0;
  for (const double v : p) sum += x_log_x(v);
  return sum;
}

// I(S;Y), I(S;Z), I(S;Y,Z) in nats.
struct Told {
  double y, z, both;
};

Told told(const TripleLaw& law) {
  const Margins m = margins(law);
  double joint = 0;
  for (const double p : law.p) joint += x_log_x(p);
  const double s = minus_entropy(m.s);
  return {minus_entropy(m.sy) - s - minus_entropy(m.y),
          minus_entropy(m.sz) - s - minus_entropy(m.z), joint - s - minus_entropy(m.yz)};
}

TripleLaw checked(const TripleLaw& law) {
  if (law.ns == 0 || law.ny == 0 || law.nz == 0 || law.p.size() != law.ns * law.ny * law.nz) {
    core::fail_argument(kWhere, "expected {}*{}*{} > 0 cells, got {}", law.ns, law.ny, law.nz,
                        law.p.size());
  }
  double sum = 0;
  for (const double p : law.p) {
    if (!(p >= 0) || !std::isfinite(p)) {
      core::fail_argument(kWhere, "expected cells that are finite and >= 0, got {}", p);
    }
    sum += p;
  }
  if (!(sum > 0) || !std::isfinite(sum)) {
    core::fail_argument(kWhere, "expected a finite positive sum of cells, got {}", sum);
  }
  TripleLaw out = law;
  for (double& p : out.p) p /= sum;
  return out;
}

// In nats; the four from the redundancy.
Decomposition in_bits(const Told& t, double redundancy) {
  return {.redundancy = redundancy * core::kBitsPerNat,
          .unique_y = (t.y - redundancy) * core::kBitsPerNat,
          .unique_z = (t.z - redundancy) * core::kBitsPerNat,
          .synergy = (t.both - t.y - t.z + redundancy) * core::kBitsPerNat};
}

Decomposition williams_beer(const TripleLaw& given) {
  const TripleLaw law = checked(given);
  const Margins m = margins(law);
  // p(s) I(S=s;source)
  const auto specific = [&](std::size_t s, const Vector& joint, const Vector& source) {
    double sum = 0;
    for (Index v = 0; v < source.size(); ++v) {
      const double p = joint[static_cast<Index>(s) * source.size() + v];
      if (p > 0) sum += p * std::log(p / (source[v] * m.s[s]));
    }
    return sum;
  };
  double redundancy = 0;
  for (std::size_t s = 0; s < law.ns; ++s) {
    redundancy += std::min(specific(s, m.sy, m.y), specific(s, m.sz, m.z));
  }
  return in_bits(told(law), redundancy);
}

// min sum q log(q / q(y,z)) over q > 0 on the cells that the margins allow, A q = b. Each cell lies
// in one group (y,z), one row (s,y) and one row (s,z) of A.
struct Programme {
  std::vector<std::size_t> cell;           // in the law
  std::vector<Index> group, row_y, row_z;  // row_z -1: left out, as it follows from the others
  Index groups = 0;
  Vector b;
};

Programme programme(const TripleLaw& law) {
  const Margins m = margins(law);
  Programme out;
  out.groups = m.yz.size();
  std::vector<double> b;
  std::vector<Index> index_y(m.sy.size(), -1), index_z(m.sz.size(), -1);
  for (std::size_t s = 0; s < law.ns; ++s) {
    for (std::size_t y = 0; y < law.ny; ++y) {
      const std::size_t sy = s * law.ny + y;
      if (m.sy[sy] <= 0) continue;
      index_y[sy] = static_cast<Index>(b.size());
      b.push_back(m.sy[sy]);
    }
    bool first = true;
    for (std::size_t z = 0; z < law.nz; ++z) {
      const std::size_t sz = s * law.nz + z;
      if (m.sz[sz] <= 0 || std::exchange(first, false)) continue;
      index_z[sz] = static_cast<Index>(b.size());
      b.push_back(m.sz[sz]);
    }
  }
  for (std::size_t s = 0, cell = 0; s < law.ns; ++s) {
    for (std::size_t y = 0; y < law.ny; ++y) {
      for (std::size_t z = 0; z < law.nz; ++z, ++cell) {
        if (m.sy[s * law.ny + y] <= 0 || m.sz[s * law.nz + z] <= 0) continue;
        out.cell.push_back(cell);
        out.group.push_back(static_cast<Index>(y * law.nz + z));
        out.row_y.push_back(index_y[s * law.ny + y]);
        out.row_z.push_back(index_z[s * law.nz + z]);
      }
    }
  }
  out.b = Eigen::Map<const Vector>(b.data(), static_cast<Index>(b.size()));
  return out;
}

class Barrier {
 public:
  Barrier(const Programme& p, Vector q)
      : p_(p), q_(std::move(q)), dual_(Vector::Zero(p.b.size())) {}

  // Newton steps at weight t until the decrement is small. With it the objective is within
  // (cells + 1) / t of the minimum.
  void centre(double t) {
    constexpr int kMostSteps = 60;
    dual_ *= t / weight_;  // as it grows along the central path
    weight_ = t;
    for (int i = 0; i < kMostSteps; ++i) {
      if (!step(t)) return;
    }
  }
  const Vector& q() const { return q_; }

 private:
  Vector group_sums(const Vector& v) const {
    Vector out = Vector::Zero(p_.groups);
    for (Index i = 0; i < v.size(); ++i) out[p_.group[i]] += v[i];
    return out;
  }
  double value(const Vector& q, double t) const {
    const Vector w = group_sums(q);
    double sum = 0;
    for (Index i = 0; i < q.size(); ++i) {
      sum += t * q[i] * std::log(q[i] / w[p_.group[i]]) - std::log(q[i]);
    }
    return sum;
  }
  Vector times_a(const Vector& v) const {
    Vector out = Vector::Zero(p_.b.size());
    for (Index i = 0; i < v.size(); ++i) {
      out[p_.row_y[i]] += v[i];
      if (p_.row_z[i] >= 0) out[p_.row_z[i]] += v[i];
    }
    return out;
  }
  Vector times_a_transposed(const Vector& v) const {
    Vector out(q_.size());
    for (Index i = 0; i < q_.size(); ++i) {
      out[i] = v[p_.row_y[i]] + (p_.row_z[i] >= 0 ? v[p_.row_z[i]] : 0);
    }
    return out;
  }

  // The Hessian is D - t/w 11' in each group, D = t/q + 1/q^2. By Sherman and Morrison its inverse
  // is 1/D + u u' / c with u = 1/D and c = w/t - sum u, which is written as sum q - t/D = sum q /
  // (1 + t q) over t, free of cancellation.
  struct Inverse {
    Vector u, c;
  };
  Inverse inverse(double t) const {
    Vector u(q_.size()), part(q_.size());
    for (Index i = 0; i < q_.size(); ++i) {
      u[i] = q_[i] * q_[i] / (1 + t * q_[i]);
      part[i] = q_[i] / (1 + t * q_[i]) / t;
    }
    return {u, group_sums(part)};
  }
  Vector apply(const Inverse& h, const Vector& v) const {
    const Vector scaled = h.u.cwiseProduct(v);
    const Vector sums = group_sums(scaled);
    Vector out = scaled;
    for (Index i = 0; i < v.size(); ++i) {
      out[i] += h.u[i] * sums[p_.group[i]] / h.c[p_.group[i]];
    }
    return out;
  }
  // A H^-1 A'.
  Eigen::MatrixXd schur(const Inverse& h) const {
    const Index rows = p_.b.size();
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(rows, rows);
    Eigen::MatrixXd rank = Eigen::MatrixXd::Zero(rows, p_.groups);
    for (Index i = 0; i < q_.size(); ++i) {
      const Index y = p_.row_y[i], z = p_.row_z[i];
      const double root = h.u[i] / std::sqrt(h.c[p_.group[i]]);
      out(y, y) += h.u[i];
      rank(y, p_.group[i]) += root;
      if (z < 0) continue;
      out(z, z) += h.u[i];
      out(y, z) += h.u[i];
      out(z, y) += h.u[i];
      rank(z, p_.group[i]) += root;
    }
    out.noalias() += rank * rank.transpose();
    return out;
  }

  bool step(double t) {
    constexpr double kSmall = 1e-4;
    constexpr int kRefinements = 4;
    const Vector w = group_sums(q_);
    Vector gradient = -times_a_transposed(dual_);
    for (Index i = 0; i < q_.size(); ++i) {
      gradient[i] += t * std::log(q_[i] / w[p_.group[i]]) - 1 / q_[i];
    }
    const Inverse h = inverse(t);
    const auto factor = schur(h).ldlt();
    // Only the change of the dual is solved for, since the dual is of size t and its rounding would
    // push q off the margins; refining takes back what the solve loses near the boundary.
    Vector change = Vector::Zero(p_.b.size());
    Vector move = -apply(h, gradient);
    for (int round = 0; round < kRefinements; ++round) {
      change += factor.solve(p_.b - times_a(q_ + move));
      move = apply(h, times_a_transposed(change) - gradient);
    }
    dual_ += change;
    if (!move.allFinite()) return false;
    const double slope = (gradient - times_a_transposed(change)).dot(move);
    if (-slope < kSmall) return false;
    double length = 1;
    for (Index i = 0; i < q_.size(); ++i) {
      if (move[i] < 0) length = std::min(length, -0.99 * q_[i] / move[i]);
    }
    const double before = value(q_, t);
    for (; length > 1e-10; length *= 0.5) {
      const Vector next = q_ + length * move;
      if (value(next, t) <= before + 0.1 * length * slope) {
        q_ = next;
        return true;
      }
    }
    return false;  // rounding is all that is left
  }

  const Programme& p_;
  Vector q_, dual_;
  double weight_ = 1;  // t of the last centring
};

Decomposition broja(const TripleLaw& given) {
  constexpr double kGapNats = 5e-9, kMostBytes = 1 << 30;
  TripleLaw law = checked(given);
  const Told of_p = told(law);
  const Margins m = margins(law);
  const Programme p = programme(law);
  const double bytes =
      8 * static_cast<double>(p.b.size()) * static_cast<double>(p.b.size() + p.groups);
  if (bytes > kMostBytes) {
    core::fail_argument(kWhere, "broja would need {:.1f} GiB for {} * {} * {} values, at most 1",
                        bytes / kMostBytes, law.ns, law.ny, law.nz);
  }
  // The start: Y and Z independent given S.
  Vector start(static_cast<Index>(p.cell.size()));
  for (std::size_t i = 0; i < p.cell.size(); ++i) {
    const std::size_t s = p.cell[i] / (law.ny * law.nz), y = p.cell[i] / law.nz % law.ny,
                      z = p.cell[i] % law.nz;
    start[static_cast<Index>(i)] = m.sy[s * law.ny + y] * m.sz[s * law.nz + z] / m.s[s];
  }
  Barrier barrier(p, start);
  const double cells = static_cast<double>(p.cell.size()) + 1;
  for (double t = cells;; t = std::min(8 * t, cells / kGapNats)) {
    barrier.centre(t);
    if (t >= cells / kGapNats) break;
  }
  std::fill(law.p.begin(), law.p.end(), 0.0);
  for (std::size_t i = 0; i < p.cell.size(); ++i) {
    law.p[p.cell[i]] = barrier.q()[static_cast<Index>(i)];
  }
  // I_Q(S;Y,Z) = redundancy + both unique parts, as Q has no synergy.
  return in_bits(of_p, of_p.y + of_p.z - told(law).both);
}

constexpr core::Member<DecompositionMethod> kMethods[] = {
    {"broja", "unique information by the least synergetic law of the same pairs; the default",
     "Bertschinger et al. 2014", "O((ns (ny+nz))^3)", broja},
    {"williams-beer", "redundancy I_min; counts different information of equal amount as the same",
     "Williams and Beer 2010", "O(cells)", williams_beer},
};

}  // namespace

std::span<const core::Member<DecompositionMethod>> decomposition_methods() { return kMethods; }

Decomposition decompose(const TripleLaw& law, std::string_view method) {
  return core::find_member(decomposition_methods(), method, kWhere).make(law);
}

TripleLaw empirical_law(std::span<const std::int32_t> s, std::span<const std::int32_t> y,
                        std::span<const std::int32_t> z) {
  constexpr const char* kHere = "measure.empirical_law";
  constexpr double kMostCells = 1 << 24;
  if (s.empty() || s.size() != y.size() || s.size() != z.size()) {
    core::fail_argument(kHere, "expected n >= 1 labels of each, got {}, {} and {}", s.size(),
                        y.size(), z.size());
  }
  const auto cs = joint_labels(s, 1), cy = joint_labels(y, 1), cz = joint_labels(z, 1);
  const auto kinds = [](const std::vector<std::int32_t>& codes) {
    return static_cast<std::size_t>(*std::max_element(codes.begin(), codes.end())) + 1;
  };
  TripleLaw law{.ns = kinds(cs), .ny = kinds(cy), .nz = kinds(cz), .p = {}};
  if (static_cast<double>(law.ns) * static_cast<double>(law.ny) * static_cast<double>(law.nz) >
      kMostCells) {
    core::fail_argument(kHere, "expected at most 2^24 cells, got {} * {} * {}", law.ns, law.ny,
                        law.nz);
  }
  law.p.resize(law.ns * law.ny * law.nz);
  for (std::size_t i = 0; i < s.size(); ++i) {
    law.p[(cs[i] * law.ny + cy[i]) * law.nz + cz[i]] += 1 / static_cast<double>(s.size());
  }
  return law;
}

}  // namespace venturi::measure
