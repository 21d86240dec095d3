#include "venturi/compress/members.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "venturi/compress/gaussian_grid.hpp"
#include "venturi/compress/kmeans.hpp"
#include "venturi/compress/low_rank.hpp"
#include "venturi/compress/menu.hpp"
#include "venturi/compress/pruning.hpp"
#include "venturi/compress/rounding.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

Feedback plain_feedback(const Subject& subject, std::size_t k, std::int64_t group) {
  return prepare_feedback(subject.statistics(k).second.select(0, group), {.by_activity = true});
}

CodedMatrix rtn(const Subject& subject, std::size_t k, int levels) {
  return round_to_nearest(subject.matrix(k), {.levels = levels, .search = true});
}

// Group by group of a convolution, into one matrix.
CodedMatrix gptq_member(const Subject& subject, std::size_t k, int levels) {
  const net::MatrixNode& node = subject.nodes()[k];
  const std::int64_t part = node.outputs / node.groups;
  const Tensor w = subject.matrix(k);
  CodedMatrix out{.way = Way::scaled, .rows = node.outputs, .columns = node.inputs};
  out.group = node.inputs;
  for (std::int64_t g = 0; g < node.groups; ++g) {
    const CodedMatrix one = gptq(w.slice(0, g * part, (g + 1) * part),
                                 plain_feedback(subject, k, g), {.levels = levels, .search = true});
    out.levels.insert(out.levels.end(), one.levels.begin(), one.levels.end());
    out.scales.insert(out.scales.end(), one.scales.begin(), one.scales.end());
  }
  return out;
}

CodedMatrix squeezellm_member(const Subject& subject, std::size_t k, int levels) {
  const auto w = tensor::to_floats(subject.matrix(k));
  return squeezellm(w, tensor::to_doubles(subject.statistics(k).weight_fisher),
                    subject.nodes()[k].outputs, {.levels = levels});
}

CodedMatrix edkm_member(const Subject& subject, std::size_t k, int levels) {
  return edkm(tensor::to_floats(subject.matrix(k)), subject.nodes()[k].outputs, {.levels = levels});
}

// Made once each; from any thread.
const GaussianGrid& line_grid(int points) {
  static std::mutex one_at_a_time;
  static std::map<int, GaussianGrid> grids;
  const std::lock_guard lock(one_at_a_time);
  const auto [found, fresh] = grids.try_emplace(points);
  if (fresh) found->second = gaussian_grid(points, 1);
  return found->second;
}

CodedMatrix higgs_member(const Subject& subject, std::size_t k, int levels) {
  return higgs(tensor::to_floats(subject.matrix(k)), subject.nodes()[k].outputs, line_grid(levels),
               std::min<std::int64_t>(1024, subject.nodes()[k].inputs),
               static_cast<std::uint32_t>(k));
}

template <const char* Code>
CodedMatrix code_member(const Subject& subject, std::size_t k, int) {
  return round_to_code(subject.matrix(k), Code, 64);
}
constexpr char kNf4[] = "nf4", kE3m2[] = "e3m2", kE2m3[] = "e2m3", kE4m3[] = "e4m3";

CodedMatrix half_on_grid(const Tensor& kept, const Tensor& mask_of, int levels) {
  CodedMatrix out = round_to_nearest(kept, {.levels = levels | 1, .symmetric = true});
  const Tensor zero = mask_of.eq(0).flatten().to(torch::kInt32).contiguous();
  const auto* gone = zero.data_ptr<std::int32_t>();
  for (std::size_t i = 0; i < out.levels.size(); ++i) {
    if (gone[i] != 0) out.levels[i] = 0;
  }
  return out;
}

CodedMatrix magnitude(const Subject& subject, std::size_t k, int levels) {
  const Tensor kept = prune_by_magnitude(subject.matrix(k), .5);
  return half_on_grid(kept, kept, levels);
}

CodedMatrix sparsegpt_member(const Subject& subject, std::size_t k, int levels) {
  const std::int64_t groups = subject.nodes()[k].groups;
  const Tensor w = subject.matrix(k);
  std::vector<Tensor> parts;
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t part = w.size(0) / groups;
    parts.push_back(sparse_gpt(w.slice(0, g * part, (g + 1) * part), plain_feedback(subject, k, g),
                               {.share = .5})
                        .weights);
  }
  const Tensor kept = torch::cat(parts);
  return half_on_grid(kept, kept, levels);
}

CodedMatrix svd(const Subject& subject, std::size_t k, int levels) {
  const Tensor w = subject.matrix(k);
  const std::int64_t rank = std::max<std::int64_t>(1, std::min(w.size(0), w.size(1)) / levels);
  // Groups of a convolution see different inputs: their mean.
  const auto [left, right] = low_rank(w, subject.statistics(k).second.mean(0), rank);
  CodedMatrix out{.way = Way::product, .rows = w.size(0), .columns = w.size(1)};
  out.factors = {round_to_nearest(left, {.levels = 256}), round_to_nearest(right, {.levels = 256})};
  return out;
}

// The price at which the levels of the matrix have about this many values: a step of about the
// range over them, k of the mean.
CodedMatrix rate(const Subject& subject, std::size_t k, int levels) {
  const double bits = std::log2(levels) * static_cast<double>(subject.matrix(k).numel());
  const auto feedback = feedback_of(subject, k, .01);
  const auto importance = subject.importance(k);
  double low = -60, high = 10;
  CodedMatrix best;
  for (int step = 0; step < 14; ++step) {
    const double middle = (low + high) / 2;
    CodedMatrix one =
        round_at_price(subject.matrix(k), feedback, importance,
                       {.price = std::exp2(middle), .column_group = column_group_of(subject, k)})
            .coded;
    const bool fits = 8.0 * static_cast<double>(encode(one).size()) <= bits;
    (fits ? high : low) = middle;
    if (fits || best.rows == 0) best = std::move(one);
  }
  return best;
}

constexpr core::Member<Method> kMembers[] = {
    {"rtn", "nearest level of a grid a row, scales searched", "Nagel et al. 2021, section 2",
     "O(weights)", rtn},
    {"gptq", "a grid a row, each column's error handed on", "Frantar et al., ICLR 2023",
     "O(columns^3 + rows columns^2)", gptq_member},
    {"rate", "uniform steps, error handed on, levels weighed by what the coder charges", "own",
     "O(columns^3 + rows columns^2)", rate},
    {"squeezellm", "Fisher-weighted k-means a row, sensitive and large weights apart",
     "Kim et al., ICML 2024", "O(weights levels log columns)", squeezellm_member},
    {"edkm", "one table by soft assignment over distinct values", "Cho et al. 2023",
     "O(distinct levels)", edkm_member},
    {"higgs", "Gaussian grid of least error after a random Hadamard transform",
     "Malinovskii et al., NAACL 2025", "O(weights log columns)", higgs_member},
    {"nf4", "16 quantiles of a normal law, a scale per 64 weights", "Dettmers et al. 2023",
     "O(weights)", code_member<kNf4>},
    {"fp6-e3m2", "6-bit floats, 3 bits of exponent, a scale per 64 weights", "Xia et al. 2024",
     "O(weights)", code_member<kE3m2>},
    {"fp6-e2m3", "6-bit floats, 2 bits of exponent, a scale per 64 weights", "Xia et al. 2024",
     "O(weights)", code_member<kE2m3>},
    {"fp8-e4m3", "8-bit floats, a scale per 64 weights", "Micikevicius et al. 2022", "O(weights)",
     code_member<kE4m3>},
    {"magnitude", "the smaller half 0, a grid for the rest", "Han et al., ICLR 2016", "O(weights)",
     magnitude},
    {"sparsegpt", "half of each block 0, its error handed on, a grid for the rest",
     "Frantar, Alistarh, ICML 2023", "O(columns^3 + rows columns^2)", sparsegpt_member},
    {"svd", "two factors, best under the second moments of the inputs", "Wang et al., ICLR 2025",
     "O(columns^3)", svd},
};

}  // namespace

std::span<const core::Member<Method>> members() { return kMembers; }

}  // namespace venturi::compress
