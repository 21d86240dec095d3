#include "venturi/compress/gaussian_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "venturi/compress/hadamard.hpp"
#include "venturi/core/error.hpp"
#include "venturi/core/key.hpp"
#include "venturi/data/array.hpp"

namespace venturi::compress {
namespace {

constexpr std::string_view kWhere = "compress.gaussian_grid";

double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }
double below(double x) { return .5 * std::erfc(-x / std::numbers::sqrt2); }

// P, E x, E x^2 over a cell.
struct Cell {
  double mass, first, second;
};
Cell cell(double a, double b) {
  const double fa = std::isinf(a) ? 0 : density(a), fb = std::isinf(b) ? 0 : density(b);
  // From the nearer tail, so that small masses keep their digits.
  const double mass = a > 0 ? below(-a) - below(-b) : below(b) - below(a);
  return {mass, fa - fb, mass + (std::isinf(a) ? 0 : a * fa) - (std::isinf(b) ? 0 : b * fb)};
}

GaussianGrid line(int n) {
  std::vector<double> x(static_cast<std::size_t>(n));
  // Points of the best density, p^(1/3): a normal law of deviation sqrt(3).
  for (int i = 0; i < n; ++i) {
    double low = -20, high = 20;
    const double share = (i + .5) / n;
    for (int k = 0; k < 60; ++k) {
      const double middle = (low + high) / 2;
      (below(middle / std::sqrt(3.0)) < share ? low : high) = middle;
    }
    x[static_cast<std::size_t>(i)] = low;
  }
  constexpr double inf = std::numeric_limits<double>::infinity();
  GaussianGrid out{.dimensions = 1};
  for (int iteration = 0; iteration < 200000; ++iteration) {
    double moved = 0;
    out.error = 0;
    std::vector<double> next(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Cell c = cell(i == 0 ? -inf : (x[i - 1] + x[i]) / 2,
                          i + 1 == x.size() ? inf : (x[i] + x[i + 1]) / 2);
      next[i] = c.first / c.mass;
      out.error += c.second - 2 * x[i] * c.first + x[i] * x[i] * c.mass;
      moved = std::max(moved, std::abs(next[i] - x[i]));
    }
    x = std::move(next);
    if (moved < 1e-10) break;
  }
  out.points = std::move(x);
  return out;
}

// The plane as points of equal weight: `radii` rings of equal probability, each at the radius of
// its mean square, so that E|x|^2 = 2 is exact whatever the number of rings.
struct Plane {
  std::vector<double> x, y;
  double weight = 0;
};
Plane plane(int radii, int angles) {
  Plane out{.x = {}, .y = {}, .weight = 1.0 / (static_cast<double>(radii) * angles)};
  // P(|x| > r) = exp(-r^2/2); E[|x|^2; |x| > r] = (r^2 + 2) exp(-r^2/2).
  const auto beyond = [](double p) { return p > 0 ? (2 - 2 * std::log(p)) * p : 0; };
  for (int i = 0; i < radii; ++i) {
    const double from = 1 - static_cast<double>(i) / radii,
                 to = 1 - static_cast<double>(i + 1) / radii;
    const double r = std::sqrt((beyond(from) - beyond(i + 1 == radii ? 0 : to)) * radii);
    for (int k = 0; k < angles; ++k) {
      const double angle = 2 * std::numbers::pi * (k + .5 * (i % 2)) / angles;
      out.x.push_back(r * std::cos(angle));
      out.y.push_back(r * std::sin(angle));
    }
  }
  return out;
}

// The nearest of n points of the plane, by cells of a square lattice over [-6, 6]^2: candidates of
// each are those that may be nearest to some point in it.
class Nearest {
 public:
  explicit Nearest(const std::vector<double>& points) : points_(points) {
    const std::size_t n = points.size() / 2;
    cells_.resize(kSide * kSide);
    const double reach = kCell * std::numbers::sqrt2 / 2;
    for (int i = 0; i < kSide; ++i) {
      for (int j = 0; j < kSide; ++j) {
        const double x = (i + .5) * kCell - kHalf, y = (j + .5) * kCell - kHalf;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < n; ++k) least = std::min(least, distance(k, x, y));
        for (std::size_t k = 0; k < n; ++k) {
          if (std::sqrt(distance(k, x, y)) <= std::sqrt(least) + 2 * reach) {
            cells_[static_cast<std::size_t>(i * kSide + j)].push_back(static_cast<int>(k));
          }
        }
      }
    }
  }
  int of(double x, double y) const {
    const auto index = [](double v) {
      return std::clamp(static_cast<int>((v + kHalf) / kCell), 0, kSide - 1);
    };
    int best = -1;
    double least = std::numeric_limits<double>::infinity();
    const auto consider = [&](int k) {
      const double d = distance(static_cast<std::size_t>(k), x, y);
      if (d < least) least = d, best = k;
    };
    if (std::abs(x) < kHalf && std::abs(y) < kHalf) {
      for (const int k : cells_[static_cast<std::size_t>(index(x) * kSide + index(y))]) consider(k);
    } else {
      for (int k = 0; k < static_cast<int>(points_.size() / 2); ++k) consider(k);
    }
    return best;
  }

 private:
  static constexpr int kSide = 60;
  static constexpr double kHalf = 6, kCell = 2 * kHalf / kSide;
  double distance(std::size_t k, double x, double y) const {
    const double dx = points_[2 * k] - x, dy = points_[2 * k + 1] - y;
    return dx * dx + dy * dy;
  }
  const std::vector<double>& points_;
  std::vector<std::vector<int>> cells_;
};

GaussianGrid lloyd(const Plane& plane, std::vector<double> points, int iterations) {
  GaussianGrid out{.dimensions = 2};
  const std::size_t n = points.size() / 2;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    const Nearest nearest(points);
    std::vector<double> mass(n), sx(n), sy(n);
    double error = 0;
    for (std::size_t i = 0; i < plane.x.size(); ++i) {
      const auto k = static_cast<std::size_t>(nearest.of(plane.x[i], plane.y[i]));
      const double w = plane.weight;
      const double dx = plane.x[i] - points[2 * k], dy = plane.y[i] - points[2 * k + 1];
      error += w * (dx * dx + dy * dy);
      mass[k] += w;
      sx[k] += w * plane.x[i];
      sy[k] += w * plane.y[i];
    }
    const double before = out.error;
    out.error = error / 2;
    for (std::size_t k = 0; k < n; ++k) {
      if (mass[k] > 0) points[2 * k] = sx[k] / mass[k], points[2 * k + 1] = sy[k] / mass[k];
    }
    if (iteration > 0 && before - out.error < 1e-7 * out.error) break;
  }
  out.points = std::move(points);
  return out;
}

GaussianGrid in_plane(int n) {
  const Plane coarse = plane(120, 60), fine = plane(500, 120);
  GaussianGrid best{
      .dimensions = 2, .points = {}, .error = std::numeric_limits<double>::infinity()};
  // Small grids have many poor fixed points, and are quick.
  const auto starts = static_cast<std::uint64_t>(std::max(4, 320 / n));
  for (std::uint64_t start = 0; start < starts; ++start) {
    core::Random random(core::Key(start).split("gaussian_grid"));
    std::vector<double> points;
    // sqrt(2): the best density of points in the plane is p^(1/2), a normal law of this deviation.
    for (int i = 0; i < 2 * n; ++i) points.push_back(random.normal() * std::numbers::sqrt2);
    GaussianGrid grid = lloyd(coarse, std::move(points), 150);
    if (grid.error < best.error) best = std::move(grid);
  }
  return lloyd(fine, std::move(best.points), 60);
}

}  // namespace

GaussianGrid gaussian_grid(int points, int dimensions) {
  if (points < 2 || points > 1024 || dimensions < 1 || dimensions > 2) {
    core::fail_argument(kWhere, "expected 2 to 1024 points in 1 or 2 dimensions, got {} in {}",
                        points, dimensions);
  }
  return dimensions == 1 ? line(points) : in_plane(points);
}

CodedMatrix higgs(std::span<const float> w, std::int64_t rows, const GaussianGrid& grid,
                  std::int64_t group, std::uint32_t signs) {
  const auto count = static_cast<std::int64_t>(w.size());
  if (rows < 1 || count % rows != 0 || group < 1 || (count / rows) % grid.dimensions != 0 ||
      group % grid.dimensions != 0) {
    core::fail_argument(
        "compress.higgs",
        "expected whole rows, and groups in tuples of {}, got {} values in {} rows, "
        "groups of {}",
        grid.dimensions, count, rows, group);
  }
  const std::int64_t columns = count / rows, p = grid.dimensions;
  group = std::min(group, columns);
  CodedMatrix out{.way = Way::rotated, .rows = rows, .columns = columns};
  out.group = group;
  out.tuple = p;
  out.signs = signs;
  for (const double v : grid.points) out.table.push_back(static_cast<float>(v));
  const auto n = static_cast<std::int32_t>(grid.points.size()) / static_cast<std::int32_t>(p);
  std::vector<float> row(static_cast<std::size_t>(columns));
  std::vector<double> middles;
  for (std::size_t i = 1; p == 1 && i < grid.points.size(); ++i) {
    middles.push_back((grid.points[i - 1] + grid.points[i]) / 2);
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    std::copy_n(w.begin() + r * columns, columns, row.begin());
    rotate(row, group, signs);
    for (std::int64_t c = 0; c < columns; c += p) {
      if (c % group == 0) {
        double square = 0;
        const std::int64_t end = std::min(c + group, columns);
        for (std::int64_t i = c; i < end; ++i) {
          square += static_cast<double>(row[static_cast<std::size_t>(i)]) *
                    row[static_cast<std::size_t>(i)];
        }
        const auto rms = static_cast<float>(std::sqrt(square / static_cast<double>(end - c)));
        out.scales.push_back(data::from_f16(data::to_f16(std::min(rms, 60000.0F))));
      }
      const double scale = std::max(out.scales.back(), 1e-30F);
      std::int32_t best = 0;
      if (p == 1) {
        const double x = row[static_cast<std::size_t>(c)] / scale;
        best = static_cast<std::int32_t>(std::lower_bound(middles.begin(), middles.end(), x) -
                                         middles.begin());
      } else {
        double least = std::numeric_limits<double>::infinity();
        for (std::int32_t k = 0; k < n; ++k) {
          double d = 0;
          for (std::int64_t i = 0; i < p; ++i) {
            const double e = row[static_cast<std::size_t>(c + i)] / scale -
                             grid.points[static_cast<std::size_t>(k * p + i)];
            d += e * e;
          }
          if (d < least) least = d, best = k;
        }
      }
      out.levels.push_back(best);
    }
  }
  round_to_file(out);
  return out;
}

}  // namespace venturi::compress
