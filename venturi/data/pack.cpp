#include "venturi/data/pack.hpp"

#include <lzma.h>
#include <zlib.h>

#include <limits>

#include "venturi/core/error.hpp"

namespace venturi::data {

std::vector<std::byte> pack_gzip(core::Bytes bytes) {
  constexpr const char* kWhere = "data.pack_gzip";
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) {
    core::fail_argument(kWhere, "expected less than 2 GiB, got {} bytes", bytes.size());
  }
  z_stream stream{};
  // 16 asks for gzip's header and checksum in place of zlib's.
  if (deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    core::fail_data(kWhere, "zlib has no memory");
  }
  std::vector<std::byte> out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) core::fail_bug(kWhere, "zlib says {}", result);
  return out;
}

std::vector<std::byte> pack_xz(core::Bytes bytes) {
  constexpr const char* kWhere = "data.pack_xz";
  std::vector<std::byte> out(lzma_stream_buffer_bound(bytes.size()));
  std::size_t used = 0;
  const lzma_ret result =
      lzma_easy_buffer_encode(9 | LZMA_PRESET_EXTREME, LZMA_CHECK_CRC64, nullptr,
                              reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                              reinterpret_cast<std::uint8_t*>(out.data()), &used, out.size());
  if (result != LZMA_OK) {
    core::fail_data(kWhere, "liblzma says {}, no memory most likely", static_cast<int>(result));
  }
  out.resize(used);
  return out;
}

}  // namespace venturi::data
