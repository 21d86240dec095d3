#include "venturi/measure/analysis_figures.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/measure/disentanglement.hpp"
#include "venturi/measure/inductive_bias.hpp"
#include "venturi/measure/interaction_tensor.hpp"
#include "venturi/measure/manifold_overlap.hpp"
#include "venturi/measure/probes.hpp"
#include "venturi/measure/sampled_bias.hpp"

namespace venturi::measure {
namespace {

using core::Figure;
using core::Index;
using core::Key;
using core::Matrix;
using core::MatrixView;

Matrix normals(Index n, Index d, Key key) {
  core::Random random(key);
  Matrix out(n, d);
  for (double& v : out.reshaped<Eigen::RowMajor>()) v = random.normal();
  return out;
}

// A random turn of d columns.
Matrix turn(Index d, Key key) {
  return Eigen::HouseholderQR<Eigen::MatrixXd>(Eigen::MatrixXd(normals(d, d, key))).householderQ();
}

// Products of neighbouring pairs of columns.
Matrix pairwise_products(const Matrix& x) {
  Matrix out(x.rows(), x.cols() / 2);
  for (Index c = 0; c < out.cols(); ++c) {
    out.col(c) = x.col(2 * c).cwiseProduct(x.col(2 * c + 1));
  }
  return out;
}

// Every combination of four factors of values 0 .. 3, n/256 times.
Matrix all_factors(Index n) {
  Matrix out(n, 4);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < 4; ++f) out(i, f) = static_cast<double>((i >> (2 * f)) & 3);
  }
  return out;
}

// Columns 0 and 1, and 2 and 3, turned by an angle.
Matrix turned_pairs(const Matrix& x, double degrees) {
  const double c = std::cos(degrees * std::numbers::pi / 180);
  const double s = std::sin(degrees * std::numbers::pi / 180);
  Matrix out = x;
  for (Index p = 0; p + 1 < x.cols(); p += 2) {
    out.col(p) = c * x.col(p) - s * x.col(p + 1);
    out.col(p + 1) = s * x.col(p) + c * x.col(p + 1);
  }
  return out;
}

// Least squares y = a + b x: slope b and R^2.
struct Line {
  double slope = 0, r2 = 0;
};
Line line_through(const std::vector<double>& x, const std::vector<double>& y) {
  const auto vx = Eigen::Map<const core::Vector>(x.data(), std::ssize(x));
  const auto vy = Eigen::Map<const core::Vector>(y.data(), std::ssize(y));
  const core::Vector cx = vx.array() - vx.mean(), cy = vy.array() - vy.mean();
  const double slope = cx.dot(cy) / cx.squaredNorm();
  return {slope, 1 - (cy - slope * cx).squaredNorm() / cy.squaredNorm()};
}

}  // namespace

std::vector<Figure> complexity_figures(Key key, bool quick) {
  constexpr int kDepths = 6;
  const Index n = quick ? 1000 : 4000;
  std::vector<Matrix> parts, features;  // of each feature, as the next layer holds it
  core::Random random(key.split("signs"));
  for (int d = 0; d < kDepths; ++d) {
    Matrix signs(n, Index{1} << d);
    for (double& v : signs.reshaped<Eigen::RowMajor>()) v = random.below(2) == 0 ? -1 : 1;
    features.emplace_back(signs.rowwise().prod());
    parts.push_back(std::move(signs));
  }
  std::vector<Matrix> layers;
  for (int l = 0; l < kDepths; ++l) {
    Index columns = 0;
    for (const Matrix& p : parts) columns += p.cols();
    Matrix layer(n, columns);
    columns = 0;
    for (Matrix& p : parts) {
      layer.middleCols(columns, p.cols()) = p;
      columns += p.cols();
      if (p.cols() > 1) p = pairwise_products(p);
    }
    const Key of_layer = key.split("layer").split(l);
    layers.push_back(layer * turn(columns, of_layer.split("turn")) +
                     0.05 * normals(n, columns, of_layer.split("noise")));
  }
  const std::vector<MatrixView> views(layers.begin(), layers.end());
  std::vector<Figure> out;
  double largest = 0, in_order = 0, before = -1;
  for (int d = 0; d < kDepths; ++d) {
    const double found = feature_complexity(views, features[d], 5, key.split("folds").split(d));
    const double planted = static_cast<double>(d) / kDepths;
    out.push_back({fmt::format("complexity at depth {}", d), found, "", "", planted});
    largest = std::max(largest, std::fabs(found - planted));
    in_order += found > before ? 1 : 0;
    before = found;
  }
  out.push_back({"features above the one before", in_order, ""});
  out.push_back({"largest error of the complexity", largest, ""});
  return out;
}

std::vector<Figure> infomec_figures(Key key, bool quick) {
  const Index n = quick ? 1024 : 4096;
  const Matrix factors = all_factors(n);
  const Matrix smooth = factors + 0.05 * normals(n, 4, key.split("noise"));
  Matrix doubled(n, 8);
  doubled << factors, 3 - factors.array();
  struct Case {
    const char* name;
    Matrix codes;
  };
  const Case cases[] = {{"factors", factors},
                        {"continuous factors", smooth},
                        {"turned by 45 degrees", turned_pairs(smooth, 45)},
                        {"each twice", doubled}};
  std::vector<Figure> out;
  for (const Case& c : cases) {
    const InfoMec found = info_mec(c.codes, factors);
    out.push_back({fmt::format("InfoM, {}", c.name), found.modularity, ""});
    out.push_back({fmt::format("InfoE, {}", c.name), found.explicitness, ""});
    out.push_back({fmt::format("InfoC, {}", c.name), found.compactness, ""});
  }
  return out;
}

std::vector<Figure> mig_figures(Key key, bool quick) {
  const Index n = quick ? 2048 : 10240;
  const Matrix factors = all_factors(n);
  const Matrix codes = factors + 0.05 * normals(n, 4, key.split("noise"));
  std::vector<Figure> out = {{"MIG of the factors", mutual_information_gap(factors, factors), ""}};
  double rise = -1, before = 1;
  for (const double degrees : {0.0, 10.0, 20.0, 30.0, 45.0}) {
    const double found = mutual_information_gap(turned_pairs(codes, degrees), factors);
    out.push_back({fmt::format("MIG, turned by {} degrees", degrees), found, ""});
    rise = std::max(rise, found - before);
    before = found;
  }
  out.push_back({"largest rise of MIG with the angle", rise, ""});
  return out;
}

namespace {

constexpr Index kModes = 10;

// n rows in the first `modes` of ten modes, equally many in each; the last `outliers` of them
// scattered over a box that is wider than the modes.
Matrix drawn_modes(Index n, Index modes, Index outliers, const Matrix& centres, Key key) {
  core::Random random(key);
  Matrix out = normals(n, centres.cols(), key.split("within"));
  for (Index i = 0; i < n; ++i) out.row(i) += centres.row(i % modes);
  for (Index i = n - outliers; i < n; ++i) {
    for (double& v : out.row(i)) v = 200 * (random.uniform() - 0.5);
  }
  return out;
}

}  // namespace

std::vector<Figure> precision_recall_figures(Key key, bool quick) {
  const Index n = quick ? 2000 : 4000;
  const Matrix centres = 20 * normals(kModes, 8, key.split("centres"));
  const Matrix real = drawn_modes(n, kModes, 0, centres, key.split("real"));
  const ManifoldOverlap whole =
      manifold_overlap(real, drawn_modes(n, kModes, 0, centres, key.split("whole")), 3);
  std::vector<Figure> out = {{"precision, all modes", whole.precision, ""},
                             {"recall, all modes", whole.recall, ""}};
  double precision_moved = 0, recall_off = 0;
  for (const Index kept : {8, 5, 2}) {
    const ManifoldOverlap found =
        manifold_overlap(real, drawn_modes(n, kept, 0, centres, key.split("drop").split(kept)), 3);
    const double expected = whole.recall * static_cast<double>(kept) / kModes;
    out.push_back({fmt::format("precision, {} of 10 modes", kept), found.precision, ""});
    out.push_back({fmt::format("recall, {} of 10 modes", kept), found.recall, "", "", expected});
    precision_moved = std::max(precision_moved, std::fabs(found.precision - whole.precision));
    recall_off = std::max(recall_off, std::fabs(found.recall - expected));
  }
  out.push_back({"modes dropped: precision moved by at most", precision_moved, ""});
  out.push_back({"modes dropped: recall off its share by at most", recall_off, ""});
  double recall_moved = 0, precision_off = 0;
  for (const Index tenths : {1, 3, 5}) {
    const Matrix generated =
        drawn_modes(n, kModes, n * tenths / 10, centres, key.split("outliers").split(tenths));
    const ManifoldOverlap found = manifold_overlap(real, generated, 3);
    const double expected = whole.precision * (1 - static_cast<double>(tenths) / 10);
    out.push_back(
        {fmt::format("precision, {} % outliers", 10 * tenths), found.precision, "", "", expected});
    out.push_back({fmt::format("recall, {} % outliers", 10 * tenths), found.recall, ""});
    recall_moved = std::max(recall_moved, std::fabs(found.recall - whole.recall));
    precision_off = std::max(precision_off, std::fabs(found.precision - expected));
  }
  out.push_back({"outliers: precision off its share by at most", precision_off, ""});
  out.push_back({"outliers: recall moved by at most", recall_moved, ""});
  return out;
}

std::vector<Figure> difficulty_figures(std::span<const NamedRows> images, Key key, bool quick) {
  const Index n = quick ? 1000 : 3000;
  std::vector<Figure> out;
  std::vector<double> dimensions, log_bits;
  double dimension_off = 0, step = std::numeric_limits<double>::infinity(), degree_off = 0;
  for (int m = 1; m <= 6; ++m) {
    const Key of_m = key.split("sphere").split(m);
    Matrix x = normals(n, m + 1, of_m).rowwise().normalized();
    const Matrix rows = x * turn(20, of_m.split("turn")).topRows(m + 1);
    const double found = intrinsic_dimension(rows, 5);
    dimension_off = std::max(dimension_off, std::fabs(found - m) / m);
    LearningTask task{.n = 100,
                      .dimension = std::round(found),
                      .radius = 1,
                      .resolution = 0.05,
                      .classes = 2,
                      .error = 0.01};
    dimensions.push_back(task.dimension);
    log_bits.push_back(std::log2(inductive_bias_bits(task)));
    if (m > 1) step = std::min(step, log_bits.back() - log_bits[log_bits.size() - 2]);
    // The degree: a line through log bits against log 1/resolution, fine resolutions.
    std::vector<double> finer, of_finer;
    for (int halvings = 6; halvings <= 12; ++halvings) {
      task.resolution = std::exp2(-halvings);
      finer.push_back(halvings);
      of_finer.push_back(std::log2(inductive_bias_bits(task)));
    }
    const Line degree = line_through(finer, of_finer);
    degree_off = std::max(degree_off, std::fabs(degree.slope - task.dimension));
  }
  out.push_back({"spheres: dimension off by at most", 100 * dimension_off, "%"});
  out.push_back({"spheres: bits double by one dimension, at least", step, "times"});
  out.push_back({"spheres: log bits linear in the dimension, R^2",
                 line_through(dimensions, log_bits).r2, ""});
  out.push_back({"spheres: degree in 1/resolution less dimension, at most", degree_off, ""});
  std::vector<double> of_images;
  for (const NamedRows& image : images) {
    const LearningTask task = learning_task(image.rows, image.labels, 0.01, key.split(image.name));
    of_images.push_back(std::log2(inductive_bias_bits(task)));
    out.push_back({image.name + ": rows", task.n, ""});
    out.push_back({image.name + ": dimension", task.dimension, ""});
    out.push_back({image.name + ": resolution", task.resolution, ""});
    out.push_back({image.name + ": log2 bits", of_images.back(), ""});
  }
  if (of_images.size() > 1) {
    out.push_back(
        {"images: log2 bits of the last less the first", of_images.back() - of_images.front(), ""});
  }
  return out;
}

std::vector<Figure> sampled_bias_figures(Key key, bool quick) {
  constexpr Index kRows = 8;
  constexpr double kError = 0.25;
  const int draws = quick ? 5000 : 50000;
  std::vector<Figure> out;
  double normal_off = 0, ball_off = 0, rise = std::numeric_limits<double>::infinity(), before = 0;
  for (const Index d : {12, 16, 24, 32, 48}) {
    const Key of_d = key.split(static_cast<std::uint64_t>(d));
    const Matrix train = normals(kRows, d, of_d.split("train"));
    const core::Vector truth = normals(d, 1, of_d.split("truth"));
    // Test rows along every axis: the error is |w - w*|^2 / d.
    const Matrix test = Matrix::Identity(d, d);
    const core::Vector y = train * truth;
    const auto errors = linear_hypothesis_errors({train, y, test, truth}, draws, of_d.split("w"));
    const double found = sampled_bias(errors, kError).bits;
    // Within the null space of the rows, of dimension d - 8, w - w* is normal around -w*.
    const core::Vector seen =
        Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(Eigen::MatrixXd(train)).solve(y);
    const double exact =
        -log2_chi_square_below(kError * static_cast<double>(d), static_cast<double>(d - kRows),
                               (truth - seen).squaredNorm());
    out.push_back({fmt::format("normal, {} columns", d), found, "bits", "", exact});
    normal_off = std::max(normal_off, std::fabs(found - exact) / exact);
    if (d > 12) rise = std::min(rise, found - before);
    before = found;
    // Uniform in a ball of radius 2 sqrt(d) of the null space.
    std::vector<double> in_ball;
    in_ball.reserve(draws);
    core::Random random(of_d.split("ball"));
    const auto left = static_cast<double>(d - kRows), of_all = static_cast<double>(d);
    for (int s = 0; s < draws; ++s) {
      in_ball.push_back(4 * std::pow(random.uniform(), 2 / left));  // 4 d r^2 / d
    }
    const double of_ball = left * std::log2(2 * std::sqrt(of_all) / std::sqrt(kError * of_all));
    const double found_ball = sampled_bias(in_ball, kError).bits;
    out.push_back({fmt::format("ball, {} columns", d), found_ball, "bits", "", of_ball});
    ball_off = std::max(ball_off, std::fabs(found_ball - of_ball) / of_ball);
  }
  out.push_back({"normal: largest error of the bits", 100 * normal_off, "%"});
  out.push_back({"ball: largest error of the bits", 100 * ball_off, "%"});
  out.push_back({"normal: least rise with the columns", rise, "bits"});
  return out;
}

namespace {

// Models of planted features: each holds `held` of `kinds` normal features of distinct sizes in 16
// columns, turned at random, with noise. Part of (model, feature) pairs and of entries recovered.
void add_planted(std::vector<Figure>& out, Key key, bool quick) {
  constexpr Index kModels = 8, kKinds = 12, kHeld = 6;
  const Index n = quick ? 500 : 2000;
  const Matrix features = normals(n, kKinds, key.split("features"));
  std::vector<Matrix> models;
  std::vector<std::vector<Index>> held;
  for (Index m = 0; m < kModels; ++m) {
    const Key of_m = key.split("model").split(static_cast<std::uint64_t>(m));
    const auto order = core::Random(of_m.split("held")).permutation(kKinds);
    Matrix columns = Matrix::Zero(n, 16);
    held.emplace_back();
    for (Index f = 0; f < kHeld; ++f) {
      held.back().push_back(static_cast<Index>(order[static_cast<std::size_t>(f)]));
      columns.col(f) = std::exp2(-0.5 * static_cast<double>(f)) * features.col(held.back().back());
    }
    models.push_back(columns * turn(16, of_m.split("turn")) +
                     0.01 * normals(n, 16, of_m.split("noise")));
  }
  const std::vector<MatrixView> views(models.begin(), models.end());
  const InteractionTensor tensor = interaction_tensor(views, {.components = kHeld});
  // A planted feature is found where some cluster has it in just the models that hold it.
  Index seen = 0, found = 0;
  for (Index f = 0; f < kKinds; ++f) {
    std::vector<std::uint8_t> planted(kModels, 0);
    for (Index m = 0; m < kModels; ++m) {
      planted[m] = std::ranges::count(held[m], f) > 0 ? 1 : 0;
    }
    if (std::ranges::count(planted, 1) == 0) continue;
    ++seen;
    for (Index t = 0; t < tensor.features; ++t) {
      bool same = true;
      for (Index m = 0; m < kModels; ++m) {
        same = same && tensor.learned[static_cast<std::size_t>(m * tensor.features + t)] ==
                           planted[static_cast<std::size_t>(m)];
      }
      if (same) {
        ++found;
        break;
      }
    }
  }
  out.push_back({"planted features", static_cast<double>(seen), ""});
  out.push_back({"clusters", static_cast<double>(tensor.features), ""});
  out.push_back({"planted features found in just their models",
                 static_cast<double>(found) / static_cast<double>(seen), ""});
}

}  // namespace

std::vector<Figure> interaction_figures(Key key, bool quick) {
  struct Setting {
    const char* name;
    FeatureFramework framework;
  };
  const Setting settings[] = {
      {"equality", {.dominant = {10, 3, 9}, .rare = {50, 2, 0}, .dominant_share = 0.7}},
      {"even", {.dominant = {10, 4, 5}, .rare = {100, 2, 5}, .dominant_share = 0.6}},
      {"ten classes",
       {.dominant = {20, 4, 8}, .rare = {60, 3, 6}, .dominant_share = 0.8, .classes = 10}},
      {"violation", {.dominant = {4, 1, 2}, .rare = {8, 1, 4}, .dominant_share = 0.5}}};
  const int models = quick ? 100 : 400, examples = quick ? 500 : 1000;
  std::vector<Figure> out;
  double accuracy_off = 0, agreement_off = 0;
  for (const Setting& s : settings) {
    const DrawnAgreement drawn = draw_framework(s.framework, models, examples, key.split(s.name));
    const double accuracy = framework_accuracy(s.framework);
    const double agreement = framework_agreement(s.framework);
    accuracy_off = std::max(accuracy_off, std::fabs(drawn.accuracy - accuracy));
    agreement_off = std::max(agreement_off, std::fabs(drawn.agreement - agreement));
    out.push_back({fmt::format("{}: drawn accuracy", s.name), drawn.accuracy, "", "", accuracy});
    out.push_back({fmt::format("{}: drawn agreement", s.name), drawn.agreement, "", "", agreement});
    out.push_back({fmt::format("{}: drawn accuracy less agreement", s.name),
                   drawn.accuracy - drawn.agreement, "", "", accuracy - agreement});
  }
  out.push_back({"drawn accuracy off its closed form by at most", accuracy_off, ""});
  out.push_back({"drawn agreement off its closed form by at most", agreement_off, ""});
  add_planted(out, key.split("planted"), quick);
  return out;
}

}  // namespace venturi::measure
