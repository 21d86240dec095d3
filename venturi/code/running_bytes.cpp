#include "venturi/code/running_bytes.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <memory>

#include "venturi/code/byte_law.hpp"
#include "venturi/code/byte_rans_tables.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/code/running_law.hpp"
#include "venturi/core/error.hpp"

namespace venturi::code {
namespace {

using namespace byte_rans;

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kMostBytesPerByte = std::size_t{1} << 15;

struct PlannedChunk {
  std::size_t size;
  int precision;
  int escape;        // the slot of bytes that have none; -1 where the chunk has no such byte
  std::size_t laws;  // where the plan's masses end
};

struct Plan {
  std::vector<PlannedChunk> chunks;
  std::vector<SymbolMass> masses;  // of all chunks' laws, in order
  std::vector<std::byte> escapes;
};

Plan plan(core::Bytes block, RunningLaw& running) {
  Plan out;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t size = std::min(running.chunk_size(), block.size() - at);
    const core::Bytes chunk = block.subspan(at, size);
    const ChunkLaw law = running.law();
    for (std::size_t s = 0; s < 256; ++s) {
      if (law.masses[s] == 0) continue;
      out.masses.push_back(
          {static_cast<std::uint16_t>(s), static_cast<std::uint16_t>(law.masses[s])});
    }
    const ByteCounts counts = count_bytes<4>(chunk);
    const bool escaping = running.escapes(counts) > 0;
    out.chunks.push_back({size, law.precision, escaping ? law.escape : -1, out.masses.size()});
    if (escaping) {
      std::ranges::copy_if(chunk, std::back_inserter(out.escapes),
                           [&](std::byte byte) { return !running.seen(byte); });
    }
    running.learn(counts, static_cast<std::uint32_t>(size), law);
    at += size;
  }
  return out;
}

using ChunkBuffer = std::array<std::byte, RunningLaw::kMostChunk>;

// The chunk with the escape in the place of bytes that have no slot.
core::Bytes with_escapes(core::Bytes chunk, std::span<const SymbolMass> law, int escape,
                         ChunkBuffer& buffer) {
  std::array<bool, 256> slots{};
  for (const SymbolMass& each : law) slots[each.symbol] = true;
  std::ranges::transform(chunk, buffer.begin(), [&](std::byte byte) {
    return slots[std::to_integer<std::size_t>(byte)] ? byte : static_cast<std::byte>(escape);
  });
  return core::Bytes(buffer).first(chunk.size());
}

void encode_block(core::Bytes block, RunningLaw& running, EncodeFunction encode,
                  std::vector<std::byte>& out) {
  const auto [chunks, masses, escapes] = plan(block, running);
  const std::size_t room = 2 * block.size() + kSlack;
  const auto scratch = std::make_unique_for_overwrite<std::uint8_t[]>(room);
  EncodeStream stream{};
  for (std::uint32_t& state : stream.states) state = kLow;
  stream.out = scratch.get() + room;
  EncodeTable table;
  ChunkBuffer buffer;
  std::size_t end = block.size();
  for (std::size_t i = chunks.size(); i-- > 0;) {
    const PlannedChunk& planned = chunks[i];
    const std::size_t from = i == 0 ? 0 : chunks[i - 1].laws;
    const auto law = std::span(masses).subspan(from, planned.laws - from);
    fill_encode_table(law, planned.precision, table);
    end -= planned.size;
    core::Bytes chunk = block.subspan(end, planned.size);
    if (planned.escape >= 0) chunk = with_escapes(chunk, law, planned.escape, buffer);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(chunk.data());
    stream.groups = chunk.size() / kStates;
    stream.in = bytes + stream.groups * kStates;
    for (std::size_t j = chunk.size() % kStates; j-- > 0;) {
      encode_one(stream, static_cast<int>(j), stream.in[j], table);
    }
    encode(&stream, 1, table);
  }
  const auto words = std::as_bytes(std::span(stream.out, scratch.get() + room));
  put_varint(out, words.size());
  put_varint(out, escapes.size());
  for (const std::uint32_t state : stream.states) put_u32(out, state);
  out.insert(out.end(), words.begin(), words.end());
  out.insert(out.end(), escapes.begin(), escapes.end());
}

// The bytes for which the escape stands in a decoded chunk, in order.
void put_back(std::span<std::byte> chunk, const RunningLaw& running, int escape,
              ByteReader& escapes, std::string_view where) {
  if (escape < 0) return;
  std::byte* at = chunk.data();
  std::byte* const end = at + chunk.size();
  while (at < end && (at = static_cast<std::byte*>(std::memchr(
                          at, escape, static_cast<std::size_t>(end - at)))) != nullptr) {
    *at = escapes.take(1, "escaped byte")[0];
    if (running.seen(*at)) {
      core::fail_data(where, "the escape before byte {} has a slot of its own", escapes.offset());
    }
    ++at;
  }
}

void decode_block(ByteReader& reader, std::span<std::byte> out, RunningLaw& running,
                  DecodeFunction decode, std::string_view where) {
  const std::size_t words = reader.varint("size of a block", reader.left());
  const std::size_t escaped = reader.varint("number of escapes", reader.left());
  const std::size_t start = reader.offset();
  const core::Bytes bytes = reader.take(4 * kStates + words, "block");
  DecodeStream stream =
      open_stream(bytes, start, reinterpret_cast<std::uint8_t*>(out.data()), where);
  ByteReader escapes(reader.take(escaped, "escapes"), 0, where);
  DecodeTable table;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t size = std::min(running.chunk_size(), out.size() - at);
    const ChunkLaw law = running.law();
    fill_decode_table(law.masses, law.precision, table);
    stream.groups = size / kStates;
    decode(&stream, 1, table);
    for (std::size_t i = 0; i < size % kStates && !stream.failed; ++i) {
      *stream.out++ = decode_one(stream, static_cast<int>(i), table);
    }
    if (stream.failed) core::fail_data(where, "the words of the block at byte {} run out", start);
    const auto chunk = out.subspan(at, size);
    put_back(chunk, running, law.escape, escapes, where);
    running.learn(count_bytes<4>(chunk), static_cast<std::uint32_t>(size), law);
    at += size;
  }
  if (!at_end(stream) || escapes.left() > 0) {
    core::fail_data(where, "the block at byte {} does not end where it should", start);
  }
}

}  // namespace

std::vector<std::byte> encode_running_bytes(core::Bytes data, ByteKernel kernel) {
  const EncodeFunction encode = kernel_of(kernel, "code.encode_running_bytes").encode;
  std::vector<std::byte> out;
  RunningLaw running;
  for (std::size_t start = 0; start < data.size(); start += kBlock) {
    encode_block(data.subspan(start, std::min(kBlock, data.size() - start)), running, encode, out);
  }
  return out;
}

std::vector<std::byte> decode_running_bytes(core::Bytes stream, std::size_t count,
                                            ByteKernel kernel) {
  constexpr std::string_view where = "code.decode_running_bytes";
  const DecodeFunction decode = kernel_of(kernel, where).decode;
  if (count / kMostBytesPerByte > stream.size()) {
    core::fail_data(where, "{} bytes cannot hold {}", stream.size(), count);
  }
  std::vector<std::byte> out(count);
  ByteReader reader(stream, 0, where);
  RunningLaw running;
  for (std::size_t start = 0; start < count; start += kBlock) {
    const std::size_t size = std::min(kBlock, count - start);
    decode_block(reader, std::span(out).subspan(start, size), running, decode, where);
  }
  if (reader.left() > 0) {
    core::fail_data(where, "{} bytes are left over at byte {}", reader.left(), reader.offset());
  }
  return out;
}

}  // namespace venturi::code
