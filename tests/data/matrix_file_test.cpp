#include "venturi/data/matrix_file.hpp"

#include <cmath>

#include "tests/testing.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::data {
namespace {

template <class T>
Array array_of(Element element, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {element, std::move(shape), {bytes.begin(), bytes.end()}};
}

TEST(MatrixFile, TextKeepsEveryDigit) {
  const testing::TempFolder folder;
  const auto path = folder.path() / "p.csv";
  core::write_file(path, "a,b,c\n0.7,0.2,0.1\n1e-300, 3 ,-2\n");
  const core::Matrix m = read_matrix(path);
  EXPECT_EQ(m, (core::Matrix{{0.7, 0.2, 0.1}, {1e-300, 3, -2}}));
  // Cells that a law refuses with its own message come through.
  core::write_file(path, "0.5,nan\n");
  EXPECT_TRUE(std::isnan(read_matrix(path)(0, 1)));
}

TEST(MatrixFile, ArraysOfAnyElement) {
  const testing::TempFolder folder;
  const auto path = folder.path() / "p.npy";
  write_npy(path, array_of<double>(Element::kF64, {2, 2}, {0.7, 0.1, 0.15, 0.05}));
  EXPECT_EQ(read_matrix(path), (core::Matrix{{0.7, 0.1}, {0.15, 0.05}}));
  write_npy(path, array_of<std::int64_t>(Element::kI64, {3}, {1, -2, (1LL << 53) - 1}));
  EXPECT_EQ(read_matrix(path), (core::Matrix{{1}, {-2}, {9007199254740991.0}}));
  write_npy(path, array_of<float>(Element::kF32, {1, 1}, {0.1F}));
  EXPECT_EQ(read_matrix(path)(0, 0), static_cast<double>(0.1F));
}

TEST(MatrixFile, Refusals) {
  const testing::TempFolder folder;
  const auto csv = folder.path() / "p.csv";
  core::write_file(csv, "0.5,0.5\n0.5,half\n");
  EXPECT_ERROR(read_matrix(csv), core::DataError, "line 2, column '2': expected a number");
  EXPECT_ERROR(read_matrix(csv), core::DataError, "p.csv");
  core::write_file(csv, "0.5,\n");
  EXPECT_ERROR(read_matrix(csv), core::DataError, "expected a number, got ''");
  core::write_file(csv, "0.5,0.5\n1\n");
  EXPECT_ERROR(read_matrix(csv), core::DataError, "expected 2 cells, got 1");
  core::write_file(csv, "");
  EXPECT_ERROR(read_matrix(csv), core::DataError, "expected rows, got none");
  EXPECT_ERROR(read_matrix(folder.path() / "none.csv"), core::Error, "none.csv");
  EXPECT_ERROR(read_matrix(folder.path() / "p.png"), core::InvalidArgument, "end in one of .npy");
  const auto npy = folder.path() / "p.npy";
  write_npy(npy, array_of<double>(Element::kF64, {1, 1, 2}, {1, 2}));
  EXPECT_ERROR(read_matrix(npy), core::DataError, "got shape [1, 1, 2]");
  write_npy(npy, array_of<double>(Element::kF64, {0, 2}, {}));
  EXPECT_ERROR(read_matrix(npy), core::DataError, "got shape [0, 2]");
  core::write_file(npy, "no array");
  EXPECT_ERROR(read_matrix(npy), core::DataError, "p.npy");
}

}  // namespace
}  // namespace venturi::data
