// Over 400 lines: the figures of all recipes of the room, which share their subject and helpers.
#include "venturi/compress/figures.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <numeric>

#include "venturi/code/container.hpp"
#include "venturi/compress/gaussian_grid.hpp"
#include "venturi/compress/interactions.hpp"
#include "venturi/compress/kmeans.hpp"
#include "venturi/compress/members.hpp"
#include "venturi/compress/recover.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/net/evaluate.hpp"

namespace venturi::compress {
namespace {

using core::Figure;
using tensor::Tensor;

constexpr std::int64_t kBatch = 64;

Method method(std::string_view name) {
  return core::find_member(members(), name, "compress.figures").make;
}

using Rounder = std::function<CodedMatrix(const Subject& subject, std::size_t k, int levels)>;

// Every matrix by one method, matrices side by side.
CompressedModel all_by(const Subject& subject, const Rounder& round, int levels) {
  CompressedModel out = as_compressed(subject.model());
  at::parallel_for(0, static_cast<std::int64_t>(out.matrices.size()), 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (auto k = static_cast<std::size_t>(begin);
                          k < static_cast<std::size_t>(end); ++k) {
                       out.matrices[k] = round(subject, k, levels);
                     }
                   });
  return out;
}

CompressedModel all_by(const Subject& subject, std::string_view name, int levels) {
  return all_by(subject, method(name), levels);
}

// GPTQ with one grid a matrix: what suits an entropy coder better than a grid a row. Convolutions
// of groups have one a group.
CodedMatrix gptq_of_one_grid(const Subject& subject, std::size_t k, int levels) {
  const net::MatrixNode& node = subject.nodes()[k];
  if (node.groups > 1) return method("gptq")(subject, k, levels);
  const Feedback feedback =
      prepare_feedback(subject.statistics(k).second.select(0, 0), {.by_activity = true});
  return gptq(subject.matrix(k), feedback, {.levels = levels, .group = 0, .search = true});
}

double bits_of(const Subject& subject, const CompressedModel& model) {
  return 8.0 * static_cast<double>(file_bytes(model)) / static_cast<double>(subject.parameters());
}

// A row of the comparison.
struct ComparisonRow {
  std::string method;
  double bits_asked = 0, bits = 0;  // a parameter, on the disk
  int levels = 0;                   // 0: by the allocator
  Held held;
};

// A method with levels as packed or under the room's coder, at every size asked for.
class Rival {
 public:
  Rival(const Subject& subject, std::string name, Rounder round)
      : subject_(subject), name_(std::move(name)), round_(std::move(round)) {}

  // The most levels whose file is within `bits`, at least 1; sizes grow with levels.
  int most_levels(double bits, bool packed) {
    int low = 1, high = 256;  // low fits, high does not
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (bits_of(subject_, at(middle, packed)) <= bits ? low : high) = middle;
    }
    return low;
  }

  ComparisonRow row(double bits_asked, bool packed, int levels, const TestSet& test) {
    const CompressedModel& model = at(levels, packed);
    return {.method = name_ + (packed ? " (packed)" : ""),
            .bits_asked = bits_asked,
            .bits = bits_of(subject_, model),
            .levels = levels,
            .held = test.hold(model.model())};
  }

 private:
  const CompressedModel& at(int levels, bool packed) {
    auto found = known_.find(levels);
    if (found == known_.end()) {
      found = known_.emplace(levels, all_by(subject_, round_, levels)).first;
    }
    for (CodedMatrix& m : found->second.matrices) m.plain = packed;
    return found->second;
  }

  const Subject& subject_;
  std::string name_;
  Rounder round_;
  std::map<int, CompressedModel> known_;
};

// The network as its file has it, and the file's bytes.
struct Written {
  net::Model model;
  std::int64_t bytes = 0;
};
Written written(const CompressedModel& model) {
  const core::ScratchFolder folder;
  const auto path = folder.path() / "network.vt";
  code::write_container(path, to_container(model));
  return {from_container(code::read_container(path), path.string()).model(),
          static_cast<std::int64_t>(std::filesystem::file_size(path))};
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

// Levels between the two for each matrix.
std::vector<int> random_levels(const Subject& subject, int least, int most, core::Random& random) {
  std::vector<int> out;
  for (std::size_t k = 0; k < subject.nodes().size(); ++k) {
    out.push_back(least +
                  static_cast<int>(random.below(static_cast<std::uint64_t>(most - least + 1))));
  }
  return out;
}

// The matrices on Gaussian grids of so many levels, after rotation number `turn`.
std::vector<CodedMatrix> on_grids(const Subject& subject, const std::vector<int>& levels,
                                  std::uint32_t turn) {
  static std::map<int, GaussianGrid> grids;
  std::vector<CodedMatrix> out;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    auto found = grids.find(levels[k]);
    if (found == grids.end()) {
      found = grids.emplace(levels[k], gaussian_grid(levels[k], 1)).first;
    }
    const net::MatrixNode& node = subject.nodes()[k];
    out.push_back(higgs(tensor::to_floats(subject.matrix(k)), node.outputs, found->second,
                        std::min<std::int64_t>(1024, node.inputs),
                        static_cast<std::uint32_t>(k + levels.size() * turn)));
  }
  return out;
}

double measured_nats(const Subject& subject, const std::vector<CodedMatrix>& coded,
                     std::int64_t samples) {
  CompressedModel model = as_compressed(subject.model());
  model.matrices = coded;
  return subject.measure(model.model(), samples) * std::numbers::ln2;
}

// Relative error t_l^2 of each matrix under HIGGS with n levels, and the linearity theorem's
// coefficients by noise of four strengths, `draws` times each: one direction among few samples may
// be worth several times another.
std::vector<double> noise_coefficients(const Subject& subject, std::int64_t samples, core::Key key,
                                       int draws) {
  constexpr int strengths = 4;
  std::vector<double> out;
  for (std::size_t k = 0; k < subject.nodes().size(); ++k) {
    const net::MatrixNode& node = subject.nodes()[k];
    const Tensor w = subject.matrix(k);
    auto generator = tensor::make_generator(key.split(k), torch::kCPU);
    double up = 0, down = 0;
    for (int j = 0; j < strengths * draws; ++j) {
      const double t = .15 * (1 + j % strengths) / strengths;
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

TestSet::TestSet(const Subject& subject, Tensor inputs, Tensor labels, const tensor::Device& device)
    : inputs_(std::move(inputs)), labels_(std::move(labels)), device_(device) {
  const torch::NoGradGuard no_grad;
  trained_ = net::predict(net::Executor(subject.model(), {.device = device}), inputs_, kBatch);
}

Tensor TestSet::outputs_of(const net::Model& model) const {
  const torch::NoGradGuard no_grad;
  return net::predict(net::Executor(model, {.device = device_}), inputs_, kBatch);
}

Held TestSet::hold(const net::Model& model) const {
  const Tensor y = outputs_of(model);
  return {divergence_bits(trained_, y), agreement(trained_, y),
          y.argmax(1).eq(labels_).to(torch::kFloat64).mean().item<double>()};
}

namespace {

void add(std::vector<Figure>& out, const ComparisonRow& row) {
  const std::string head = fmt::format("{} at {} bits: ", row.method, row.bits_asked);
  out.push_back({head + "divergence", row.held.divergence_bits, "bits"});
  out.push_back({head + "agreement", 100 * row.held.agreement, "%"});
  out.push_back({head + "accuracy", 100 * row.held.accuracy, "%"});
  out.push_back({head + "size", row.bits, "bits/parameter"});
}

// The largest correlation that a prediction can reach with the mean losses (allocations * samples)
// of a finite test set: sqrt(1 - noise / variance). The noise of a mean is estimated by what is
// neither an allocation's own in the losses nor a sample's (two-way analysis of variance).
double reachable_correlation(const Tensor& losses) {
  const Tensor means = losses.mean(1, true);
  const Tensor rest = losses - means - losses.mean(0, true) + losses.mean();
  const auto freedom = static_cast<double>((losses.size(0) - 1) * (losses.size(1) - 1));
  const double noise =
      rest.square().sum().item<double>() / freedom / static_cast<double>(losses.size(1));
  return std::sqrt(std::max(1 - noise / means.var().item<double>(), 0.0));
}

// Allocations drawn at random out of the menus, each matrix between `least` and `most` bits a
// weight: predictions against the divergence that the test samples show, as it is and softened.
std::vector<Figure> predicted_correlation(const Compressor& work, const TestSet& test, double least,
                                          double most, int allocations, core::Key key,
                                          core::Monitor& monitor) {
  constexpr double kSoft = 3;
  core::Random random(key);
  std::vector<double> predicted, measured, softened;
  std::vector<Tensor> losses;
  for (int trial = 0; trial < allocations; ++trial) {
    CompressedModel model = work.base();
    double nats = 0;
    for (std::size_t k = 0; k < work.menus().size(); ++k) {
      const Menu& menu = work.menus()[k];
      std::vector<const Entry*> within;
      for (const Entry& entry : menu.entries) {
        const double bits = static_cast<double>(entry.bits) /
                            static_cast<double>(entry.coded.rows * entry.coded.columns);
        if (entry.method == "rate" && bits >= least && bits <= most) within.push_back(&entry);
      }
      if (within.empty()) continue;  // stays exact
      const Entry& one = *within[random.below(within.size())];
      model.matrices[k] = one.coded;
      nats += one.nats * menu.coefficient;
    }
    const Tensor y = test.outputs_of(model.model());
    predicted.push_back(nats);
    losses.push_back(divergences(test.trained(), y));
    measured.push_back(losses.back().mean().item<double>());
    softened.push_back(divergence_bits(test.trained(), y, kSoft));
    monitor.progress({"allocations", static_cast<std::uint64_t>(trial + 1),
                      static_cast<std::uint64_t>(allocations), "", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[compress.figures] stopped");
  }
  const std::string name = fmt::format(
      "correlation of predicted and measured loss, {} to {} bits a matrix", least, most);
  return {{name, correlation(predicted, measured), ""},
          {name + ": reachable with these images", reachable_correlation(torch::stack(losses)), ""},
          {name + ", outputs softened (temperature 3)", correlation(predicted, softened), ""}};
}

double percent_apart(std::int64_t a, std::int64_t b) {
  return 100 * std::abs(static_cast<double>(a - b)) / static_cast<double>(b);
}

}  // namespace

std::vector<Figure> budget_figures(const Subject& subject, const TestSet& test,
                                   const Tensor& training, const ComparisonOptions& options,
                                   core::Key key, const tensor::Device& device,
                                   core::Monitor& monitor) {
  core::check_options(options, "compress.budget_figures");
  if (options.sizes.empty()) core::fail_argument("compress.budget_figures", "expected sizes");
  const Held trained = test.hold(subject.model());
  std::vector<Figure> out = {{"float accuracy", 100 * trained.accuracy, "%"}};
  Rival rivals[] = {{subject, "rtn", method("rtn")},
                    {subject, "gptq", method("gptq")},
                    {subject, "gptq of one grid", gptq_of_one_grid},
                    {subject, "squeezellm", method("squeezellm")},
                    {subject, "edkm", method("edkm")},
                    {subject, "higgs", method("higgs")}};
  std::map<std::pair<std::string, double>, double> divergence;
  const auto keep = [&](const ComparisonRow& row) {
    add(out, row);
    divergence[{row.method, row.bits_asked}] = row.held.divergence_bits;
    monitor.say(fmt::format("{} at {} bits: {:.5f} bits, {:.2f} % right", row.method,
                            row.bits_asked, row.held.divergence_bits, 100 * row.held.accuracy));
  };
  for (std::size_t r = 0; r < std::size(rivals); ++r) {
    for (const double bits : options.sizes) {
      for (const bool packed : {true, false}) {
        if (packed && r > 1) continue;
        const int levels = rivals[r].most_levels(bits, packed);
        if (levels > 1) keep(rivals[r].row(bits, packed, levels, test));
        if (packed || (r != 1 && r != 2)) continue;
        // Few levels leave room in the file: GPTQ's next one, which is too large, too.
        ComparisonRow next = rivals[r].row(bits, packed, levels + 1, test);
        next.method += ", next larger,";
        keep(next);
      }
    }
  }
  Compressor work(subject, {}, {}, monitor);
  double counted = 0, last = 0;
  for (const double bits : options.sizes) {
    const auto bytes =
        static_cast<std::int64_t>(bits * static_cast<double>(subject.parameters()) / 8);
    Compressed joint = work.run(bytes, key, monitor);
    if (bits == options.sizes.front()) {  // the menus' coefficients are those of this size
      const auto found =
          predicted_correlation(work, test, 3, 6, options.allocations, key.split("above"), monitor);
      out.insert(out.end(), found.begin(), found.end());
    }
    const auto row_of = [&](const std::string& name, const CompressedModel& model) {
      const Written file = written(model);
      return ComparisonRow{
          .method = name,
          .bits_asked = bits,
          .bits = 8.0 * static_cast<double>(file.bytes) / static_cast<double>(subject.parameters()),
          .held = test.hold(file.model)};
    };
    keep(row_of("joint", joint.model));
    for (const char* peer : {"gptq (packed)", "gptq", "gptq of one grid", "gptq, next larger,",
                             "gptq of one grid, next larger,"}) {
      if (!divergence.contains({peer, bits})) continue;
      out.push_back({fmt::format("joint by {} at {} bits", peer, bits),
                     divergence[{"joint", bits}] / divergence[{peer, bits}],
                     "times its divergence"});
    }
    const Compressed allocated = work.allocate(bytes);
    counted = std::max(counted, percent_apart(allocated.counted_bytes, allocated.file_bytes));
    last = std::max(last, percent_apart(joint.counted_bytes, joint.file_bytes));
    if (bits != options.sizes.back() || options.recover_epochs == 0) continue;
    recover(subject, training, bytes, {.epochs = options.recover_epochs, .device = device},
            key.split("recover"), joint.model, monitor);
    const ComparisonRow recovered = row_of("joint, recovered,", joint.model);
    keep(recovered);
    out.push_back({fmt::format("points lost at {} bits after recovery", bits),
                   100 * (trained.accuracy - recovered.held.accuracy), "points"});
  }
  const auto below = predicted_correlation(work, test, 1, 3, (options.allocations + 1) / 2,
                                           key.split("below"), monitor);
  out.insert(out.end(), below.begin(), below.end());
  out.push_back({"files of allocations against the count, largest distance", counted, "%"});
  out.push_back({"the same after the last pass over the layers", last, "%"});
  return out;
}

std::vector<Figure> squeeze_figures(const Subject& subject, const TestSet& test,
                                    const Tensor& training, const std::vector<double>& times,
                                    int epochs, core::Key key, const tensor::Device& device,
                                    core::Monitor& monitor) {
  const double trained = 100 * test.hold(subject.model()).accuracy;
  const auto floats = 4 * static_cast<double>(subject.parameters());
  std::vector<Figure> out = {{"float accuracy", trained, "%"}, {"float32", floats, "bytes"}};
  Compressor work(subject, {}, {}, monitor);
  for (const double one : times) {
    const auto bytes = static_cast<std::int64_t>(floats / one);
    Compressed joint = work.run(bytes, key, monitor);
    const auto add_row = [&](const std::string& what) {
      const Written file = written(joint.model);
      const Held held = test.hold(file.model);
      const std::string head = fmt::format("{} times smaller{}: ", one, what);
      out.push_back({head + "points lost", trained - 100 * held.accuracy, "points"});
      out.push_back({head + "divergence", held.divergence_bits, "bits"});
      out.push_back({head + "agreement", 100 * held.agreement, "%"});
      out.push_back({head + "float32 by the file", floats / static_cast<double>(file.bytes), ""});
    };
    add_row("");
    if (epochs == 0) continue;
    recover(subject, training, bytes, {.epochs = epochs, .device = device}, key.split("recover"),
            joint.model, monitor);
    add_row(", recovered");
  }
  return out;
}

std::vector<Figure> gptq_figures(const Subject& subject, const TestSet& test) {
  std::vector<Figure> out;
  for (const int levels : {8, 16}) {
    const double nearest = test.hold(all_by(subject, "rtn", levels).model()).divergence_bits;
    const Held ours = test.hold(all_by(subject, "gptq", levels).model());
    const std::string name = levels == 8 ? "3 bits" : "4 bits";
    out.push_back({name + ": divergence", ours.divergence_bits, "bits"});
    out.push_back({name + ": divergence by nearest", ours.divergence_bits / nearest, "times"});
    out.push_back({name + ": accuracy", 100 * ours.accuracy, "%"});
  }
  out.push_back({"accuracy, float", 100 * test.hold(subject.model()).accuracy, "%"});
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
  const double nearest = test.hold(all_by(subject, "rtn", 8).model()).divergence_bits;
  const double a = test.hold(alike.model()).divergence_bits;
  const double d = test.hold(dense.model()).divergence_bits;
  const double s = test.hold(sparse.model()).divergence_bits;
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
  const Held tables = test.hold(all_by(subject, "edkm", 8).model());
  const double nearest = test.hold(all_by(subject, "rtn", 8).model()).divergence_bits;
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
  const std::int64_t samples = quick ? 16 : 256;
  const auto a = noise_coefficients(subject, samples, key, quick ? 1 : 6);
  // The theorem speaks of the mean over rotations: of one, and over several.
  const std::uint32_t turns = quick ? 2 : 8;
  const int trials = quick ? 10 : 100;
  std::vector<Figure> correlations;
  const auto run = [&](int least, int most, const char* range) {
    core::Random random(key.split(range));
    std::vector<double> predicted, one, mean;
    for (int trial = 0; trial < trials; ++trial) {
      const std::vector<int> levels = random_levels(subject, least, most, random);
      double sum = 0;
      predicted.push_back(0);
      for (std::uint32_t turn = 0; turn < turns; ++turn) {
        const std::vector<CodedMatrix> coded = on_grids(subject, levels, turn);
        for (std::size_t k = 0; k < a.size(); ++k) {
          predicted.back() += a[k] * relative_error(subject, k, coded[k]) / turns;
        }
        const double nats = measured_nats(subject, coded, samples);
        if (turn == 0) one.push_back(nats);
        sum += nats / turns;
      }
      mean.push_back(sum);
    }
    const std::string head = "correlation of predicted and measured loss, " + std::string(range);
    correlations.push_back({head, correlation(predicted, mean), ""});
    correlations.push_back({head + ", one rotation", correlation(predicted, one), ""});
    correlations.push_back({head + ": predicted over measured",
                            std::accumulate(predicted.begin(), predicted.end(), 0.0) /
                                std::accumulate(mean.begin(), mean.end(), 0.0),
                            ""});
  };
  run(9, 64, "9 to 64 levels");
  run(3, 8, "3 to 8 levels");
  std::vector<Figure> out{
      {"grids of a line, largest distance from the known errors", apart, ""},
      {"16 points: squared error of the weights, relative", grid_error, ""},
      {"16 points by NF4 of 64 weights", grid_error / nf4_error, "times its error"}};
  out.insert(out.end(), correlations.begin(), correlations.end());
  return out;
}

std::vector<Figure> augmented_hessian_figures(const Subject& subject, core::Key key, bool quick) {
  const std::int64_t samples = quick ? 16 : 64;
  const int trials = quick ? 4 : 30;
  std::vector<Figure> out;
  const auto run = [&](int least, int most, const char* name) {
    core::Random random(key.split(name));
    std::vector<double> alone, pairs, measured;
    for (int trial = 0; trial < trials; ++trial) {
      const std::vector<CodedMatrix> coded =
          on_grids(subject, random_levels(subject, least, most, random), 0);
      const Tensor g = interactions(subject, coded, samples);
      alone.push_back(g.diagonal().sum().item<double>());
      pairs.push_back(std::max(g.sum().item<double>(), 1e-12));
      measured.push_back(measured_nats(subject, coded, samples));
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
