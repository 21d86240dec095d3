#include "venturi/data/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::data {

struct Inflater::State {
  z_stream stream{};
  core::Bytes rest;  // not yet given to zlib
  bool gzip = false;
  bool ended = false;
};

bool is_gzip(core::Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

Inflater::Inflater(core::Bytes bytes, Wrapping wrapping, std::string_view where)
    : state_(std::make_unique<State>()), size_(bytes.size()), where_(where) {
  state_->rest = bytes;
  state_->gzip = wrapping == Wrapping::kGzip;
  const int window = state_->gzip ? MAX_WBITS + 16 : -MAX_WBITS;
  if (inflateInit2(&state_->stream, window) != Z_OK) core::fail_data(where, "zlib has no memory");
}

Inflater::~Inflater() { inflateEnd(&state_->stream); }

std::size_t Inflater::some(std::span<std::byte> out) {
  z_stream& stream = state_->stream;
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  std::size_t done = 0;
  while (done < out.size() && !state_->ended) {
    if (stream.avail_in == 0) {
      const std::size_t piece = std::min(state_->rest.size(), kMost);
      // zlib reads through this pointer only; its type predates const.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(state_->rest.data()));
      stream.avail_in = static_cast<uInt>(piece);
      state_->rest = state_->rest.subspan(piece);
    }
    const auto space = static_cast<uInt>(std::min(out.size() - done, kMost));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    stream.avail_out = space;
    const int result = inflate(&stream, Z_NO_FLUSH);
    done += space - stream.avail_out;
    if (result == Z_STREAM_END) {
      // A gzip file may hold several members, one behind the other (RFC 1952, section 2.2).
      const bool more = stream.avail_in > 0 || !state_->rest.empty();
      if (state_->gzip && more) {
        inflateReset(&stream);
      } else {
        state_->ended = true;
      }
    } else if (result != Z_OK) {
      core::fail_data(where_, "the compressed data is {}",
                      result == Z_BUF_ERROR   ? "cut short"
                      : stream.msg != nullptr ? stream.msg
                                              : "broken");
    }
  }
  return done;
}

std::vector<std::byte> Inflater::read_bytes(std::uint64_t count) {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;
  std::vector<std::byte> out;
  while (out.size() < count) {
    const std::size_t done = out.size();
    out.resize(std::min(count, std::max(kPiece, std::uint64_t{2} * done)));
    const std::size_t got = some(std::span(out).subspan(done));
    if (done + got < out.size()) {
      core::fail_data(where_, "expected {} more bytes inside the compressed data, got {}", count,
                      done + got);
    }
  }
  return out;
}

void Inflater::finish() {
  std::byte extra{};
  if (some({&extra, 1}) != 0) {
    core::fail_data(where_, "the compressed data goes on past the size of its header");
  }
  if (state_->stream.avail_in > 0 || !state_->rest.empty()) {
    core::fail_data(where_, "bytes behind the end of the compressed data");
  }
}

}  // namespace venturi::data
