// venturi/code/circuit_file.hpp
//
// Circuits and the rows they code as files, `.vt` version 1. A model: header {"kind": "circuit",
// "shape": of one row, "id", facts}, chunk CIRC (HiddenTreeCoder::serialize). Its bits: header
// {"n": rows, "m": the model's id}, chunk ROWS. The id is the hash of CIRC in hexadecimal digits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "venturi/code/circuit_codec.hpp"
#include "venturi/code/container.hpp"

namespace venturi::code {

struct Circuit {
  HiddenTreeCoder coder;
  std::vector<std::int64_t> shape;  // of one row: product = variables
  std::string id;
  core::Json facts = core::Json::object();  // how it was learned; for people
};

// InvalidArgument unless the product of `shape` is the number of variables.
Circuit make_circuit(const HiddenTree& model, std::vector<std::int64_t> shape,
                     core::Json facts = core::Json::object());

bool is_circuit(const Container& container);
Container circuit_container(const Circuit& circuit);
// DataError, naming `source_name`, for anything else than circuit_container() gives.
Circuit parse_circuit(const Container& container, std::string_view source_name);

// InvalidArgument as HiddenTreeCoder::encode, and for more than 2^16 values a byte of stream, which
// the reader refuses.
Container encode_rows(const Circuit& circuit, const LevelView& x);
// DataError for bits of another model, or more than 2^16 values for each byte (and 64 more).
LevelMatrix decode_rows(const Circuit& circuit, const Container& bits,
                        std::string_view source_name);

}  // namespace venturi::code
