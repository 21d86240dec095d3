#include "venturi/core/file.hpp"

#include <sys/resource.h>

#include <csignal>

#include "tests/testing.hpp"
#include "venturi/core/record.hpp"

namespace venturi::core {
namespace {

TEST(File, RoundTripAndLimits) {
  const testing::TempFolder folder;
  write_file(folder / "a/b.txt", "hello");
  EXPECT_EQ(read_text(folder / "a/b.txt"), "hello");
  EXPECT_ERROR(read_file(folder / "a/b.txt", 4), DataError, "has 5 bytes");
  EXPECT_ERROR(read_file(folder / "missing"), DataError, "No such file");
  EXPECT_ERROR(read_file(folder.path()), DataError, "not a regular file");
}

TEST(File, UncommittedLeavesNothing) {
  const testing::TempFolder folder;
  {
    AtomicFile file(folder / "x");
    file.write("half");
    EXPECT_TRUE(std::filesystem::exists(file.temporary()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(File, FullDiskLeavesTheOldFile) {
  const testing::TempFolder folder;
  write_file(folder / "x", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_ERROR(write_file(folder / "x", std::string(5000, 'n')), DataError, "write");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(read_text(folder / "x"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, UnwritableFolder) {
  EXPECT_ERROR(write_file("/proc/venturi/x", "n"), DataError, "/proc/venturi");
}

TEST(Record, LinesRoundTrip) {
  const testing::TempFolder folder;
  Record record{.command = "train", .options = {{"beta", 1}}, .seed = 7};
  append_record(folder / "r.jsonl", record);
  append_record(folder / "r.jsonl", record);
  const auto records = read_records(folder / "r.jsonl");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0]["options"]["beta"], 1);
  // Written late, it still says when it was made.
  record.time = "2026-01-01T00:00:00Z";
  EXPECT_EQ(record.json()["time"], "2026-01-01T00:00:00Z");
  EXPECT_FALSE(records[0]["machine"]["processor"].get<std::string>().empty());
  append_line(folder / "r.jsonl", "{broken");
  EXPECT_ERROR(read_records(folder / "r.jsonl"), DataError, "r.jsonl:3");
}

}  // namespace
}  // namespace venturi::core
