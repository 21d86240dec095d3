// venturi/couple/mec_b.cpp
#include "venturi/couple/mec_b.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <queue>

namespace venturi::couple {
namespace {

// Bits that merging masses a and b costs: (a + b) h(a / (a + b)).
double merge_loss(double a, double b) { return plogp_bits(a) + plogp_bits(b) - plogp_bits(a + b); }

// A partition as it is merged; members are lists joined end to end.
struct Partition {
  std::vector<double> mass;
  std::vector<std::vector<Index>> members;
  double entropy_bits = 0;

  void merge(std::size_t from, std::size_t into) {
    entropy_bits -= merge_loss(mass[from], mass[into]);
    mass[into] += mass[from];
    members[into].insert(members[into].end(), members[from].begin(), members[from].end());
    mass[from] = mass.back();
    members[from] = std::move(members.back());
    mass.pop_back();
    members.pop_back();
  }
};

// The single merge that brings the entropy to the rate or below at the least loss, done; false if
// none does. For a given a the loss grows with b, so each a needs one search.
bool cross(Partition& partition, double rate_bits) {
  const double need = partition.entropy_bits - rate_bits;
  std::vector<std::size_t> order(partition.mass.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return partition.mass[i] < partition.mass[j] ||
           (partition.mass[i] == partition.mass[j] && i < j);
  });
  double least = 1e300;
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double a = partition.mass[order[i]];
    const auto at = std::partition_point(order.begin() + i + 1, order.end(), [&](std::size_t j) {
      return merge_loss(a, partition.mass[j]) < need;
    });
    if (at == order.end()) continue;
    const double loss = merge_loss(a, partition.mass[*at]);
    if (loss < least) {
      least = loss;
      best = {order[i], *at};
    }
  }
  if (least > 1e299) return false;
  partition.merge(best.first, best.second);
  return true;
}

Partition singletons(const Vector& p) {
  Partition out;
  for (Index x = 0; x < p.size(); ++x) {
    if (p[x] <= 0) continue;
    out.mass.push_back(p[x]);
    out.members.push_back({x});
  }
  out.entropy_bits = entropy_bits(p);
  return out;
}

// The partitions around the rate that one order of merging meets.
struct Crossing {
  Partition below;  // entropy <= rate
  Partition above;  // the last with entropy > rate
};

// The two smallest again and again: small losses, so it comes near the rate.
Crossing merge_smallest(const Vector& p, double rate_bits) {
  Partition at = singletons(p);
  // Masses with their first member as a stable name: places change as the vectors shrink.
  using Entry = std::pair<double, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  std::vector<std::size_t> place(p.size());
  for (std::size_t k = 0; k < at.mass.size(); ++k) {
    queue.emplace(at.mass[k], at.members[k].front());
    place[at.members[k].front()] = k;
  }
  while (true) {
    const Entry a = queue.top();
    queue.pop();
    const Entry b = queue.top();
    if (at.entropy_bits - merge_loss(a.first, b.first) <= rate_bits) break;
    queue.pop();
    const std::size_t from = place[a.second];
    const std::size_t into = place[b.second];
    const Index last = at.members.back().front();
    at.merge(from, into);
    if (last != a.second) place[last] = from;
    queue.emplace(a.first + b.first, b.second);
  }
  Crossing out{at, at};
  cross(out.below, rate_bits);
  return out;
}

// Singletons, smallest first, into the largest: the order with the guarantee.
Crossing absorb(const Vector& p, double rate_bits) {
  Partition at = singletons(p);
  const auto main =
      static_cast<std::size_t>(std::max_element(at.mass.begin(), at.mass.end()) - at.mass.begin());
  std::swap(at.mass[0], at.mass[main]);
  std::swap(at.members[0], at.members[main]);
  // The others in falling mass, so that the smallest is always last and leaves without a move.
  std::vector<std::size_t> order(at.mass.size() - 1);
  std::iota(order.begin(), order.end(), std::size_t{1});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return at.mass[i] > at.mass[j] || (at.mass[i] == at.mass[j] && i < j);
  });
  Partition sorted;
  sorted.entropy_bits = at.entropy_bits;
  sorted.mass.push_back(at.mass[0]);
  sorted.members.push_back(at.members[0]);
  for (const std::size_t k : order) {
    sorted.mass.push_back(at.mass[k]);
    sorted.members.push_back(at.members[k]);
  }
  while (sorted.entropy_bits - merge_loss(sorted.mass.back(), sorted.mass[0]) > rate_bits) {
    sorted.merge(sorted.mass.size() - 1, 0);
  }
  Crossing out{sorted, sorted};
  cross(out.below, rate_bits);
  return out;
}

std::vector<int> labels_of(const Partition& partition, Index n) {
  std::vector<int> labels(n, 0);  // x of no mass go anywhere
  for (std::size_t t = 0; t < partition.members.size(); ++t) {
    for (const Index x : partition.members[t]) labels[x] = static_cast<int>(t);
  }
  return labels;
}

// A deterministic map: H and I computed afresh, so that merging leaves no rounding behind.
Ebim map_of(const Vector& p, const std::vector<int>& labels) {
  Ebim out;
  std::map<int, int> names;
  for (Index x = 0; x < p.size(); ++x) {
    const auto [at, fresh] = names.emplace(labels[x], static_cast<int>(names.size()));
    out.labels.push_back(at->second);
  }
  out.code = Vector::Zero(static_cast<Index>(names.size()));
  for (Index x = 0; x < p.size(); ++x) out.code[out.labels[x]] += p[x];
  out.entropy_bits = out.information_bits = couple::entropy_bits(out.code);
  return out;
}

// Moves as much of row x to code `to` as brings H(T) to `goal` (H is monotone up to `most`).
void lean(Ebim& out, const Vector& p, Index row, int to, double goal) {
  const int from = out.labels[row];
  const double a = out.code[from];
  const double b = out.code[to];
  const double rest = out.entropy_bits - plogp_bits(a) - plogp_bits(b);
  const auto entropy_at = [&](double mass) {
    return rest + plogp_bits(a - mass) + plogp_bits(b + mass);
  };
  // Towards balance H rises, away from it H falls; past balance it would turn.
  const bool rising = goal > out.entropy_bits;
  double low = 0;
  double high = rising ? std::min(p[row], std::max(0.5 * (a - b), 0.0)) : p[row];
  if ((entropy_at(high) < goal) == rising) {
    low = high;  // even the whole step does not reach the goal
  }
  for (int step = 0; step < 200 && low < high; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    ((entropy_at(middle) < goal) == rising ? low : high) = middle;
  }
  // Of the two ends the one that keeps H <= goal.
  const double mass = rising ? low : high;
  if (mass <= 0) return;
  out.moved_row = row;
  out.moved_to = to;
  out.moved_mass = mass;
  out.code[from] -= mass;
  out.code[to] += mass;
  out.entropy_bits = couple::entropy_bits(out.code);
  out.information_bits =
      out.entropy_bits - p[row] * binary_entropy_bits(std::min(mass / p[row], 1.0));
}

Ebim near_map(const Vector& p, const std::vector<int>& labels, double delta_bits) {
  Ebim out = map_of(p, labels);
  const double goal = out.entropy_bits + delta_bits;
  Index row = -1;
  if (delta_bits > 0) {
    // The smallest p(x|t) of all, to a code of its own.
    for (Index x = 0; x < p.size(); ++x) {
      if (p[x] <= 0) continue;
      if (row < 0 || p[x] * out.code[out.labels[row]] < p[row] * out.code[out.labels[x]]) row = x;
    }
    out.code.conservativeResize(out.code.size() + 1);
    out.code[out.code.size() - 1] = 0;
    lean(out, p, row, static_cast<int>(out.code.size()) - 1, goal);
    if (out.moved_row < 0) out.code.conservativeResize(out.code.size() - 1);
  } else if (delta_bits < 0 && out.code.size() > 1) {
    // The smallest row of the lightest code, towards the heaviest.
    Index light = 0;
    Index heavy = 0;
    for (Index t = 0; t < out.code.size(); ++t) {
      if (out.code[t] > 0 && (out.code[t] < out.code[light] || out.code[light] <= 0)) light = t;
      if (out.code[t] > out.code[heavy]) heavy = t;
    }
    if (light == heavy) heavy = light == 0 ? 1 : 0;
    for (Index x = 0; x < p.size(); ++x) {
      if (out.labels[x] == light && p[x] > 0 && (row < 0 || p[x] < p[row])) row = x;
    }
    lean(out, p, row, static_cast<int>(heavy), goal);
  }
  return out;
}

struct Maps {
  Ebim below;
  std::vector<std::vector<int>> around;  // labels worth starting from
};

Maps greedy_maps(const Vector& p, double rate_bits, std::string_view where) {
  if (!(rate_bits >= 0)) core::fail_argument(where, "expected rate >= 0 bits, got {}", rate_bits);
  std::vector<int> own(p.size());
  std::iota(own.begin(), own.end(), 0);
  Maps out{map_of(p, own), {}};
  if (out.below.entropy_bits <= rate_bits) return out;
  bool first = true;
  for (const Crossing& crossing : {merge_smallest(p, rate_bits), absorb(p, rate_bits)}) {
    const Ebim found = map_of(p, labels_of(crossing.below, p.size()));
    if (first || found.information_bits > out.below.information_bits) out.below = found;
    first = false;
    out.around.push_back(labels_of(crossing.below, p.size()));
    out.around.push_back(labels_of(crossing.above, p.size()));
  }
  return out;
}

}  // namespace

Matrix Ebim::encoder(const VectorView& p) const {
  Matrix out = Matrix::Zero(static_cast<Index>(labels.size()), code.size());
  for (std::size_t x = 0; x < labels.size(); ++x) out(static_cast<Index>(x), labels[x]) = 1;
  if (moved_row >= 0) {
    const double part = moved_mass / p[moved_row];
    out(moved_row, labels[moved_row]) -= part;
    out(moved_row, moved_to) += part;
  }
  return out;
}

Ebim ebim_map(const VectorView& p, double rate_bits) {
  constexpr std::string_view kWhere = "couple.ebim_map";
  return greedy_maps(checked_distribution(p, kWhere), rate_bits, kWhere).below;
}

Ebim ebim(const VectorView& p, double rate_bits) {
  constexpr std::string_view kWhere = "couple.ebim";
  const Vector law = checked_distribution(p, kWhere);
  const Maps maps = greedy_maps(law, rate_bits, kWhere);
  Ebim best = maps.below;
  for (const auto& labels : maps.around) {
    const double delta = rate_bits - map_of(law, labels).entropy_bits;
    const Ebim found = near_map(law, labels, delta);
    if (found.entropy_bits <= rate_bits + 1e-12 && found.information_bits > best.information_bits) {
      best = found;
    }
  }
  return best;
}

Ebim ebim_near_map(const VectorView& p, const std::vector<int>& labels, double delta_bits) {
  constexpr std::string_view kWhere = "couple.ebim_near_map";
  const Vector law = checked_distribution(p, kWhere);
  if (static_cast<Index>(labels.size()) != law.size()) {
    core::fail_argument(kWhere, "expected {} labels, got {}", law.size(), labels.size());
  }
  if (!std::isfinite(delta_bits)) {
    core::fail_argument(kWhere, "expected a finite change of rate, got {}", delta_bits);
  }
  return near_map(law, labels, delta_bits);
}

MecB mec_b(const VectorView& px, const VectorView& py, double rate_bits) {
  constexpr std::string_view kWhere = "couple.mec_b";
  const Vector p = checked_distribution(px, kWhere);
  const Vector q = checked_distribution(py, kWhere);
  MecB out;
  out.encoder = ebim(p, rate_bits);
  out.decoder = greedy_coupling(out.encoder.code, q);
  const Matrix code_y = out.decoder.dense(out.encoder.code.size(), q.size());
  const Vector inverse = out.encoder.code.unaryExpr([](double c) { return c > 0 ? 1 / c : 0.0; });
  out.joint = (p.asDiagonal() * out.encoder.encoder(p)) * (inverse.asDiagonal() * code_y);
  out.information_bits = mutual_information_bits(out.joint);
  out.code_information_bits = mutual_information_bits(code_y);
  out.lower_bound_bits =
      out.encoder.information_bits + out.code_information_bits - out.encoder.entropy_bits;
  return out;
}

}  // namespace venturi::couple
