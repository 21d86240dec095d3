// The command from outside: exit codes, one line of error, whole files or none, Ctrl-C and resume.
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/app/command_runner.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"

namespace venturi::app {
namespace {

using core::Json;

// price = 3 rooms - age / 10, and some noise; three columns of features.
std::string houses(int rows, bool with_price) {
  core::Random random(core::Key(with_price ? 1 : 2));
  std::string out = with_price ? "rooms,age,noise,price\n" : "rooms,age,noise\n";
  for (int i = 0; i < rows; ++i) {
    const double rooms = 1 + static_cast<double>(random.below(6));
    const double age = 100 * random.uniform();
    out += fmt::format("{},{:.3f},{:.3f}", rooms, age, random.normal());
    if (with_price) out += fmt::format(",{:.3f}", 3 * rooms - age / 10 + 0.1 * random.normal());
    out += "\n";
  }
  return out;
}

void write_big_endian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

// 28 x 28 images whose bright half is their label, as a folder of IDX files.
void write_images(const std::filesystem::path& folder, std::uint32_t n) {
  core::Random random(core::Key(3));
  std::string images;
  std::string labels;
  write_big_endian(images, 0x0803);
  write_big_endian(labels, 0x0801);
  for (const std::uint32_t size : {n, 28U, 28U}) write_big_endian(images, size);
  write_big_endian(labels, n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto label = static_cast<std::uint32_t>(random.below(2));
    labels += static_cast<char>(label);
    for (std::uint32_t p = 0; p < 28 * 28; ++p) {
      const bool bright = (p % 28 < 14) == (label == 0);
      images += static_cast<char>((bright ? 128 : 0) + random.below(100));
    }
  }
  core::write_file(folder / "train-images-idx3-ubyte", images);
  core::write_file(folder / "train-labels-idx1-ubyte", labels);
}

// Waits until the process has a handler of its own for SIGINT (a minute at most: LibTorch is being
// loaded before that, which a busy machine takes its time for), then half a second for it to get
// going.
void let_it_start(pid_t child) {
  for (int i = 0; i < 600; ++i) {
    std::ifstream status(fmt::format("/proc/{}/status", child));
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigCgt:")) continue;
      const std::uint64_t caught = std::stoull(line.substr(7), nullptr, 16);
      if ((caught >> (SIGINT - 1) & 1) == 0) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

class Command : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string data() {
    core::write_file(folder_ / "houses.csv", houses(400, true));
    return "csv:" + path("houses.csv") + "#target=price";
  }
  // Flags in `more` come last and win over these.
  Outcome train(const std::vector<std::string>& more, const Conditions& conditions = {}) {
    core::write_file(folder_ / "options.toml",
                     "hidden = [16]\nepochs = 40\nbatch = 32\nlearning_rate = 3e-3\n"
                     "channel = \"quantized\"\nsize = 2\n");
    std::vector<std::string> words = {"train",  data(),       "--options", path("options.toml"),
                                      "-o",     path("runs"), "--threads", "1",
                                      "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return run_command(words, conditions);
  }

  testing::TempFolder folder_;
};

TEST_F(Command, WrongUsageIsTwo) {
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"trian"},
      {"train"},
      {"train", data(), "--no-such-option", "1"},
      {"train", data(), "--beta", "-1"},
      {"train", data(), "--betas", "0.1,-2"},
      {"train", data(), "--betas", "0.1,0.2", "--target-rate", "1"},
      {"train", data(), "--channel", "quantized", "--size", "1", "--target-rate", "100", "--quiet"},
      {"train", data(), "--device", "gpu"},
      {"train", "no-such-set"},
      {"train", "ixd:" + path("")},
      {"train", "csv:" + path("houses.csv") + "#target=prize"},
      {"encode", path("model.vt"), data()}};
  for (const auto& line : lines) {
    const Outcome outcome = run_command(line);
    EXPECT_EQ(outcome.code, 2) << fmt::format("{}", fmt::join(line, " ")) << outcome.err;
    EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(Command, HelpAndVersionAreZero) {
  const std::pair<std::vector<std::string>, std::string> lines[] = {
      {{"--help"}, "reproduce"},
      {{"train", "--help"}, "--target-rate"},
      {{"--version"}, "LibTorch"},
      {{"list"}, "fashion-mnist"}};
  for (const auto& [line, expected] : lines) {
    const Outcome outcome = run_command(line);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_NE(outcome.out.find(expected), std::string::npos) << outcome.out;
  }
}

TEST_F(Command, OwnTableThereAndBack) {
  const Outcome trained = train({"--betas", "0.01,0.1", "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Json record = Json::parse(trained.out);
  ASSERT_EQ(record["results"]["points"].size(), 2U);
  EXPECT_LT(record["results"]["points"][0]["distortion"], 3.0);  // the prices deviate by 5.9
  EXPECT_EQ(Json::parse(core::read_text(path("runs/records.jsonl"))), record);

  // New rows, without the column that is to be predicted.
  core::write_file(folder_ / "new.csv", houses(50, false));
  const std::string model = path("runs/beta-0.01.vt");
  const Outcome encoded =
      run_command({"encode", model, "csv:" + path("new.csv"), "-o", path("new.bits.vt"), "--json"});
  ASSERT_EQ(encoded.code, 0) << encoded.err;
  EXPECT_EQ(Json::parse(encoded.out)["file_bytes"],
            std::filesystem::file_size(path("new.bits.vt")));
  const Outcome from_bits = run_command({"predict", model, path("new.bits.vt")});
  const Outcome from_data = run_command({"predict", model, "csv:" + path("new.csv")});
  EXPECT_EQ(from_bits.code, 0) << from_bits.err;
  EXPECT_EQ(from_bits.out, from_data.out);
  EXPECT_EQ(std::count(from_bits.out.begin(), from_bits.out.end(), '\n'), 51);
  EXPECT_EQ(run_command({"decode", model, path("new.bits.vt"), "-o", path("z.npy")}).code, 0);
  EXPECT_GT(std::filesystem::file_size(path("z.npy")), 50U * 2 * 4);
  EXPECT_EQ(run_command({"report", path("runs/records.jsonl"), "-o", path("report.html")}).code, 0);
  EXPECT_NE(core::read_text(path("report.html")).find("<svg"), std::string::npos);

  // The bits of one model mean nothing to another.
  const Outcome other = run_command({"predict", path("runs/beta-0.1.vt"), path("new.bits.vt")});
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(other.one_line_of_error()) << other.err;
}

TEST_F(Command, ImagesByACircuitThereAndBack) {
  write_images(folder_ / "images", 300);
  const std::string images = path("images/train-images-idx3-ubyte");
  const Outcome learned =
      run_command({"circuit", "idx:" + path("images"), "-o", path("circuit.vt"), "--states", "4",
                   "--epochs", "2", "--batch", "100", "--json"});
  ASSERT_EQ(learned.code, 0) << learned.err;
  EXPECT_EQ(Json::parse(learned.out)["results"]["states"], 4);
  const Outcome encoded =
      run_command({"encode", path("circuit.vt"), images, "-o", path("bits.vt"), "--json"});
  ASSERT_EQ(encoded.code, 0) << encoded.err;
  // Two halves, each of 100 levels: log2(100) = 6.64 bits a value, and what is not learned yet.
  EXPECT_LT(Json::parse(encoded.out)["bits_per_value"], 7.2);
  const Outcome decoded =
      run_command({"decode", path("circuit.vt"), path("bits.vt"), "-o", path("back.npy")});
  ASSERT_EQ(decoded.code, 0) << decoded.err;
  const std::string raw = core::read_text(images);
  const std::string npy = core::read_text(path("back.npy"));
  EXPECT_TRUE(npy.ends_with(raw.substr(16)));  // behind IDX's head the same bytes

  // Bits under another model, data that are no levels.
  ASSERT_EQ(run_command({"circuit", "idx:" + path("images"), "-o", path("other.vt"), "--states",
                         "3", "--epochs", "1", "-q"})
                .code,
            0);
  const Outcome other =
      run_command({"decode", path("other.vt"), path("bits.vt"), "-o", path("no.npy")});
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(other.one_line_of_error()) << other.err;
  EXPECT_FALSE(std::filesystem::exists(path("no.npy")));
  const Outcome floats = run_command({"circuit", data(), "-o", path("no.vt")});
  EXPECT_EQ(floats.code, 2);
  EXPECT_TRUE(floats.one_line_of_error()) << floats.err;
}

TEST_F(Command, ArraysByCodecTensorThereAndBack) {
  // An .npy of 10,000 floats, made by hand: many beside the 163 bytes of the coded file's head.
  std::string npy("\x93NUMPY\x01\x00", 8);
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (200, 50), }";
  const std::size_t size = (10 + text.size() + 1 + 63) / 64 * 64 - 10;
  npy += static_cast<char>(size);
  npy += static_cast<char>(size >> 8);
  npy += text + std::string(size - text.size() - 1, ' ') + "\n";
  const std::size_t start = npy.size();
  core::Random random(core::Key(9));
  for (int i = 0; i < 10000; ++i) {
    const auto value = static_cast<float>(random.normal());
    npy.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  core::write_file(folder_ / "x.npy", npy);
  const auto there_and_back = [&](const std::vector<std::string>& more) {
    std::vector<std::string> line = {"encode", path("x.npy"), "--codec", "tensor",
                                     "-o",     path("x.vt"),  "--json"};
    line.insert(line.end(), more.begin(), more.end());
    const Outcome encoded = run_command(line);
    EXPECT_EQ(encoded.code, 0) << encoded.err;
    const Outcome decoded = run_command({"decode", path("x.vt"), "-o", path("y.npy")});
    EXPECT_EQ(decoded.code, 0) << decoded.err;
    return Json::parse(encoded.out)["bits_per_value"].get<double>();
  };
  EXPECT_LT(there_and_back({}), 32);
  EXPECT_EQ(core::read_text(path("y.npy")).substr(start), npy.substr(start));
  EXPECT_LT(there_and_back({"--max-error", "0.05"}), 10);
  const std::string back = core::read_text(path("y.npy"));
  ASSERT_EQ(back.size(), npy.size());
  for (std::size_t at = start; at < npy.size(); at += 4) {
    float a = 0;
    float b = 0;
    std::memcpy(&a, npy.data() + at, 4);
    std::memcpy(&b, back.data() + at, 4);
    EXPECT_NEAR(a, b, 0.05 + 1e-6);
  }
  EXPECT_LT(there_and_back({"--bits", "3"}), 3.6);  // 3 and the file's head
  EXPECT_EQ(run_command({"encode", path("x.npy"), "--codec", "tensor", "-o", path("x.vt"), "--bits",
                         "3", "--step", "1"})
                .code,
            2);
  const Outcome wrong = run_command({"decode", path("x.vt"), "-o", path("y.bin")});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(wrong.one_line_of_error()) << wrong.err;
}

// Two arrays in one file, by hand: 8 bytes of length, JSON, the elements.
TEST_F(Command, SafetensorsThereAndBack) {
  std::string values;
  core::Random random(core::Key(10));
  for (int i = 0; i < 3000; ++i) {
    const auto value = static_cast<float>(random.normal());
    values.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  const std::string head =
      R"({"a.weight":{"dtype":"F32","shape":[50,40],"data_offsets":[0,8000]},)"
      R"("b.weight":{"dtype":"F32","shape":[1000],"data_offsets":[8000,12000]}})";
  const std::uint64_t size = head.size();
  const std::string file =
      std::string(reinterpret_cast<const char*>(&size), sizeof size) + head + values;
  core::write_file(folder_ / "x.safetensors", file);
  const Outcome encoded = run_command(
      {"encode", path("x.safetensors"), "--codec", "tensor", "-o", path("x.vt"), "--json"});
  ASSERT_EQ(encoded.code, 0) << encoded.err;
  const Outcome decoded = run_command({"decode", path("x.vt"), "-o", path("y.safetensors")});
  ASSERT_EQ(decoded.code, 0) << decoded.err;
  const std::string back = core::read_text(path("y.safetensors"));
  ASSERT_GE(back.size(), values.size());
  EXPECT_EQ(back.substr(back.size() - values.size()), values);
  for (const char* name : {"a.weight", "b.weight"}) {
    EXPECT_NE(back.find(name), std::string::npos) << name;
  }
}

TEST_F(Command, BadDataIsOneAndLeavesNothing) {
  core::write_file(folder_ / "nan.csv", "a,b\n1,2\nnan,3\n");
  core::write_file(folder_ / "text.csv", "a,b\n1,red\n2,blue\n");
  core::write_file(folder_ / "short.csv", "a,b\n1,2\n3\n");
  core::write_file(folder_ / "short-images-idx3-ubyte", std::string("\0\0\x08\x03", 4));
  core::write_file(folder_ / "file", "in the way");
  const std::vector<std::vector<std::string>> lines = {
      {"train", "csv:" + path("absent.csv") + "#target=b"},
      {"train", "csv:" + path("nan.csv") + "#target=b"},
      {"train", "csv:" + path("short.csv") + "#target=b"},
      {"train", "idx:" + path("absent")},
      {"predict", path("absent.vt"), data()},
      {"predict", path("houses.csv"), data()},
      {"train", data(), "--epochs", "1", "-o", path("file/runs")}};
  for (std::vector<std::string> line : lines) {
    if (line[0] == "train" && line.size() == 2) line.insert(line.end(), {"-o", path("runs")});
    line.push_back("--quiet");
    const Outcome outcome = run_command(line);
    EXPECT_EQ(outcome.code, 1) << fmt::format("{}", fmt::join(line, " ")) << outcome.err;
    EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(path("runs/records.jsonl")));
  }
  const Outcome text = run_command({"train", "csv:" + path("text.csv") + "#target=a"});
  EXPECT_NE(text.code, 0);
  EXPECT_TRUE(text.one_line_of_error()) << text.err;
  EXPECT_NE(text.err.find("'b'"), std::string::npos) << text.err;
}

TEST_F(Command, AFullDiskLeavesNoPartOfAFile) {
  const Outcome stopped = train({"--hidden", "256,256"}, {.largest_file = 20000});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_TRUE(stopped.one_line_of_error()) << stopped.err;
  for (const std::string& name : core::list_files(folder_ / "runs")) {
    EXPECT_FALSE(name.ends_with(".vt") || name.ends_with(".jsonl")) << name;
  }
  ASSERT_EQ(train({}).code, 0);
  const Outcome bits = run_command(
      {"encode", path("runs/beta-0.001.vt"), data(), "-o", path("b.vt")}, {.largest_file = 100});
  EXPECT_EQ(bits.code, 1);
  EXPECT_TRUE(bits.one_line_of_error()) << bits.err;
  EXPECT_FALSE(std::filesystem::exists(path("b.vt")));
}

TEST_F(Command, DamagedFilesAreRefused) {
  ASSERT_EQ(train({}).code, 0);
  const std::string model = path("runs/beta-0.001.vt");
  ASSERT_EQ(run_command({"encode", model, data(), "-o", path("b.vt")}).code, 0);
  for (const std::string& whole : {model, path("b.vt")}) {
    const std::vector<std::byte> bytes = core::read_file(whole);
    for (const double part : {0.0, 0.01, 0.3, 0.7, 0.999}) {
      const auto at = static_cast<std::size_t>(part * static_cast<double>(bytes.size()));
      std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
      std::vector<std::byte> flipped = bytes;
      flipped[at] ^= std::byte{16};
      for (const auto* damaged : {&cut, &flipped}) {
        core::write_file(folder_ / "damaged.vt", *damaged);
        const Outcome outcome = whole == model
                                    ? run_command({"predict", path("damaged.vt"), data()})
                                    : run_command({"predict", model, path("damaged.vt")});
        EXPECT_EQ(outcome.code, 1) << whole << " at " << at;
        EXPECT_TRUE(outcome.one_line_of_error()) << outcome.err;
      }
    }
  }
}

TEST_F(Command, CtrlCAndTheSameCommandAgainIsTheSameModel) {
  const std::vector<std::string> longer = {"--epochs", "2000", "--beta", "0.05"};
  ASSERT_EQ(train(longer).code, 0);
  const auto expected = core::read_file(path("runs/beta-0.05.bits.vt"));
  core::remove_folder(folder_ / "runs");
  int stops = 0;
  Outcome outcome;
  do {
    outcome = train(longer, {.meanwhile = [&](pid_t child) {
                      let_it_start(child);
                      if (stops < 3) ::kill(child, SIGINT);
                    }});
    if (outcome.code == 0) break;
    ++stops;
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.err.find("goes on from"), std::string::npos) << outcome.err;
    EXPECT_TRUE(std::filesystem::exists(path("runs/beta-0.05.checkpoint.vt")));
    EXPECT_FALSE(std::filesystem::exists(path("runs/beta-0.05.vt")));
  } while (stops < 4);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GE(stops, 1) << "training was over before it could be stopped";
  EXPECT_EQ(core::read_file(path("runs/beta-0.05.bits.vt")), expected);
  EXPECT_FALSE(std::filesystem::exists(path("runs/beta-0.05.checkpoint.vt")));
}

TEST_F(Command, ACnnWritesTheSameBytesOnOneThreadAndTwo) {
  std::filesystem::create_directory(folder_ / "images");
  write_images(folder_ / "images", 600);
  const std::string images = "idx:" + path("images");
  const Outcome trained =
      run_command({"train", images, "--encoder", "cnn", "--hidden", "4,8,16", "--channel",
                   "quantized", "--size", "3", "--epochs", "2", "-o", path("runs")});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const std::string model = path("runs/beta-0.001.vt");
  for (const char* threads : {"1", "2"}) {
    ASSERT_EQ(
        run_command({"encode", model, images, "-o", path(threads), "--threads", threads}).code, 0);
  }
  EXPECT_EQ(core::read_file(path("1")), core::read_file(path("2")));
}

}  // namespace
}  // namespace venturi::app
