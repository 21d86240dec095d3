#include "venturi/tensor/repeated_work.hpp"

#include "tests/testing.hpp"

namespace venturi::tensor {
namespace {

// Ten steps down a slope, each of the same few operations with gradients.
Tensor descend(const Device& device, bool repeated, bool& recorded) {
  const auto options = torch::TensorOptions(device);
  Tensor w = torch::ones({3}, options).requires_grad_(true);
  w.mutable_grad() = torch::zeros({3}, options);
  Tensor x = torch::empty({3}, options);
  int calls = 0;
  const auto work = [&] {
    ++calls;
    w.mutable_grad().zero_();
    ((w - x) * (w - x)).sum().backward();
    const torch::NoGradGuard no_grad;
    w.sub_(w.grad(), 0.1);
  };
  RepeatedWork step(device, work);
  for (int i = 0; i < 10; ++i) {
    x.fill_(i);
    repeated ? step() : work();
  }
  recorded = step.recorded();
  EXPECT_TRUE(recorded || calls == 10) << calls;
  return w.detach().to(torch::kCPU);
}

TEST(RepeatedWork, DoesWhatCallsDo) {
  bool recorded = true;
  const Tensor called = descend(torch::kCPU, false, recorded);
  EXPECT_TRUE(torch::equal(descend(torch::kCPU, true, recorded), called));
  EXPECT_FALSE(recorded);
}

TEST(RepeatedWork, IsRecordedOnCuda) {
#ifndef VENTURI_CUDA
  GTEST_SKIP() << "built without CUDA";
#endif
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  bool recorded = false;
  const Tensor called = descend(torch::kCUDA, false, recorded);
  EXPECT_TRUE(torch::equal(descend(torch::kCUDA, true, recorded), called));
  EXPECT_TRUE(recorded);
}

// A step that waits for the host cannot be recorded, and is called.
TEST(RepeatedWork, CallsWhatCannotBeRecorded) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  Tensor x = torch::zeros({}, torch::TensorOptions(torch::kCUDA));
  RepeatedWork step(torch::kCUDA, [&] { x.add_(x.item<float>() < 100 ? 1 : 0); });
  for (int i = 0; i < 6; ++i) step();
  EXPECT_FALSE(step.recorded());
  EXPECT_EQ(x.item<float>(), 6);
}

}  // namespace
}  // namespace venturi::tensor
