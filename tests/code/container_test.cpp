#include "venturi/code/container.hpp"

#include "tests/testing.hpp"
#include "venturi/code/crc32c.hpp"
#include "venturi/code/hex.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/key.hpp"

namespace venturi::code {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Container example() {
  Container out;
  out.header = {{"n", 2}, {"model", "1a2b"}};
  out.chunks = {{"TABL", bytes_of("tables")}, {"BITS", bytes_of("0123456789")}, {"NONE", {}}};
  return out;
}

void expect_equal(const Container& a, const Container& b) {
  EXPECT_EQ(a.header.dump(), b.header.dump());
  ASSERT_EQ(a.chunks.size(), b.chunks.size());
  for (std::size_t i = 0; i < a.chunks.size(); ++i) {
    EXPECT_EQ(a.chunks[i].type, b.chunks[i].type);
    EXPECT_EQ(a.chunks[i].bytes, b.chunks[i].bytes);
  }
}

// A head with its checksum put right, so that what comes after it is what is tested.
std::vector<std::byte> with_head(std::string_view header, std::vector<std::byte> directory,
                                 std::string_view payload) {
  auto out = from_hex("96565401");
  put_varint(out, header.size());
  for (const std::byte b : bytes_of(header)) out.push_back(b);
  out.insert(out.end(), directory.begin(), directory.end());
  put_u32(out, crc32c(out));
  for (const std::byte b : bytes_of(payload)) out.push_back(b);
  return out;
}

TEST(Container, RoundTrip) {
  const testing::TempFolder folder;
  write_container(folder / "x.vt", example());
  const Container back = read_container(folder / "x.vt");
  expect_equal(back, example());
  EXPECT_EQ(back.chunk("BITS").bytes, bytes_of("0123456789"));
  EXPECT_TRUE(back.has("NONE"));
  EXPECT_FALSE(back.has("none"));
  EXPECT_ERROR(back.chunk("WHAT"), core::DataError, "no chunk 'WHAT'; there are: TABL, BITS, NONE");
  EXPECT_ERROR(read_container(folder / "x.vt", 20), core::DataError, "bytes");
  EXPECT_ERROR(read_container(folder / "missing.vt"), core::DataError, "missing.vt");
  expect_equal(parse_container(container_bytes({}), "empty"), {});
}

TEST(Container, SmallFilesStaySmall) {
  Container container;
  container.header = {{"n", 10000}, {"m", "1a2b3c4d5e6f7081"}};
  container.chunks = {{"BITS", std::vector<std::byte>(6250)}};
  EXPECT_LE(container_bytes(container).size(), 6250U + 55U);
  container.chunks[0].bytes.resize(2000000);
  EXPECT_LE(container_bytes(container).size(), 2000000U + 55U);
}

TEST(Container, GoldenBytesOfVersion1) {
  constexpr std::string_view golden =
      "96565401167b226e223a322c226d6f64656c223a2231613262227d035441424c065b74fd46424954530a9e06"
      "0c284e4f4e4500000000004a85b94c7461626c657330313233343536373839";
  EXPECT_EQ(to_hex(container_bytes(example())), golden);
  expect_equal(parse_container(from_hex(golden), "golden"), example());
}

TEST(Container, EveryTruncationAndEveryFlippedBitFails) {
  const auto bytes = container_bytes(example());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_ERROR(parse_container(core::Bytes(bytes).first(cut), "cut.vt"), core::DataError,
                 "cut.vt");
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto bad = bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_ERROR(parse_container(bad, "bad.vt"), core::DataError, "bad.vt");
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_ERROR(parse_container(longer, "long.vt"), core::DataError, "the head tells of");
}

TEST(Container, Noise) {
  core::Random random{core::Key(21)};
  const auto head = from_hex("96565401");
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<std::byte> bytes(random.below(60));
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    for (std::size_t i = 0; i < std::min(bytes.size(), head.size()); ++i) bytes[i] = head[i];
    EXPECT_THROW(parse_container(bytes, "noise"), core::DataError);
  }
}

TEST(Container, ForgedHeads) {
  const auto one = [](std::string_view type, std::uint64_t size, std::string_view payload) {
    std::vector<std::byte> out;
    put_varint(out, 1);
    for (const std::byte b : bytes_of(type)) out.push_back(b);
    put_varint(out, size);
    put_u32(out, crc32c(bytes_of(payload)));
    return out;
  };
  expect_equal(parse_container(with_head("{}", one("BITS", 2, "ab"), "ab"), "x"),
               {core::Json::object(), {{"BITS", bytes_of("ab")}}});
  EXPECT_ERROR(parse_container(with_head("{}", one("BITS", 3, "ab"), "ab"), "x"), core::DataError,
               "the head tells of");
  EXPECT_ERROR(parse_container(with_head("{}", one("BITS", ~0ULL, "ab"), "ab"), "x"),
               core::DataError, "chunk size");
  EXPECT_ERROR(parse_container(with_head("{}", one("BI S", 2, "ab"), "ab"), "x"), core::DataError,
               "not 4 letters");
  EXPECT_ERROR(parse_container(with_head("{}", one("BITS", 2, "ab"), "ac"), "x"), core::DataError,
               "checksum of chunk 'BITS' (2 bytes at byte");
  std::vector<std::byte> many;
  put_varint(many, 1024);
  EXPECT_ERROR(parse_container(with_head("{}", many, ""), "x"), core::DataError, "do not fit");
  many.clear();
  put_varint(many, 1025);
  EXPECT_ERROR(parse_container(with_head("{}", many, ""), "x"), core::DataError, "above 1024");
  auto twice = one("BITS", 0, "");
  const auto entry = std::vector<std::byte>(twice.begin() + 1, twice.end());
  twice[0] = std::byte{2};
  twice.insert(twice.end(), entry.begin(), entry.end());
  EXPECT_ERROR(parse_container(with_head("{}", twice, ""), "x"), core::DataError, "twice");
  auto bytes = container_bytes(example());
  bytes[3] = std::byte{2};
  EXPECT_ERROR(parse_container(bytes, "x"), core::DataError, "version 2");
  EXPECT_ERROR(parse_container(bytes_of("PK\3\4 and more"), "x"), core::DataError,
               "not a .vt file");
}

TEST(Container, HostileHeaders) {
  const std::vector<std::byte> none = {std::byte{0}};
  const auto read = [&](const std::string& header) {
    return parse_container(with_head(header, none, ""), "x");
  };
  EXPECT_ERROR(read("[1]"), core::DataError, "not a JSON object");
  EXPECT_ERROR(read("{\"a\":"), core::DataError, "not JSON");
  EXPECT_ERROR(read("{\"a\":1e999}"), core::DataError, "not JSON");
  EXPECT_ERROR(read("{\"a\":\"\xFF\"}"), core::DataError, "not JSON");
  EXPECT_ERROR(read("{\"a\":" + std::string(100000, '[')), core::DataError, "levels");
  EXPECT_ERROR(read("{\"a\":\"" + std::string((1 << 20), 'x') + "\"}"), core::DataError,
               "header size");
  EXPECT_EQ(read("{\"a\":\"" + std::string(200, '[') + "\"}").header["a"].get<std::string>().size(),
            200U);
}

TEST(Container, BadArguments) {
  Container container = example();
  container.chunks.push_back({"BITS", {}});
  EXPECT_ERROR(container_bytes(container), core::InvalidArgument, "each once");
  container.chunks = {{"BITSY", {}}};
  EXPECT_ERROR(container_bytes(container), core::InvalidArgument, "4 letters");
  container = {core::Json::array(), {}};
  EXPECT_ERROR(container_bytes(container), core::InvalidArgument, "JSON object");
  container = {{{"a", std::string(1 << 20, 'x')}}, {}};
  EXPECT_ERROR(container_bytes(container), core::InvalidArgument, "may have");
  container = {{{"a", "\xFF"}}, {}};
  EXPECT_ERROR(container_bytes(container), core::InvalidArgument, "not text");
  core::Json deep = 1;
  for (int i = 0; i < 40; ++i) deep = core::Json{{"a", deep}};
  container = {deep, {}};
  EXPECT_ERROR(container_bytes(container), core::InvalidArgument, "levels");
}

}  // namespace
}  // namespace venturi::code
