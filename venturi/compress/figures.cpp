#include "venturi/compress/figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "venturi/compress/gaussian_grid.hpp"
#include "venturi/compress/interactions.hpp"
#include "venturi/compress/kmeans.hpp"
#include "venturi/compress/members.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"
#include "venturi/net/evaluate.hpp"

namespace venturi::compress {
namespace {

using core::Figure;
using tensor::Tensor;

Method method(std::string_view name) {
  return core::find_member(members(), name, "compress.figures").make;
}

CompressedModel all_by(const Subject& subject, std::string_view name, int levels) {
  CompressedModel out = as_compressed(subject.model());
  for (std::size_t k = 0; k < out.matrices.size(); ++k) {
    out.matrices[k] = method(name)(subject, k, levels);
  }
  return out;
}

double bits_of(const Subject& subject, const CompressedModel& model) {
  return 8.0 * static_cast<double>(file_bytes(model)) / static_cast<double>(subject.parameters());
}

// The most levels whose file is within `bits`; sizes grow with levels.
ComparisonRow largest(const Subject& subject, const std::string& name, bool plain, double bits,
                      const TestSet& test) {
  ComparisonRow out{.method = name + (plain ? " (packed)" : ""), .bits_asked = bits};
  CompressedModel best;
  int low = 1, high = 64;  // low fits, high does not (2^6 levels are above all sizes asked for)
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    CompressedModel one = all_by(subject, name, middle);
    for (CodedMatrix& m : one.matrices) m.plain = plain;
    const double now = bits_of(subject, one);
    if (now <= bits) {
      low = middle;
      out.bits = now;
      best = std::move(one);
    } else {
      high = middle;
    }
  }
  if (low < 2) return out;
  out.levels = low;
  out.held = hold(subject, best.model(), test);
  return out;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) ma += a[i] / n, mb += b[i] / n;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

// The mean of |log2(predicted / measured)|, octaves.
double octaves(const std::vector<double>& predicted, const std::vector<double>& measured) {
  double out = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    out += std::abs(std::log2(predicted[i] / measured[i])) / static_cast<double>(predicted.size());
  }
  return out;
}

// Matrices at random grids: levels between the two, one draw a matrix.
struct RandomGrids {
  std::vector<CodedMatrix> coded;
  double bits = 0;  // a weight, of the levels
};
RandomGrids random_grids(const Subject& subject, int least, int most, core::Random& random) {
  RandomGrids out;
  double weights = 0, bits = 0;
  for (std::size_t k = 0; k < subject.nodes().size(); ++k) {
    const int levels =
        least + static_cast<int>(random.below(static_cast<std::uint64_t>(most - least + 1)));
    out.coded.push_back(method("higgs")(subject, k, levels));
    const auto n = static_cast<double>(subject.matrix(k).numel());
    weights += n;
    bits += n * std::log2(levels);
  }
  out.bits = bits / weights;
  return out;
}

double measured_nats(const Subject& subject, const std::vector<CodedMatrix>& coded,
                     std::int64_t samples) {
  CompressedModel model = as_compressed(subject.model());
  model.matrices = coded;
  return subject.measure(model.model(), samples) * std::numbers::ln2;
}

// Relative error t_l^2 of each matrix under HIGGS with n levels, and the linearity theorem's
// coefficients by noise of `levels` strengths.
std::vector<double> noise_coefficients(const Subject& subject, std::int64_t samples, core::Key key,
                                       int strengths) {
  std::vector<double> out;
  for (std::size_t k = 0; k < subject.nodes().size(); ++k) {
    const net::MatrixNode& node = subject.nodes()[k];
    const Tensor w = subject.matrix(k);
    auto generator = tensor::make_generator(key.split(k), torch::kCPU);
    double up = 0, down = 0;
    for (int j = 1; j <= strengths; ++j) {
      const double t = .15 * j / strengths;
      const Tensor noise = torch::empty_like(w).normal_(0, 1, generator);
      const Tensor noisy = w + noise * (t * w.norm().item<double>() / noise.norm().item<double>());
      net::Model changed = subject.model();
      Tensor& weight = changed.weights[node.weight];
      weight = net::from_matrix_of(node, noisy, weight);
      up += subject.measure(changed, samples) * std::numbers::ln2 * t * t;
      down += t * t * t * t;
    }
    out.push_back(std::max(up / down, 0.0));
  }
  return out;
}

double relative_error(const Subject& subject, std::size_t k, const CodedMatrix& coded) {
  const Tensor w = subject.matrix(k);
  return ((to_tensor(coded) - w).square().sum() / w.square().sum()).item<double>();
}

}  // namespace

Held hold(const Subject& subject, const net::Model& model, const TestSet& test) {
  const torch::NoGradGuard no_grad;
  const Tensor trained = net::predict(subject.executor(), test.inputs, 64);
  const Tensor y = net::predict(net::Executor(model), test.inputs, 64);
  return {divergence_bits(trained, y), agreement(trained, y),
          y.argmax(1).eq(test.labels).to(torch::kFloat64).mean().item<double>()};
}

std::vector<ComparisonRow> compare(const Subject& subject, const TestSet& test,
                                   const std::vector<double>& sizes, core::Key key,
                                   core::Monitor& monitor) {
  std::vector<ComparisonRow> out;
  Compressor work(subject, {}, {}, monitor);
  for (const double bits : sizes) {
    for (const char* name : {"rtn", "gptq", "squeezellm", "edkm", "higgs"}) {
      for (const bool plain : {true, false}) {
        out.push_back(largest(subject, name, plain, bits, test));
        monitor.say(fmt::format("{} at {} bits: {:.4f}", out.back().method, bits,
                                out.back().held.divergence_bits));
      }
    }
    const auto bytes =
        static_cast<std::int64_t>(bits * static_cast<double>(subject.parameters()) / 8);
    const Compressed joint = work.run(bytes, key, monitor);
    out.push_back({.method = "joint",
                   .bits_asked = bits,
                   .bits = bits_of(subject, joint.model),
                   .held = hold(subject, joint.model.model(), test)});
    monitor.say(fmt::format("joint at {} bits: {:.4f}; counted {} bytes, file {}", bits,
                            out.back().held.divergence_bits, joint.counted_bytes,
                            joint.file_bytes));
  }
  return out;
}

std::vector<Figure> budget_figures(const Subject& subject, const TestSet& test, core::Key key,
                                   bool quick, core::Monitor& monitor) {
  const std::vector<double> sizes =
      quick ? std::vector<double>{3} : std::vector<double>{4, 3, 2.5, 2};
  const Held float_model = hold(subject, subject.model(), test);
  std::vector<Figure> out = {{"float accuracy", 100 * float_model.accuracy, "%"}};
  const auto rows = compare(subject, test, sizes, key, monitor);
  for (const double bits : sizes) {
    std::map<std::string, const ComparisonRow*> at;
    for (const ComparisonRow& row : rows) {
      if (row.bits_asked == bits) at[row.method] = &row;
    }
    for (const auto& [name, row] : at) {
      if (row->bits <= 0) continue;
      const std::string head = fmt::format("{} at {} bits: ", name, bits);
      out.push_back({head + "divergence", row->held.divergence_bits, "bits"});
      out.push_back({head + "agreement", 100 * row->held.agreement, "%"});
      out.push_back({head + "accuracy", 100 * row->held.accuracy, "%"});
      out.push_back({head + "size", row->bits, "bits/parameter"});
    }
    const double joint = at["joint"]->held.divergence_bits;
    for (const char* peer : {"gptq", "gptq (packed)"}) {
      if (at[peer]->bits <= 0) continue;
      out.push_back({fmt::format("joint by {} at {} bits", peer, bits),
                     joint / at[peer]->held.divergence_bits, "times its divergence"});
    }
  }
  return out;
}

std::vector<Figure> gptq_figures(const Subject& subject, const TestSet& test) {
  std::vector<Figure> out;
  for (const int levels : {8, 16}) {
    const double nearest =
        hold(subject, all_by(subject, "rtn", levels).model(), test).divergence_bits;
    const Held ours = hold(subject, all_by(subject, "gptq", levels).model(), test);
    const std::string name = levels == 8 ? "3 bits" : "4 bits";
    out.push_back({name + ": divergence", ours.divergence_bits, "bits"});
    out.push_back({name + ": divergence by nearest", ours.divergence_bits / nearest, "times"});
    out.push_back({name + ": accuracy", 100 * ours.accuracy, "%"});
  }
  out.push_back({"accuracy, float", 100 * hold(subject, subject.model(), test).accuracy, "%"});
  return out;
}

std::vector<Figure> squeezellm_figures(const Subject& subject, const TestSet& test) {
  CompressedModel dense = as_compressed(subject.model()), alike = dense, sparse = dense;
  for (std::size_t k = 0; k < dense.matrices.size(); ++k) {
    const auto w = tensor::to_floats(subject.matrix(k));
    const auto f = tensor::to_doubles(subject.statistics(k).weight_fisher);
    const std::int64_t rows = subject.nodes()[k].outputs;
    const SqueezeOptions none{.levels = 8, .sensitive = 0, .outliers = 0};
    alike.matrices[k] = squeezellm(w, std::vector<double>(w.size(), 1.0), rows, none);
    dense.matrices[k] = squeezellm(w, f, rows, none);
    sparse.matrices[k] = squeezellm(w, f, rows, {.levels = 8});
  }
  const double nearest = hold(subject, all_by(subject, "rtn", 8).model(), test).divergence_bits;
  const double a = hold(subject, alike.model(), test).divergence_bits;
  const double d = hold(subject, dense.model(), test).divergence_bits;
  const double s = hold(subject, sparse.model(), test).divergence_bits;
  return {
      {"3 bits, dense and sparse: divergence", s, "bits"},
      {"dense and sparse by nearest", s / nearest, "times"},
      {"Fisher weights by equal weights", d / a, "times"},
      {"dense and sparse by dense alone", s / d, "times"},
      {"sparse values cost", bits_of(subject, sparse) - bits_of(subject, dense), "bits/parameter"}};
}

std::vector<Figure> edkm_figures(const Subject& subject, const TestSet& test) {
  std::int64_t stored = 0, full = 0;
  for (std::size_t k = 0; k < subject.nodes().size(); ++k) {
    const auto w = tensor::to_floats(subject.matrix(k));
    stored += soft_means(w, {.levels = 8}).stored;
    full += 8 * static_cast<std::int64_t>(w.size());
  }
  // One large matrix, where there are more weights than distinct values.
  core::Random random{core::Key(1).split("edkm")};
  std::vector<float> large(1 << 22);
  for (float& v : large) v = static_cast<float>(.02 * random.normal());
  const SoftMeans means = soft_means(large, {.levels = 8, .most_iterations = 3});
  const double ratio = 8.0 * static_cast<double>(large.size()) / static_cast<double>(means.stored);
  const Held tables = hold(subject, all_by(subject, "edkm", 8).model(), test);
  const double nearest = hold(subject, all_by(subject, "rtn", 8).model(), test).divergence_bits;
  return {{"4,194,304 weights: attention kept, fewer numbers by", ratio, "times"},
          {"4,194,304 weights: distinct", static_cast<double>(means.distinct), "values"},
          {"ResNet-20: attention kept, fewer numbers by",
           static_cast<double>(full) / static_cast<double>(stored), "times"},
          {"3 bits, one table a matrix: divergence", tables.divergence_bits, "bits"},
          {"divergence by nearest of a grid a row", tables.divergence_bits / nearest, "times"}};
}

std::vector<Figure> higgs_figures(const Subject& subject, core::Key key, bool quick) {
  // Notes' table: what is asked of the grids.
  const std::pair<int, double> line[] = {{2, .3634},   {3, .1902},   {4, .1175},
                                         {8, .03455},  {9, .02785},  {16, .00950},
                                         {19, .00685}, {32, .00251}, {64, .000644}};
  double apart = 0;
  for (const auto& [n, error] : line)
    apart = std::max(apart, std::abs(gaussian_grid(n, 1).error - error));
  double grid_error = 0, nf4_error = 0;
  const auto count = static_cast<double>(subject.nodes().size());
  for (std::size_t k = 0; k < subject.nodes().size(); ++k) {
    grid_error += relative_error(subject, k, method("higgs")(subject, k, 16)) / count;
    nf4_error += relative_error(subject, k, method("nf4")(subject, k, 16)) / count;
  }
  const std::int64_t samples = quick ? 16 : 64;
  const auto a = noise_coefficients(subject, samples, key, quick ? 2 : 4);
  const auto run = [&](int least, int most, core::Key seed, int trials) {
    core::Random random(seed);
    std::vector<double> predicted, measured;
    for (int trial = 0; trial < trials; ++trial) {
      const RandomGrids grids = random_grids(subject, least, most, random);
      double sum = 0;
      for (std::size_t k = 0; k < a.size(); ++k)
        sum += a[k] * relative_error(subject, k, grids.coded[k]);
      predicted.push_back(sum);
      measured.push_back(measured_nats(subject, grids.coded, samples));
    }
    return correlation(predicted, measured);
  };
  const int trials = quick ? 10 : 200;
  return {{"grids of a line, largest distance from the known errors", apart, ""},
          {"16 points: squared error of the weights, relative", grid_error, ""},
          {"16 points by NF4 of 64 weights", grid_error / nf4_error, "times its error"},
          {"correlation of predicted and measured loss, 9 to 64 levels",
           run(9, 64, key.split("above"), trials), ""},
          {"correlation, 3 to 8 levels", run(3, 8, key.split("below"), trials / 2), ""}};
}

std::vector<Figure> augmented_hessian_figures(const Subject& subject, core::Key key, bool quick) {
  const std::int64_t samples = quick ? 16 : 64;
  const int trials = quick ? 4 : 30;
  std::vector<Figure> out;
  const auto run = [&](int least, int most, const char* name) {
    core::Random random(key.split(name));
    std::vector<double> alone, pairs, measured;
    for (int trial = 0; trial < trials; ++trial) {
      const RandomGrids grids = random_grids(subject, least, most, random);
      const Tensor g = interactions(subject, grids.coded, samples);
      alone.push_back(g.diagonal().sum().item<double>());
      pairs.push_back(std::max(g.sum().item<double>(), 1e-12));
      measured.push_back(measured_nats(subject, grids.coded, samples));
    }
    const std::string head = std::string(name) + ": ";
    out.push_back({head + "error of single errors' sum", octaves(alone, measured), "octaves"});
    out.push_back({head + "error with pairs", octaves(pairs, measured), "octaves"});
    out.push_back({head + "correlation of single errors' sum", correlation(alone, measured), ""});
    out.push_back({head + "correlation with pairs", correlation(pairs, measured), ""});
  };
  run(16, 64, "16 to 64 levels");
  run(6, 16, "6 to 16 levels");
  return out;
}

}  // namespace venturi::compress
