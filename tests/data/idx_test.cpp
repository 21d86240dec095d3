#include "venturi/data/idx.hpp"

#include "tests/data/gzip.hpp"
#include "tests/testing.hpp"
#include "venturi/data/load.hpp"

namespace venturi::data {
namespace {

// A file of IDX from numbers below 256.
std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

// Two 2*2 images.
const auto kImages =
    bytes_of({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 51, 102, 153, 204, 255, 0, 255});
const auto kLabels = bytes_of({0, 0, 8, 1, 0, 0, 0, 2, 1, 0});

TEST(Idx, PlainAndGzip) {
  for (const auto& file : {kImages, gzip(kImages)}) {
    const Array array = decode_idx(file);
    EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 2, 2}));
    EXPECT_EQ(array.bytes, bytes_of({0, 51, 102, 153, 204, 255, 0, 255}));
    const Dataset data = dataset_from(array, "two", "test");
    EXPECT_EQ(data.shape, (std::vector<std::int64_t>{1, 2, 2}));
    EXPECT_FLOAT_EQ(data.x(0, 1), 0.2F);
    EXPECT_EQ(data.x(1, 1), 1.0F);
  }
}

TEST(Idx, TwoGzipMembersAreOneStream) {
  const std::vector<std::byte> head(kImages.begin(), kImages.begin() + 9);
  const std::vector<std::byte> tail(kImages.begin() + 9, kImages.end());
  auto file = gzip(head);
  const auto second = gzip(tail);
  file.insert(file.end(), second.begin(), second.end());
  EXPECT_EQ(decode_idx(file).bytes, decode_idx(kImages).bytes);
}

TEST(Idx, ElementsAreBigEndian) {
  EXPECT_EQ(
      to_integers(decode_idx(bytes_of({0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 2, 0xFF, 0xFE})), "test"),
      (std::vector<std::int64_t>{258, -2}));
  EXPECT_EQ(to_integers(decode_idx(bytes_of({0, 0, 0x0C, 1, 0, 0, 0, 1, 0, 1, 0, 0})), "test"),
            (std::vector<std::int64_t>{65536}));
  EXPECT_EQ(to_integers(decode_idx(bytes_of({0, 0, 0x0D, 1, 0, 0, 0, 1, 0xC0, 0, 0, 0})), "test"),
            (std::vector<std::int64_t>{-2}));
  EXPECT_EQ(
      to_integers(decode_idx(bytes_of({0, 0, 14, 1, 0, 0, 0, 1, 0x40, 8, 0, 0, 0, 0, 0, 0})), "t"),
      (std::vector<std::int64_t>{3}));
}

TEST(Idx, ForgedHeaders) {
  EXPECT_ERROR(decode_idx(bytes_of({1, 0, 8, 1, 0, 0, 0, 0})), core::DataError, "expected an IDX");
  EXPECT_ERROR(decode_idx(bytes_of({0, 0, 8, 9})), core::DataError, "1 to 8 axes");
  EXPECT_ERROR(decode_idx(bytes_of({0, 0, 7, 1, 0, 0, 0, 0})), core::DataError, "element type");
  // 2^32 - 1 to the third: past 64 bits.
  const auto absurd =
      bytes_of({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255});
  EXPECT_ERROR(decode_idx(absurd), core::DataError, "a shape of");
  EXPECT_ERROR(decode_idx(gzip(absurd)), core::DataError, "a shape of");
  // 1 TB in a file of bytes.
  const auto large = bytes_of({0, 0, 8, 2, 0, 16, 0, 0, 0, 16, 0, 0});
  EXPECT_ERROR(decode_idx(large), core::DataError, "in a file of 12 bytes");
  auto longer = kLabels;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(decode_idx(longer), core::DataError, "1 bytes behind");
}

TEST(Idx, GzipBombStopsAtTheHeadersSize) {
  auto bomb = kLabels;
  bomb.resize(std::size_t{64} << 20);
  EXPECT_ERROR(decode_idx(gzip(bomb)), core::DataError, "goes on past the size");
}

TEST(Idx, Folder) {
  const testing::TempFolder folder;
  core::write_file(folder / "train-images.idx3-ubyte", kImages);
  DataPair pair = load((folder.path()).string());
  EXPECT_EQ(pair.train.task, Task::kNone);
  EXPECT_FALSE(pair.test.has_value());

  core::write_file(folder / "train-labels-idx1-ubyte.gz", gzip(kLabels));
  core::write_file(folder / "t10k-images-idx3-ubyte.gz", gzip(kImages));
  core::write_file(folder / "t10k-labels-idx1-ubyte", bytes_of({0, 0, 8, 1, 0, 0, 0, 2, 4, 0}));
  pair = load("idx:" + folder.path().string());
  EXPECT_EQ(pair.train.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(pair.train.classes, 5);  // the test part's labels count too
  ASSERT_TRUE(pair.test.has_value());
  EXPECT_EQ(pair.test->labels, (std::vector<std::int32_t>{4, 0}));

  // One file alone is inputs without labels.
  pair = load((folder / "t10k-images-idx3-ubyte.gz").string());
  EXPECT_EQ(pair.train.size(), 2);
  EXPECT_EQ(pair.train.task, Task::kNone);

  core::write_file(folder / "train-labels-idx1-ubyte.gz", bytes_of({0, 0, 8, 1, 0, 0, 0, 1, 4}));
  EXPECT_ERROR(load("idx:" + folder.path().string()), core::DataError,
               "a label for each of the 2 samples, got 1");
  core::write_file(folder / "train-labels-idx1-ubyte.gz", "no");
  EXPECT_ERROR(load("idx:" + folder.path().string()), core::DataError, "train-labels");
}

TEST(Load, NamesAreListed) {
  EXPECT_ERROR(load("fashion-mnits"), core::InvalidArgument, "did you mean 'fashion-mnist'");
  EXPECT_ERROR(load("fashion-mnist?n=3"), core::InvalidArgument, "alone");
  EXPECT_ERROR(load("idx:"), core::InvalidArgument, "idx:DIR");
  EXPECT_ERROR(load("some/file.xyz"), core::InvalidArgument, "one of");
  EXPECT_ERROR(load("idx:no/such/place"), core::DataError, "no/such/place");
}

TEST(Load, AMistypedSchemeIsNotAPath) {
  const testing::TempFolder folder;
  core::write_file(folder / "a.csv", std::string("x,y\n1,2\n3,4\n"));
  const std::string path = (folder / "a.csv").string();
  EXPECT_ERROR(load("ixd:" + folder.path().string()), core::InvalidArgument, "did you mean 'idx'");
  EXPECT_ERROR(load("cvs:" + path), core::InvalidArgument, "did you mean 'csv'");
  EXPECT_ERROR(load("cvs:" + path + "#target=y"), core::InvalidArgument, "did you mean 'csv'");
  EXPECT_ERROR(load("sv:a.csv"), core::InvalidArgument, "unknown name 'sv'");
  // A path with a colon in a later part, and a file whose own name has one, are paths.
  std::filesystem::create_directory(folder / "b:c");
  core::write_file(folder / "b:c/a.csv", std::string("x,y\n1,2\n3,4\n"));
  EXPECT_EQ(load((folder / "b:c/a.csv").string()).train.size(), 2);
}

void expect_ten_balanced(const Dataset& data, std::size_t n, int least) {
  EXPECT_EQ(data.size(), static_cast<core::Index>(n));
  EXPECT_EQ(data.shape, (std::vector<std::int64_t>{1, 28, 28}));
  EXPECT_EQ(data.classes, 10);
  EXPECT_EQ(data.x.minCoeff(), 0.0F);
  EXPECT_EQ(data.x.maxCoeff(), 1.0F);
  std::vector<int> counts(10);
  for (const auto label : data.labels) ++counts.at(static_cast<std::size_t>(label));
  EXPECT_GE(*std::min_element(counts.begin(), counts.end()), least);
}

TEST(Load, FashionMnist) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    GTEST_SKIP() << "needs the Debian package dataset-fashion-mnist";
  }
  const DataPair pair = load("fashion-mnist");
  expect_ten_balanced(pair.train, 60000, 6000);
  ASSERT_TRUE(pair.test.has_value());
  expect_ten_balanced(*pair.test, 10000, 1000);
  EXPECT_EQ(pair.train.class_names.at(9), "Ankle boot");
  EXPECT_EQ(pair.train.labels.at(0), 9);
}

TEST(Load, Mnist) {
  REQUIRE_SHARED_DATA(folder, "mnist");
  const DataPair pair = load("mnist");
  expect_ten_balanced(pair.train, 60000, 5421);  // the rarest digit, five
  ASSERT_TRUE(pair.test.has_value());
  expect_ten_balanced(*pair.test, 10000, 892);
  EXPECT_EQ(pair.train.labels.at(0), 5);
}

}  // namespace
}  // namespace venturi::data
