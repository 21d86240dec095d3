// The zip archive around NPY files, and the data set inside.
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/data/decode_file.hpp"
#include "venturi/data/inflate.hpp"
#include "venturi/data/little_endian.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::data {
namespace {

constexpr std::string_view kWhere = "data.decode_npz";
constexpr std::uint32_t kLocalMark = 0x04034B50;
constexpr std::uint32_t kCentralMark = 0x02014B50;
constexpr std::uint32_t kEndMark = 0x06054B50;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCentralBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::uint32_t kZip64 = 0xFFFFFFFF;

// One member as the central directory tells of it.
struct Entry {
  std::string name;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;  // of its local header
  core::Bytes body;
};

// CRC-32 of zip and gzip; zlib takes its length in 32 bits.
std::uint32_t crc_of(core::Bytes bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// The end record lies before a comment of at most 65,535 bytes.
std::size_t find_end(core::Bytes file) {
  if (file.size() >= kEndBytes) {
    const std::size_t last = file.size() - kEndBytes;
    const std::size_t first = last - std::min<std::size_t>(last, 65535);
    for (std::size_t at = last + 1; at-- > first;) {
      if (load_number<std::uint32_t>(file, at, kWhere) == kEndMark) return at;
    }
  }
  core::fail_data(kWhere, "expected a zip archive, found no end record in {} bytes", file.size());
}

// Reads one record of the central directory and moves `at` behind it.
Entry read_entry(core::Bytes file, std::uint64_t& at) {
  const auto record = part_of(file, at, kCentralBytes, kWhere);
  const auto u16 = [&](std::size_t i) { return load_number<std::uint16_t>(record, i, kWhere); };
  const auto u32 = [&](std::size_t i) { return load_number<std::uint32_t>(record, i, kWhere); };
  if (u32(0) != kCentralMark) core::fail_data(kWhere, "the directory is broken at byte {}", at);
  Entry out;
  out.method = u16(10);
  out.crc = u32(16);
  out.packed = u32(20);
  out.size = u32(24);
  out.offset = u32(42);
  out.name = as_text(part_of(file, at + kCentralBytes, u16(28), kWhere));
  at += kCentralBytes + u16(28) + u16(30) + u16(32);
  if ((u16(8) & 1U) != 0) core::fail_data(kWhere, "'{}' is encrypted", out.name);
  if (out.packed == kZip64 || out.size == kZip64 || out.offset == kZip64) {
    core::fail_data(kWhere, "'{}': archives over 4 GB (zip64) are not read", out.name);
  }
  return out;
}

// Finds each body behind its local header, whose name and extra field may have their own lengths.
void find_bodies(core::Bytes file, std::vector<Entry>& entries, std::uint64_t directory) {
  std::vector<Entry*> order;
  order.reserve(entries.size());
  for (Entry& entry : entries) order.push_back(&entry);
  std::ranges::sort(order, {}, &Entry::offset);
  std::uint64_t free_from = 0;
  for (Entry* entry : order) {
    const auto local = part_of(file, entry->offset, kLocalBytes, kWhere);
    const std::uint64_t begin = std::uint64_t{entry->offset} + kLocalBytes +
                                load_number<std::uint16_t>(local, 26, kWhere) +
                                load_number<std::uint16_t>(local, 28, kWhere);
    if (load_number<std::uint32_t>(local, 0, kWhere) != kLocalMark || entry->offset < free_from ||
        begin + entry->packed > directory) {
      core::fail_data(kWhere, "'{}' has no place of its own", entry->name);
    }
    entry->body = part_of(file, begin, entry->packed, kWhere);
    free_from = begin + entry->packed;
  }
}

std::vector<Entry> read_directory(core::Bytes file) {
  const std::size_t end = find_end(file);
  const auto count = load_number<std::uint16_t>(file, end + 10, kWhere);
  std::uint64_t at = load_number<std::uint32_t>(file, end + 16, kWhere);
  const std::uint64_t directory = at;
  if (count == 0xFFFF || at == kZip64) {
    core::fail_data(kWhere, "archives over 4 GB (zip64) are not read");
  }
  std::vector<Entry> out;
  for (unsigned i = 0; i < count; ++i) out.push_back(read_entry(file, at));
  if (at > end) core::fail_data(kWhere, "the directory runs past the end record");
  find_bodies(file, out, directory);
  return out;
}

std::vector<std::byte> unpack(const Entry& entry) {
  std::vector<std::byte> out;
  if (entry.method == 0) {
    if (entry.packed != entry.size) {
      core::fail_data(kWhere, "'{}' is stored, yet {} bytes take {}", entry.name, entry.size,
                      entry.packed);
    }
    out.assign(entry.body.begin(), entry.body.end());
  } else if (entry.method == 8) {
    Inflater inflater(entry.body, Wrapping::kRaw, kWhere);
    if (entry.size > inflater.most()) {
      core::fail_data(kWhere, "'{}' cannot hold {} bytes in {}", entry.name, entry.size,
                      entry.packed);
    }
    out = inflater.read_bytes(entry.size);
    inflater.finish();
  } else {
    core::fail_data(kWhere, "'{}': expected method 0 (stored) or 8 (deflated), got {}", entry.name,
                    entry.method);
  }
  if (crc_of(out) != entry.crc) core::fail_data(kWhere, "'{}' has a wrong checksum", entry.name);
  return out;
}

const Array* find_array(const NamedArrays& arrays, std::string_view name) {
  for (const auto& [known, array] : arrays) {
    if (known == name) return &array;
  }
  return nullptr;
}

Dataset part_from(const Array& x, const Array* y, std::string_view name, Task task) {
  Dataset out = dataset_from(x, name, kWhere);
  if (y == nullptr) return out;
  const bool one_column = y->shape.size() == 1 || (y->shape.size() == 2 && y->shape[1] == 1);
  if (task == Task::kNone) {
    task = one_column && is_integer(y->element) ? Task::kClasses : Task::kRegression;
  }
  if (task == Task::kClasses) {
    set_labels(out, *y, kWhere);
  } else {
    set_targets(out, *y, kWhere);
  }
  return out;
}

}  // namespace

NamedArrays decode_npz(core::Bytes file) {
  NamedArrays out;
  for (const Entry& entry : read_directory(file)) {
    std::string name = entry.name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    if (find_array(out, name) != nullptr) {
      core::fail_data(kWhere, "the name '{}' occurs twice", name);
    }
    out.emplace_back(name, decode_npy(unpack(entry)));
  }
  return out;
}

NamedArrays read_npz(const std::filesystem::path& path) { return decode_file(path, decode_npz); }

std::vector<std::byte> encode_npz(const NamedArrays& arrays) {
  constexpr std::uint16_t kVersion = 20;
  constexpr std::uint16_t kFirstDay = (1 << 5) | 1;  // 1980-01-01, for bytes that repeat
  std::vector<std::byte> out;
  std::vector<std::byte> directory;
  for (const auto& [plain_name, array] : arrays) {
    const std::string name = plain_name + ".npy";
    const auto body = encode_npy(array);
    if (out.size() + body.size() > std::numeric_limits<std::int32_t>::max() * std::uint64_t{2} ||
        name.size() > 65535 || arrays.size() >= 0xFFFF) {
      core::fail_argument("data.encode_npz", "'{}': archives over 4 GB are not written", name);
    }
    const auto offset = static_cast<std::uint32_t>(out.size());
    const auto common = [&](std::vector<std::byte>& to) {
      for (const std::uint16_t field :
           {kVersion, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}, kFirstDay}) {
        append_number(to, field);  // version, flags, method, time, date
      }
      append_number(to, crc_of(body));
      append_number(to, static_cast<std::uint32_t>(body.size()));
      append_number(to, static_cast<std::uint32_t>(body.size()));
      append_number(to, static_cast<std::uint16_t>(name.size()));
      append_number<std::uint16_t>(to, 0);  // extra field
    };
    append_number(out, kLocalMark);
    common(out);
    append_text(out, name);
    out.insert(out.end(), body.begin(), body.end());
    append_number(directory, kCentralMark);
    append_number(directory, kVersion);
    common(directory);
    append_number<std::uint16_t>(directory, 0);  // comment
    append_number<std::uint32_t>(directory, 0);  // disk, internal attributes
    append_number<std::uint32_t>(directory, 0);  // external attributes
    append_number(directory, offset);
    append_text(directory, name);
  }
  const auto start = static_cast<std::uint32_t>(out.size());
  out.insert(out.end(), directory.begin(), directory.end());
  append_number(out, kEndMark);
  append_number<std::uint32_t>(out, 0);  // disks
  append_number(out, static_cast<std::uint16_t>(arrays.size()));
  append_number(out, static_cast<std::uint16_t>(arrays.size()));
  append_number(out, static_cast<std::uint32_t>(directory.size()));
  append_number(out, start);
  append_number<std::uint16_t>(out, 0);  // comment
  return out;
}

void write_npz(const std::filesystem::path& path, const NamedArrays& arrays) {
  core::write_file(path, encode_npz(arrays));
}

DataPair dataset_from_npz(const NamedArrays& arrays, std::string_view name, Task task) {
  if (const Array* x = find_array(arrays, "x")) {
    return {part_from(*x, find_array(arrays, "y"), name, task), std::nullopt};
  }
  const Array* x_train = find_array(arrays, "x_train");
  if (x_train == nullptr) {
    std::vector<std::string> names;
    for (const auto& [known, array] : arrays) names.push_back(known);
    core::fail_data(kWhere,
                    "'{}': expected arrays x, y or x_train, y_train, x_test, y_test, got {}", name,
                    fmt::join(names, ", "));
  }
  DataPair out{part_from(*x_train, find_array(arrays, "y_train"), name, task), std::nullopt};
  if (const Array* x_test = find_array(arrays, "x_test")) {
    out.test = part_from(*x_test, find_array(arrays, "y_test"), name, task);
  }
  match_parts(out, kWhere);
  return out;
}

}  // namespace venturi::data
