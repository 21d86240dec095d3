// What moves elements by index: gather, scatter, compress, one-hot.
#include <algorithm>
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

Sizes join(c10::IntArrayRef a, c10::IntArrayRef b) {
  Sizes out = a.vec();
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

Results gather(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor& indices = input(call, 1);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", 0), x.dim());
  const Tensor flat = wrap_indices(indices, x.size(axis)).reshape({-1});
  const Sizes sizes =
      join(join(x.sizes().slice(0, axis), indices.sizes()), x.sizes().slice(axis + 1));
  check_elements(sizes);
  return {x.index_select(axis, flat).reshape(sizes)};
}

Results gather_elements(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", 0), x.dim());
  return {x.gather(axis, wrap_indices(input(call, 1), x.size(axis)))};
}

// indices (...*k) into dimensions of `sizes` (k) as positions in their row-major order (...).
Tensor linear_positions(const Tensor& indices, c10::IntArrayRef sizes) {
  Tensor out = torch::zeros(indices.sizes().slice(0, indices.dim() - 1),
                            indices.options().dtype(torch::kInt64));
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    out = out * sizes[i] + wrap_indices(indices.select(-1, static_cast<std::int64_t>(i)), sizes[i]);
  }
  return out;
}

std::int64_t product(c10::IntArrayRef sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

// The length of an index tuple: the last dimension of `indices`, at most `most`.
std::int64_t tuple_length(const Tensor& indices, std::int64_t most) {
  if (indices.dim() < 1 || indices.size(-1) > most) {
    core::fail_data(kOperator, "expected index tuples of at most {}", most);
  }
  return indices.size(-1);
}

Results gather_nd(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor& indices = input(call, 1);
  const std::int64_t batch = call.attributes.integer("batch_dims", 0);
  if (batch < 0 || batch >= std::min(x.dim(), indices.dim()) ||
      x.sizes().slice(0, batch) != indices.sizes().slice(0, batch)) {
    core::fail_data(kOperator, "{} batch dimensions do not fit the inputs", batch);
  }
  const std::int64_t k = tuple_length(indices, x.dim() - batch);
  const auto inner = x.sizes().slice(batch + k);
  const std::int64_t batches = product(x.sizes().slice(0, batch));
  const std::int64_t cells = product(x.sizes().slice(batch, k));
  const Sizes sizes = join(indices.sizes().slice(0, indices.dim() - 1), inner);
  check_elements(sizes);
  const std::int64_t tuples = product(indices.sizes().slice(batch, indices.dim() - 1 - batch));
  Tensor rows = linear_positions(indices, x.sizes().slice(batch, k)).reshape({batches, tuples});
  rows = rows + torch::arange(batches, rows.options()).unsqueeze(1) * cells;
  return {x.reshape({batches * cells, product(inner)})
              .index_select(0, rows.reshape({-1}))
              .reshape(sizes)};
}

Tensor scatter_into(const Call& call, const Tensor& x, std::int64_t axis, const Tensor& index,
                    const Tensor& updates) {
  check_same_type(x, updates);
  const std::string reduction = call.attributes.text("reduction", "none");
  if (reduction == "none") return x.scatter(axis, index, updates);
  if (reduction == "add") return x.scatter_add(axis, index, updates);
  if (reduction == "mul") return x.scatter_reduce(axis, index, updates, "prod");
  if (reduction == "max") return x.scatter_reduce(axis, index, updates, "amax");
  if (reduction == "min") return x.scatter_reduce(axis, index, updates, "amin");
  core::fail_data(kOperator, "unknown reduction '{}'", reduction);
}

Results scatter_elements(const Call& call) {
  const Tensor& x = input(call, 0);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", 0), x.dim());
  const Tensor index = wrap_indices(input(call, 1), x.size(axis));
  if (index.sizes() != input(call, 2).sizes()) {
    core::fail_data(kOperator, "expected as many updates as indices");
  }
  return {scatter_into(call, x, axis, index, input(call, 2))};
}

Results scatter_nd(const Call& call) {
  const Tensor& x = input(call, 0);
  const Tensor& indices = input(call, 1);
  const Tensor& updates = input(call, 2);
  const std::int64_t k = tuple_length(indices, x.dim());
  const auto outer = x.sizes().slice(0, k);
  const auto inner = x.sizes().slice(k);
  if (updates.sizes() !=
      c10::IntArrayRef(join(indices.sizes().slice(0, indices.dim() - 1), inner))) {
    core::fail_data(kOperator, "updates do not fit indices and data");
  }
  const Tensor rows = linear_positions(indices, outer).reshape({-1, 1});
  const std::int64_t width = product(inner);
  const Tensor out =
      scatter_into(call, x.reshape({product(outer), width}), 0, rows.expand({rows.size(0), width}),
                   updates.reshape({rows.size(0), width}));
  return {out.reshape(x.sizes())};
}

Results compress(const Call& call) {
  Tensor x = input(call, 0);
  const Tensor& keep = input(call, 1);
  const bool flat = !call.attributes.has("axis");
  if (flat) x = x.reshape({-1});
  const std::int64_t axis = flat ? 0 : axis_of(call.attributes.integer("axis", 0), x.dim());
  if (keep.scalar_type() != torch::kBool || keep.dim() != 1 || keep.size(0) > x.size(axis)) {
    core::fail_data(kOperator, "expected a list of at most {} bools as condition", x.size(axis));
  }
  return {x.index_select(axis, keep.nonzero().squeeze(1))};
}

Results one_hot(const Call& call) {
  Tensor indices = input(call, 0).to(torch::kInt64);
  const auto depth = static_cast<std::int64_t>(real_of(input(call, 1), "depth"));
  const Tensor& values = input(call, 2);
  if (values.dim() != 1 || values.size(0) != 2) core::fail_data(kOperator, "expected two values");
  if (depth < 1) core::fail_data(kOperator, "expected depth >= 1, got {}", depth);
  const std::int64_t axis = axis_of(call.attributes.integer("axis", -1), indices.dim() + 1);
  Sizes sizes = indices.sizes().vec();
  sizes.insert(sizes.begin() + axis, depth);
  check_elements(sizes);
  indices = torch::where(indices < 0, indices + depth, indices).unsqueeze(axis);
  Tensor classes = torch::arange(depth, indices.options());
  for (std::int64_t i = axis + 1; i < indices.dim(); ++i) classes = classes.unsqueeze(-1);
  return {torch::where(indices == classes, values[1], values[0])};
}

Results non_zero(const Call& call) { return {input(call, 0).nonzero().t().contiguous()}; }

constexpr auto kTable = std::to_array<Operator>({
    moves<compress, 2, 2>("Compress"),
    moves<gather, 2, 2>("Gather"),
    moves<gather_elements, 2, 2>("GatherElements"),
    moves<gather_nd, 2, 2>("GatherND"),
    moves<non_zero, 1, 1>("NonZero"),
    moves<one_hot, 3, 3>("OneHot"),
    moves<scatter_elements, 3, 3>("Scatter"),
    moves<scatter_elements, 3, 3>("ScatterElements"),
    moves<scatter_nd, 3, 3>("ScatterND"),
});

}  // namespace

std::span<const Operator> select_operators() { return kTable; }

}  // namespace venturi::net
