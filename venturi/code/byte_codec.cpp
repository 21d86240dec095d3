#include "venturi/code/byte_codec.hpp"

#include <algorithm>
#include <array>

#include "venturi/code/adaptive_bytes.hpp"
#include "venturi/code/byte_rans.hpp"
#include "venturi/code/byte_tans.hpp"
#include "venturi/code/context_mixing.hpp"
#include "venturi/code/crc32c.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/running_bytes.hpp"

namespace venturi::code {
namespace {

constexpr std::size_t kLeastBlock = 4;  // size, count, mode, and a byte of content

// A coder of blocks, each under its own histogram.
struct BlockCoder {
  std::size_t block;  // bytes; the last may have fewer
  std::vector<std::byte> (*encode)(core::Bytes data);
  std::size_t (*count)(core::Bytes block);
  void (*decode)(core::Bytes block, std::span<std::byte> out);
};
constexpr BlockCoder kRans = {
    std::size_t{1} << 20, [](core::Bytes data) { return encode_byte_rans(data); }, byte_rans_count,
    [](core::Bytes block, std::span<std::byte> out) { decode_byte_rans(block, out); }};
constexpr BlockCoder kTans = {std::size_t{1} << 15,
                              [](core::Bytes data) { return encode_byte_tans(data); },
                              byte_tans_count, decode_byte_tans};

template <const BlockCoder& kCoder>
std::vector<std::byte> encode_blocks(core::Bytes data) {
  std::vector<std::byte> out;
  put_varint(out, data.size());
  for (std::size_t start = 0; start < data.size(); start += kCoder.block) {
    const auto block =
        kCoder.encode(data.subspan(start, std::min(kCoder.block, data.size() - start)));
    put_varint(out, block.size());
    out.insert(out.end(), block.begin(), block.end());
  }
  return out;
}

template <const BlockCoder& kCoder>
std::vector<std::byte> decode_blocks(core::Bytes stream, std::uint64_t max_bytes) {
  constexpr std::string_view where = "code.byte_codec";
  ByteReader reader(stream, 0, where);
  const std::uint64_t count = reader.varint("number of bytes", max_bytes);
  if (count / kCoder.block > reader.left() / kLeastBlock) {
    core::fail_data(where, "{} bytes cannot hold {}", reader.left(), count);
  }
  std::vector<std::byte> out(count);
  for (std::size_t start = 0; start < count; start += kCoder.block) {
    const std::size_t size = std::min<std::size_t>(kCoder.block, count - start);
    const core::Bytes block = reader.take(reader.varint("size of a block", reader.left()), "block");
    if (kCoder.count(block) != size) {
      core::fail_data(where, "the block before byte {} holds {} bytes, expected {}",
                      reader.offset(), kCoder.count(block), size);
    }
    kCoder.decode(block, std::span(out).subspan(start, size));
  }
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
  return out;
}

// A stream that does not tell its own length, behind it.
std::vector<std::byte> with_count(std::size_t count, core::Bytes stream) {
  std::vector<std::byte> out;
  put_varint(out, count);
  out.insert(out.end(), stream.begin(), stream.end());
  return out;
}

struct Counted {
  std::size_t count;
  core::Bytes stream;
};
Counted split_count(core::Bytes bytes, std::uint64_t max_bytes) {
  ByteReader reader(bytes, 0, "code.byte_codec");
  const std::uint64_t count = reader.varint("number of bytes", max_bytes);
  return {count, reader.take(reader.left(), "stream")};
}

std::vector<std::byte> encode_running(core::Bytes data) {
  return with_count(data.size(), encode_running_bytes(data));
}
std::vector<std::byte> decode_running(core::Bytes bytes, std::uint64_t max_bytes) {
  const auto [count, stream] = split_count(bytes, max_bytes);
  return decode_running_bytes(stream, count);
}

// A range coder's stream tells little of its own damage: a checksum of the data does.
std::vector<std::byte> encode_mixed(core::Bytes data) {
  std::vector<std::byte> out;
  put_varint(out, data.size());
  put_u32(out, crc32c(data));
  const auto stream = encode_context_mixing(data);
  out.insert(out.end(), stream.begin(), stream.end());
  return out;
}
std::vector<std::byte> decode_mixed(core::Bytes bytes, std::uint64_t max_bytes) {
  constexpr std::string_view where = "code.byte_codec.bytes-cm";
  ByteReader reader(bytes, 0, where);
  const std::uint64_t count = reader.varint("number of bytes", max_bytes);
  const std::uint32_t checksum = reader.u32("checksum");
  auto out = decode_context_mixing(reader.take(reader.left(), "stream"), count);
  if (crc32c(out) != checksum) core::fail_data(where, "the checksum of the {} bytes fails", count);
  return out;
}

template <int kOrder>
std::vector<std::byte> encode_nibbles(core::Bytes data) {
  return with_count(data.size(), encode_adaptive_bytes(data, kOrder));
}
template <int kOrder>
std::vector<std::byte> decode_nibbles(core::Bytes bytes, std::uint64_t max_bytes) {
  const auto [count, stream] = split_count(bytes, max_bytes);
  return decode_adaptive_bytes(stream, count, kOrder);
}

constexpr std::array<core::Member<ByteCodec>, 6> kCodecs = {{
    {"static",
     "32 interleaved rANS states, one histogram a block of 1 MiB; the fastest",
     "Giesen, arXiv 1402.3392",
     "O(n)",
     {encode_blocks<kRans>, decode_blocks<kRans>}},
    {"running",
     "the same coder under a law learned from the chunks before; no table",
     "own, over Duda, arXiv 1311.2540",
     "O(n)",
     {encode_running, decode_running}},
    {"adaptive",
     "adaptive nibbles; no table, follows a law that drifts with each byte",
     "Duda, arXiv 1311.2540",
     "O(n)",
     {encode_nibbles<0>, decode_nibbles<0>}},
    {"adaptive1",
     "the same, one model for each byte before",
     "Duda, arXiv 1311.2540",
     "O(n)",
     {encode_nibbles<1>, decode_nibbles<1>}},
    {"bytes-cm",
     "bits under orders 0 to 4 mixed in the logistic domain; the smallest, slow",
     "Mahoney, Florida Tech CS-2005-16",
     "O(n)",
     {encode_mixed, decode_mixed}},
    {"bytes-tans",
     "tabled ANS, one histogram a block of 32 KiB; small blocks, and machines without AVX2",
     "Duda, arXiv 1311.2540 (tANS)",
     "O(n)",
     {encode_blocks<kTans>, decode_blocks<kTans>}},
}};

}  // namespace

std::span<const core::Member<ByteCodec>> byte_codecs() { return kCodecs; }

const ByteCodec& byte_codec(std::string_view name) {
  return core::find_member(byte_codecs(), name, "code.byte_codec").make;
}

}  // namespace venturi::code
