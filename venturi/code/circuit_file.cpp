#include "venturi/code/circuit_file.hpp"

#include <algorithm>

#include "venturi/code/hash.hpp"

namespace venturi::code {
namespace {

constexpr std::uint64_t kMostValuesAByte = 1 << 16;

std::string id_of(core::Bytes bytes) { return fmt::format("{:016x}", hash64(bytes)); }

// Product of positive edges, 0 if it is none below 2^32.
std::int64_t product(const std::vector<std::int64_t>& shape) {
  std::int64_t out = 1;
  for (const std::int64_t edge : shape) {
    if (edge < 1 || edge > (std::int64_t{1} << 32) / out) return 0;
    out *= edge;
  }
  return out;
}

bool too_dense(std::uint64_t values, std::uint64_t bytes) {
  return values / kMostValuesAByte > bytes + 64;
}

}  // namespace

Circuit make_circuit(const HiddenTree& model, std::vector<std::int64_t> shape, core::Json facts) {
  if (product(shape) != model.tree.size()) {
    core::fail_argument("code.make_circuit", "expected a shape of {} variables, got {}",
                        model.tree.size(), fmt::join(shape, "*"));
  }
  HiddenTreeCoder coder(model);
  std::string id = id_of(coder.serialize());
  return {std::move(coder), std::move(shape), std::move(id), std::move(facts)};
}

bool is_circuit(const Container& container) {
  const auto kind = container.header.find("kind");
  return kind != container.header.end() && *kind == "circuit";
}

Container circuit_container(const Circuit& circuit) {
  return {.header = {{"kind", "circuit"},
                     {"shape", circuit.shape},
                     {"id", circuit.id},
                     {"facts", circuit.facts}},
          .chunks = {{"CIRC", circuit.coder.serialize()}}};
}

Circuit parse_circuit(const Container& container, std::string_view source_name) {
  if (!is_circuit(container)) core::fail_data(source_name, "no model of the kind circuit");
  const Chunk& chunk = container.chunk("CIRC");
  Circuit out{HiddenTreeCoder::deserialize(chunk.bytes, source_name), {}, id_of(chunk.bytes), {}};
  try {
    out.shape = container.header.at("shape").get<std::vector<std::int64_t>>();
    out.facts = container.header.value("facts", core::Json::object());
  } catch (const core::Json::exception& error) {
    core::fail_data(source_name, "the header tells no shape: {}", error.what());
  }
  if (product(out.shape) != out.coder.variables()) {
    core::fail_data(source_name, "the shape {} does not agree with {} variables",
                    fmt::join(out.shape, "*"), out.coder.variables());
  }
  return out;
}

Container encode_rows(const Circuit& circuit, const LevelView& x) {
  auto bits = circuit.coder.encode(x);
  if (too_dense(static_cast<std::uint64_t>(x.size()), bits.size())) {
    core::fail_argument("code.encode_rows",
                        "{} values in {} bytes: the data are as good as constant", x.size(),
                        bits.size());
  }
  return {.header = {{"n", static_cast<std::uint64_t>(x.rows())}, {"m", circuit.id}},
          .chunks = {{"ROWS", std::move(bits)}}};
}

LevelMatrix decode_rows(const Circuit& circuit, const Container& bits,
                        std::string_view source_name) {
  const auto n = bits.header.find("n");
  const auto m = bits.header.find("m");
  if (n == bits.header.end() || !n->is_number_unsigned() || m == bits.header.end()) {
    core::fail_data(source_name, "no file of bits: its header lacks n or m");
  }
  if (*m != circuit.id) {
    core::fail_data(source_name, "the bits belong to the model {}, this one is {}", m->dump(),
                    circuit.id);
  }
  const core::Bytes stream = bits.chunk("ROWS").bytes;
  const auto rows = n->get<std::uint64_t>();
  const auto variables = static_cast<std::uint64_t>(circuit.coder.variables());
  if (rows > (std::uint64_t{1} << 48) / variables || too_dense(rows * variables, stream.size())) {
    core::fail_data(source_name, "{} rows of {} values do not fit {} bytes", rows, variables,
                    stream.size());
  }
  return circuit.coder.decode(stream, static_cast<core::Index>(rows));
}

}  // namespace venturi::code
