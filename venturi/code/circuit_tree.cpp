#include "venturi/code/circuit_tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace venturi::code {
namespace {

// Farthest variable from `from` along the tree, with the way back to it.
int farthest(const std::vector<std::vector<int>>& neighbours, int from, std::vector<int>& back) {
  back.assign(neighbours.size(), -1);
  std::vector<int> queue{from};
  for (std::size_t at = 0; at < queue.size(); ++at) {
    for (const int v : neighbours[queue[at]]) {
      if (v == back[queue[at]]) continue;
      back[v] = queue[at];
      queue.push_back(v);
    }
  }
  return queue.back();
}

// The middle of the longest path.
int centre(const std::vector<std::vector<int>>& neighbours) {
  std::vector<int> back;
  const int first = farthest(neighbours, 0, back);
  int at = farthest(neighbours, first, back);
  std::vector<int> path;
  for (; at >= 0; at = back[at]) path.push_back(at);
  return path[path.size() / 2];
}

// Variable-major bins of evenly spaced rows.
std::vector<std::uint8_t> binned(const LevelView& x, int levels, int bins, core::Index rows) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(rows * x.cols()));
  for (core::Index i = 0; i < rows; ++i) {
    const core::Index row = i * x.rows() / rows;
    for (core::Index v = 0; v < x.cols(); ++v) {
      out[v * rows + i] = static_cast<std::uint8_t>(x(row, v) * bins / levels);
    }
  }
  return out;
}

// The joint histogram of a and b in counts[0 .. bins^2). Neighbouring rows are often equal, as the
// background of images is: four tables keep an increment from waiting for the one before.
void count_pairs(const std::uint8_t* a, const std::uint8_t* b, core::Index n, int bins,
                 std::vector<std::uint32_t>& counts) {
  const std::size_t cells = static_cast<std::size_t>(bins) * bins;
  counts.assign(4 * cells, 0U);
  std::uint32_t* tables[4];
  for (std::size_t k = 0; k < 4; ++k) tables[k] = counts.data() + k * cells;
  core::Index i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int k = 0; k < 4; ++k) ++tables[k][a[i + k] * bins + b[i + k]];
  }
  for (; i < n; ++i) ++tables[0][a[i] * bins + b[i]];
  for (std::size_t c = 0; c < cells; ++c) {
    counts[c] += counts[cells + c] + counts[2 * cells + c] + counts[3 * cells + c];
  }
}

}  // namespace

std::vector<std::vector<int>> VariableTree::children() const {
  std::vector<std::vector<int>> out(parent.size());
  for (const int v : order) {
    if (parent[v] >= 0) out[parent[v]].push_back(v);
  }
  return out;
}

VariableTree VariableTree::from_parents(std::vector<int> parent) {
  constexpr std::string_view kWhere = "code.VariableTree.from_parents";
  const int d = static_cast<int>(parent.size());
  std::vector<std::vector<int>> children(parent.size());
  int root = -1;
  for (int v = 0; v < d; ++v) {
    if (parent[v] < -1 || parent[v] >= d || parent[v] == v) {
      core::fail_argument(kWhere, "variable {} of {} has the parent {}", v, d, parent[v]);
    }
    if (parent[v] >= 0) {
      children[parent[v]].push_back(v);
    } else if (root >= 0) {
      core::fail_argument(kWhere, "two roots: {} and {}", root, v);
    } else {
      root = v;
    }
  }
  if (root < 0) core::fail_argument(kWhere, "no root among {} variables", d);
  std::vector<int> down{root};
  for (std::size_t at = 0; at < down.size(); ++at) {
    down.insert(down.end(), children[down[at]].begin(), children[down[at]].end());
  }
  if (static_cast<int>(down.size()) != d) {
    core::fail_argument(kWhere, "a cycle: {} of {} variables hang on the root", down.size(), d);
  }
  std::vector<int> size(parent.size(), 1);
  for (int k = d - 1; k > 0; --k) size[parent[down[k]]] += size[down[k]];
  VariableTree out;
  std::vector<int> stack{root};
  while (!stack.empty()) {
    const int v = stack.back();
    stack.pop_back();
    out.order.push_back(v);
    // On a stack the smallest subtree, put last, comes first.
    std::stable_sort(children[v].begin(), children[v].end(),
                     [&](int a, int b) { return size[a] > size[b]; });
    stack.insert(stack.end(), children[v].begin(), children[v].end());
  }
  out.parent = std::move(parent);
  return out;
}

core::Matrix pairwise_information(const LevelView& x, int levels, const ChowLiuOptions& options) {
  constexpr std::string_view kWhere = "code.pairwise_information";
  core::check_options(options, kWhere);
  if (levels < 2 || levels > 256 || x.size() == 0 || x.maxCoeff() >= levels) {
    core::fail_argument(kWhere,
                        "expected samples with entries below levels (2 to 256), got {}*{}, {}",
                        x.rows(), x.cols(), levels);
  }
  const int bins = std::min(options.bins, levels);
  const core::Index n = std::min<core::Index>(x.rows(), options.rows);
  const core::Index d = x.cols();
  const std::vector<std::uint8_t> of = binned(x, levels, bins, n);
  const double spread = options.smoothing / (bins * bins);
  const double total = static_cast<double>(n) + options.smoothing;
  // The marginals of the smoothed pairs are the same for every partner.
  core::Matrix entropy_terms(d, bins);
  for (core::Index v = 0; v < d; ++v) {
    std::vector<double> counts(bins, spread * bins);
    for (core::Index i = 0; i < n; ++i) counts[of[v * n + i]] += 1;
    for (int b = 0; b < bins; ++b) entropy_terms(v, b) = std::log2(counts[b] / total);
  }
  core::Matrix out = core::Matrix::Zero(d, d);
#pragma omp parallel for schedule(dynamic)
  for (core::Index u = 0; u < d; ++u) {
    std::vector<std::uint32_t> counts;
    for (core::Index v = 0; v < u; ++v) {
      count_pairs(of.data() + u * n, of.data() + v * n, n, bins, counts);
      double sum = 0;
      for (int k = 0; k < bins * bins; ++k) {
        const double p = (counts[k] + spread) / total;
        sum += p * (std::log2(p) - entropy_terms(u, k / bins) - entropy_terms(v, k % bins));
      }
      out(u, v) = sum;
    }
  }
  for (core::Index u = 0; u < d; ++u) {
    for (core::Index v = 0; v < u; ++v) out(v, u) = out(u, v);
  }
  return out;
}

VariableTree greatest_spanning_tree(const core::MatrixView& weight) {
  const auto d = static_cast<int>(weight.rows());
  if (d == 0 || weight.cols() != d) {
    core::fail_argument("code.greatest_spanning_tree", "expected a square matrix, got {}*{}",
                        weight.rows(), weight.cols());
  }
  std::vector<std::vector<int>> neighbours(d);
  std::vector<double> best(d, -std::numeric_limits<double>::infinity());
  std::vector<int> to(d, -1);
  std::vector<char> in(d, 0);
  double bits = 0;
  for (int added = 0, v = 0; added < d; ++added) {
    in[v] = 1;
    if (to[v] >= 0) {
      neighbours[v].push_back(to[v]);
      neighbours[to[v]].push_back(v);
      bits += best[v];
    }
    int next = -1;
    for (int u = 0; u < d; ++u) {
      if (in[u]) continue;
      if (weight(v, u) > best[u]) {
        best[u] = weight(v, u);
        to[u] = v;
      }
      if (next < 0 || best[u] > best[next]) next = u;
    }
    v = next;
  }
  std::vector<int> parent;
  const int root = centre(neighbours);
  farthest(neighbours, root, parent);
  VariableTree out = VariableTree::from_parents(std::move(parent));
  out.bits = bits;
  return out;
}

VariableTree chow_liu_tree(const LevelView& x, int levels, const ChowLiuOptions& options) {
  return greatest_spanning_tree(pairwise_information(x, levels, options));
}

}  // namespace venturi::code
