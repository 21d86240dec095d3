// venturi/data/inflate.hpp
//
// Deflate streams through zlib, read piece by piece, so that a reader sees a header before it takes
// memory for what follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "venturi/core/views.hpp"

namespace venturi::data {

enum class Wrapping { kGzip, kRaw };

// Deflate cannot expand by more than this factor (zlib's technical notes, "Maximum Compression
// Factor"): a size beyond it is forged.
inline constexpr std::uint64_t kDeflateFactor = 1032;

bool is_gzip(core::Bytes bytes);

class Inflater {
 public:
  // `bytes` must outlive it. `where` names the reader in errors.
  Inflater(core::Bytes bytes, Wrapping wrapping, std::string_view where);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The next `count` bytes; DataError if the stream ends before or is broken. Memory is taken as
  // they come, at most twice what has come and 1 MiB: a forged count costs no more than the stream
  // truly holds.
  std::vector<std::byte> read_bytes(std::uint64_t count);
  // DataError unless the stream ends here, with its checksum right and no bytes behind it.
  void finish();
  // An upper bound of what the whole stream can hold.
  std::uint64_t most() const { return kDeflateFactor * (size_ + 1); }

 private:
  struct State;
  // Up to out.size() bytes; fewer only at the end of the stream.
  std::size_t some(std::span<std::byte> out);

  std::unique_ptr<State> state_;
  std::uint64_t size_;
  std::string_view where_;
};

}  // namespace venturi::data
