#include "venturi/learn/codec.hpp"

#include <cmath>

#include "venturi/code/hash.hpp"
#include "venturi/code/rans.hpp"
#include "venturi/core/units.hpp"
#include "venturi/learn/checkpoint.hpp"
#include "venturi/learn/evaluate.hpp"

namespace venturi::learn {
namespace {

using core::Json;
using tensor::Tensor;

constexpr double kTail = 0x1p-14;

Json problem_to_json(const Problem& p) {
  return {{"shape", p.shape},
          {"classes", p.classes},
          {"targets", p.targets},
          {"class_names", p.class_names},
          {"feature_names", p.feature_names},
          {"input_mean", p.input_mean},
          {"input_scale", p.input_scale},
          {"target_mean", p.target_mean},
          {"target_scale", p.target_scale}};
}

// Sizes of a file that nobody vouches for.
void check_problem(const Problem& p, const std::string& source) {
  const auto need = [&](bool holds, const char* what) {
    if (!holds) core::fail_data("learn.load_codec", "'{}': {}", source, what);
  };
  need(p.shape.size() == 1 || p.shape.size() == 3, "an input shape of 1 or 3 dimensions");
  std::int64_t inputs = 1;
  for (const std::int64_t s : p.shape) {
    need(s >= 1 && s <= (1 << 24), "an input shape out of range");
    inputs *= s;
    need(inputs <= (1 << 24), "an input shape out of range");
  }
  need(p.classes >= 0 && p.classes <= (1 << 20), "a number of classes out of range");
  need((p.classes == 0) == (p.targets >= 1) && p.targets <= (1 << 20),
       "neither classes nor targets");
  const auto column_count = [&](const std::vector<double>& v, std::int64_t n) {
    for (const double value : v) need(std::isfinite(value), "scaling that is not finite");
    return v.size() == 1 || static_cast<std::int64_t>(v.size()) == n;
  };
  need(column_count(p.input_mean, inputs) && column_count(p.input_scale, inputs) &&
           p.input_mean.size() == p.input_scale.size(),
       "input scaling of the wrong length");
  need(p.targets == 0 || (p.target_mean.size() == static_cast<std::size_t>(p.targets) &&
                          p.target_scale.size() == static_cast<std::size_t>(p.targets)),
       "target scaling of the wrong length");
}

Problem problem_from_json(const Json& json, const std::string& source) {
  Problem out{.shape = json.at("shape"),
              .classes = json.at("classes"),
              .targets = json.at("targets"),
              .class_names = json.at("class_names"),
              .feature_names = json.at("feature_names"),
              .input_mean = json.at("input_mean"),
              .input_scale = json.at("input_scale"),
              .target_mean = json.at("target_mean"),
              .target_scale = json.at("target_scale")};
  check_problem(out, source);
  return out;
}

std::vector<std::byte> table_bytes(const std::vector<code::FrequencyTable>& tables) {
  std::vector<std::byte> out;
  for (const auto& table : tables) table.serialize(out);
  return out;
}

std::uint64_t content_id(const Model& model, const std::vector<std::byte>& weights,
                         const std::vector<std::byte>& tables,
                         const std::optional<JointLaw>& joint) {
  const std::string options =
      core::options_to_json(model.options()).dump() + problem_to_json(model.problem()).dump();
  std::uint64_t id = code::hash64(std::as_bytes(std::span(options)));
  id = code::hash64(weights, id);
  id = code::hash64(tables, id);
  return joint ? code::hash64(joint->serialize(), id) : id;
}

std::string hex(std::uint64_t id) { return fmt::format("{:016x}", id); }

}  // namespace

void Codec::require_bits(std::string_view where) const {
  if (!tables.empty()) return;
  core::fail_argument(where,
                      "a model with channel '{}' has no bits to write: its rate is a bound; "
                      "train one with --channel quantized",
                      model->options().channel.kind);
}

Codec make_codec(std::unique_ptr<Model> model, Json facts, const Tensor& z) {
  Codec out{.model = std::move(model), .facts = std::move(facts)};
  const Model& m = *out.model;
  if (const LogisticMixture* density = m.channel().density()) {
    for (std::int64_t c = 0; c < density->dimensions(); ++c) {
      const auto range = density->support(m.parameters(), c, kTail);
      const auto masses = density->masses(m.parameters(), c, range.first, range.size);
      double inside = 0;
      for (const double mass : masses) inside += mass;
      out.tables.push_back(
          code::FrequencyTable::from_masses(range.first, masses, std::max(0.0, 1 - inside)));
    }
    if (z.defined()) {
      const std::vector<std::int32_t> symbols = integers(z);
      out.joint = JointLaw::fit(symbols, out.tables.size(), model_bits(out, symbols));
    }
  }
  out.id = content_id(m, float_bytes(m.parameters().flat()), table_bytes(out.tables), out.joint);
  return out;
}

void save_codec(const std::filesystem::path& path, const Codec& codec) {
  const Model& model = *codec.model;
  code::Container file{.header = {{"kind", "model"},
                                  {"options", core::options_to_json(model.options())},
                                  {"problem", problem_to_json(model.problem())},
                                  {"id", hex(codec.id)},
                                  {"facts", codec.facts}}};
  file.chunks = {{"WGHT", float_bytes(model.parameters().flat())},
                 {"TABL", table_bytes(codec.tables)}};
  if (codec.joint) file.chunks.push_back({"JOIN", codec.joint->serialize()});
  code::write_container(path, file);
}

Codec load_codec(const std::filesystem::path& path, const tensor::Device& device) {
  const code::Container file = code::read_container(path);
  const std::string source = path.string();
  if (file.header.value("kind", "") != "model") {
    core::fail_data("learn.load_codec", "'{}' is not a model", source);
  }
  Codec out;
  try {
    ModelOptions options;
    core::options_from_json(options, file.header.at("options"), "learn.load_codec");
    Problem problem = problem_from_json(file.header.at("problem"), source);
    const Tensor weights = floats_from_bytes(file.chunk("WGHT").bytes, source);
    // Counted before any memory is taken for the parameters.
    if (const std::int64_t needed = parameter_count(options, problem); needed != weights.numel()) {
      core::fail_data("learn.load_codec", "'{}': the network has {} parameters, the file {}",
                      source, needed, weights.numel());
    }
    out.model = std::make_unique<Model>(options, std::move(problem), core::Key(0), device);
    out.model->parameters().set_values(weights.to(device));
    out.facts = file.header.value("facts", Json::object());
  } catch (const Json::exception& error) {
    core::fail_data("learn.load_codec", "'{}': a damaged header: {}", source, error.what());
  } catch (const core::InvalidArgument& error) {
    core::fail_data("learn.load_codec", "'{}': {}", source, error.what());
  }
  const auto& tables = file.chunk("TABL").bytes;
  for (std::size_t offset = 0; offset < tables.size();) {
    out.tables.push_back(code::FrequencyTable::deserialize(tables, offset));
  }
  const auto expected = out.model->channel().density() != nullptr
                            ? static_cast<std::size_t>(out.model->options().channel.size)
                            : std::size_t{0};
  if (out.tables.size() != expected) {
    core::fail_data("learn.load_codec", "'{}': expected {} frequency tables, got {}", source,
                    expected, out.tables.size());
  }
  if (file.has("JOIN")) {
    out.joint = JointLaw::deserialize(file.chunk("JOIN").bytes, expected);
  }
  out.id = content_id(*out.model, file.chunk("WGHT").bytes, tables, out.joint);
  return out;
}

std::vector<std::int32_t> quantize(const Codec& codec, const Tensor& x) {
  codec.require_bits("learn.quantize");
  return integers(signals(*codec.model, x));
}

std::vector<double> model_bits(const Codec& codec, std::span<const std::int32_t> symbols) {
  codec.require_bits("learn.model_bits");
  const Tensor z = signals_from_symbols(codec, symbols);
  const torch::NoGradGuard no_grad;
  const Tensor nats = codec.model->channel().density()->log_mass(codec.model->parameters(), z);
  std::vector<double> apart = tensor::to_doubles(-nats.to(torch::kFloat64).sum(1));
  for (double& bits : apart) bits *= core::kBitsPerNat;
  return codec.joint ? codec.joint->bits(symbols, apart) : apart;
}

code::Container encode_bits(const Codec& codec, std::span<const std::int32_t> symbols) {
  codec.require_bits("learn.encode_bits");
  const std::size_t size = codec.tables.size();
  code::Container out{.header = {{"n", symbols.size() / size}, {"m", hex(codec.id)}}};
  if (!codec.joint) {
    out.chunks = {{"BITS", code::encode_rans(symbols, size, codec.tables)}};
    return out;
  }
  std::vector<std::int32_t> cells, outside;
  for (std::size_t at = 0; at < symbols.size(); at += size) {
    const auto row = symbols.subspan(at, size);
    const std::size_t cell = codec.joint->index_of(row);
    cells.push_back(static_cast<std::int32_t>(cell));
    if (cell == codec.joint->cells()) outside.insert(outside.end(), row.begin(), row.end());
  }
  out.chunks = {{"CELL", code::encode_rans(cells, 1, {&codec.joint->law(), 1})}};
  if (!outside.empty()) {
    out.chunks.push_back({"BITS", code::encode_rans(outside, size, codec.tables)});
  }
  return out;
}

std::vector<std::int32_t> decode_bits(const Codec& codec, const code::Container& bits) {
  codec.require_bits("learn.decode_bits");
  const Json& header = bits.header;
  if (!header.contains("n") || !header["n"].is_number_unsigned() || !header.contains("m") ||
      !header["m"].is_string()) {
    core::fail_data("learn.decode_bits", "not a file of bits: its header has no n and m");
  }
  if (header["m"].get<std::string>() != hex(codec.id)) {
    core::fail_data("learn.decode_bits", "these bits were written by model {}, this is model {}",
                    header["m"].get<std::string>(), hex(codec.id));
  }
  const std::uint64_t n = header["n"].get<std::uint64_t>();
  if (n > (std::uint64_t{1} << 40) / codec.tables.size()) {
    core::fail_data("learn.decode_bits", "{} samples are more than a file can hold", n);
  }
  const std::size_t size = codec.tables.size();
  if (!codec.joint) {
    return code::decode_rans(bits.chunk("BITS").bytes, n * size, size, codec.tables);
  }
  const JointLaw& joint = *codec.joint;
  const auto cells = code::decode_rans(bits.chunk("CELL").bytes, n, 1, {&joint.law(), 1});
  const auto last = static_cast<std::int32_t>(joint.cells());
  const auto outside = static_cast<std::size_t>(std::count(cells.begin(), cells.end(), last));
  std::vector<std::int32_t> rest;
  if (outside > 0) {
    rest = code::decode_rans(bits.chunk("BITS").bytes, outside * size, size, codec.tables);
  }
  std::vector<std::int32_t> out;
  out.reserve(n * size);
  auto next = rest.begin();
  for (const std::int32_t cell : cells) {
    if (cell < 0 || cell > last) {
      core::fail_data("learn.decode_bits", "cell {} of {} in the chunk CELL", cell, last);
    }
    if (cell == last) {
      out.insert(out.end(), next, next + static_cast<std::ptrdiff_t>(size));
      next += static_cast<std::ptrdiff_t>(size);
    } else {
      const auto row = joint.cell(static_cast<std::size_t>(cell));
      out.insert(out.end(), row.begin(), row.end());
    }
  }
  return out;
}

Tensor signals_from_symbols(const Codec& codec, std::span<const std::int32_t> symbols) {
  const auto size = static_cast<std::int64_t>(codec.tables.size());
  const Tensor out = torch::empty({static_cast<std::int64_t>(symbols.size()) / size, size});
  std::copy(symbols.begin(), symbols.end(), out.data_ptr<float>());
  return out.to(codec.model->parameters().device());
}

}  // namespace venturi::learn
