#include "venturi/measure/known_laws.hpp"

#include <cmath>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/measure/digamma.hpp"
#include "venturi/measure/student.hpp"

namespace venturi::measure {
namespace {

using core::Index;
using core::Key;
using core::Matrix;
using core::Random;

using Point = Eigen::Ref<Eigen::RowVectorXd>;
// What is done to one sample of a pair.
using Bend = std::function<void(Point x, Point y)>;

Pairs sized(Index n, Index dx, Index dy) { return {Matrix(n, dx), Matrix(n, dy)}; }

KnownLaw bent(KnownLaw base, const std::string& prefix, const Bend& bend) {
  return {prefix + " @ " + base.name, base.nats, [draw = base.draw, bend](Index n, Key key) {
            Pairs out = draw(n, key);
            for (Index i = 0; i < n; ++i) bend(out.x.row(i), out.y.row(i));
            return out;
          }};
}

// Every coordinate through one function of each side.
template <class F, class G>
Bend coordinates(F f, G g) {
  return [f, g](Point x, Point y) {
    for (double& v : x) v = f(v);
    for (double& v : y) v = g(v);
  };
}

template <class F>
Bend coordinates(F f) {
  return coordinates(f, f);
}

// corr(x_c, y_c) = rho for c < pairs, all else independent. I = -pairs/2 log(1 - rho^2).
KnownLaw normal_pairs(std::string name, Index d, Index pairs, double rho) {
  const double nats = -0.5 * static_cast<double>(pairs) * std::log1p(-rho * rho);
  return {std::move(name), nats, [=](Index n, Key key) {
            Random random(key);
            Pairs out = sized(n, d, d);
            const double rest = std::sqrt(1 - rho * rho);
            for (Index i = 0; i < n; ++i) {
              for (Index c = 0; c < d; ++c) {
                out.x(i, c) = random.normal();
                const double fresh = random.normal();
                out.y(i, c) = c < pairs ? rho * out.x(i, c) + rest * fresh : fresh;
              }
            }
            return out;
          }};
}

// ln det of m unit normals with all correlations r.
double equicorrelated_log_det(Index m, double r) {
  const auto k = static_cast<double>(m);
  return (k - 1) * std::log(1 - r) + std::log(1 + (k - 1) * r);
}

KnownLaw dense_normal(Index d) {
  constexpr double kCorrelation = 0.5;
  const double nats =
      equicorrelated_log_det(d, kCorrelation) - 0.5 * equicorrelated_log_det(2 * d, kCorrelation);
  return {fmt::format("Multinormal {0}x{0} dense", d), nats, [d](Index n, Key key) {
            Random random(key);
            Pairs out = sized(n, d, d);
            for (Index i = 0; i < n; ++i) {
              const double common = std::sqrt(kCorrelation) * random.normal();
              const auto fresh = [&] {
                return common + std::sqrt(1 - kCorrelation) * random.normal();
              };
              for (double& v : out.x.row(i)) v = fresh();
              for (double& v : out.y.row(i)) v = fresh();
            }
            return out;
          }};
}

double shared_scale_nats(int freedom, Index d) {
  return student_information_nats(freedom, static_cast<double>(d), static_cast<double>(d));
}

KnownLaw student_of(KnownLaw normal, std::string name, int freedom, Index d) {
  const double nats = normal.nats + shared_scale_nats(freedom, d);
  return {std::move(name), nats, [freedom, draw = normal.draw](Index n, Key key) {
            Pairs out = draw(n, key.split("normal"));
            Random random(key.split("scale"));
            for (Index i = 0; i < n; ++i) {
              double chi2 = 0;
              for (int f = 0; f < freedom; ++f) chi2 += std::pow(random.normal(), 2);
              const double scale = std::sqrt(freedom / chi2);
              out.x.row(i) *= scale;
              out.y.row(i) *= scale;
            }
            return out;
          }};
}

KnownLaw student(Index d, int freedom) {
  return student_of(normal_pairs("", d, 0, 0), fmt::format("Student-t {0}x{0} dof{1}", d, freedom),
                    freedom, d);
}

double additive_uniform_nats(double eps) {
  return eps > 0.5 ? 0.25 / eps : eps - std::log(2 * eps);
}

KnownLaw additive_uniform(std::string name, double eps, Index d) {
  return {std::move(name), static_cast<double>(d) * additive_uniform_nats(eps),
          [=](Index n, Key key) {
            Random random(key);
            Pairs out = sized(n, d, d);
            for (Index i = 0; i < n; ++i) {
              for (Index c = 0; c < d; ++c) {
                out.x(i, c) = random.uniform();
                out.y(i, c) = out.x(i, c) + eps * (2 * random.uniform() - 1);
              }
            }
            return out;
          }};
}

// Where an increasing f crosses zero between low and high.
template <class F>
double root(double low, double high, F f) {
  for (int step = 0; step < 100; ++step) {
    const double middle = 0.5 * (low + high);
    (f(middle) < 0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// ln of a Gamma(shape, 1) draw. Source: Marsaglia, Tsang, ACM TOMS 26 (2000); a shape below one by
// Gamma(a) = Gamma(a + 1) U^(1/a).
double log_gamma_draw(double shape, Random& random) {
  double shift = 0;
  if (shape < 1) {
    shift = std::log1p(-random.uniform()) / shape;
    shape += 1;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double z = random.normal(), t = 1 + c * z;
    if (t <= 0) continue;
    const double v = t * t * t;
    if (std::log1p(-random.uniform()) < 0.5 * z * z + d - d * v + d * std::log(v)) {
      return shift + std::log(d * v);
    }
  }
}

double log_gamma_exponential_nats(double s) { return digamma_real(1 / s) + s + std::log(s); }

KnownLaw log_gamma_exponential(double s, Index d) {
  return {"log-gamma-exponential", static_cast<double>(d) * log_gamma_exponential_nats(s),
          [=](Index n, Key key) {
            Random random(key);
            Pairs out = sized(n, d, d);
            for (Index i = 0; i < n; ++i) {
              for (Index c = 0; c < d; ++c) {
                out.x(i, c) = log_gamma_draw(1 / s, random);
                out.y(i, c) = log_gamma_draw(1, random) - out.x(i, c);
              }
            }
            return out;
          }};
}

KnownLaw bivariate() { return normal_pairs("Bivariate normal 1x1", 1, 1, 0.75); }

KnownLaw two_pairs(Index d) {
  return normal_pairs(fmt::format("Multinormal {0}x{0} 2-pair", d), d, 2, 0.8);
}

KnownLaw bimodal() {
  const auto between = [](double p, const auto& cdf) {
    return root(-10, 10, [&](double v) { return cdf(v) - p; });
  };
  KnownLaw out = bent(bivariate(), "",
                      coordinates(
                          [=](double v) {
                            return between(normal_cdf(v), [](double t) {
                              return 0.3 * normal_cdf(t) + 0.7 * normal_cdf(t - 5);
                            });
                          },
                          [=](double v) {
                            return between(normal_cdf(v), [](double t) {
                              return 0.5 * normal_cdf(t + 1) + 0.5 * normal_cdf(t - 3);
                            });
                          }));
  out.name = "Bimodal 1x1";
  return out;
}

KnownLaw swiss_roll() {
  const KnownLaw base = bivariate();
  return {"Swiss roll 2x1", base.nats, [draw = base.draw](Index n, Key key) {
            const Pairs flat = draw(n, key);
            Pairs out = sized(n, 2, 1);
            for (Index i = 0; i < n; ++i) {
              const double t = 1.5 * std::numbers::pi * (1 + 2 * normal_cdf(flat.x(i, 0)));
              out.x.row(i) << t * std::cos(t) / 21, t * std::sin(t) / 21;
              out.y(i, 0) = normal_cdf(flat.y(i, 0));
            }
            return out;
          }};
}

// Coordinates (from, from + 1) turned by |v|^2 / dim.
void turn(Point v, Index from) {
  const double angle = v.squaredNorm() / static_cast<double>(v.size());
  const double a = v[from], b = v[from + 1];
  v[from] = std::cos(angle) * a - std::sin(angle) * b;
  v[from + 1] = std::sin(angle) * a + std::cos(angle) * b;
}

void spiral(Point x, Point y) {
  turn(x, 0);
  turn(y, 1);
}

double half_cube(double t) { return t * std::sqrt(std::fabs(t)); }

Bend wiggly() {
  return coordinates(
      [](double v) {
        return v + 0.4 * std::sin(v) + 0.2 * std::sin(1.7 * v + 1) + 0.03 * std::sin(3.3 * v - 2.5);
      },
      [](double v) {
        return v - 0.4 * std::sin(0.4 * v) + 0.17 * std::sin(1.3 * v + 3.5) +
               0.02 * std::sin(4.3 * v - 2.5);
      });
}

// The parts of `size` pixels on [0, 1] that lie between left and right.
Eigen::RowVectorXd covered(double left, double right, Index size) {
  Eigen::RowVectorXd out(size);
  const auto pixels = static_cast<double>(size);
  for (Index p = 0; p < size; ++p) {
    const auto at = static_cast<double>(p);
    out[p] = std::max(0.0, std::min(pixels * right, at + 1) - std::max(pixels * left, at));
  }
  return out;
}

Eigen::RowVectorXd span_of(double u, double v, Index size) {
  const double least = 2 / static_cast<double>(size);
  const double left = (1 - least) * (1 - std::sqrt(1 - u));
  return covered(left, left + least + v * (1 - left - least), size);
}

Eigen::RowVectorXd bump_at(double u, Index size) {
  const auto grid = Eigen::RowVectorXd::LinSpaced(size, 0, 1).array();
  return (-10 * (grid - u).square()).exp();
}

// An image is the outer product of its upright and its level profile.
void paint(const Eigen::RowVectorXd& upright, const Eigen::RowVectorXd& level, Point pixels) {
  for (Index p = 0; p < upright.size(); ++p) {
    pixels.segment(p * level.size(), level.size()) = upright[p] * level;
  }
}

using Painter = void (*)(const Eigen::RowVectorXd& u, Index size, Point pixels);

KnownLaw image_law(KnownLaw latent, std::string name, Index size, Painter painter) {
  return {std::move(name), latent.nats, [draw = latent.draw, size, painter](Index n, Key key) {
            Pairs hidden = draw(n, key);
            Pairs out = sized(n, size * size, size * size);
            for (Index i = 0; i < n; ++i) {
              painter(hidden.x.row(i).unaryExpr(&normal_cdf), size, out.x.row(i));
              painter(hidden.y.row(i).unaryExpr(&normal_cdf), size, out.y.row(i));
            }
            return out;
          }};
}

// corr(x_c, y_c) equal in all d pairs, of `nats` in all.
KnownLaw even_normals(std::string name, Index d, double nats) {
  return normal_pairs(std::move(name), d, d,
                      std::sqrt(-std::expm1(-2 * nats / static_cast<double>(d))));
}

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

std::vector<KnownLaw> bmi_laws() {
  const Bend cdf = coordinates(normal_cdf), cube = coordinates(half_cube);
  const Bend arcsinh = coordinates([](double v) { return std::asinh(v); });
  std::vector<KnownLaw> out{bivariate(),
                            bent(bivariate(), "Normal CDF", cdf),
                            additive_uniform("Additive uniform 0.1", 0.1, 1),
                            additive_uniform("Additive uniform 0.75", 0.75, 1),
                            bimodal(),
                            bent(bivariate(), "Wiggly", wiggly()),
                            bent(bivariate(), "Half-cube", cube),
                            student(1, 1),
                            bent(student(1, 1), "Asinh", arcsinh),
                            swiss_roll()};
  for (const Index d : {2, 3, 5, 25, 50}) out.push_back(dense_normal(d));
  for (const Index d : {2, 3, 5, 25}) out.push_back(two_pairs(d));
  for (const Index d : {3, 5, 25}) {
    out.push_back(bent(two_pairs(d), "Normal CDF", cdf));
    out.push_back(bent(two_pairs(d), "Half-cube", cube));
    out.push_back(bent(two_pairs(d), "Spiral", spiral));
    out.push_back(bent(bent(two_pairs(d), "Normal CDF", cdf), "Spiral", spiral));
  }
  for (const auto& [d, freedom] : {std::pair{2, 1}, {2, 2}, {3, 2}, {3, 3}, {5, 2}, {5, 3}}) {
    out.push_back(student(d, freedom));
  }
  for (const auto& [d, freedom] : {std::pair{2, 1}, {3, 2}, {5, 2}}) {
    out.push_back(bent(student(d, freedom), "Asinh", arcsinh));
  }
  return out;
}

std::vector<KnownLaw> pair_laws(double nats, Index d) {
  if (d < 1 || d > 1000 || !(nats > 0) || nats > 20 * static_cast<double>(d)) {
    core::fail_argument("measure.pair_laws",
                        "expected 1 <= d <= 1000 and 0 < nats <= 20 d, got d = {} and {}", d, nats);
  }
  const double each = nats / static_cast<double>(d);
  constexpr int kFreedom = 2;
  std::vector<KnownLaw> out{even_normals("normal", d, nats)};
  if (const double rest = nats - shared_scale_nats(kFreedom, d); rest >= 0) {
    out.push_back(student_of(even_normals("", d, rest), "Student-t dof2", kFreedom, d));
  }
  const auto log_root = [&](auto nats_of, double sign) {
    return std::exp(root(-40, 40, [&](double v) { return sign * (nats_of(std::exp(v)) - each); }));
  };
  out.push_back(additive_uniform("smoothed uniform", log_root(additive_uniform_nats, -1), d));
  out.push_back(log_gamma_exponential(log_root(log_gamma_exponential_nats, 1), d));
  return out;
}

std::vector<KnownLaw> image_laws(double nats, Index size) {
  if (!(nats > 0) || nats > 20 || size < 4 || size > 256) {
    core::fail_argument("measure.image_laws",
                        "expected 0 < nats <= 20 and 4 <= size <= 256, got {} and {}", nats, size);
  }
  return {image_law(even_normals("", 2, nats), "gaussians", size,
                    [](const Eigen::RowVectorXd& u, Index side, Point pixels) {
                      paint(bump_at(u[0], side), bump_at(u[1], side), pixels);
                    }),
          image_law(even_normals("", 4, nats), "rectangles", size,
                    [](const Eigen::RowVectorXd& u, Index side, Point pixels) {
                      paint(span_of(u[0], u[1], side), span_of(u[2], u[3], side), pixels);
                    })};
}

}  // namespace venturi::measure
