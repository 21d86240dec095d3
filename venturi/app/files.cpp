// venturi encode, decode, predict: a trained model on a person's own data; any file by a codec.
#include <fmt/format.h>

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

// With a codec of bytes there is no model: the one file named is the input.
void encode_by_codec(const FileVerb& verb) {
  if (!verb.input.empty()) {
    core::fail_argument("app.encode", "expected --codec and one file, got also '{}'", verb.input);
  }
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

void encode(const FileVerb& verb) {
  if (!verb.byte_codec.empty()) return encode_by_codec(verb);
  require_input(verb, "app.encode");
  const learn::Codec codec = verb.codec();
  codec.require_bits("app.encode");
  const data::Dataset dataset = verb.dataset();
  const auto symbols = learn::quantize(codec, codec.model->inputs(dataset.x));
  const code::Container bits = learn::encode_bits(codec, symbols);
  code::write_container(verb.output, bits);
  const auto n = static_cast<double>(dataset.size());
  const auto bytes = std::filesystem::file_size(verb.output);
  const core::Json result = {
      {"samples", dataset.size()},
      {"file", verb.output},
      {"file_bytes", bytes},
      {"bits_per_sample", 8.0 * static_cast<double>(bytes) / n},
      {"model_bits_per_sample", learn::model_bits_per_sample(codec, symbols)}};
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
    const auto bytes = code::decode_file(verb.model, verb.output);
    print_result(verb.common, {{"file", verb.output}, {"bytes", bytes}},
                 fmt::format("{}: {} bytes\n", verb.output, bytes));
    return;
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
  app.get_subcommand("encode")->add_option(
      "--codec", verb->byte_codec,
      fmt::format("any file without a model, by one of {}", fmt::join(codecs, ", ")));
  app.get_subcommand("encode")->callback([verb] { encode(*verb); });
}

void add_decode(CLI::App& app) {
  const auto verb = file_verb(app, "decode", "read a file of bits back to integers", "file of bits",
                              "z as .npy (n*size)", false);
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
