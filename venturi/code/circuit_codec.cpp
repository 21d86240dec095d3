#include "venturi/code/circuit_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "venturi/code/byte_codec.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/range_coder.hpp"
#include "venturi/code/sparse_rows.hpp"
#include "venturi/core/side_by_side.hpp"

namespace venturi::code {
namespace {

using core::Index;
using Word = std::uint64_t;
using Mass = std::uint32_t;

constexpr std::uint32_t kEdgeMass = 1U << 16;
constexpr std::uint32_t kLeafMass = 1U << 20;
constexpr int kMessageBits = 29;
constexpr int kPrecision = 24;
constexpr Index kRows = 256;    // a block
constexpr Index kStream = 512;  // rows that share a stream
constexpr Index kMostStates = 256;
// Of a packed model: far more than a real one's, so that a small file cannot ask for much memory.
constexpr Word kMostExpansion = 4096;

constexpr std::string_view kDecode = "code.HiddenTreeCoder.decode";

std::size_t streams_of(Index rows) {
  return static_cast<std::size_t>((rows + kStream - 1) / kStream);
}

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

// Shifts `from`, of bits `all` together, so that the largest has kMessageBits; false if all are 0.
bool rescale(const Word* from, Word all, Index m, Mass* message) {
  if (all == 0) return false;
  const int shift = static_cast<int>(std::bit_width(all)) - kMessageBits;
  if (shift >= 0) {
    for (Index z = 0; z < m; ++z) message[z] = static_cast<Mass>(from[z] >> shift);
  } else {
    for (Index z = 0; z < m; ++z) message[z] = static_cast<Mass>(from[z] << -shift);
  }
  return true;
}

// message *= factor, unless nothing would be left.
void absorb(Mass* message, const Mass* factor, Index m) {
  Word product[kMostStates];
  const Word all = circuit_kernels().product(message, factor, m, product);
  rescale(product, all, m, message);
}

// c(x) of the header for a belief.
class Law {
 public:
  Law(const Mass* belief, const Mass* cumulative, Index m, int levels)
      : belief_(belief), cumulative_(cumulative), m_(m), levels_(levels) {
    // Each column of leaf masses sums to kLeafMass.
    const Word total = std::accumulate(belief, belief + m, Word{0}) * kLeafMass;
    shift_ = std::max(0, static_cast<int>(std::bit_width(total)) - 32);
    reciprocal_ = (Word{1} << 56) / ((total >> shift_) + 1);
  }
  Mass at(int x) const {
    if (x == 0) return 0;
    if (x == levels_) return 1U << kPrecision;
    const Word sum = circuit_kernels().dot(belief_, cumulative_ + x * m_, m_);
    // (S >> t) R < 2^56; its upper 32 bits times less than 2^24 stay below 2^56 too.
    const Word part = ((sum >> shift_) * reciprocal_) >> 24;
    const Word span = (Word{1} << kPrecision) - static_cast<Word>(levels_);
    return static_cast<Mass>(x) + static_cast<Mass>((part * span) >> 32);
  }
  struct Level {
    int level;
    Mass low;   // c(level)
    Mass high;  // c(level + 1)
  };
  // c(level) <= value < c(level + 1). 0 is asked first: most values of images are.
  Level find(Mass value) const {
    int low = 0;
    int high = levels_;
    Level out{0, 0, 1U << kPrecision};
    for (int middle = 1; high - low > 1; middle = (low + high) / 2) {
      const Mass c = at(middle);
      if (c <= value) {
        low = middle;
        out.low = c;
      } else {
        high = middle;
        out.high = c;
      }
    }
    out.level = low;
    return out;
  }

 private:
  const Mass* belief_;
  const Mass* cumulative_;
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
        in_(kExactTile * m_, 0.0),
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
  // By the transition of v, from its parent's states or (up) to them; each(i, sums, all of them
  // or'ed) for each row.
  template <class Each>
  void multiply(int v, bool up, const std::vector<Mass>& from, Each&& each) {
    const SparseView<double> edges = (up ? coder_.up_ : coder_.down_)[v].view();
    Word sums[kMostStates];
    for (Index first = 0; first < rows_; first += kExactTile) {
      const Index rows = std::min(kExactTile, rows_ - first);
      for (Index i = 0; i < rows; ++i) {
        const Mass* row = from.data() + (first + i) * m_;
        for (Index z = 0; z < m_; ++z) in_[z * kExactTile + i] = static_cast<std::int32_t>(row[z]);
      }
      circuit_kernels().multiply_exact(edges, in_.data(), out_.data());
      for (Index i = 0; i < rows; ++i) {
        Word all = 0;
        for (Index z = 0; z < m_; ++z) {
          sums[z] = static_cast<Word>(static_cast<std::int64_t>(out_[z * kExactTile + i]));
          all |= sums[z];
        }
        each(first + i, sums, all);
      }
    }
  }
  void open(int v) {
    const int above = coder_.tree_.parent[v];
    own_[v].assign(static_cast<std::size_t>(rows_ * m_), 0);
    evidence_[v].assign(own_[v].size(), (Mass{1} << kMessageBits) - 1);
    const auto take = [&](Index i, const Word* sums, Word all) {
      rescale(sums, all, m_, own_[v].data() + i * m_);
    };
    if (above >= 0) return multiply(v, false, own_[above], take);
    Word prior[kMostStates];
    Word all = 0;
    for (Index z = 0; z < m_; ++z) all |= prior[z] = static_cast<Word>(coder_.transition_[v](0, z));
    for (Index i = 0; i < rows_; ++i) take(i, prior, all);
  }
  void observe(const LevelMatrix& x, Index first, int v) {
    Mass factor[kMostStates];
    for (Index i = 0; i < rows_; ++i) {
      const Mass* row = coder_.cumulative_[v].data() + x(first + i, v) * m_;
      for (Index z = 0; z < m_; ++z) factor[z] = row[m_ + z] - row[z];
      absorb(own_[v].data() + i * m_, factor, m_);
      absorb(evidence_[v].data() + i * m_, factor, m_);
    }
  }
  void close(int v, int above) {
    Mass factor[kMostStates];
    multiply(v, true, evidence_[v], [&](Index i, const Word* sums, Word all) {
      if (!rescale(sums, all, m_, factor)) return;
      absorb(own_[above].data() + i * m_, factor, m_);
      absorb(evidence_[above].data() + i * m_, factor, m_);
    });
    evidence_[v] = {};
  }

  const HiddenTreeCoder& coder_;
  Index rows_;
  Index m_;
  std::vector<std::vector<Mass>> evidence_;  // evidence of each open subtree, rows*m
  std::vector<std::vector<Mass>> own_;       // belief of each open variable
  std::vector<double> in_;                   // of one tile
  std::vector<double> out_;
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
  std::vector<std::vector<std::byte>> streams(streams_of(x.rows()));
  core::side_by_side(streams.size(), [&](std::size_t k) {
    const Index first = static_cast<Index>(k) * kStream;
    streams[k] = encode_stream(x.middleRows(first, std::min(kStream, x.rows() - first)));
  });
  std::vector<std::byte> out;
  for (std::size_t k = 0; k + 1 < streams.size(); ++k) put_varint(out, streams[k].size());
  for (const auto& stream : streams) out.insert(out.end(), stream.begin(), stream.end());
  return out;
}

std::vector<std::byte> HiddenTreeCoder::encode_stream(const LevelView& x) const {
  RangeEncoder out;
  LevelMatrix block;
  for (Index first = 0; first < x.rows(); first += kRows) {
    const Index rows = std::min(kRows, x.rows() - first);
    block = x.middleRows(first, rows);
    Beliefs(*this, rows).walk(block, 0, [&](int v, const Mass* belief) {
      for (Index i = 0; i < rows; ++i) {
        const Law law(belief + i * states_, cumulative_[v].data(), states_, levels_);
        const int level = block(i, v);
        const Mass low = law.at(level);
        out.encode(low, law.at(level + 1) - low, kPrecision);
      }
    });
  }
  return out.finish();
}

LevelMatrix HiddenTreeCoder::decode(core::Bytes bytes, Index rows) const {
  if (rows < 0) core::fail_argument(kDecode, "expected rows >= 0, got {}", rows);
  ByteReader in(bytes, 0, kDecode);
  std::vector<core::Bytes> streams(streams_of(rows));
  std::vector<std::size_t> sizes;
  for (std::size_t k = 0; k + 1 < streams.size(); ++k) {
    sizes.push_back(static_cast<std::size_t>(in.varint("a stream's size", bytes.size())));
  }
  core::Bytes rest = bytes.last(in.left());
  for (std::size_t k = 0; k < streams.size(); ++k) {
    const std::size_t size = k < sizes.size() ? sizes[k] : rest.size();
    if (size > rest.size()) {
      core::fail_data(kDecode, "stream {} has {} bytes, {} are left", k, size, rest.size());
    }
    streams[k] = rest.first(size);
    rest = rest.subspan(size);
  }
  if (!rest.empty()) core::fail_data(kDecode, "{} bytes and no rows", rest.size());
  LevelMatrix x(rows, variables());
  core::side_by_side(streams.size(), [&](std::size_t k) {
    const Index first = static_cast<Index>(k) * kStream;
    decode_stream(streams[k], first, std::min(kStream, rows - first), x);
  });
  return x;
}

void HiddenTreeCoder::decode_stream(core::Bytes bytes, Index first, Index count,
                                    LevelMatrix& x) const {
  RangeDecoder in(bytes, kDecode);
  for (Index at = 0; at < count; at += kRows) {
    const Index rows = std::min(kRows, count - at);
    Beliefs(*this, rows).walk(x, first + at, [&](int v, const Mass* belief) {
      for (Index i = 0; i < rows; ++i) {
        const Law law(belief + i * states_, cumulative_[v].data(), states_, levels_);
        const auto [level, low, high] = law.find(in.peek(kPrecision));
        in.drop(low, high - low);
        x(first + at + i, v) = static_cast<std::uint8_t>(level);
      }
    });
  }
  in.check_end();
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
