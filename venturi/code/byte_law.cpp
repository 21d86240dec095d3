#include "venturi/code/byte_law.hpp"

#include <algorithm>
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

void keep_raw_if_shorter(core::Bytes data, std::size_t head, std::vector<std::byte>& out) {
  if (out.size() <= head + 1 + data.size()) return;
  out.resize(head);
  out.push_back(static_cast<std::byte>(PlainMode::kRaw));
  out.insert(out.end(), data.begin(), data.end());
}

void read_plain(ByteReader& reader, std::uint8_t mode, std::span<std::byte> out,
                std::string_view where) {
  if (PlainMode{mode} == PlainMode::kConstant) {
    std::ranges::fill(out, reader.take(1, "constant")[0]);
  } else if (PlainMode{mode} == PlainMode::kRaw) {
    std::ranges::copy(reader.take(out.size(), "raw bytes"), out.begin());
  } else {
    core::fail_data(where, "mode {} at byte {} is not known", static_cast<int>(mode),
                    reader.offset() - 1);
  }
}

}  // namespace venturi::code
