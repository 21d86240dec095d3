#include "venturi/code/byte_rans.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "venturi/code/byte_law.hpp"
#include "venturi/code/byte_rans_tables.hpp"
#include "venturi/code/normalize.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

using namespace byte_rans;

constexpr std::size_t kMostBytes = std::size_t{1} << 30;
// A block of this many coded bytes has two slices, each with its own states, so that both can run
// at once; the second set of states then costs less than .08 %.
constexpr std::size_t kLeastForTwo = 160000;
// A symbol of mass 4095 of 4096 (no law has a higher one) raises a state by a factor of at least 1
// + (8/9)/4095, that is .00031 bits: some 25600 symbols a byte; the rest is room for the words'
// rounding.
constexpr std::size_t kMostSymbolsPerByte = 32768;

enum class Mode : std::uint8_t { kOneSlice = 2, kTwoSlices = 3 };  // beside PlainMode

using Masses = std::vector<std::uint32_t>;

constexpr int kMassBits = 12;
static_assert(kMostMass >> kMassBits == 0);

struct Law {
  Masses masses;
  int precision;
};

Law read_law(ByteReader& reader, std::string_view where) {
  Law law{Masses(256), kPrecision};
  const std::uint32_t sum = read_masses(reader, law.masses, kMassBits, where);
  if (sum == 1U << kCoarsePrecision) law.precision = kCoarsePrecision;
  if (sum != 1U << law.precision) {
    core::fail_data(where, "the masses before byte {} sum to {}, expected {} or {}",
                    reader.offset(), sum, 1U << kPrecision, 1U << kCoarsePrecision);
  }
  return law;
}

Law law_of(std::span<const std::uint64_t> counts) {
  for (const int precision : {kPrecision, kCoarsePrecision}) {
    Law law{Masses(256), precision};
    for (std::size_t i = 0; i < 256; ++i) law.masses[i] = counts[i] > 0 ? 1 : 0;
    normalize_counts(counts, 1U << precision, law.masses);
    if (*std::max_element(law.masses.begin(), law.masses.end()) <= kMostMass) return law;
  }
  core::fail_bug("code.encode_byte_rans", "one symbol takes all of 2^{}", kCoarsePrecision);
}

double cost_bytes(std::span<const std::uint64_t> counts, const Law& law) {
  double bits = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    if (counts[i] == 0) continue;
    bits += static_cast<double>(counts[i]) * (law.precision - std::log2(law.masses[i]));
  }
  return bits / 8;
}

// Sizes of the one or two slices of a block.
std::array<std::size_t, 2> slices_of(std::size_t count, bool two) {
  if (!two) return {count, 0};
  const std::size_t first = count / 2 / kStates * kStates;
  return {first, count - first};
}

// A stream over `data` whose last, incomplete group is coded already; words go before `out`.
EncodeStream start_slice(core::Bytes data, const EncodeTable& table, std::uint8_t* out) {
  const auto* in = reinterpret_cast<const std::uint8_t*>(data.data());
  EncodeStream stream{};
  for (std::uint32_t& state : stream.states) state = kLow;
  stream.out = out;
  stream.groups = data.size() / kStates;
  stream.in = in + stream.groups * kStates;
  for (std::size_t i = data.size() % kStates; i-- > 0;) {
    encode_one(stream, static_cast<int>(i), stream.in[i], table);
  }
  return stream;
}

// The slices of a block: for each its states, then its words; before the first of two its size.
void encode_slices(core::Bytes data, bool two, const EncodeTable& table, EncodeFunction encode,
                   std::vector<std::byte>& out) {
  const auto sizes = slices_of(data.size(), two);
  const int count = two ? 2 : 1;
  // A symbol gives at most one word away.
  const std::size_t room[2] = {2 * sizes[0] + kSlack, 2 * sizes[1] + kSlack};
  const auto scratch = std::make_unique_for_overwrite<std::uint8_t[]>(room[0] + room[1]);
  std::uint8_t* ends[2] = {scratch.get() + room[0], scratch.get() + room[0] + room[1]};
  EncodeStream streams[2];
  for (int s = 0; s < count; ++s) {
    streams[s] = start_slice(data.subspan(s == 0 ? 0 : sizes[0], sizes[s]), table, ends[s]);
  }
  encode(streams, count, table);
  for (int s = 0; s < count; ++s) {
    const auto words = std::as_bytes(std::span(streams[s].out, ends[s]));
    if (two && s == 0) put_varint(out, 4 * kStates + words.size());
    for (const std::uint32_t state : streams[s].states) put_u32(out, state);
    out.insert(out.end(), words.begin(), words.end());
  }
}

void decode_slices(core::Bytes block, ByteReader& reader, bool two, std::span<std::byte> out,
                   DecodeFunction decode, std::string_view where) {
  const Law law = read_law(reader, where);
  DecodeTable table;
  fill_decode_table(law.masses, law.precision, table);
  const auto sizes = slices_of(out.size(), two);
  const int count = two ? 2 : 1;
  std::size_t cut = reader.left();
  if (two) cut = reader.varint("size of the first slice", reader.left());
  DecodeStream streams[2];
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  for (int s = 0; s < count; ++s) {
    const std::size_t start = reader.offset();
    const core::Bytes bytes = reader.take(s == 0 ? cut : reader.left(), "slice");
    streams[s] = open_stream(bytes, start, to, where);
    streams[s].groups = sizes[s] / kStates;
    to += sizes[s];
  }
  decode(streams, count, table);
  for (int s = 0; s < count; ++s) {
    DecodeStream& stream = streams[s];
    for (std::size_t i = 0; i < sizes[s] % kStates; ++i) {
      *stream.out++ = decode_one(stream, static_cast<int>(i), table);
    }
    if (!at_end(stream)) {
      core::fail_data(where, "slice {} does not end where it should, at byte {}", s,
                      reinterpret_cast<const std::byte*>(stream.in) - block.data());
    }
  }
}

}  // namespace

std::vector<std::byte> encode_byte_rans(core::Bytes data, ByteKernel kernel) {
  constexpr std::string_view where = "code.encode_byte_rans";
  const EncodeFunction encode = kernel_of(kernel, where).encode;
  if (data.size() > kMostBytes) {
    core::fail_argument(where, "a block has at most {} bytes, got {}", kMostBytes, data.size());
  }
  std::vector<std::byte> out;
  put_varint(out, data.size());
  if (data.empty()) return out;
  const auto narrow = count_bytes<8>(data);
  const std::vector<std::uint64_t> counts(narrow.begin(), narrow.end());
  if (counts[std::to_integer<std::size_t>(data[0])] == data.size()) {
    out.push_back(static_cast<std::byte>(PlainMode::kConstant));
    out.push_back(data[0]);
    return out;
  }
  const std::size_t head = out.size();
  const Law law = law_of(counts);
  const bool two = cost_bytes(counts, law) >= kLeastForTwo;
  out.push_back(static_cast<std::byte>(two ? Mode::kTwoSlices : Mode::kOneSlice));
  write_masses(law.masses, out);
  EncodeTable table;
  fill_encode_table(law.masses, law.precision, table);
  encode_slices(data, two, table, encode, out);
  keep_raw_if_shorter(data, head, out);
  return out;
}

std::size_t byte_rans_count(core::Bytes block) {
  constexpr std::string_view where = "code.byte_rans_count";
  ByteReader reader(block, 0, where);
  const std::size_t count = reader.varint("number of bytes", kMostBytes);
  if (count == 0) return 0;
  const auto mode = Mode{reader.byte("mode")};
  const bool coded = mode == Mode::kOneSlice || mode == Mode::kTwoSlices;
  if (coded && count / kMostSymbolsPerByte > reader.left()) {
    core::fail_data(where, "{} bytes cannot hold {}", reader.left(), count);
  }
  return count;
}

void decode_byte_rans(core::Bytes block, std::span<std::byte> out, ByteKernel kernel) {
  constexpr std::string_view where = "code.decode_byte_rans";
  const DecodeFunction decode = kernel_of(kernel, where).decode;
  if (byte_rans_count(block) != out.size()) {
    core::fail_argument(where, "the block holds {} bytes, the output {}", byte_rans_count(block),
                        out.size());
  }
  ByteReader reader(block, 0, where);
  reader.varint("number of bytes", kMostBytes);
  if (!out.empty()) {
    const auto mode = Mode{reader.byte("mode")};
    if (mode == Mode::kOneSlice || mode == Mode::kTwoSlices) {
      return decode_slices(block, reader, mode == Mode::kTwoSlices, out, decode, where);
    }
    read_plain(reader, static_cast<std::uint8_t>(mode), out, where);
  }
  if (reader.left() != 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
}

}  // namespace venturi::code
