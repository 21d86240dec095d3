// Whole networks: statistics, files, menus, the last pass, and what a person may do wrong.
// Over 400 lines: all of them look at one small network.
#include <algorithm>
#include <cmath>
#include <set>

#include "tests/testing.hpp"
#include "venturi/compress/compress.hpp"
#include "venturi/compress/correct.hpp"
#include "venturi/compress/figures.hpp"
#include "venturi/compress/interactions.hpp"
#include "venturi/compress/members.hpp"
#include "venturi/compress/recover.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/onnx_model.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = tensor::make_generator(core::Key(seed), torch::kCPU);
  return torch::empty(shape).normal_(0, 1, generator);
}

// Convolutions (one of groups), a Gemm and a MatMul: 3*8*8 images to 5 classes.
net::Model small_network() {
  net::GraphBuilder b("small", core::Key(1));
  std::string x = b.input("x", {-1, 3, 8, 8});
  x = b.convolution("a", x, {.in = 3, .out = 8, .kernel = 3, .padding = 1});
  x = b.node("Relu", "ra", {b.batch_norm("bn", x, 8)});
  x = b.convolution(
      "b", x,
      {.in = 8, .out = 16, .kernel = 3, .stride = 2, .padding = 1, .groups = 2, .bias = true});
  x = b.node("Relu", "rb", {x});
  x = b.node("Flatten", "flat", {b.node("GlobalAveragePool", "mean", {x})});
  x = b.node("Relu", "rc", {b.linear("c", x, 16, 24)});
  x = b.node("MatMul", "d", {x, b.parameter("d.weight", normals({24, 5}, 2) * .8)});
  return b.finish({{.name = x, .ranked = true, .shape = {-1, 5}}});
}

const Tensor& images() {
  static const Tensor x = normals({96, 3, 8, 8}, 3) + normals({96, 3, 1, 1}, 4);
  return x;
}

const Subject& subject() {
  static const Subject one(small_network(), images(), core::Key(5));
  return one;
}

CompressOptions quick() { return {.methods = "rate", .probe_samples = 32, .correct = true}; }

TEST(Statistics, AreSumsOverInputs) {
  const net::Model model = subject().model();
  const auto nodes = net::matrix_nodes(model);
  ASSERT_EQ(nodes.size(), 4);
  const net::Executor executor(model);
  const auto stats = net::matrix_statistics(executor, images(), nodes, {.batch = 7});
  // The last matrix: its input edge, seen directly.
  Tensor edge;
  executor.run(
      {images()},
      {.hooks = {net::observe("rc", [&](const std::string&, const Tensor& v) { edge = v; })},
       .gradients = false,
       .trace = {}});
  const Tensor expected = edge.t().mm(edge).to(torch::kFloat64) / 96;
  EXPECT_LT((stats[3].second[0] - expected).abs().max().item<double>(), 1e-5);
  // Convolutions: the matrix times its vectors is the convolution.
  for (std::size_t k = 0; k < 2; ++k) {
    const net::Node& node = model.graph.nodes[nodes[k].node];
    Tensor x, y;
    executor.run({images()}, {.hooks = {}, .gradients = false, .trace = [&](const net::NodeRun& r) {
                                if (r.index == nodes[k].node) x = r.inputs[0], y = r.outputs[0];
                              }});
    const Tensor& weight = model.weights.at(nodes[k].weight);
    const Tensor v = net::input_vectors(node, nodes[k], x, weight);
    const Tensor w =
        net::as_matrix(nodes[k], weight).reshape({nodes[k].groups, -1, nodes[k].inputs});
    const Tensor made = torch::bmm(v, w.transpose(1, 2));  // groups*m*outputs of a group
    const Tensor flat = y.flatten(2).transpose(1, 2).reshape({-1, nodes[k].outputs});
    const Tensor bias = model.weights.at(node.inputs[2]);
    const Tensor all = made.transpose(0, 1).reshape({-1, nodes[k].outputs}) + bias;
    EXPECT_LT((all - flat).abs().max().item<double>(), 1e-4) << k;
  }
}

// The prediction is the divergence, for small changes: in expectation over changes.
TEST(Statistics, FisherPredictsDivergence) {
  const Subject many(small_network(), images().repeat({4, 1, 1, 1}), core::Key(6));
  for (std::size_t k = 0; k < 4; ++k) {
    double predicted = 0, measured = 0;
    for (std::uint64_t s = 0; s < 12; ++s) {
      const Tensor w = many.matrix(k);
      const Tensor d =
          normals(w.sizes().vec(), 10 + s) * (.03 * w.square().mean().sqrt().item<double>());
      net::Model changed = many.model();
      Tensor& weight = changed.weights[many.nodes()[k].weight];
      weight = net::from_matrix_of(many.nodes()[k], w + d, weight);
      predicted += many.predicted_nats(k, d);
      measured += many.measure(changed) * std::log(2.0);
    }
    // Rows are taken as independent and inputs by half as they are: within a factor of 4.
    EXPECT_LT(predicted / measured, 4) << k;
    EXPECT_GT(predicted / measured, .25) << k;
  }
}

TEST(ModelFile, ComesBackAndRuns) {
  CompressedModel m = as_compressed(subject().model());
  for (std::size_t k = 0; k < m.matrices.size(); ++k) {
    m.matrices[k] = round_to_nearest(subject().matrix(k), {.levels = 16});
  }
  m.facts = {{"budget", "x"}};
  const testing::TempFolder folder;
  const auto path = folder / "small.vt";
  code::write_container(path, to_container(m));
  EXPECT_EQ(std::filesystem::file_size(path), file_bytes(m));
  const CompressedModel back = from_container(code::read_container(path), "small.vt");
  EXPECT_TRUE(torch::equal(subject().outputs_of(m.model()), subject().outputs_of(back.model())));
  EXPECT_EQ(back.facts, m.facts);
}

// Whatever the bytes, a model or a data error, and no memory beyond what they can stand for.
void expect_result_or_error(const code::Container& container) {
  try {
    from_container(container, "damaged").model();
  } catch (const core::DataError&) {
  }
}

TEST(ModelFile, DamagedFilesEndInDataErrors) {
  CompressedModel m = as_compressed(subject().model());
  m.matrices[0] = round_to_nearest(subject().matrix(0), {.levels = 16});
  m.matrices[1] = round_to_nearest(subject().matrix(1), {.levels = 3});
  m.matrices[2] = round_to_code(subject().matrix(2), "nf4", 8);
  const code::Container whole = to_container(m);
  const auto bytes = code::container_bytes(whole);
  for (std::size_t n = 0; n < bytes.size(); ++n) {  // checksums see every cut
    EXPECT_THROW(code::parse_container(core::Bytes(bytes).first(n), "cut"), core::DataError) << n;
  }
  core::Random random{core::Key(8)};
  for (std::size_t k = 0; k < whole.chunks.size(); ++k) {
    const std::size_t size = whole.chunks[k].bytes.size();
    for (std::size_t n = 0; n < size; n += k == 0 ? 1 : 1 + size / 400) {
      code::Container cut = whole, flipped = whole;
      cut.chunks[k].bytes.resize(n);
      EXPECT_THROW(from_container(cut, "cut"), core::DataError) << k << " " << n;
      flipped.chunks[k].bytes[n] ^= static_cast<std::byte>(1 << random.below(8));
      expect_result_or_error(flipped);
    }
    code::Container longer = whole;
    longer.chunks[k].bytes.push_back(std::byte{0});
    if (k > 0) {
      EXPECT_THROW(from_container(longer, "longer"), core::DataError) << k;
    }
  }
}

TEST(ModelFile, ForgedSizesAreRefused) {
  const code::Container whole = to_container(as_compressed(subject().model()));
  const auto forge = [&](std::size_t matrix, std::size_t field, const core::Json& value) {
    code::Container out = whole;
    out.header["matrices"][matrix][field] = value;
    return out;
  };
  for (const std::int64_t size :
       {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1} << 24, std::int64_t{1} << 40}) {
    for (const std::size_t field : {0, 1}) {
      EXPECT_THROW(from_container(forge(0, field, size), "forged"), core::DataError) << size;
    }
  }
  EXPECT_THROW(from_container(forge(1, 2, 0), "forged"), core::DataError);     // groups
  EXPECT_THROW(from_container(forge(1, 4, 1000), "forged"), core::DataError);  // node
  EXPECT_THROW(from_container(forge(1, 4, "a"), "forged"), core::DataError);
  // Factors of a rank 1 that stand for 2^48 weights.
  std::vector<std::byte> bytes;
  bytes.push_back(static_cast<std::byte>(Way::product));
  bytes.resize(20000, std::byte{1});
  EXPECT_ERROR(decode_matrix(bytes, 1 << 24, 1 << 24, "forged"), core::DataError, "cannot be in");
}

TEST(ModelFile, OnnxSaysWhatItCan) {
  CompressedModel m = as_compressed(subject().model());
  m.matrices[0] = round_to_nearest(subject().matrix(0), {.levels = 16});
  m.matrices[3] = round_to_nearest(subject().matrix(3), {.levels = 16});
  m.matrices[2] = round_to_code(subject().matrix(2), "nf4", 8);
  m.matrices[1] = core::find_member(members(), "rate", "test").make(subject(), 1, 16);
  for (std::size_t c = 0; c < m.matrices[1].column_steps.size(); ++c) {
    m.matrices[1].column_steps[c] += static_cast<int>(c % 3);
  }
  const OnnxOut out = to_onnx(m);
  EXPECT_EQ(out.quantized, 3);
  const testing::TempFolder folder;
  net::write_onnx(out.model, folder / "small.onnx");
  const net::Model back = net::read_onnx(folder / "small.onnx");
  const Tensor a = subject().outputs_of(m.model()), b = subject().outputs_of(back);
  EXPECT_LT((a - b).abs().max().item<double>(), 1e-5);
}

TEST(Correct, MakesUpForWhatIsLost) {
  CompressedModel m = as_compressed(subject().model());
  const auto round = [](std::size_t, const Tensor& target) {
    return round_to_nearest(target, {.levels = 6});
  };
  for (std::size_t k = 0; k < m.matrices.size(); ++k) m.matrices[k] = round(k, subject().matrix(k));
  const double before = subject().measure(m.model());
  correct_in_order(subject(), round, m);
  EXPECT_LT(subject().measure(m.model()), .8 * before);
}

TEST(Compressor, KeepsTheBudgetAndCountsTheFile) {
  Compressor work(subject(), quick());
  const std::int64_t floats = 4 * subject().parameters();
  double last = 1e9;
  for (const double part : {.2, .3, .6}) {
    const auto bytes = static_cast<std::int64_t>(part * static_cast<double>(floats));
    const Compressed c = work.run(bytes, core::Key(1));
    EXPECT_LE(c.file_bytes, bytes);
    EXPECT_EQ(static_cast<std::size_t>(c.file_bytes), file_bytes(c.model));
    EXPECT_LT(c.measured_bits, last);
    last = c.measured_bits;
  }
  EXPECT_LT(last, 1e-3);
  // What is counted is what is written, but for the last pass.
  const Compressed plain = work.allocate(floats / 3);
  EXPECT_NEAR(static_cast<double>(plain.counted_bytes), static_cast<double>(plain.file_bytes),
              .01 * static_cast<double>(plain.file_bytes));
  EXPECT_GT(plain.curve.size(), 3);
}

TEST(Divergence, SoftenedIsHalfTheVarianceOfTheChange) {
  const Tensor y = normals({50, 6}, 1) * 9, other = y + normals({50, 6}, 2) * .05;
  const Tensor change = (other - y).to(torch::kFloat64);
  const double limit = change.var(1, false).mean().item<double>() / 2 / std::log(2.0);
  EXPECT_NEAR(divergence_bits(y, other, 1000), limit, .01 * limit);
  EXPECT_EQ(divergences(y, other).size(0), 50);
  EXPECT_DOUBLE_EQ(divergences(y, other).mean().item<double>(), divergence_bits(y, other, 1));
}

// Predictions of single errors: in proportion to softened divergences, adding up to plain ones.
TEST(Probe, ScalesPredictions) {
  const Compressor work(subject(), quick());
  std::vector<Menu> menus = work.menus();
  probe(subject(), work.base(), menus, {.bits = 4, .samples = 64, .temperature = 3});
  const net::Weights exact = work.base().model().weights;
  double predicted = 0, measured = 0, ratio = 0;
  for (std::size_t k = 0; k < menus.size(); ++k) {
    const net::MatrixNode& node = subject().nodes()[k];
    const auto far = [&](const Entry& e) {
      const double bits = static_cast<double>(e.bits - 4 * node.outputs * node.inputs);
      return e.method == "rate" ? std::abs(bits) : 1e9;
    };
    const Entry& entry =
        *std::min_element(menus[k].entries.begin(), menus[k].entries.end(),
                          [&](const Entry& a, const Entry& b) { return far(a) < far(b); });
    net::Model changed{work.base().graph, exact};
    Tensor& weight = changed.weights[node.weight];
    weight = net::from_matrix_of(node, to_tensor(entry.coded), weight);
    const Tensor y = subject().outputs_of(changed, 64),
                 trained = subject().outputs().slice(0, 0, 64);
    const double nats = entry.nats * menus[k].coefficient;
    predicted += nats / std::log(2.0);
    measured += divergence_bits(trained, y);
    const double one = nats / divergence_bits(trained, y, 3);
    if (k > 0) {
      EXPECT_NEAR(one, ratio, 1e-9 * ratio) << k;
    }
    ratio = one;
  }
  EXPECT_NEAR(predicted, measured, 1e-9 * measured);
}

TEST(Compressor, AllMethodsInOneMenu) {
  Compressor work(subject(),
                  {.probe_samples = 0, .correct = false, .generations = 2, .refine_samples = 32});
  std::set<std::string> methods;
  for (const Menu& menu : work.menus()) {
    for (const Entry& entry : menu.entries) methods.insert(entry.method);
  }
  EXPECT_EQ(methods, (std::set<std::string>{"mask", "rank", "rate", "zero"}));
  const Compressed c = work.run(work.smallest_bytes() + 400, core::Key(2));
  EXPECT_LE(c.file_bytes, c.budget_bytes);
}

TEST(Compressor, TooSmallABudgetSaysTheSmallest) {
  const Compressor work(subject(), quick());
  EXPECT_ERROR(work.allocate(work.smallest_bytes() - 1), core::InvalidArgument,
               fmt::format("smallest reachable, {} bytes", work.smallest_bytes()));
  EXPECT_LE(work.allocate(work.smallest_bytes()).file_bytes, work.smallest_bytes());
}

class StopAfter : public core::Monitor {
 public:
  explicit StopAfter(int n) : left_(n) {}
  void progress(const core::Progress& p) override {
    if (p.task == "menus") ++done;
  }
  bool stop_requested() override { return done >= left_; }
  int done = 0;

 private:
  int left_;
};

TEST(Compressor, ResumesWithoutRedoingLayers) {
  const testing::TempFolder folder;
  StopAfter stop(2);
  EXPECT_ERROR(Compressor(subject(), quick(), folder.path(), stop), core::Interrupted, "goes on");
  EXPECT_EQ(stop.done, 2);
  StopAfter rest(100);
  const Compressor resumed(subject(), quick(), folder.path(), rest);
  EXPECT_EQ(rest.done, 2);  // of 4: the first two were kept
  const Compressor fresh(subject(), quick());
  const auto bytes = subject().parameters();
  EXPECT_EQ(encode(resumed.allocate(bytes).model.matrices[0]),
            encode(fresh.allocate(bytes).model.matrices[0]));
  // Other inputs: nothing of it counts.
  const Subject other(small_network(), images().slice(0, 0, 50), core::Key(5));
  StopAfter again(100);
  const Compressor redone(other, quick(), folder.path(), again);
  EXPECT_EQ(again.done, 4);
}

TEST(BadInput, IsNamed) {
  Tensor bad = images().clone();
  bad[3][1][2][2] = std::nan("");
  EXPECT_ERROR(Subject(small_network(), bad, core::Key(1)), core::DataError, "NaN");
  EXPECT_ERROR(Subject(small_network(), torch::zeros({4, 3, 9, 9, 2}), core::Key(1)),
               core::DataError, "input 'x'");
  EXPECT_ERROR(Subject(small_network(), torch::zeros({0, 3, 8, 8}), core::Key(1)),
               core::InvalidArgument, "got none");
  net::Model broken = small_network();
  broken.weights["c.weight"] = torch::full_like(broken.weights["c.weight"], std::nan(""));
  EXPECT_ERROR(Subject(broken, images(), core::Key(1)), core::DataError, "'c.weight' holds NaN");
  net::GraphBuilder b("none", core::Key(1));
  const net::Model none = b.finish({{.name = b.node("Relu", "r", {b.input("x", {-1, 4})})}});
  EXPECT_ERROR(Subject(none, torch::zeros({2, 4}), core::Key(1)), core::InvalidArgument,
               "no weights");
  CompressOptions odd = quick();
  odd.methods = "rate,magic";
  EXPECT_ERROR(Compressor(subject(), odd), core::InvalidArgument, "'magic'");
}

// Channels that are always 0, and inputs that are: remarks or not, a file comes out.
TEST(BadInput, DeadChannels) {
  net::Model model = small_network();
  model.weights["bn.weight"][2] = 0;
  model.weights["bn.bias"][2] = 0;
  model.weights["a.weight"][5].zero_();
  model.weights["c.weight"].zero_();
  const Subject dead(model, images(), core::Key(1));
  Compressor work(dead, quick());
  const Compressed c = work.run(dead.parameters(), core::Key(1));
  EXPECT_TRUE(dead.outputs_of(c.model.model()).isfinite().all().item<bool>());
}

TEST(Members, AllSqueezeAndComeBack) {
  for (const auto& member : members()) {
    for (std::size_t k = 0; k < 4; ++k) {
      const CodedMatrix m = member.make(subject(), k, 8);
      const auto bytes = encode(m);
      // A table of 256 float16 values is 512 bytes, whatever the matrix.
      EXPECT_LT(bytes.size(), 4 * static_cast<std::size_t>(m.rows * m.columns) + 512)
          << member.name;
      EXPECT_EQ(weights(decode_matrix(bytes, m.rows, m.columns, "test")), weights(m))
          << member.name;
    }
  }
}

TEST(Interactions, SumIsTheJointLoss) {
  std::vector<CodedMatrix> coded;
  for (std::size_t k = 0; k < 4; ++k) {
    coded.push_back(round_to_nearest(subject().matrix(k), {.levels = 200}));
  }
  const Tensor g = interactions(subject(), coded, 0 + 96);
  CompressedModel m = as_compressed(subject().model());
  m.matrices = coded;
  const double joint = subject().measure(m.model()) * std::log(2.0);
  EXPECT_NEAR(g.sum().item<double>(), joint, .1 * joint);
}

TEST(Recover, LowersTheDivergenceWithinTheSize) {
  Compressor work(subject(), quick());
  const auto bytes = subject().parameters() / 2;
  Compressed c = work.run(bytes, core::Key(1));
  const double before = subject().measure(c.model.model());
  recover(subject(), images(), bytes, {.epochs = 8, .batch = 16, .learning_rate = 2e-3},
          core::Key(2), c.model);
  EXPECT_LE(static_cast<std::int64_t>(file_bytes(c.model)), bytes);
  EXPECT_LT(subject().measure(c.model.model()), before);
}

double value_of(const std::vector<core::Figure>& figures, const std::string& name) {
  for (const core::Figure& f : figures) {
    if (f.name == name) return f.value;
  }
  ADD_FAILURE() << "no figure '" << name << "'";
  return std::nan("");
}

TEST(Figures, HoldAgainstTheTrainedNetwork) {
  const Tensor labels = subject().outputs().argmax(1);
  const TestSet test(subject(), images(), labels);
  const Held same = test.hold(subject().model());
  EXPECT_LT(same.divergence_bits, 1e-9);
  EXPECT_EQ(same.agreement, 1);
  EXPECT_EQ(same.accuracy, 1);
}

TEST(Figures, FilesAreWithinTheirSizes) {
  const TestSet test(subject(), images(), subject().outputs().argmax(1));
  const auto squeezed =
      squeeze_figures(subject(), test, images(), {3}, 1, core::Key(1), torch::kCPU, core::silent());
  EXPECT_GE(value_of(squeezed, "3 times smaller: float32 by the file"), 3);
  EXPECT_GE(value_of(squeezed, "3 times smaller, recovered: float32 by the file"), 3);
  const auto budget = budget_figures(subject(), test, images(),
                                     {.sizes = {20}, .recover_epochs = 1, .allocations = 4},
                                     core::Key(1), torch::kCPU, core::silent());
  EXPECT_EQ(value_of(budget, "float accuracy"), 100);
  for (const char* method : {"rtn (packed)", "gptq", "gptq of one grid", "higgs", "joint"}) {
    EXPECT_LE(value_of(budget, fmt::format("{} at 20 bits: size", method)), 20) << method;
  }
  EXPECT_LE(value_of(budget, "files of allocations against the count, largest distance"), 1);
  const std::string loss = "correlation of predicted and measured loss, 3 to 6 bits a matrix";
  EXPECT_LE(std::abs(value_of(budget, loss)), 1);
  const double most = value_of(budget, loss + ": reachable with these images");
  EXPECT_GE(most, 0);
  EXPECT_LE(most, 1);
}

}  // namespace
}  // namespace venturi::compress
