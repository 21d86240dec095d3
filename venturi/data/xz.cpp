#include "venturi/data/xz.hpp"

#include <lzma.h>

#include <algorithm>

#include "venturi/core/error.hpp"
#include "venturi/data/little_endian.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.unpack_xz";
constexpr std::uint64_t kDecoderMemory = std::uint64_t{1} << 28;  // xz -9 needs 65 MiB

struct Decoder {
  lzma_stream stream = LZMA_STREAM_INIT;
  Decoder() {
    if (lzma_stream_decoder(&stream, kDecoderMemory, LZMA_CONCATENATED) != LZMA_OK) {
      core::fail_data(kWhere, "liblzma has no memory");
    }
  }
  ~Decoder() { lzma_end(&stream); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

}  // namespace

bool is_xz(core::Bytes bytes) {
  using std::string_view_literals::operator""sv;
  return as_text(bytes).starts_with("\xFD\x37zXZ\0"sv);
}

std::vector<std::byte> unpack_xz(core::Bytes file, std::uint64_t max_bytes) {
  Decoder decoder;
  lzma_stream& stream = decoder.stream;
  stream.next_in = reinterpret_cast<const std::uint8_t*>(file.data());
  stream.avail_in = file.size();
  std::vector<std::byte> out;
  while (true) {
    // One byte more than allowed tells a file that ends there from one that goes on.
    const std::size_t done = out.size();
    out.resize(std::min<std::uint64_t>(std::max<std::uint64_t>(2 * done, 1 << 16), max_bytes + 1));
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data() + done);
    stream.avail_out = out.size() - done;
    const lzma_ret result = lzma_code(&stream, LZMA_FINISH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > max_bytes) {
      core::fail_data(kWhere, "the file unpacks to more than {} bytes", max_bytes);
    }
    if (result == LZMA_STREAM_END) return out;
    if (result != LZMA_OK) {
      core::fail_data(kWhere, "the file is {} (liblzma says {})",
                      result == LZMA_BUF_ERROR ? "cut short" : "broken", static_cast<int>(result));
    }
  }
}

}  // namespace venturi::data
