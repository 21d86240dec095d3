#include "tests/fuzz/fuzz.hpp"
#include "venturi/code/byte_rans.hpp"

using namespace venturi;

// All kernels take or refuse a block alike.
VENTURI_FUZZ([](core::Bytes bytes) {
  const std::size_t count = code::byte_rans_count(bytes);
  if (count > std::size_t{1} << 20) return;
  const auto decode = [&](code::ByteKernel kernel, std::vector<std::byte>& out) {
    try {
      code::decode_byte_rans(bytes, out, kernel);
      return true;
    } catch (const core::DataError&) {
      return false;
    }
  };
  std::vector<std::byte> portable(count), best(count);
  const bool taken = decode(code::ByteKernel::kPortable, portable);
  fuzz::require(decode(code::ByteKernel::kBest, best) == taken);
  fuzz::require(!taken || portable == best);
})
