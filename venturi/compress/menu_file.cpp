#include "venturi/compress/menu_file.hpp"

#include "venturi/code/container.hpp"
#include "venturi/code/pack.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {

void write_menu(const std::filesystem::path& file, std::uint64_t identity, const Menu& menu) {
  code::Container out;
  out.header = {{"kind", "menu"},
                {"identity", identity},
                {"name", menu.name},
                {"remarks", menu.remarks},
                {"entries", core::Json::array()}};
  code::Chunk chunk{"CODE", {}};
  for (const Entry& entry : menu.entries) {
    out.header["entries"].push_back(
        core::Json::array({entry.method, entry.price, entry.bits, entry.nats}));
    const auto bytes = encode(entry.coded);
    code::put_varint(chunk.bytes, bytes.size());
    chunk.bytes.insert(chunk.bytes.end(), bytes.begin(), bytes.end());
  }
  out.chunks.push_back(std::move(chunk));
  code::write_container(file, out);
}

std::optional<Menu> read_menu(const std::filesystem::path& file, std::uint64_t identity,
                              const net::MatrixNode& node) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  const std::string source = file.string();
  const code::Container container = code::read_container(file);
  Menu out{.name = node.weight};
  try {
    if (container.header.at("kind") != "menu" ||
        container.header.at("identity").get<std::uint64_t>() != identity ||
        container.header.at("name").get<std::string>() != node.weight) {
      return std::nullopt;
    }
    out.remarks = container.header.at("remarks").get<std::vector<std::string>>();
    for (const core::Json& one : container.header.at("entries")) {
      out.entries.push_back({.method = one.at(0).get<std::string>(),
                             .price = one.at(1).get<double>(),
                             .bits = one.at(2).get<std::int64_t>(),
                             .nats = one.at(3).get<double>()});
    }
  } catch (const core::Json::exception& broken) {
    core::fail_data(source, "not a menu: {}", broken.what());
  }
  code::ByteReader reader(container.chunk("CODE").bytes, 0, source);
  for (Entry& entry : out.entries) {
    entry.coded =
        decode_matrix(reader.take(reader.varint("a matrix's size", reader.left()), "a matrix"),
                      node.outputs, node.inputs, source);
  }
  return out;
}

}  // namespace venturi::compress
