// venturi/learn/codec.hpp
//
// Models and their bits as files. A model's `.vt` holds all that use needs, and (quantized channel)
// the integer tables made once from its learned density; a file of bits holds the entropy-coded z
// of n samples and the hash of its model. Decoding bits to integers touches no floating point.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "venturi/code/container.hpp"
#include "venturi/code/frequency_table.hpp"
#include "venturi/learn/joint_law.hpp"
#include "venturi/learn/model.hpp"

namespace venturi::learn {

// A model with what makes its files exact.
struct Codec {
  std::unique_ptr<Model> model;
  std::vector<code::FrequencyTable> tables;  // one a dimension of z; empty unless quantized
  std::optional<JointLaw> joint;             // of all dimensions, where it saves bits
  std::uint64_t id = 0;                      // hash of weights, options and tables
  core::Json facts = core::Json::object();   // how it was trained; for people

  // Whether samples can be written: InvalidArgument saying why not (gaussian channels carry a
  // bound, not bits).
  void require_bits(std::string_view where) const;
};

// Makes the tables from the density: each dimension's integers outside which less than 2^-14 of its
// mass lies, at 16 bits, the rest as escapes. With z (n*size, hard) of training data also the joint
// law, where it saves bits.
Codec make_codec(std::unique_ptr<Model> model, core::Json facts = core::Json::object(),
                 const tensor::Tensor& z = {});

void save_codec(const std::filesystem::path& path, const Codec& codec);
// DataError on a damaged file or one that is no model; sizes are checked before memory is taken.
Codec load_codec(const std::filesystem::path& path, const tensor::Device& device);

// n samples as row-major integers (n*size). The same for any number of threads (CPU).
std::vector<std::int32_t> quantize(const Codec& codec, const tensor::Tensor& x);
// The model's own figure for each sample: -sum_c log2 P_c(z_c) under the learned density, or what
// the joint law says.
std::vector<double> model_bits(const Codec& codec, std::span<const std::int32_t> symbols);

// A file of bits: header {"n": samples, "m": id in hex}; one chunk of rANS, BITS. With a joint law
// the cells are the chunk CELL, and BITS, if there are any, the samples outside.
code::Container encode_bits(const Codec& codec, std::span<const std::int32_t> symbols);
// Back to integers; DataError if the bits belong to another model or are damaged.
std::vector<std::int32_t> decode_bits(const Codec& codec, const code::Container& bits);

// Integers (n*size) as the decoder's input, on the model's device.
tensor::Tensor signals_from_symbols(const Codec& codec, std::span<const std::int32_t> symbols);

}  // namespace venturi::learn
