#include "venturi/code/circuit_figures.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "venturi/code/circuit_file.hpp"

namespace venturi::code {
namespace {

using core::Figure;
using core::Index;

constexpr Index kEdge = 28;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The `edge`*`edge` pixels in the middle of each image.
LevelMatrix middle(const LevelView& x, Index edge) {
  const Index start = (kEdge - edge) / 2;
  LevelMatrix out(x.rows(), edge * edge);
  for (Index r = 0; r < edge; ++r) {
    out.middleCols(r * edge, edge) = x.middleCols((start + r) * kEdge + start, edge);
  }
  return out;
}

// Least of three, nanoseconds a value, decoding.
double decode_time(const HiddenTreeCoder& coder, const LevelView& x) {
  const auto bytes = coder.encode(x);
  double best = INFINITY;
  for (int run = 0; run < 3; ++run) {
    const double start = now();
    coder.decode(bytes, x.rows());
    best = std::min(best, now() - start);
  }
  return 1e9 * best / static_cast<double>(x.size());
}

// How the time a value grows with the variables, from the 7*7 in the middle to the whole images,
// with circuits of the same states: learned in one pass, since what they say does not matter here.
std::vector<Figure> growth_of_time(const std::string& name, const LevelView& train,
                                   const LevelView& test, int states, core::Key key) {
  const Index rows = std::min<Index>(train.rows(), 2000);
  std::vector<Figure> out;
  for (const Index edge : {kEdge / 4, kEdge / 2, kEdge * 3 / 4, kEdge}) {
    const LevelMatrix part = middle(train.topRows(rows), edge);
    const auto model = learn_hidden_tree(part, 256, chow_liu_tree(part, 256),
                                         {.states = states, .epochs = 0, .full_epochs = 1}, key);
    // As many values each time, so that all run equally long.
    const Index count = std::max<Index>(1, test.rows() * kEdge / 4 * kEdge / 4 / (edge * edge));
    const double time = decode_time(HiddenTreeCoder(model), middle(test.topRows(count), edge));
    const auto d = static_cast<double>(edge * edge);
    out.push_back({.name = fmt::format("{}: time a value, {} variables", name, edge * edge),
                   .value = time,
                   .unit = "ns",
                   .point = core::CurvePoint{"Decoding: time a value", name, "variables D", d}});
    out.push_back({.name = fmt::format("{}: growing as log D, {} variables", name, edge * edge),
                   .value = out.front().value * std::log2(d) / std::log2(49.0),
                   .unit = "ns",
                   .point = core::CurvePoint{"Decoding: time a value", name + ", as log D",
                                             "variables D", d}});
  }
  out.push_back({fmt::format("{}: time a value, 784 over 49", name),
                 out[out.size() - 2].value / out[0].value, "times",
                 "<=", std::log2(784.0) / std::log2(49.0)});
  return out;
}

std::vector<Figure> written(const std::string& name, const HiddenTree& model,
                            const LevelView& test) {
  const Circuit circuit = make_circuit(model, {kEdge, kEdge});
  const auto model_bytes = container_bytes(circuit_container(circuit)).size();
  const double start = now();
  const auto file = container_bytes(encode_rows(circuit, test));
  const double encoded = now();
  const LevelMatrix back = decode_rows(circuit, parse_container(file, name), name);
  const double decoded = now();
  const double paid = 8.0 * static_cast<double>(file.size()) / static_cast<double>(test.size());
  const double under = model.bits_per_dimension(test);
  const double images = static_cast<double>(test.rows()) / 1e3;
  const auto named = [&](const char* what) { return fmt::format("{}: {}", name, what); };
  return {{named("paid"), paid, "bits/value", "", 0},
          {named("under the model"), under, "bits/value", "", 0},
          {named("paid over the model"), paid - under, "bits/value", "<=", .002},
          {named("images decoded as they were"), back == test ? 1.0 : 0.0, "", ">=", 1},
          {named("decode"), (decoded - encoded) / images, "ms/image", "<=", 4},
          {named("encode"), (encoded - start) / images, "ms/image", "", 0},
          {named("model's file"), static_cast<double>(model_bytes) / 1e6, "MB", "", 0}};
}

void check_images(const LevelView& train, const LevelView& test, std::string_view where) {
  if (train.cols() != kEdge * kEdge || test.cols() != kEdge * kEdge || test.rows() == 0) {
    core::fail_argument(where, "expected images of 28*28, got {}*{} and {}*{}", train.rows(),
                        train.cols(), test.rows(), test.cols());
  }
}

}  // namespace

std::vector<Figure> pc_lossless_figures(const std::string& name, const LevelView& train,
                                        const LevelView& test, const GrowingOptions& options,
                                        core::Key key) {
  check_images(train, test, "code.pc_lossless_figures");
  const double begin = now();
  const GrownTree grown = learn_by_growing(train, 256, options, key.split("learn"));
  const double learned = now() - begin;
  std::vector<Figure> out = written(name, grown.model, test);
  const auto growth =
      growth_of_time(name, train, test, options.learning.states, key.split("growth"));
  out.insert(out.end(), growth.begin(), growth.end());
  out.push_back({fmt::format("{}: learning", name), learned, "s", "", 0});
  return out;
}

std::vector<Figure> sparse_pc_figures(const std::string& name, const LevelView& train,
                                      const LevelView& test, const GrowingOptions& options,
                                      core::Key key) {
  check_images(train, test, "code.sparse_pc_figures");
  double first = NAN;
  const int passes = options.learning.epochs + options.learning.full_epochs;
  const auto watch = [&](int pass, double, const HiddenTree& model) {
    const bool done = pass == passes && model.states == options.learning.states;
    if (done) first = model.bits_per_dimension(test);
    return true;
  };
  const double begin = now();
  const GrownTree grown = learn_by_growing(train, 256, options, key, watch);
  const double learned = now() - begin;
  std::vector<Figure> out;
  for (const PruningRound& round : grown.rounds) {
    const auto named = [&](const char* what) {
      return fmt::format("{}, {} states: {}", name, round.states, what);
    };
    out.push_back({named("edges kept"), 100 * round.kept, "%", "", 0});
    out.push_back({named("flow bound"), round.bound_bits, "bits/image", "", 0});
    out.push_back(
        {named("lost by pruning, of the bound"), round.loss_bits / round.bound_bits, "", "<=", 1});
  }
  const std::vector<Figure> last = written(name, grown.model, test);
  const double under = last[1].value;
  out.push_back({fmt::format("{}: before the rounds", name), first, "bits/value", "", 0});
  out.push_back(
      {fmt::format("{}: gained by the rounds", name), first - under, "bits/value", ">=", 0});
  out.insert(out.end(), last.begin(), last.end());
  out.push_back({fmt::format("{}: learning", name), learned, "s", "", 0});
  return out;
}

}  // namespace venturi::code
