#include "venturi/code/byte_law.hpp"

#include <bit>

#include "venturi/core/error.hpp"

namespace venturi::code {

void write_masses(std::span<const std::uint32_t> masses, std::vector<std::byte>& out) {
  BitWriter bits(out);
  int before = 0;
  for (const std::uint32_t mass : masses) {
    const auto length = static_cast<int>(std::bit_width(mass));
    const auto change = static_cast<int>(zigzag(length - before));
    bits.put((1U << change) - 1, change + 1);
    if (length > 1) bits.put(mass, length - 1);
    before = length;
  }
  bits.finish();
}

std::uint32_t read_masses(ByteReader& reader, std::span<std::uint32_t> masses, int most_bits,
                          std::string_view where) {
  BitReader bits(reader);
  int length = 0;
  std::uint32_t sum = 0;
  for (std::uint32_t& mass : masses) {
    int change = 0;
    while (bits.get(1) == 1 && change <= 2 * most_bits) ++change;
    length += static_cast<int>(unzigzag(static_cast<std::uint64_t>(change)));
    if (length < 0 || length > most_bits) {
      core::fail_data(where, "a mass before byte {} has {} bits", reader.offset(), length);
    }
    mass = length > 0 ? (1U << (length - 1)) | bits.get(length - 1) : 0;
    sum += mass;
  }
  if (!bits.padding_is_zero()) {
    core::fail_data(where, "the padding before byte {} is not zero", reader.offset());
  }
  return sum;
}

}  // namespace venturi::code
