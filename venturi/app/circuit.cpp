// venturi circuit: learns a probabilistic circuit of a data set, for lossless coding.
#include "venturi/app/circuit.hpp"

#include <cmath>

#include "venturi/code/circuit_growth.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/load.hpp"
#include "venturi/data/npy.hpp"

namespace venturi::app {
namespace {

struct Circuit {
  explicit Circuit(CLI::App& verb) : flags(verb) {}
  Common common;
  std::string data;
  std::string output = "circuit.vt";
  OptionFlags<code::GrowingOptions> flags;

  void run() const;
  code::HiddenTree learn(const code::LevelMatrix& x, const code::GrowingOptions& options,
                         core::Monitor& monitor) const;
};

code::HiddenTree Circuit::learn(const code::LevelMatrix& x, const code::GrowingOptions& options,
                                core::Monitor& monitor) const {
  monitor.say(fmt::format("tree of {} variables from {} rows", x.cols(), x.rows()));
  const int passes = options.learning.epochs + options.learning.full_epochs;
  bool stopped = false;
  const auto watch = [&](int pass, double bits, const code::HiddenTree& model) {
    const std::string task = fmt::format("learn {} states", model.states);
    const std::string metric = fmt::format("{:.4f} bits a value", bits);
    monitor.progress({.task = task,
                      .done = static_cast<std::uint64_t>(pass),
                      .total = static_cast<std::uint64_t>(passes),
                      .unit = "passes",
                      .metric = metric});
    stopped = monitor.stop_requested();
    return !stopped;
  };
  auto grown = code::learn_by_growing(x, 256, options, core::Key(common.seed), watch);
  if (stopped) monitor.warn("stopped early: the circuit is as far as it got");
  return std::move(grown.model);
}

void Circuit::run() const {
  const auto monitor = common.monitor();
  const double start = core::now_seconds();
  const data::DataPair pair = data::load(data, core::Key(common.seed).split("data"));
  code::GrowingOptions options;
  if (pair.train.shape.size() == 3) {  // images: nearby levels mean nearly the same
    options.learning.neighbours = 100;
    options.tree.bins = 32;
  }
  flags.apply(options);
  const code::LevelMatrix x = levels_of(pair.train);
  const code::HiddenTree model = learn(x, options, *monitor);
  const double bits = model.bits_per_dimension(x);
  core::Json result = {{"file", output}, {"states", model.states}, {"train_bits_per_value", bits}};
  if (pair.test) {
    result["test_bits_per_value"] = model.bits_per_dimension(levels_of(*pair.test));
  }
  core::Record record{.command = "circuit",
                      .options = core::options_to_json(options),
                      .seed = common.seed,
                      .results = result,
                      .seconds = core::now_seconds() - start};
  record.options["data"] = data;
  const code::Circuit circuit = code::make_circuit(model, pair.train.shape, record.json());
  code::write_container(output, code::circuit_container(circuit));
  const std::string test = pair.test ? fmt::format(", {:.4f} on the test part",
                                                   result["test_bits_per_value"].get<double>())
                                     : "";
  print_result(common, record.json(),
               fmt::format("{}: {} states, {} bytes; {:.4f} bits a value{}\n", output, model.states,
                           std::filesystem::file_size(output), bits, test));
}

}  // namespace

code::LevelMatrix levels_of(const data::Dataset& dataset) {
  const float scale = dataset.shape.size() == 3 ? 255 : 1;
  code::LevelMatrix out(dataset.x.rows(), dataset.x.cols());
  for (core::Index i = 0; i < out.size(); ++i) {
    const float value = scale * dataset.x.data()[i];
    const float level = std::round(value);
    if (!(level >= 0 && level <= 255) || std::abs(value - level) > 1e-3F) {
      core::fail_argument("app.circuit",
                          "expected whole numbers from 0 to 255, '{}' has {} (circuits code images "
                          "and other arrays of u8)",
                          dataset.name, value);
    }
    out.data()[i] = static_cast<std::uint8_t>(level);
  }
  return out;
}

void encode_by_circuit(const Common& common, const code::Container& model,
                       const data::Dataset& dataset, const std::filesystem::path& output) {
  const code::Circuit circuit = code::parse_circuit(model, "app.encode");
  const code::LevelMatrix x = levels_of(dataset);
  code::write_container(output, code::encode_rows(circuit, x));
  const auto bytes = std::filesystem::file_size(output);
  const double bits = 8.0 * static_cast<double>(bytes) / static_cast<double>(x.size());
  print_result(common,
               {{"samples", x.rows()},
                {"file", output.string()},
                {"file_bytes", bytes},
                {"bits_per_value", bits}},
               fmt::format("{}: {} samples, {} bytes, {:.4f} bits a value\n", output.string(),
                           x.rows(), bytes, bits));
}

void decode_by_circuit(const Common& common, const code::Container& model,
                       const std::filesystem::path& input, const std::filesystem::path& output) {
  const code::Circuit circuit = code::parse_circuit(model, "app.decode");
  const code::LevelMatrix x =
      code::decode_rows(circuit, code::read_container(input), input.string());
  data::Array array{data::Element::kU8, {x.rows()}, {}};
  array.shape.insert(array.shape.end(), circuit.shape.begin(), circuit.shape.end());
  // Images of one channel as readers of IDX and NPY expect them: n*height*width.
  if (array.shape.size() == 4 && array.shape[1] == 1) array.shape.erase(array.shape.begin() + 1);
  const auto bytes = std::as_bytes(std::span(x.data(), static_cast<std::size_t>(x.size())));
  array.bytes.assign(bytes.begin(), bytes.end());
  data::write_npy(output, array);
  print_result(common, {{"samples", x.rows()}, {"file", output.string()}},
               fmt::format("{}: {} samples of {}\n", output.string(), x.rows(),
                           fmt::join(circuit.shape, "*")));
}

void add_circuit(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("circuit", "learn a circuit of images or counts, for lossless coding");
  const auto circuit = std::make_shared<Circuit>(*verb);
  verb->add_option(
          "data", circuit->data,
          "data set of whole numbers from 0 to 255: a name, URI or file; its training part")
      ->required();
  verb->add_option("-o,--output", circuit->output, "the model (.vt), for encode and decode")
      ->capture_default_str();
  add_common(*verb, circuit->common);
  verb->callback([circuit] { circuit->run(); });
}

}  // namespace venturi::app
