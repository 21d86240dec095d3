// venturi encode, decode, predict: a trained model on a person's own data; any file by a codec.
#include <fmt/format.h>

#include <cmath>

#include "venturi/app/array_files.hpp"
#include "venturi/app/circuit.hpp"
#include "venturi/app/command.hpp"
#include "venturi/code/record_file.hpp"
#include "venturi/data/load.hpp"
#include "venturi/data/npy.hpp"
#include "venturi/learn/codec.hpp"
#include "venturi/learn/evaluate.hpp"

namespace venturi::app {
namespace {

struct FileVerb {
  Common common;
  std::string model, input, output, byte_codec;
  code::TensorCoding tensor_coding;
  bool labelled_part_test = false;

  learn::Codec codec() const {
    return learn::load_codec(model, tensor::parse_device(common.device));
  }
  // The part of a data set that is meant: its test part if it has one and --part test was given.
  data::Dataset dataset() const {
    data::DataPair pair = data::load(input, core::Key(common.seed).split("data"));
    if (!labelled_part_test) return std::move(pair.train);
    if (!pair.test) {
      core::fail_argument("app.encode", "'{}' has no test part", input);
    }
    return std::move(*pair.test);
  }
};

std::shared_ptr<FileVerb> file_verb(CLI::App& app, const char* name, const char* help,
                                    const char* input, const char* output, bool parts) {
  CLI::App* verb = app.add_subcommand(name, help);
  auto state = std::make_shared<FileVerb>();
  const bool predicts = std::string_view(name) == "predict";
  verb->add_option("model", state->model,
                   predicts ? "a model's .vt file"
                            : "a model's .vt file; or a file, where a codec is enough")
      ->required();
  auto* in = verb->add_option("input", state->input, input);
  if (predicts) in->required();
  auto* out = verb->add_option("-o,--output", state->output, output);
  if (!predicts) out->required();
  if (parts) {
    verb->add_flag("--test-part", state->labelled_part_test,
                   "the test part of a data set that has one");
  }
  add_common(*verb, state->common);
  return state;
}

// Arrays of a file, exactly or to what the options ask for.
void encode_tensors(const FileVerb& verb) {
  const auto told =
      code::write_tensors(verb.output, read_arrays(verb.model), verb.tensor_coding,
                          {{"from", std::filesystem::path(verb.model).filename().string()}});
  core::Table table({{"name", "array", ""},
                     {"way", "coded as", ""},
                     {"values", "values", ""},
                     {"coded_bytes", "bytes", ""},
                     {"bits_per_value", "bits a value", "{:.3f}"},
                     {"rms_error", "rms error", "{:.3g}"}});
  double values = 0;
  for (const code::CodedTensor& t : told) {
    const double n = std::max<double>(1, static_cast<double>(t.values));
    table.add_row({t.name, t.way, t.values, t.coded_bytes,
                   8.0 * static_cast<double>(t.coded_bytes) / n, std::sqrt(t.squared_error)});
    values += static_cast<double>(t.values);
  }
  const auto bytes = std::filesystem::file_size(verb.output);
  const double bits = 8.0 * static_cast<double>(bytes) / std::max(1.0, values);
  print_result(
      verb.common,
      {{"file", verb.output},
       {"file_bytes", bytes},
       {"bits_per_value", bits},
       {"arrays", table.json()}},
      table.text() + fmt::format("\n{}: {} bytes, {:.3f} bits a value, of {} in {}\n", verb.output,
                                 bytes, bits, std::filesystem::file_size(verb.model), verb.model));
}

// With a codec there is no model: the one file named is the input.
void encode_by_codec(const FileVerb& verb) {
  if (!verb.input.empty()) {
    core::fail_argument("app.encode", "expected --codec and one file, got also '{}'", verb.input);
  }
  if (verb.byte_codec == "tensor") return encode_tensors(verb);
  const auto coded = code::encode_file(verb.model, verb.output, {.codec = verb.byte_codec});
  const auto bytes = std::filesystem::file_size(verb.model);
  print_result(
      verb.common,
      {{"file", verb.output}, {"codec", verb.byte_codec}, {"bytes", bytes}, {"file_bytes", coded}},
      fmt::format("{}: {} bytes of {} by codec {}\n", verb.output, coded, bytes, verb.byte_codec));
}

void require_input(const FileVerb& verb, std::string_view where) {
  if (verb.input.empty()) {
    core::fail_argument(where, "expected a model and a file, got '{}' alone", verb.model);
  }
}

// The model's file if it holds a circuit.
std::optional<code::Container> circuit_of(const FileVerb& verb) {
  code::Container model = code::read_container(verb.model);
  if (!code::is_circuit(model)) return std::nullopt;
  return model;
}

void encode(const FileVerb& verb) {
  if (!verb.byte_codec.empty()) return encode_by_codec(verb);
  require_input(verb, "app.encode");
  if (const auto circuit = circuit_of(verb)) {
    return encode_by_circuit(verb.common, *circuit, verb.dataset(), verb.output);
  }
  const learn::Codec codec = verb.codec();
  codec.require_bits("app.encode");
  const data::Dataset dataset = verb.dataset();
  const auto symbols = learn::quantize(codec, codec.model->inputs(dataset.x));
  const code::Container bits = learn::encode_bits(codec, symbols);
  code::write_container(verb.output, bits);
  const auto n = static_cast<double>(dataset.size());
  const auto bytes = std::filesystem::file_size(verb.output);
  double model_bits = 0;
  for (const double one : learn::model_bits(codec, symbols)) model_bits += one / n;
  const core::Json result = {{"samples", dataset.size()},
                             {"file", verb.output},
                             {"file_bytes", bytes},
                             {"bits_per_sample", 8.0 * static_cast<double>(bytes) / n},
                             {"model_bits_per_sample", model_bits}};
  print_result(
      verb.common, result,
      fmt::format("{}: {} samples, {} bytes, {:.4f} bits a sample (model: {:.4f})\n", verb.output,
                  dataset.size(), bytes, result["bits_per_sample"].get<double>(),
                  result["model_bits_per_sample"].get<double>()));
}

void write_matrix(const std::filesystem::path& path, const core::MatrixF& values) {
  const auto bytes =
      std::as_bytes(std::span(values.data(), static_cast<std::size_t>(values.size())));
  data::write_npy(path, {.element = data::Element::kF32,
                         .shape = {values.rows(), values.cols()},
                         .bytes = {bytes.begin(), bytes.end()}});
}

void decode(const FileVerb& verb) {
  if (verb.input.empty()) {  // a file that encode --codec wrote
    code::RecordReader reader(verb.model);
    if (reader.header().value("kind", core::Json()) == "tensors") {
      const auto file = code::read_tensors(std::move(reader));
      write_arrays(verb.output, file.tensors);
      print_result(verb.common, {{"file", verb.output}, {"arrays", file.tensors.size()}},
                   fmt::format("{}: {} arrays\n", verb.output, file.tensors.size()));
      return;
    }
    const auto bytes = code::decode_file(verb.model, verb.output);
    print_result(verb.common, {{"file", verb.output}, {"bytes", bytes}},
                 fmt::format("{}: {} bytes\n", verb.output, bytes));
    return;
  }
  if (const auto circuit = circuit_of(verb)) {
    return decode_by_circuit(verb.common, *circuit, verb.input, verb.output);
  }
  const learn::Codec codec = verb.codec();
  const auto symbols = learn::decode_bits(codec, code::read_container(verb.input));
  const core::MatrixF z = tensor::to_matrix(learn::signals_from_symbols(codec, symbols));
  write_matrix(verb.output, z);
  print_result(
      verb.common, {{"samples", z.rows()}, {"size", z.cols()}, {"file", verb.output}},
      fmt::format("{}: z of {} samples, {} integers each\n", verb.output, z.rows(), z.cols()));
}

bool is_bits(const std::string& input) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(input, error)) return false;
  return std::filesystem::path(input).extension() == ".vt";
}

std::string csv(const learn::Problem& problem, const core::MatrixF& y) {
  std::string out;
  if (problem.regression()) {
    for (core::Index c = 0; c < y.cols(); ++c) out += fmt::format("{}y{}", c == 0 ? "" : ",", c);
    out += "\n";
    for (core::Index i = 0; i < y.rows(); ++i) {
      for (core::Index c = 0; c < y.cols(); ++c) {
        out += fmt::format("{}{}", c == 0 ? "" : ",", y(i, c));
      }
      out += "\n";
    }
    return out;
  }
  out = "label,probability\n";
  for (core::Index i = 0; i < y.rows(); ++i) {
    core::Index best = 0;
    const float probability = y.row(i).maxCoeff(&best);
    const auto index = static_cast<std::size_t>(best);
    out += fmt::format(
        "{},{:.6f}\n",
        index < problem.class_names.size() ? problem.class_names[index] : std::to_string(best),
        probability);
  }
  return out;
}

void predict(const FileVerb& verb) {
  const learn::Codec codec = verb.codec();
  const learn::Model& model = *codec.model;
  tensor::Tensor z;
  if (is_bits(verb.input)) {
    const auto symbols = learn::decode_bits(codec, code::read_container(verb.input));
    z = learn::signals_from_symbols(codec, symbols);
  } else {
    z = learn::signals(model, model.inputs(verb.dataset().x));
  }
  const core::MatrixF y = tensor::to_matrix(learn::predictions(model, z));
  const std::string text = csv(model.problem(), y);
  if (verb.output.empty()) {
    fmt::print("{}", text);
    return;
  }
  if (std::filesystem::path(verb.output).extension() == ".npy") {
    write_matrix(verb.output, y);
  } else {
    core::write_file(verb.output, text);
  }
  print_result(verb.common, {{"samples", y.rows()}, {"file", verb.output}},
               fmt::format("{}: predictions of {} samples\n", verb.output, y.rows()));
}

}  // namespace

void add_encode(CLI::App& app) {
  const auto verb = file_verb(app, "encode", "write the bits of a data set that a model keeps",
                              "data set: a name, URI or file", "file of bits (.vt)", true);
  std::vector<std::string> codecs;
  for (const auto& member : code::byte_codecs()) codecs.emplace_back(member.name);
  CLI::App* encodes = app.get_subcommand("encode");
  encodes->add_option(
      "--codec", verb->byte_codec,
      fmt::format("a file without a model: any by one of {}; by tensor, the arrays of a "
                  ".safetensors, .npz, .npy or IDX file",
                  fmt::join(codecs, ", ")));
  encodes->add_option("--max-error", verb->tensor_coding.max_error,
                      "codec tensor: largest error of a value [exact]");
  encodes->add_option("--step", verb->tensor_coding.step,
                      "codec tensor: step in units of each row's root mean square [exact]");
  encodes->add_option("--bits", verb->tensor_coding.bits,
                      "codec tensor: bits a value, by tiles [exact]");
  app.get_subcommand("encode")->callback([verb] { encode(*verb); });
}

void add_decode(CLI::App& app) {
  const auto verb = file_verb(app, "decode", "read a file of bits back", "file of bits",
                              "what was coded: a file, arrays, or z as .npy (n*size)", false);
  app.get_subcommand("decode")->callback([verb] { decode(*verb); });
}

void add_predict(CLI::App& app) {
  const auto verb =
      file_verb(app, "predict", "labels or values, from a file of bits or from data",
                "file of bits (.vt), or a data set",
                "file: .csv, or .npy of probabilities; without it CSV to stdout", true);
  app.get_subcommand("predict")->callback([verb] { predict(*verb); });
}

}  // namespace venturi::app
