#include "venturi/code/record_file.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

#include "venturi/code/container_head.hpp"
#include "venturi/code/crc32c.hpp"
#include "venturi/core/error.hpp"
#include "venturi/core/side_by_side.hpp"

namespace venturi::code {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kMostBlock = std::size_t{1} << 26;
constexpr std::size_t kTail = 12;  // offset and checksum of the directory
constexpr std::size_t kLeastBlock = 4;
constexpr std::size_t kAtOnce = 16;  // blocks that wait for each other

void put_u64(std::vector<std::byte>& out, std::uint64_t value) {
  put_u32(out, static_cast<std::uint32_t>(value));
  put_u32(out, static_cast<std::uint32_t>(value >> 32));
}

std::unique_ptr<std::istream> open(const std::filesystem::path& path) {
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) core::fail_data("code.RecordReader", "cannot read '{}'", path.string());
  return in;
}

}  // namespace

RecordWriter::RecordWriter(const std::filesystem::path& path, const RecordOptions& options)
    : file_(path), codec_(byte_codec(options.codec)), block_bytes_(options.block_bytes) {
  constexpr std::string_view where = "code.RecordWriter";
  if (block_bytes_ < 1 || block_bytes_ > kMostBlock) {
    core::fail_argument(where, "expected blocks of 1 to {} bytes, got {}", kMostBlock,
                        block_bytes_);
  }
  core::Json header = options.header;
  if (header.is_object()) header["codec"] = options.codec;
  std::vector<std::byte> head;
  put_head(head, kVersion, header_text(header, where));
  put_u32(head, crc32c(head));
  write(head);
}

void RecordWriter::write(core::Bytes bytes) {
  file_.write(bytes);
  offset_ += bytes.size();
}

void RecordWriter::add(core::Bytes record) {
  if (record.size() > kMostBlock - 8) {
    core::fail_argument("code.RecordWriter.add", "a record has at most {} bytes, got {}",
                        kMostBlock - 8, record.size());
  }
  if (open_.count > 0 && open_.records.size() + record.size() > block_bytes_) close_block();
  put_varint(open_.sizes, record.size());
  open_.records.insert(open_.records.end(), record.begin(), record.end());
  ++open_.count;
  // Empty records take room too.
  if (open_.sizes.size() + open_.records.size() >= block_bytes_) close_block();
}

void RecordWriter::close_block() {
  waiting_.push_back(std::move(open_));
  open_ = {};
  if (waiting_.size() == kAtOnce) flush();
}

void RecordWriter::flush() {
  core::side_by_side(waiting_.size(), [&](std::size_t i) {
    Block& block = waiting_[i];
    block.sizes.insert(block.sizes.end(), block.records.begin(), block.records.end());
    block.coded = codec_.encode(block.sizes);
    put_u32(block.coded, crc32c(block.coded));
  });
  for (const Block& block : waiting_) {
    write(block.coded);
    put_varint(directory_, block.count);
    put_varint(directory_, block.coded.size());
    ++blocks_;
  }
  waiting_.clear();
}

void RecordWriter::finish() {
  if (open_.count > 0) close_block();
  flush();
  std::vector<std::byte> tail;
  put_varint(tail, blocks_);
  tail.insert(tail.end(), directory_.begin(), directory_.end());
  put_u64(tail, offset_);
  put_u32(tail, crc32c(tail));
  write(tail);
  file_.commit();
}

RecordReader::RecordReader(const std::filesystem::path& path)
    : RecordReader(open(path), path.string()) {}

RecordReader::RecordReader(std::unique_ptr<std::istream> in, std::string name)
    : in_(std::move(in)), where_(fmt::format("code.RecordReader, {}", name)) {
  in_->seekg(0, std::ios::end);
  const auto total = static_cast<std::uint64_t>(std::max<std::streamoff>(in_->tellg(), 0));
  // Letters, version, size, text and checksum.
  const auto head = read(0, std::min<std::uint64_t>(total, kMostHeader + 16));
  ByteReader reader(head, 0, where_);
  const std::string_view text = take_head(reader, kVersion, where_);
  const std::size_t end = reader.offset();
  if (reader.u32("head checksum") != crc32c(core::Bytes(head).first(end))) {
    core::fail_data(where_, "the checksum of the head (bytes 0 to {}) fails", end);
  }
  header_ = parse_header(where_, text);
  head_bytes_ = reader.offset();
  const auto codec = header_.find("codec");
  if (codec == header_.end() || !codec->is_string()) {
    core::fail_data(where_, "the header names no codec");
  }
  for (const auto& member : byte_codecs()) {
    if (member.name == codec->get_ref<const std::string&>()) codec_ = &member.make;
  }
  if (codec_ == nullptr) core::fail_data(where_, "the codec {} is not known", codec->dump());
  read_directory(total);
}

std::vector<std::byte> RecordReader::read(std::uint64_t offset, std::uint64_t count) {
  std::vector<std::byte> out(count);
  in_->clear();
  in_->seekg(static_cast<std::streamoff>(offset));
  in_->read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(count));
  if (static_cast<std::uint64_t>(in_->gcount()) != count) {
    core::fail_data(where_, "cannot read {} bytes at byte {}", count, offset);
  }
  return out;
}

void RecordReader::read_directory(std::uint64_t total) {
  if (total < head_bytes_ + kTail) core::fail_data(where_, "the file ends at byte {}", total);
  const auto last = read(total - kTail, kTail);
  const std::uint64_t start = load_u32(last.data()) | std::uint64_t{load_u32(last.data() + 4)}
                                                          << 32;
  if (start < head_bytes_ || start > total - kTail) {
    core::fail_data(where_, "the directory cannot start at byte {} of {}", start, total);
  }
  const auto bytes = read(start, total - start);
  if (load_u32(last.data() + 8) != crc32c(core::Bytes(bytes).first(bytes.size() - 4))) {
    core::fail_data(where_, "the checksum of the directory at byte {} fails", start);
  }
  ByteReader reader(core::Bytes(bytes).first(bytes.size() - kTail), 0, where_);
  const std::uint64_t count = reader.varint("number of blocks", reader.left() / 2);
  Place place{0, head_bytes_};
  blocks_.reserve(count + 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    blocks_.push_back(place);
    place.first_record += reader.varint("records of a block", kMostBlock);
    const std::uint64_t size = reader.varint("size of a block", start - place.offset);
    if (size < kLeastBlock) core::fail_data(where_, "block {} has {} bytes", i, size);
    place.offset += size;
  }
  blocks_.push_back(place);
  if (place.offset != start || reader.left() > 0) {
    core::fail_data(where_, "the directory tells of {} bytes of blocks, there are {}", place.offset,
                    start);
  }
}

std::vector<std::vector<std::byte>> RecordReader::split(std::size_t block,
                                                        core::Bytes bytes) const {
  const std::uint64_t offset = blocks_[block].offset;
  const core::Bytes coded = bytes.first(bytes.size() - 4);
  if (load_u32(bytes.data() + coded.size()) != crc32c(coded)) {
    core::fail_data(where_, "the checksum of block {} ({} bytes at byte {}) fails", block,
                    bytes.size(), offset);
  }
  const auto plain = codec_->decode(coded, 2 * kMostBlock);
  const std::uint64_t count = blocks_[block + 1].first_record - blocks_[block].first_record;
  if (count > plain.size()) {
    core::fail_data(where_, "block {} at byte {} cannot hold {} records", block, offset, count);
  }
  ByteReader reader(plain, 0, where_);
  std::vector<std::vector<std::byte>> out(count);
  std::vector<std::uint64_t> sizes(count);
  for (auto& size : sizes) size = reader.varint("size of a record", plain.size());
  for (std::size_t i = 0; i < count; ++i) {
    const core::Bytes record = reader.take(sizes[i], "record");
    out[i].assign(record.begin(), record.end());
  }
  if (reader.left() > 0) {
    core::fail_data(where_, "{} bytes are left over in block {} at byte {}", reader.left(), block,
                    offset);
  }
  return out;
}

std::uint64_t RecordReader::plain_bytes(std::size_t block) {
  const std::uint64_t size = blocks_.at(block + 1).offset - blocks_[block].offset;
  const auto start = read(blocks_[block].offset, std::min<std::uint64_t>(size - 4, 10));
  return ByteReader(start, 0, where_).varint("size of a block's plain bytes", 2 * kMostBlock);
}

std::vector<std::vector<std::byte>> RecordReader::records_of(std::size_t first, std::size_t last) {
  if (first > last || last > block_count()) {
    core::fail_argument("code.RecordReader.records_of", "blocks {} to {} of {}", first, last,
                        block_count());
  }
  std::vector<std::vector<std::byte>> coded;
  for (std::size_t b = first; b < last; ++b) {
    coded.push_back(read(blocks_[b].offset, blocks_[b + 1].offset - blocks_[b].offset));
  }
  std::vector<std::vector<std::vector<std::byte>>> parts(coded.size());
  core::side_by_side(coded.size(), [&](std::size_t i) { parts[i] = split(first + i, coded[i]); });
  std::vector<std::vector<std::byte>> out;
  for (auto& part : parts) std::ranges::move(part, std::back_inserter(out));
  return out;
}

std::vector<std::byte> RecordReader::record(std::uint64_t i) {
  if (i >= size()) {
    core::fail_argument("code.RecordReader.record", "record {} of {}", i, size());
  }
  const auto behind = std::ranges::upper_bound(blocks_, i, {}, &Place::first_record);
  const auto block = static_cast<std::size_t>(behind - blocks_.begin()) - 1;
  if (block != kept_block_) {
    kept_ = records_of(block, block + 1);
    kept_block_ = block;
  }
  return kept_[i - blocks_[block].first_record];
}

std::uint64_t encode_file(const std::filesystem::path& input, const std::filesystem::path& output,
                          const RecordOptions& options) {
  std::ifstream in(input, std::ios::binary);
  if (!in) core::fail_data("code.encode_file", "cannot read '{}'", input.string());
  RecordWriter writer(output, options);
  std::vector<std::byte> block(options.block_bytes);
  while (true) {
    in.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    if (in.bad()) core::fail_data("code.encode_file", "cannot read '{}'", input.string());
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) break;
    writer.add(core::Bytes(block).first(got));
  }
  writer.finish();
  return writer.file_bytes();
}

std::uint64_t decode_file(const std::filesystem::path& input, const std::filesystem::path& output) {
  RecordReader reader(input);
  core::AtomicFile file(output);
  std::uint64_t written = 0;
  for (std::size_t first = 0, last = 0; first < reader.block_count(); first = last) {
    std::uint64_t plain = reader.plain_bytes(last++);
    while (last < std::min(first + kAtOnce, reader.block_count())) {
      plain += reader.plain_bytes(last);
      if (plain > kMostBlock) break;
      ++last;
    }
    for (const auto& record : reader.records_of(first, last)) {
      file.write(record);
      written += record.size();
    }
  }
  file.commit();
  return written;
}

}  // namespace venturi::code
