#include "venturi/tensor/tensor.hpp"

#include "tests/testing.hpp"

namespace venturi::tensor {
namespace {

TEST(Tensor, MatrixRoundTrip) {
  core::MatrixF x(2, 3);
  x << 1, 2, 3, 4, 5, 6;
  EXPECT_EQ(to_matrix(from_matrix(x)), x);
  // A block of columns has an outer stride.
  EXPECT_EQ(to_matrix(from_matrix(x.block(0, 1, 2, 2))), core::MatrixF(x.block(0, 1, 2, 2)));
  EXPECT_ERROR(to_matrix(torch::zeros({2})), core::InvalidArgument, "2 dimensions, got 1");
}

TEST(Tensor, GeneratorsFollowTheirKey) {
  auto a = make_generator(core::Key(1), torch::kCPU);
  auto b = make_generator(core::Key(1), torch::kCPU);
  const Tensor first = torch::randn({5}, a);
  EXPECT_TRUE(torch::equal(first, torch::randn({5}, b)));
  EXPECT_FALSE(torch::equal(first, torch::randn({5}, a)));
  reseed(a, core::Key(1));
  EXPECT_TRUE(torch::equal(first, torch::randn({5}, a)));
}

TEST(Tensor, DevicesByName) {
  EXPECT_TRUE(parse_device("cpu").is_cpu());
  EXPECT_ERROR(parse_device("gpu"), core::InvalidArgument, "expected cpu, cuda or cuda:i");
  if (!torch::cuda::is_available()) {
    EXPECT_ERROR(parse_device("cuda"), core::DataError, "no CUDA device");
  }
}

}  // namespace
}  // namespace venturi::tensor
