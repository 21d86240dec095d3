#include "venturi/code/record_file.hpp"

#include <sstream>

#include "tests/testing.hpp"
#include "venturi/code/container.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/threads.hpp"

namespace venturi::code {
namespace {

using Bytes = std::vector<std::byte>;

std::vector<Bytes> draw_records(std::size_t n, std::uint64_t seed) {
  core::Random random{core::Key(seed)};
  std::vector<Bytes> out(n);
  for (Bytes& record : out) {
    record.resize(random.below(300));
    for (auto& byte : record) byte = static_cast<std::byte>(random.below(random.below(40) + 1));
  }
  return out;
}

Bytes write_records(const std::vector<Bytes>& records, const RecordOptions& options) {
  const testing::TempFolder folder;
  RecordWriter writer(folder / "x.vt", options);
  for (const Bytes& record : records) writer.add(record);
  EXPECT_FALSE(std::filesystem::exists(folder / "x.vt"));
  writer.finish();
  EXPECT_EQ(std::filesystem::file_size(folder / "x.vt"), writer.file_bytes());
  return core::read_file(folder / "x.vt");
}

RecordReader open(core::Bytes bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return RecordReader(std::make_unique<std::istringstream>(text), "x.vt");
}

TEST(RecordFile, AnyRecordInAnyOrder) {
  const auto records = draw_records(500, 81);
  for (const auto& member : byte_codecs()) {
    for (const std::size_t block_bytes : {1U, 1000U, 1U << 20}) {
      if (block_bytes == 1 && member.name == "bytes-cm") continue;  // 500 tables of its own
      const auto bytes =
          write_records(records, {std::string(member.name), block_bytes, {{"made", "here"}}});
      RecordReader reader = open(bytes);
      ASSERT_EQ(reader.size(), records.size());
      EXPECT_EQ(reader.header()["made"], "here");
      EXPECT_EQ(reader.records_of(0, reader.block_count()), records);
      core::Random random{core::Key(82)};
      for (int i = 0; i < 50; ++i) {
        const std::size_t at = random.below(records.size());
        ASSERT_EQ(reader.record(at), records[at]);
      }
      EXPECT_ERROR(reader.record(500), core::InvalidArgument, "record 500 of 500");
    }
  }
}

TEST(RecordFile, FindingARecordReadsItsBlockAlone) {
  const auto records = draw_records(2000, 83);
  auto bytes = write_records(records, {"static", 4096});
  // Damage the middle: only the records there are lost.
  bytes[bytes.size() / 2] ^= std::byte{1};
  RecordReader reader = open(bytes);
  std::size_t lost = 0;
  for (std::size_t i = 0; i < records.size(); i += 3) {
    try {
      EXPECT_EQ(reader.record(i), records[i]);
    } catch (const core::DataError&) {
      ++lost;
    }
  }
  EXPECT_GT(lost, 0U);
  EXPECT_LT(lost, 30U);
}

TEST(RecordFile, TheBytesDoNotDependOnTheThreads) {
  const auto records = draw_records(3000, 84);
  const int before = core::threads();
  core::set_threads(1);
  const auto one = write_records(records, {"running", 5000});
  core::set_threads(4);
  EXPECT_EQ(write_records(records, {"running", 5000}), one);
  EXPECT_EQ(open(one).records_of(3, 9).size(), [&] {
    core::set_threads(1);
    return open(one).records_of(3, 9).size();
  }());
  core::set_threads(before);
}

TEST(RecordFile, PlainFiles) {
  const testing::TempFolder folder;
  core::Random random{core::Key(85)};
  for (const std::size_t n : {0U, 1U, 99999U, 100000U, 100001U, 2000000U}) {
    Bytes data(n);
    for (auto& byte : data) byte = static_cast<std::byte>(random.below(16));
    core::write_file(folder / "in", data);
    const auto size = encode_file(folder / "in", folder / "x.vt", {"running", 100000});
    EXPECT_LE(size, n * 13 / 24 + 400);
    EXPECT_EQ(decode_file(folder / "x.vt", folder / "out"), n);
    EXPECT_EQ(core::read_file(folder / "out"), data);
  }
  EXPECT_ERROR(encode_file(folder / "none", folder / "y", {}), core::DataError, "none");
  EXPECT_ERROR(decode_file(folder / "none", folder / "y"), core::DataError, "none");
  EXPECT_ERROR(encode_file(folder / "in", folder / "y", {"statik", 1 << 20}), core::InvalidArgument,
               "did you mean 'static'");
  EXPECT_ERROR(encode_file(folder / "in", folder / "y", {"static", 0}), core::InvalidArgument,
               "got 0");
  EXPECT_FALSE(std::filesystem::exists(folder / "y"));
}

TEST(RecordFile, GoldenBytesOfVersion2) {
  const std::vector<Bytes> records = {from_hex("0102"), {}, from_hex("030303030303030303")};
  const auto bytes = write_records(records, {"static", 6, {{"n", 3}}});
  constexpr std::string_view golden =
      "96565402187b226e223a332c22636f646563223a22737461746963227db7c03a850406040002000102d050d8270a"
      "0c0a000903030303030303030349f665fd02020c01123f000000000000008c75e527";
  EXPECT_EQ(to_hex(bytes), golden);
  EXPECT_EQ(open(from_hex(golden)).records_of(0, 2), records);
}

TEST(RecordFile, EveryTruncationAndEveryFlippedBitFails) {
  const auto records = draw_records(12, 86);
  const auto bytes = write_records(records, {"static", 300});
  const auto read = [](core::Bytes b) {
    RecordReader reader = open(b);
    reader.records_of(0, reader.block_count());
  };
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_ERROR(read(core::Bytes(bytes).first(cut)), core::DataError, "x.vt");
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_THROW(read(bad), core::DataError);
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_THROW(read(longer), core::DataError);
  EXPECT_ERROR(open(container_bytes({})), core::DataError, "version 1");
  EXPECT_ERROR(parse_container(bytes, "x.vt"), core::DataError, "version 2");
}

}  // namespace
}  // namespace venturi::code
