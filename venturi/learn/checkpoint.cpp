#include "venturi/learn/checkpoint.hpp"

#include <bit>
#include <cstring>

#include "venturi/code/container.hpp"
#include "venturi/core/error.hpp"

namespace venturi::learn {

using tensor::Tensor;

static_assert(std::endian::native == std::endian::little, "files are little-endian");

std::vector<std::byte> float_bytes(const Tensor& values) {
  const std::vector<float> floats = tensor::to_floats(values);
  std::vector<std::byte> out(floats.size() * sizeof(float));
  if (!out.empty()) std::memcpy(out.data(), floats.data(), out.size());
  return out;
}

Tensor floats_from_bytes(core::Bytes bytes, std::string_view what) {
  if (bytes.size() % sizeof(float) != 0) {
    core::fail_data("learn.floats_from_bytes", "{}: {} bytes are no float32 values", what,
                    bytes.size());
  }
  Tensor out = torch::empty({static_cast<std::int64_t>(bytes.size() / sizeof(float))});
  if (!bytes.empty()) std::memcpy(out.data_ptr<float>(), bytes.data(), bytes.size());
  return out;
}

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  std::vector<std::byte> scalars(checkpoint.scalars.size() * sizeof(double));
  std::memcpy(scalars.data(), checkpoint.scalars.data(), scalars.size());
  code::Container file{.header = {{"kind", "checkpoint"}, {"facts", checkpoint.facts}}};
  file.chunks = {{"SCAL", std::move(scalars)},
                 {"SUMS", float_bytes(checkpoint.sums)},
                 {"WGHT", float_bytes(checkpoint.weights)},
                 {"OPTM", float_bytes(checkpoint.optimizer)}};
  if (checkpoint.best.defined()) file.chunks.push_back({"BEST", float_bytes(checkpoint.best)});
  if (checkpoint.critics.defined())
    file.chunks.push_back({"CRIT", float_bytes(checkpoint.critics)});
  code::write_container(path, file);
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const code::Container file = code::read_container(path);
  if (file.header.value("kind", "") != "checkpoint" || !file.header.contains("facts")) {
    core::fail_data("learn.read_checkpoint", "'{}' is not a checkpoint", path.string());
  }
  const auto floats = [&](const char* type) {
    return floats_from_bytes(file.chunk(type).bytes, path.string());
  };
  Checkpoint out{.facts = file.header["facts"],
                 .sums = floats("SUMS"),
                 .weights = floats("WGHT"),
                 .optimizer = floats("OPTM")};
  if (file.has("BEST")) out.best = floats("BEST");
  if (file.has("CRIT")) out.critics = floats("CRIT");
  const auto& scalars = file.chunk("SCAL").bytes;
  out.scalars.resize(scalars.size() / sizeof(double));
  std::memcpy(out.scalars.data(), scalars.data(), out.scalars.size() * sizeof(double));
  return out;
}

}  // namespace venturi::learn
