#include "venturi/learn/codec.hpp"

#include "tests/learn/blobs.hpp"
#include "tests/testing.hpp"
#include "venturi/core/threads.hpp"
#include "venturi/learn/evaluate.hpp"
#include "venturi/learn/experiment.hpp"

namespace venturi::learn {
namespace {

class CodecTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ModelOptions options;
    options.hidden = {16};
    options.channel = {.kind = "quantized", .size = 3, .components = 4};
    const data::Dataset training = blobs(3000, core::Key(1));
    auto model = std::make_unique<Model>(options, make_problem(training, options.scale),
                                         core::Key(1), torch::kCPU);
    train(*model, training, {.beta = 0.02, .epochs = 15, .batch = 50, .learning_rate = 3e-3},
          core::Key(2), core::silent());
    codec_ = new Codec(make_codec(std::move(model), {{"note", "test"}}));
    test_ = new data::Dataset(blobs(5000, core::Key(5)));
  }
  static void TearDownTestSuite() {
    delete codec_;
    delete test_;
  }
  static Codec* codec_;
  static data::Dataset* test_;
};
Codec* CodecTest::codec_ = nullptr;
data::Dataset* CodecTest::test_ = nullptr;

TEST_F(CodecTest, BitsRoundTripAndCostWhatTheModelSays) {
  const auto symbols = quantize(*codec_, codec_->model->inputs(test_->x));
  const auto bytes = code::container_bytes(encode_bits(*codec_, symbols));
  EXPECT_EQ(decode_bits(*codec_, code::parse_container(bytes, "t")), symbols);
  double model_bytes = 0;
  for (const double bits : model_bits(*codec_, symbols)) model_bytes += bits / 8;
  EXPECT_NEAR(static_cast<double>(bytes.size()), model_bytes, 0.01 * model_bytes + 64);
}

TEST_F(CodecTest, SameBytesForAnyNumberOfThreads) {
  const auto x = codec_->model->inputs(test_->x);
  core::set_threads(1);
  const auto one = quantize(*codec_, x);
  core::set_threads(2);
  const auto two = quantize(*codec_, x);
  core::set_threads(0);
  EXPECT_EQ(one, two);
}

TEST_F(CodecTest, ModelFileRoundTrip) {
  const testing::TempFolder folder;
  save_codec(folder / "m.vt", *codec_);
  const Codec read = load_codec(folder / "m.vt", torch::kCPU);
  EXPECT_EQ(read.id, codec_->id);
  EXPECT_EQ(read.tables, codec_->tables);
  EXPECT_EQ(read.facts["note"], "test");
  const auto x = codec_->model->inputs(test_->x);
  EXPECT_EQ(quantize(read, x), quantize(*codec_, x));
  EXPECT_EQ(read.model->problem().classes, 4);
}

TEST_F(CodecTest, DamagedModelFilesAreDataErrors) {
  const testing::TempFolder folder;
  save_codec(folder / "m.vt", *codec_);
  const auto good = core::read_file(folder / "m.vt");
  const auto attempt = [&](std::vector<std::byte> bytes) {
    core::write_file(folder / "bad.vt", bytes);
    EXPECT_THROW(load_codec(folder / "bad.vt", torch::kCPU), core::DataError);
  };
  for (std::size_t size = 0; size < good.size(); size += 61) {
    attempt({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (std::size_t at = 0; at < good.size(); at += 53) {
    auto bytes = good;
    bytes[at] ^= std::byte{0x10};
    attempt(std::move(bytes));
  }
  // Whole containers that lie about their content.
  const auto forge = [&](auto&& change) {
    code::Container file = code::parse_container(good, "good");
    change(file);
    attempt(code::container_bytes(file));
  };
  forge([](auto& f) { f.header["options"]["hidden"] = {1000000}; });
  forge([](auto& f) { f.header["options"]["size"] = 4096; });
  forge([](auto& f) { f.header["options"]["surprise"] = 1; });
  forge([](auto& f) { f.header["problem"]["shape"] = {1 << 23, 1 << 23, 1 << 23}; });
  forge([](auto& f) { f.header["problem"]["classes"] = -1; });
  forge([](auto& f) { f.header.erase("problem"); });
  forge([](auto& f) { f.chunks.pop_back(); });
  forge([](auto& f) { f.header["kind"] = "checkpoint"; });
}

TEST_F(CodecTest, ForeignAndForgedBits) {
  const auto symbols = quantize(*codec_, codec_->model->inputs(test_->x));
  code::Container bits = encode_bits(*codec_, symbols);
  code::Container other = bits;
  other.header["m"] = "0000000000000000";
  EXPECT_ERROR(decode_bits(*codec_, other), core::DataError, "written by model 0000000000000000");
  other = bits;
  other.header["n"] = std::uint64_t{1} << 60;
  EXPECT_THROW(decode_bits(*codec_, other), core::DataError);
  other.header["n"] = 100000000;
  EXPECT_THROW(decode_bits(*codec_, other), core::DataError);
  other.header.erase("n");
  EXPECT_ERROR(decode_bits(*codec_, other), core::DataError, "not a file of bits");
}

TEST_F(CodecTest, GaussianChannelsHaveNoBits) {
  ModelOptions options;
  options.hidden = {4};
  options.channel = {.kind = "gaussian", .size = 2};
  const Codec codec = make_codec(std::make_unique<Model>(options, make_problem(*test_, "standard"),
                                                         core::Key(1), torch::kCPU));
  EXPECT_ERROR(quantize(codec, codec.model->inputs(test_->x)), core::InvalidArgument,
               "its rate is a bound");
}

TEST(Experiment, SweepsMeasuresAndKeepsWhatIsFinished) {
  const testing::TempFolder folder;
  ExperimentOptions options;
  options.model.hidden = {16};
  options.model.channel = {.kind = "quantized", .size = 2, .components = 4};
  options.pretrain_epochs = 20;
  options.trainer.head_epochs = 40;
  options.trainer.epochs = 2;
  options.trainer.learning_rate = 3e-3;
  options.trainer.batch = 50;
  options.betas = {0.01, 1.0};
  const data::DataPair data{.train = blobs(2000, core::Key(1)), .test = std::nullopt};
  const auto run = [&] {
    return run_experiment(data, options, core::Key(1), torch::kCPU, folder.path(), core::silent());
  };
  const Experiment first = run();
  ASSERT_EQ(first.points.size(), 2U);
  EXPECT_LT(first.reference->distortion, 0.03);
  EXPECT_LT(first.points[0].rate.distortion, 0.03);
  EXPECT_GT(first.points[0].rate.bits, first.points[1].rate.bits);
  EXPECT_GT(first.points[0].information.bits, 1.7);
  EXPECT_LE(first.points[0].information.bits, first.points[0].rate_bound.high);
  const auto written = std::filesystem::last_write_time(folder / "beta-0.01.vt");
  const Experiment second = run();
  EXPECT_EQ(std::filesystem::last_write_time(folder / "beta-0.01.vt"), written);
  EXPECT_EQ(second.points[0].rate.bits.value, first.points[0].rate.bits.value);
  EXPECT_ERROR(
      run_experiment(data, options, core::Key(1), torch::kCPU, "/proc/nowhere", core::silent()),
      core::DataError, "/proc/nowhere");
}

}  // namespace
}  // namespace venturi::learn
