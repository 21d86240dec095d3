// Rounding with feedback, its members, and what they are held against.
#include "venturi/compress/feedback.hpp"

#include <cmath>
#include <numbers>

#include "tests/testing.hpp"
#include "venturi/compress/low_rank.hpp"
#include "venturi/compress/pruning.hpp"
#include "venturi/compress/rate_rounding.hpp"
#include "venturi/compress/rounding.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed) {
  auto generator = tensor::make_generator(core::Key(seed), torch::kCPU);
  return torch::empty(shape, torch::kFloat64).normal_(0, 1, generator);
}

// Second moments of correlated inputs.
Tensor moments(std::int64_t n, std::uint64_t seed) {
  const Tensor x = normals({4 * n, n}, seed).mm(normals({n, n}, seed + 1));
  return x.t().mm(x) / (4.0 * static_cast<double>(n));
}

double loss(const Tensor& w, const Tensor& q, const Tensor& h) {
  const Tensor d = (q - w).to(torch::kFloat64);
  return (d.mm(h) * d).sum().item<double>();
}

// The oracle: optimal brain quantization in the given order. After each column the inverse of what
// is left of H is taken anew, and all that is left is moved by it.
Tensor oracle(Tensor w, Tensor h, const Grid& grid) {
  w = w.clone();
  Tensor q = torch::zeros_like(w);
  const std::int64_t n = w.size(1);
  for (std::int64_t i = 0; i < n; ++i) {
    const Tensor inverse = torch::linalg_inv(h.slice(0, i, n).slice(1, i, n));
    q.select(1, i).copy_(grid.value_of(w.select(1, i)));
    const Tensor e = (w.select(1, i) - q.select(1, i)) / inverse[0][0];
    w.slice(1, i, n).sub_(torch::outer(e, inverse[0]));
  }
  return q;
}

TEST(Feedback, EqualsTheOracle) {
  for (const int block : {1, 5, 128}) {
    const Tensor w = normals({7, 20}, 1), h = moments(20, 2);
    const GridOptions options{.levels = 8};
    Tensor damped = h.clone();
    damped.diagonal().add_(.01 * h.diagonal().mean());
    const Grid grid = fit_grid(w, options);
    const Feedback feedback = prepare_feedback(h);
    const Rounded rounded = round_with_feedback(
        w, feedback,
        [&](std::int64_t, std::int64_t, const Tensor& c, const Tensor& q) {
          q.copy_(grid.value_of(c));
        },
        block);
    const Tensor expected = oracle(w, damped, grid);
    EXPECT_LT((rounded.weights - expected).abs().max().item<double>(), 1e-9) << block;
    const Tensor fast = gptq_levels(w, feedback, grid) * grid.scale.unsqueeze(1);
    EXPECT_LT((fast - expected).abs().max().item<double>(), 1e-9) << block;
    EXPECT_NEAR(rounded.loss, loss(w, expected, damped), 1e-8 * rounded.loss);
  }
}

TEST(Gptq, LosesLessThanNearest) {
  const Tensor w = normals({32, 64}, 3), h = moments(64, 4);
  for (const bool active : {false, true}) {
    for (const std::int64_t group : {-1, 16}) {
      const GridOptions options{.levels = 8, .group = group, .search = true};
      const Feedback feedback = prepare_feedback(h, {.by_activity = active});
      const Tensor q = to_tensor(gptq(w, feedback, options));
      const Tensor nearest = to_tensor(round_to_nearest(w, options));
      EXPECT_LT(loss(w, q, h), .7 * loss(w, nearest, h)) << active << group;
    }
  }
}

TEST(Feedback, BadSecondMomentsAreSaid) {
  Tensor h = torch::zeros({6, 6}, torch::kFloat64);
  h.select(0, 0).select(0, 0).fill_(1);
  h[1][1] = 1;
  h[0][1] = h[1][0] = -3;  // not a second moment: negative eigenvalues
  const Feedback raised = prepare_feedback(h);
  EXPECT_NE(raised.remark.find("damping raised"), std::string::npos);
  EXPECT_GT(raised.damping, .01);
  const Feedback nan = prepare_feedback(torch::full({3, 3}, std::nan(""), torch::kFloat64));
  EXPECT_NE(nan.remark.find("not finite"), std::string::npos);
  // Inputs that are always 0: their weights become 0, the others are as without them.
  Tensor dead = moments(5, 7);
  dead.select(0, 2).zero_();
  dead.select(1, 2).zero_();
  const Tensor w = normals({4, 5}, 8);
  const Tensor q = to_tensor(gptq(w, prepare_feedback(dead), {.levels = 16}));
  EXPECT_EQ(q.select(1, 2).abs().max().item<double>(), 0);
  EXPECT_TRUE(q.isfinite().all().item<bool>());
  EXPECT_ERROR(prepare_feedback(torch::zeros({2, 3})), core::InvalidArgument, "square");
}

TEST(Grid, NearestOfAllLevels) {
  const Tensor w = normals({5, 40}, 9);
  for (const bool symmetric : {false, true}) {
    for (const std::int64_t group : {-1, 0, 7}) {
      const CodedMatrix m =
          round_to_nearest(w, {.levels = 6, .group = group, .symmetric = symmetric});
      const Tensor back = to_tensor(m);
      const double step = *std::max_element(m.scales.begin(), m.scales.end());
      // Within half a step, but for the ends of the grid, which float16 scales may fall short of.
      EXPECT_LT((back - w).abs().max().item<double>(), (symmetric ? 1.01 : .51) * step);
    }
  }
  const CodedMatrix zero = round_to_nearest(torch::zeros({3, 4}), {.levels = 4});
  EXPECT_EQ(to_tensor(zero).abs().max().item<double>(), 0);
  EXPECT_ERROR(round_to_nearest(torch::full({2, 2}, std::nan("")), {}), core::InvalidArgument,
               "finite");
}

TEST(Codes, ValuesAndRounding) {
  EXPECT_EQ(code_values("nf4").size(), 16);
  EXPECT_EQ(code_values("e3m2").back(), 28);
  EXPECT_EQ(code_values("e2m3").back(), 7.5F);
  EXPECT_EQ(code_values("e4m3").back(), 448);
  EXPECT_EQ(code_values("e3m2").size(), 63);
  EXPECT_EQ(code_values("e4m3").size(), 253);
  const Tensor w = normals({4, 64}, 10);
  for (const char* code : {"nf4", "e3m2", "e2m3", "e4m3"}) {
    const CodedMatrix m = round_to_code(w, code, 32);
    const Tensor back = to_tensor(m).to(torch::kFloat64);
    // No value of the code, scaled, is nearer.
    for (std::int64_t r = 0; r < 4; ++r) {
      for (std::int64_t c = 0; c < 64; c += 5) {
        const double x = w[r][c].item<double>(),
                     scale = m.scales[static_cast<std::size_t>(2 * r + c / 32)];
        double least = 1e9;
        for (const float v : m.table) least = std::min(least, std::abs(x - v * scale));
        EXPECT_NEAR(std::abs(back[r][c].item<double>() - x), least, 1e-4);
      }
    }
  }
  EXPECT_ERROR(code_values("e5m9"), core::InvalidArgument, "expected nf4");
}

TEST(Pruning, SharesAndFeedback) {
  const Tensor w = normals({16, 256}, 11), h = moments(256, 12);
  EXPECT_NEAR(prune_by_magnitude(w, .5).eq(0).to(torch::kFloat64).mean().item<double>(), .5, 1e-9);
  const Feedback feedback = prepare_feedback(h);
  const Rounded half = sparse_gpt(w, feedback, {.share = .5});
  EXPECT_NEAR(half.weights.eq(0).to(torch::kFloat64).mean().item<double>(), .5, 1e-9);
  EXPECT_LT(loss(w, half.weights, h), .8 * loss(w, prune_by_magnitude(w, .5), h));
  const Rounded two_of_four = sparse_gpt(w, feedback, {.zeros = 2, .of = 4});
  const Tensor zeros = two_of_four.weights.eq(0).to(torch::kInt64).reshape({16, 64, 4}).sum(2);
  EXPECT_EQ(zeros.min().item<std::int64_t>(), 2);
  EXPECT_EQ(zeros.max().item<std::int64_t>(), 2);
  EXPECT_ERROR(sparse_gpt(w, feedback, {.share = 1.5}), core::InvalidArgument, "share");
}

TEST(LowRank, IsTheBestUnderItsInputs) {
  const Tensor w = normals({12, 20}, 13), h = moments(20, 14);
  const auto [left, right] = low_rank(w, h, 4, 1e-9);
  const double got = loss(w, left.mm(right), h);
  // The tail of the singular values of W S.
  const Tensor d = std::get<1>(torch::linalg_svd(w.mm(torch::linalg_cholesky(h)), false));
  EXPECT_NEAR(got, d.slice(0, 4).square().sum().item<double>(), 1e-3 * got);
  EXPECT_ERROR(low_rank(w, h, 13), core::InvalidArgument, "rank");
}

TEST(RateRounding, PredictsWhatItDoesAndPays) {
  const Tensor w = normals({32, 72}, 15) * .05, h = moments(72, 16);
  const Feedback feedback = prepare_feedback(h, {.damping = 1e-6});
  std::vector<double> importance(32);
  core::Random random{core::Key(17)};
  for (double& f : importance) f = std::exp(random.normal());
  double last_bits = 1e9, last_loss = 0;
  for (const double price : {1e-8, 1e-6, 1e-4, 1e-2}) {
    const RateRounded r =
        round_at_price(w, feedback, importance, {.price = price, .column_group = 9});
    const Tensor d = to_tensor(r.coded).to(torch::kFloat64) - w;
    const double exact =
        .5 *
        ((d.mm(h) * d).sum(1) * torch::tensor(importance, torch::kFloat64)).sum().item<double>();
    EXPECT_NEAR(r.loss_nats, exact, 1e-3 * exact + 1e-12);
    const double paid = 8.0 * static_cast<double>(encode(r.coded).size());
    EXPECT_NEAR(paid, r.model_bits, .03 * r.model_bits + 500);  // steps and heads come on top
    EXPECT_LT(paid, last_bits);
    EXPECT_GT(exact, last_loss);
    last_bits = paid;
    last_loss = exact;
  }
}

// At the same size it loses less than a grid with feedback and the same coder.
TEST(RateRounding, BeatsGptqUnderTheSameCoder) {
  const Tensor w = normals({64, 144}, 18) * normals({64, 1}, 19).exp() * .05, h = moments(144, 20);
  const Feedback feedback = prepare_feedback(h, {.damping = 1e-4});
  const CodedMatrix grid = gptq(w, feedback, {.levels = 8, .search = true});
  const auto grid_bytes = encode(grid).size();
  const std::vector<double> alike(64, 1.0);
  double least = 1e300;
  for (double price = -30; price < 10; price += .25) {
    const RateRounded r = round_at_price(w, feedback, alike, {.price = std::exp2(price)});
    if (encode(r.coded).size() <= grid_bytes)
      least = std::min(least, loss(w, to_tensor(r.coded), h));
  }
  EXPECT_LT(least, .6 * loss(w, to_tensor(grid), h));
}

TEST(Feedback, RunsOnCuda) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  const Tensor w = normals({64, 300}, 21), h = moments(300, 22);
  const GridOptions options{.levels = 16};
  const Tensor cpu = to_tensor(gptq(w, prepare_feedback(h), options));
  const Tensor gpu = to_tensor(gptq(w.cuda(), prepare_feedback(h.cuda()), options));
  // Sums in another order may move a weight that lies between two levels.
  EXPECT_LT((cpu - gpu).ne(0).to(torch::kFloat64).mean().item<double>(), .01);
}

}  // namespace
}  // namespace venturi::compress
