#include "venturi/code/circuit_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "venturi/code/byte_codec.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/range_coder.hpp"
#include "venturi/code/sparse_rows.hpp"

namespace venturi::code {
namespace {

using core::Index;
using Word = std::uint64_t;

constexpr std::uint32_t kEdgeMass = 1U << 16;
constexpr std::uint32_t kLeafMass = 1U << 20;
constexpr int kMessageBits = 29;
constexpr int kPrecision = 24;
constexpr Index kRows = 256;  // a block
// Of a packed model: far more than a real one's, so that a small file cannot ask for much memory.
constexpr Word kMostExpansion = 4096;

// Whole masses that sum to `total`: floors, and one more for the largest remainders.
std::vector<std::uint32_t> whole_masses(const Eigen::VectorXd& p, std::uint32_t total) {
  std::vector<std::uint32_t> out(static_cast<std::size_t>(p.size()));
  std::vector<double> rest(out.size());
  // In this order whatever the instruction set: Eigen's sum() is not.
  const double unit = total / std::accumulate(p.begin(), p.end(), 0.0);
  std::uint32_t used = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double exact = p[static_cast<Index>(i)] * unit;
    out[i] = static_cast<std::uint32_t>(exact);
    rest[i] = exact - out[i];
    used += out[i];
  }
  std::vector<std::size_t> order(out.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rest[a] > rest[b]; });
  for (std::size_t k = 0; used < total; ++k, ++used) ++out[order[k % order.size()]];
  return out;
}

// Shifts all so that the largest has kMessageBits; false if all are 0.
bool rescale(Word* message, Index m) {
  Word all = 0;
  for (Index z = 0; z < m; ++z) all |= message[z];
  if (all == 0) return false;
  const int shift = static_cast<int>(std::bit_width(all)) - kMessageBits;
  for (Index z = 0; z < m; ++z) {
    message[z] = shift >= 0 ? message[z] >> shift : message[z] << -shift;
  }
  return true;
}

// c(x) of the header for a belief.
class Law {
 public:
  Law(const Word* belief, const std::uint32_t* cumulative, Index m, int levels)
      : belief_(belief), cumulative_(cumulative), m_(m), levels_(levels) {
    const Word total = sum(levels);
    shift_ = std::max(0, static_cast<int>(std::bit_width(total)) - 32);
    reciprocal_ = (Word{1} << 56) / ((total >> shift_) + 1);
  }
  std::uint32_t at(int x) const {
    if (x == levels_) return 1U << kPrecision;
    // (S >> t) R < 2^56; its upper 32 bits times less than 2^24 stay below 2^56 too.
    const Word part = ((sum(x) >> shift_) * reciprocal_) >> 24;
    const Word span = (Word{1} << kPrecision) - static_cast<Word>(levels_);
    return static_cast<std::uint32_t>(x) + static_cast<std::uint32_t>((part * span) >> 32);
  }

 private:
  Word sum(int x) const {
    const std::uint32_t* row = cumulative_ + x * m_;
    Word out = 0;
    for (Index z = 0; z < m_; ++z) out += belief_[z] * row[z];
    return out;
  }
  const Word* belief_;
  const std::uint32_t* cumulative_;
  Index m_;
  int levels_;
  int shift_;
  Word reciprocal_;
};

}  // namespace

// The beliefs of one block of rows along the depth-first order.
class HiddenTreeCoder::Beliefs {
 public:
  Beliefs(const HiddenTreeCoder& coder, Index rows)
      : coder_(coder),
        rows_(rows),
        m_(coder.states_),
        evidence_(coder.children_.size()),
        own_(coder.children_.size()),
        in_((rows + kTile - 1) / kTile * kTile * m_, 0.0),
        out_(in_.size()) {}

  // Visits the variables in their order: code(v, belief) fills x's column v.
  template <class Code>
  void walk(LevelMatrix& x, Index first, Code&& code) {
    std::vector<std::size_t> next(coder_.children_.size(), 0);
    std::vector<int> path;
    const auto enter = [&](int v) {
      open(v);
      code(v, own_[v].data());
      observe(x, first, v);
      path.push_back(v);
    };
    enter(coder_.tree_.order[0]);
    while (!path.empty()) {
      const int v = path.back();
      if (next[v] < coder_.children_[v].size()) {
        enter(coder_.children_[v][next[v]++]);
        continue;
      }
      path.pop_back();
      if (!path.empty()) close(v, path.back());
      own_[v] = {};
    }
  }

 private:
  // By the transition of v, from its parent's states or (up) to them; `from` row by row.
  void multiply(int v, bool up, const std::vector<Word>& from) {
    const SparseView<double> edges = (up ? coder_.up_ : coder_.down_)[v].view();
    for (Index i = 0; i < rows_; ++i) {
      for (Index z = 0; z < m_; ++z) in_[place(i, z)] = static_cast<double>(from[i * m_ + z]);
    }
    for (Index row = 0; row < rows_; row += kTile) {
      circuit_kernels().multiply_exact(edges, in_.data() + row * m_, out_.data() + row * m_);
    }
  }
  // Where in_ and out_ hold state z of row i, in tiles.
  Index place(Index i, Index z) const { return (i / kTile * m_ + z) * kTile + i % kTile; }
  void open(int v) {
    const int above = coder_.tree_.parent[v];
    own_[v].resize(static_cast<std::size_t>(rows_ * m_));
    evidence_[v].assign(own_[v].size(), (Word{1} << kMessageBits) - 1);
    if (above >= 0) multiply(v, false, own_[above]);
    for (Index i = 0; i < rows_; ++i) {
      for (Index z = 0; z < m_; ++z) {
        own_[v][i * m_ + z] =
            static_cast<Word>(above < 0 ? coder_.transition_[v](0, z) : out_[place(i, z)]);
      }
    }
    for (Index i = 0; i < rows_; ++i) rescale(own_[v].data() + i * m_, m_);
  }
  void times(std::vector<Word>& message, Index i, const Word* factor) {
    std::vector<Word>& product = scratch_;
    product.resize(static_cast<std::size_t>(m_));
    for (Index z = 0; z < m_; ++z) product[z] = message[i * m_ + z] * factor[z];
    if (rescale(product.data(), m_)) {
      std::copy(product.begin(), product.end(), message.begin() + i * m_);
    }
  }
  void observe(const LevelMatrix& x, Index first, int v) {
    factor_.resize(static_cast<std::size_t>(m_));
    for (Index i = 0; i < rows_; ++i) {
      const std::uint32_t* row = coder_.cumulative_[v].data() + x(first + i, v) * m_;
      for (Index z = 0; z < m_; ++z) factor_[z] = row[m_ + z] - row[z];
      times(own_[v], i, factor_.data());
      times(evidence_[v], i, factor_.data());
    }
  }
  void close(int v, int above) {
    multiply(v, true, evidence_[v]);
    evidence_[v] = {};
    factor_.resize(static_cast<std::size_t>(m_));
    for (Index i = 0; i < rows_; ++i) {
      for (Index z = 0; z < m_; ++z) factor_[z] = static_cast<Word>(out_[place(i, z)]);
      if (!rescale(factor_.data(), m_)) continue;
      times(own_[above], i, factor_.data());
      times(evidence_[above], i, factor_.data());
    }
  }

  const HiddenTreeCoder& coder_;
  Index rows_;
  Index m_;
  std::vector<std::vector<Word>> evidence_;  // evidence of each open subtree
  std::vector<std::vector<Word>> own_;       // belief of each open variable
  std::vector<double> in_;
  std::vector<double> out_;
  std::vector<Word> factor_;
  std::vector<Word> scratch_;
};

HiddenTreeCoder::HiddenTreeCoder(const HiddenTree& model)
    : tree_(model.tree), states_(model.states), levels_(model.levels) {
  for (int v = 0; v < tree_.size(); ++v) {
    core::Matrix t(model.transition[v].rows(), states_);
    for (Index z = 0; z < t.rows(); ++z) {
      const auto masses =
          whole_masses(model.transition[v].row(z).cast<double>().transpose(), kEdgeMass);
      for (Index k = 0; k < states_; ++k) t(z, k) = masses[static_cast<std::size_t>(k)];
    }
    transition_.push_back(std::move(t));
    std::vector<std::uint32_t> c(static_cast<std::size_t>(levels_ + 1) * states_, 0);
    for (Index z = 0; z < states_; ++z) {
      const auto masses = whole_masses(model.leaf[v].col(z).cast<double>(), kLeafMass);
      for (int x = 0; x < levels_; ++x) {
        c[(x + 1) * states_ + z] = c[x * states_ + z] + masses[static_cast<std::size_t>(x)];
      }
    }
    cumulative_.push_back(std::move(c));
  }
  make_lists();
}

void HiddenTreeCoder::make_lists() {
  children_ = tree_.children();
  for (const core::Matrix& t : transition_) {
    up_.emplace_back(t, false);
    down_.emplace_back(t, true);
  }
}

std::vector<std::byte> HiddenTreeCoder::encode(const LevelView& x) const {
  if (x.cols() != variables() || (x.size() > 0 && x.maxCoeff() >= levels_)) {
    core::fail_argument("code.HiddenTreeCoder.encode", "expected {} variables below {}, got {}*{}",
                        variables(), levels_, x.rows(), x.cols());
  }
  RangeEncoder out;
  LevelMatrix block;
  for (Index first = 0; first < x.rows(); first += kRows) {
    const Index rows = std::min(kRows, x.rows() - first);
    block = x.middleRows(first, rows);
    Beliefs(*this, rows).walk(block, 0, [&](int v, const Word* belief) {
      for (Index i = 0; i < rows; ++i) {
        const Law law(belief + i * states_, cumulative_[v].data(), states_, levels_);
        const int level = block(i, v);
        const std::uint32_t low = law.at(level);
        out.encode(low, law.at(level + 1) - low, kPrecision);
      }
    });
  }
  return x.size() == 0 ? std::vector<std::byte>{} : out.finish();
}

LevelMatrix HiddenTreeCoder::decode(core::Bytes bytes, Index rows_total) const {
  constexpr std::string_view kWhere = "code.HiddenTreeCoder.decode";
  if (rows_total < 0) core::fail_argument(kWhere, "expected rows >= 0, got {}", rows_total);
  LevelMatrix x(rows_total, variables());
  RangeDecoder in(bytes, kWhere);
  for (Index first = 0; first < rows_total; first += kRows) {
    const Index rows = std::min(kRows, rows_total - first);
    Beliefs(*this, rows).walk(x, first, [&](int v, const Word* belief) {
      for (Index i = 0; i < rows; ++i) {
        const Law law(belief + i * states_, cumulative_[v].data(), states_, levels_);
        const std::uint32_t value = in.peek(kPrecision);
        int low = 0;
        int high = levels_;
        while (high - low > 1) {
          const int middle = (low + high) / 2;
          (law.at(middle) <= value ? low : high) = middle;
        }
        const std::uint32_t c = law.at(low);
        in.drop(c, law.at(low + 1) - c);
        x(first + i, v) = static_cast<std::uint8_t>(low);
      }
    });
  }
  in.check_end();
  return x;
}

std::vector<std::byte> HiddenTreeCoder::serialize() const {
  std::vector<std::byte> raw;
  put_varint(raw, static_cast<Word>(variables()));
  put_varint(raw, static_cast<Word>(states_));
  put_varint(raw, static_cast<Word>(levels_));
  for (const int parent : tree_.parent) put_varint(raw, static_cast<Word>(parent + 1));
  for (int v = 0; v < variables(); ++v) {
    for (Index k = 0; k < transition_[v].size(); ++k) {
      put_varint(raw, static_cast<Word>(transition_[v].data()[k]));
    }
    for (std::size_t k = states_; k < cumulative_[v].size(); ++k) {
      put_varint(raw, cumulative_[v][k] - cumulative_[v][k - states_]);
    }
  }
  return byte_codec("static").encode(raw);
}

HiddenTreeCoder HiddenTreeCoder::deserialize(core::Bytes bytes, std::string_view source_name) {
  const Word most = std::min(Word{1} << 32, kMostExpansion * (bytes.size() + 1));
  const auto raw = byte_codec("static").decode(bytes, most);
  ByteReader in(raw, 0, source_name);
  HiddenTreeCoder out;
  const Word d = in.varint("variables", Word{1} << 24);
  const Word m = in.varint("states", 256);
  const Word levels = in.varint("levels", 256);
  // Each mass has a byte at least.
  if (d == 0 || m == 0 || levels < 2 || in.left() / d < levels * m) {
    core::fail_data(source_name, "{} variables of {} states and {} levels do not fit {} bytes", d,
                    m, levels, raw.size());
  }
  std::vector<int> parent(d);
  for (int& p : parent) p = static_cast<int>(in.varint("a parent", d)) - 1;
  try {
    out.tree_ = VariableTree::from_parents(std::move(parent));
  } catch (const core::InvalidArgument& error) {
    core::fail_data(source_name, "no tree: {}", error.what());
  }
  out.states_ = static_cast<int>(m);
  out.levels_ = static_cast<int>(levels);
  for (Word v = 0; v < d; ++v) {
    core::Matrix t(out.tree_.parent[v] < 0 ? 1 : out.states_, out.states_);
    for (Index k = 0; k < t.size(); ++k) {
      t.data()[k] = static_cast<double>(in.varint("a transition", kEdgeMass));
    }
    std::vector<std::uint32_t> c((levels + 1) * m, 0);
    for (std::size_t k = m; k < c.size(); ++k) {
      c[k] = c[k - m] + static_cast<std::uint32_t>(in.varint("a leaf", kLeafMass));
    }
    const bool whole = (t.rowwise().sum().array() == kEdgeMass).all() &&
                       std::all_of(c.end() - out.states_, c.end(),
                                   [](std::uint32_t sum) { return sum == kLeafMass; });
    if (!whole) core::fail_data(source_name, "masses of variable {} do not sum to their total", v);
    out.transition_.push_back(std::move(t));
    out.cumulative_.push_back(std::move(c));
  }
  if (in.left() > 0) core::fail_data(source_name, "{} bytes are left over", in.left());
  out.make_lists();
  return out;
}

}  // namespace venturi::code
