// venturi/couple/mec.cpp
#include "venturi/couple/mec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "venturi/core/record.hpp"

namespace venturi::couple {
namespace {

constexpr double kRounding = 1e-15;  // sums of masses that are equal differ by as much

// Mass still to be placed, largest first; ties by place, so that the order is one.
struct Piece {
  double mass;
  std::int32_t place;
  bool operator<(const Piece& other) const {
    return mass < other.mass || (mass == other.mass && place > other.place);
  }
};

// The largest of what is left of one marginal: the sorted masses, and a heap of remainders.
class Remainder {
 public:
  explicit Remainder(const Vector& p) {
    sorted_.reserve(p.size());
    for (Index i = 0; i < p.size(); ++i) {
      if (p[i] > 0) sorted_.push_back({p[i], static_cast<std::int32_t>(i)});
    }
    std::sort(sorted_.begin(), sorted_.end(), [](const Piece& a, const Piece& b) { return b < a; });
  }

  bool empty() const { return next_ == sorted_.size() && heap_.empty(); }
  Piece top() const { return from_heap() ? heap_.front() : sorted_[next_]; }
  // Takes `mass` off the largest.
  void take(double mass) {
    Piece piece = top();
    if (from_heap()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    } else {
      ++next_;
    }
    piece.mass -= mass;
    if (piece.mass <= 0) return;
    heap_.push_back(piece);
    std::push_heap(heap_.begin(), heap_.end());
  }

 private:
  bool from_heap() const {
    return !heap_.empty() && (next_ == sorted_.size() || sorted_[next_] < heap_.front());
  }

  std::vector<Piece> sorted_;
  std::size_t next_ = 0;
  std::vector<Piece> heap_;
};

std::vector<Vector> checked(std::span<const Vector> marginals, std::string_view where) {
  if (marginals.empty()) core::fail_argument(where, "expected at least one marginal");
  std::vector<Vector> out;
  for (const Vector& p : marginals) {
    if (p.size() > std::numeric_limits<std::int32_t>::max()) {
      core::fail_argument(where, "expected at most 2^31 - 1 outcomes, got {}", p.size());
    }
    out.push_back(checked_distribution(p, where));
  }
  return out;
}

std::vector<double> sorted_masses(const Vector& p, std::size_t size) {
  std::vector<double> out(p.data(), p.data() + p.size());
  out.resize(std::max(size, out.size()), 0.0);
  std::sort(out.begin(), out.end(), std::greater<>());
  return out;
}

// Integral over [0, total] of log2 1 / min_k f_k, where f_k lays the sorted masses of marginal k
// side by side: below, a cell at that height of the cumulative law is at most that large.
double profile_of(std::span<const std::vector<double>> sorted) {
  std::vector<std::size_t> at(sorted.size(), 0);
  std::vector<double> left(sorted.size());
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    if (sorted[k].empty()) return 0;
    left[k] = sorted[k][0];
  }
  double bits = 0;
  for (;;) {
    double width = left[0];
    double least = sorted[0][at[0]];
    for (std::size_t k = 1; k < sorted.size(); ++k) {
      width = std::min(width, left[k]);
      least = std::min(least, sorted[k][at[k]]);
    }
    if (least <= 0) return bits;
    bits -= width * std::log2(least);
    for (std::size_t k = 0; k < sorted.size(); ++k) {
      left[k] -= width;
      if (left[k] > 0) continue;
      if (++at[k] == sorted[k].size()) return bits;
      left[k] = sorted[k][at[k]];
    }
  }
}

void add_cell(Coupling& out, Index row, Index column, double mass) {
  if (!(mass > 0)) return;
  out.places.push_back(static_cast<std::int32_t>(row));
  out.places.push_back(static_cast<std::int32_t>(column));
  out.masses.push_back(mass);
}

std::vector<Index> descending(const Vector& p) {
  std::vector<Index> order(p.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return p[i] > p[j]; });
  return order;
}

// Depth first over greedy orders: each step places min(row left, column left) in one cell.
class BranchAndBound {
 public:
  BranchAndBound(const Vector& p, const Vector& q, const ExactCouplingOptions& options)
      : rows_(p), columns_(q), options_(options) {
    end_ = core::now_seconds() + options.time_limit_s;
  }

  void offer(const Coupling& coupling) {
    const double bits = coupling.entropy_bits();
    if (bits < best_bits_) {
      best_bits_ = bits;
      best_ = coupling;
    }
  }

  ExactCoupling solve() {
    Coupling partial;
    partial.variables = 2;
    visit(partial, 0);
    const std::array<Vector, 2> both{rows_, columns_};
    return {best_, best_bits_, stopped_ ? profile_bound_bits(both) : best_bits_, nodes_, !stopped_};
  }

 private:
  double bound() const {
    const std::array<std::vector<double>, 2> left{sorted_masses(rows_, 0),
                                                  sorted_masses(columns_, 0)};
    return profile_of(left);
  }

  void visit(Coupling& partial, double bits) {
    if (stopped_) return;
    ++nodes_;
    if (nodes_ > options_.node_limit || ((nodes_ & 1023) == 0 && core::now_seconds() > end_)) {
      stopped_ = true;
      return;
    }
    if (std::min(rows_.maxCoeff(), columns_.maxCoeff()) <= kNothing) {
      if (bits < best_bits_ - 1e-12) {
        best_bits_ = bits;
        best_ = partial;
      }
      return;
    }
    if (bits + bound() >= best_bits_ - 1e-12) return;
    for (Index i = 0; i < rows_.size(); ++i) {
      for (Index j = 0; j < columns_.size(); ++j) {
        if (rows_[i] <= kNothing || columns_[j] <= kNothing || !canonical(partial, i, j)) continue;
        place(partial, bits, i, j);
      }
    }
  }

  // Steps in different rows and columns commute: only the order by row, then column, is followed.
  static bool canonical(const Coupling& partial, Index i, Index j) {
    if (partial.cells() == 0) return true;
    const Index last_i = partial.place(partial.cells() - 1, 0);
    const Index last_j = partial.place(partial.cells() - 1, 1);
    return i == last_i || j == last_j || i > last_i;
  }

  void place(Coupling& partial, double bits, Index i, Index j) {
    const double row = rows_[i];
    const double column = columns_[j];
    const double mass = std::min(row, column);
    rows_[i] = row - mass;
    columns_[j] = column - mass;
    add_cell(partial, i, j, mass);
    visit(partial, bits + plogp_bits(mass));
    partial.places.resize(partial.places.size() - 2);
    partial.masses.pop_back();
    rows_[i] = row;
    columns_[j] = column;
  }

  static constexpr double kNothing = 1e-14;
  Vector rows_;
  Vector columns_;
  const ExactCouplingOptions& options_;
  double end_ = 0;
  std::int64_t nodes_ = 0;
  bool stopped_ = false;
  double best_bits_ = std::numeric_limits<double>::infinity();
  Coupling best_;
};

}  // namespace

double Coupling::entropy_bits() const {
  double sum = 0;
  for (const double mass : masses) sum += plogp_bits(mass);
  return sum;
}

Vector Coupling::marginal(Index variable, Index n) const {
  Vector out = Vector::Zero(n);
  for (Index c = 0; c < cells(); ++c) out[place(c, variable)] += masses[c];
  return out;
}

Matrix Coupling::dense(Index n, Index m) const {
  if (variables != 2) {
    core::fail_argument("couple.Coupling.dense", "expected 2 variables, got {}", variables);
  }
  Matrix out = Matrix::Zero(n, m);
  for (Index c = 0; c < cells(); ++c) out(place(c, 0), place(c, 1)) += masses[c];
  return out;
}

Coupling greedy_coupling(std::span<const Vector> marginals) {
  const auto laws = checked(marginals, "couple.greedy_coupling");
  std::vector<Remainder> left;
  std::size_t cells = 1;
  for (const Vector& p : laws) {
    left.emplace_back(p);
    cells += static_cast<std::size_t>(p.size() - 1);
  }
  Coupling out;
  out.variables = static_cast<Index>(laws.size());
  out.masses.reserve(cells);
  out.places.reserve(cells * laws.size());
  const auto none_empty = [&] {
    return std::none_of(left.begin(), left.end(), [](const Remainder& r) { return r.empty(); });
  };
  while (none_empty()) {
    double mass = std::numeric_limits<double>::infinity();
    for (const Remainder& r : left) mass = std::min(mass, r.top().mass);
    for (Remainder& r : left) {
      out.places.push_back(r.top().place);
      r.take(mass);
    }
    out.masses.push_back(mass);
  }
  return out;
}

Coupling greedy_coupling(const VectorView& p, const VectorView& q) {
  const std::array<Vector, 2> both{Vector(p), Vector(q)};
  return greedy_coupling(both);
}

Vector majorization_meet(std::span<const Vector> marginals) {
  const auto laws = checked(marginals, "couple.majorization_meet");
  std::size_t n = 0;
  for (const Vector& p : laws) n = std::max(n, static_cast<std::size_t>(p.size()));
  std::vector<double> least(n, std::numeric_limits<double>::infinity());
  for (const Vector& p : laws) {
    const auto sorted = sorted_masses(p, n);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) least[i] = std::min(least[i], sum += sorted[i]);
  }
  Vector out(static_cast<Index>(n));
  double before = 0;
  for (std::size_t i = 0; i < n; ++i) {
    out[static_cast<Index>(i)] = std::max(least[i] - before, 0.0);
    before = std::max(before, least[i]);
  }
  return out;
}

double meet_bound_bits(std::span<const Vector> marginals) {
  return couple::entropy_bits(majorization_meet(marginals));
}

double profile_bound_bits(std::span<const Vector> marginals) {
  const auto laws = checked(marginals, "couple.profile_bound_bits");
  std::vector<std::vector<double>> sorted;
  sorted.reserve(laws.size());
  for (const Vector& p : laws) sorted.push_back(sorted_masses(p, 0));
  return profile_of(sorted);
}

// From the last place up, with s_i = max(suffix of p, suffix of q): z_i = s_i - s_{i+1} is the
// meet. Pieces of z wait in a heap, bound to a row (or column) and in want of a column (or row).
// While the same side leads, the smallest waiting pieces fill line i and z_i tops it up, so z_i
// splits in two at most; where the lead changes, all that waits goes to line i.
Coupling meet_split_coupling(const VectorView& p, const VectorView& q) {
  const std::array<Vector, 2> given{Vector(p), Vector(q)};
  const auto laws = checked(given, "couple.meet_split_coupling");
  const Index n = std::max(p.size(), q.size());
  std::array<std::vector<double>, 2> mass;
  std::array<std::vector<Index>, 2> place;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto order = descending(laws[side]);
    for (const Index i : order) {
      mass[side].push_back(laws[side][i]);
      place[side].push_back(i);
    }
    mass[side].resize(n, 0.0);
    place[side].resize(n, 0);  // zero masses make no cells
  }
  Coupling out;
  out.variables = 2;
  const auto emit = [&](std::size_t side, Index bound, Index other, double amount) {
    if (side == 0) {
      add_cell(out, bound, other, amount);
    } else {
      add_cell(out, other, bound, amount);
    }
  };
  // Piece.place: the sorted line to which a waiting piece is bound, on side `lead`.
  const auto smallest_first = [](const Piece& a, const Piece& b) { return b < a; };
  std::vector<Piece> waiting;
  std::size_t lead = 0;
  std::array<double, 2> suffix{0, 0};
  for (Index i = n; i-- > 0;) {
    suffix[0] += mass[0][i];
    suffix[1] += mass[1][i];
    const std::size_t now = suffix[0] == suffix[1] ? lead : (suffix[0] > suffix[1] ? 0 : 1);
    const bool turned = now != lead;
    // The line to fill is on the side that did not lead before: all of it, by what waits and by z.
    const std::size_t fill = 1 - lead;
    double want = mass[fill][i];
    while (!waiting.empty() && (turned || waiting.front().mass <= want + kRounding)) {
      std::pop_heap(waiting.begin(), waiting.end(), smallest_first);
      const Piece piece = waiting.back();
      waiting.pop_back();
      emit(lead, place[lead][piece.place], place[fill][i], piece.mass);
      want -= piece.mass;
    }
    // z as what the lines still need, not as a difference of suffixes, which would leave rounding.
    double z = turned ? std::max(want, 0.0) : mass[lead][i];
    // z lies at (i, i) as far as both lines have room; the rest waits, bound to the side that
    // leads.
    const double here = std::clamp(turned ? mass[lead][i] : want, 0.0, z);
    emit(0, place[0][i], place[1][i], here);
    z -= here;
    lead = now;
    if (z > 0) {
      waiting.push_back({z, static_cast<std::int32_t>(i)});
      std::push_heap(waiting.begin(), waiting.end(), smallest_first);
    }
  }
  return out;
}

ExactCoupling exact_coupling(const VectorView& p, const VectorView& q,
                             const ExactCouplingOptions& options) {
  constexpr std::string_view kWhere = "couple.exact_coupling";
  core::check_options(options, kWhere);
  const Vector a = checked_distribution(p, kWhere);
  const Vector b = checked_distribution(q, kWhere);
  BranchAndBound search(a, b, options);
  search.offer(greedy_coupling(a, b));
  search.offer(meet_split_coupling(a, b));
  return search.solve();
}

}  // namespace venturi::couple
