// venturi/code/record_file.hpp
//
// Files of records under any byte codec, `.vt` version 2: written and read as a stream in memory of
// a few blocks, any record found in the time of one block. Records are strings of bytes, gathered
// into blocks of about `block_bytes`, each coded by itself under a CRC-32C, so that blocks are
// coded side by side by all threads; the bytes do not depend on how many there are. A directory at
// the end tells where each block lies. docs/formats.md has the layout. A plain file is a file of
// records of one block each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "venturi/code/byte_codec.hpp"
#include "venturi/core/file.hpp"
#include "venturi/core/json.hpp"

namespace venturi::code {

struct RecordOptions {
  std::string codec = "static";                    // a name of byte_codecs()
  std::size_t block_bytes = std::size_t{1} << 20;  // 1 to 2^26; a longer record has its own block
  core::Json header = core::Json::object();        // gets "codec" added
};

class RecordWriter {
 public:
  // A file that is absent until finish(). InvalidArgument for an unknown codec or a bad size.
  RecordWriter(const std::filesystem::path& path, const RecordOptions& options);
  // At most 2^26 - 8 bytes, else InvalidArgument.
  void add(core::Bytes record);
  void finish();
  // Bytes written, all of them after finish().
  std::uint64_t file_bytes() const { return offset_; }

 private:
  struct Block {
    std::vector<std::byte> sizes, records, coded;
    std::uint64_t count = 0;
  };
  void write(core::Bytes bytes);
  void close_block();
  void flush();

  core::AtomicFile file_;
  const ByteCodec& codec_;
  std::size_t block_bytes_;
  Block open_;
  std::vector<Block> waiting_;
  std::vector<std::byte> directory_;
  std::uint64_t blocks_ = 0;
  std::uint64_t offset_ = 0;
};

class RecordReader {
 public:
  // DataError, naming the file and the offset, unless head and directory are whole. Memory taken is
  // in proportion to the directory.
  explicit RecordReader(const std::filesystem::path& path);
  RecordReader(std::unique_ptr<std::istream> in, std::string name);

  const core::Json& header() const { return header_; }
  // For messages: this class and the file's name.
  const std::string& where() const { return where_; }
  std::uint64_t size() const { return blocks_.back().first_record; }  // number of records
  std::size_t block_count() const { return blocks_.size() - 1; }
  // Record i < size(), else InvalidArgument. The last block read is kept. Cost O(block). DataError
  // if the block is damaged.
  std::vector<std::byte> record(std::uint64_t i);
  // What block b says it decodes to; it may lie, but only to fail: every codec's stream starts with
  // its length.
  std::uint64_t plain_bytes(std::size_t block);
  // The records of blocks [first, last), in order, decoded side by side.
  std::vector<std::vector<std::byte>> records_of(std::size_t first, std::size_t last);

 private:
  struct Place {
    std::uint64_t first_record;
    std::uint64_t offset;
  };
  std::vector<std::byte> read(std::uint64_t offset, std::uint64_t count);
  void read_directory(std::uint64_t total);
  std::vector<std::vector<std::byte>> split(std::size_t block, core::Bytes bytes) const;

  std::unique_ptr<std::istream> in_;
  std::string where_;
  core::Json header_;
  const ByteCodec* codec_ = nullptr;
  std::vector<Place> blocks_;  // and one behind the last
  std::uint64_t head_bytes_ = 0;
  std::size_t kept_block_ = ~std::size_t{0};
  std::vector<std::vector<std::byte>> kept_;
};

// Any file, block by block, and back; returns the bytes written. What `venturi encode --codec` and
// `decode` do. Decoding holds blocks of 2^26 plain bytes, or of one block, at a time.
std::uint64_t encode_file(const std::filesystem::path& input, const std::filesystem::path& output,
                          const RecordOptions& options);
std::uint64_t decode_file(const std::filesystem::path& input, const std::filesystem::path& output);

}  // namespace venturi::code
