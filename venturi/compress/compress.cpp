#include "venturi/compress/compress.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/allocate/evolution.hpp"
#include "venturi/allocate/hull.hpp"
#include "venturi/allocate/knapsack.hpp"
#include "venturi/code/hash.hpp"
#include "venturi/compress/correct.hpp"
#include "venturi/compress/menu_file.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "compress.Compressor";

std::uint64_t hash_of(const Tensor& value, std::uint64_t seed) {
  const Tensor whole = value.contiguous().to(torch::kCPU);
  const auto* p = static_cast<const std::byte*>(whole.data_ptr());
  return code::hash64({p, static_cast<std::size_t>(whole.nbytes())}, seed);
}

std::uint64_t identity(const Subject& subject, const MenuOptions& options) {
  std::uint64_t out = hash_of(subject.inputs(), 1);
  for (const auto& [name, value] : subject.model().weights) out = hash_of(value, out);
  const std::string text = fmt::format("{} {} {} {} {}", options.methods, options.lowest_price,
                                       options.highest_price, options.damping, options.step_factor);
  return code::hash64(std::as_bytes(std::span(text)), out);
}

// A menu that an earlier run finished; one that cannot be read is made again.
std::optional<Menu> kept_menu(const std::filesystem::path& file, std::uint64_t id,
                              const net::MatrixNode& node, core::Monitor& monitor) {
  try {
    return read_menu(file, id, node);
  } catch (const core::DataError& broken) {
    monitor.warn(fmt::format("{}: made again", broken.what()));
    return std::nullopt;
  }
}

}  // namespace

Compressor::Compressor(const Subject& subject, const CompressOptions& options,
                       const std::filesystem::path& resume, core::Monitor& monitor)
    : subject_(subject), options_(options), base_(as_compressed(subject.model())) {
  core::check_options(options, kWhere);
  menu_options_.methods = options.methods;
  for (std::size_t begin = 0; begin <= options.methods.size();) {
    const std::size_t end = std::min(options.methods.find(',', begin), options.methods.size());
    const std::string one = options.methods.substr(begin, end - begin);
    if (one != "rate" && one != "rank" && one != "mask") {
      core::fail_argument(kWhere, "expected methods out of rate, rank, mask, got '{}'", one);
    }
    begin = end + 1;
  }
  make_menus(resume, monitor);
  if (options.activations != "none") make_activations(resume, monitor);
  fixed_bytes_ = static_cast<std::int64_t>(fixed_bytes(base_));
  if (!activations_.menus().empty()) {  // as if every edge had its quantiser
    CompressedModel all = base_;
    std::vector<Quantiser> least;
    for (const auto& menu : activations_.menus()) least.push_back(menu.entries.back().quantiser);
    quantise(all, least);
    fixed_bytes_ = static_cast<std::int64_t>(fixed_bytes(all));
  }
}

void Compressor::make_menus(const std::filesystem::path& resume, core::Monitor& monitor) {
  const std::uint64_t id = resume.empty() ? 0 : identity(subject_, menu_options_);
  const std::size_t n = subject_.nodes().size();
  for (std::size_t k = 0; k < n; ++k) {
    const auto file = resume / fmt::format("{:04}.vt", k);
    if (!resume.empty()) {
      if (auto kept = kept_menu(file, id, subject_.nodes()[k], monitor)) {
        menus_.push_back(std::move(*kept));
        continue;
      }
    }
    if (monitor.stop_requested()) {
      throw core::Interrupted(fmt::format("[{}] stopped after {} of {} layers{}", kWhere, k, n,
                                          resume.empty() ? "" : "; the same command goes on"));
    }
    menus_.push_back(make_menu(subject_, k, menu_options_));
    if (!resume.empty()) write_menu(file, id, menus_.back());
    monitor.progress({"menus", k + 1, n, "layers", ""});
  }
  for (const Menu& menu : menus_) {
    remarks_.insert(remarks_.end(), menu.remarks.begin(), menu.remarks.end());
  }
}

void Compressor::make_activations(const std::filesystem::path& resume, core::Monitor& monitor) {
  const ActivationOptions options{.peak = options_.activations == "peak",
                                  .token = options_.ranges == "token",
                                  .bits = options_.activation_bits,
                                  .samples = std::max<std::int64_t>(options_.probe_samples, 1)};
  const std::string text = fmt::format("{} {} {}", options_.ranges,
                                       fmt::join(options_.activation_bits, ","), options.samples);
  const std::uint64_t id = resume.empty() ? 0
                                          : code::hash64(std::as_bytes(std::span(text)),
                                                         identity(subject_, menu_options_));
  const auto file = resume.empty() ? resume : resume / "activations.json";
  activations_ =
      ActivationChoices(activation_menus(subject_, options, file, id, monitor), options.peak);
}

std::vector<allocate::Part> Compressor::parts() const {
  auto out = parts_of(menus_);
  const auto& more = activations_.parts();
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::int64_t Compressor::weight_bits(std::int64_t bytes) const {
  return 8 * (bytes - fixed_bytes_ - 2 * static_cast<std::int64_t>(menus_.size()));
}

std::int64_t Compressor::counted_numbers() const {
  return subject_.parameters() + activations_.elements();
}

std::int64_t Compressor::smallest_bytes() const {
  return (allocate::least_bits(parts()) + 7) / 8 + fixed_bytes_ +
         2 * static_cast<std::int64_t>(menus_.size());
}

std::vector<CurvePoint> Compressor::curve() const {
  const auto hull = allocate::rate_curve(parts());
  const double fixed = 8.0 * static_cast<double>(fixed_bytes_);
  const auto n = static_cast<double>(counted_numbers());
  std::vector<CurvePoint> out = {{(fixed + static_cast<double>(hull.start_bits)) / n,
                                  hull.start_distortion * std::numbers::log2e}};
  for (const auto& step : hull.steps) {
    const double bits = (fixed + static_cast<double>(step.bits)) / n;
    if (bits - out.back().bits > .02) {
      out.push_back({bits, step.distortion * std::numbers::log2e});
    }
  }
  return out;
}

CompressedModel Compressor::assembled(std::span<const std::size_t> choice) const {
  CompressedModel out = base_;
  for (std::size_t k = 0; k < menus_.size(); ++k) {
    out.matrices[k] = menus_[k].entries[choice[k]].coded;
  }
  if (activations_.menus().empty()) return out;
  const auto entries = activations_.entries_of(choice.subspan(menus_.size()));
  std::vector<Quantiser> quantisers;
  for (std::size_t k = 0; k < entries.size(); ++k) {
    quantisers.push_back(activations_.menus()[k].entries[entries[k]].quantiser);
  }
  quantise(out, quantisers);
  return out;
}

Compressed Compressor::with(const std::vector<std::size_t>& choice) const {
  Compressed out{.model = assembled(choice)};
  std::int64_t bits = 8 * fixed_bytes_;
  double nats = 0;
  for (std::size_t k = 0; k < menus_.size(); ++k) {
    const Entry& entry = menus_[k].entries[choice[k]];
    const double loss = entry.nats * menus_[k].coefficient;
    out.layers.push_back({menus_[k].name, entry.method, std::string(name_of(entry.coded.way)),
                          entry.coded.rows * entry.coded.columns, entry.bits / 8,
                          loss * std::numbers::log2e});
    bits += entry.bits + 16;  // and its size in the file
    nats += loss;
  }
  if (!activations_.menus().empty()) {
    const auto entries = activations_.entries_of(std::span(choice).subspan(menus_.size()));
    for (std::size_t k = 0; k < entries.size(); ++k) {
      const ActivationMenu& menu = activations_.menus()[k];
      const auto& entry = menu.entries[entries[k]];
      out.edges.push_back(
          {menu.edge, menu.elements, entry.quantiser.bits, entry.nats * std::numbers::log2e});
      nats += entry.nats;
    }
    out.activation_bytes = (activations_.bits_of(entries) + 7) / 8;
  }
  out.counted_bytes = bits / 8;
  out.predicted_bits = nats * std::numbers::log2e;
  out.file_bytes = static_cast<std::int64_t>(file_bytes(out.model));
  out.remarks = remarks_;
  return out;
}

std::vector<std::size_t> Compressor::choice_within(std::int64_t bytes) const {
  if (bytes < smallest_bytes()) {
    core::fail_argument("compress.allocate",
                        "a budget of {} bytes is below the smallest reachable, {} bytes, of which "
                        "{} are the structure and the parameters outside of matrices",
                        bytes, smallest_bytes(), fixed_bytes_);
  }
  return allocate::knapsack(parts(), weight_bits(bytes)).choice;
}

Compressed Compressor::allocate(std::int64_t bytes) const {
  Compressed out = with(choice_within(bytes));
  out.budget_bytes = bytes;
  out.curve = curve();
  return out;
}

std::vector<std::size_t> Compressor::evolved(std::vector<std::size_t> start, std::int64_t bits,
                                             core::Key key, core::Monitor& monitor) const {
  const auto parts = this->parts();
  const auto fitness = [&](std::span<const std::size_t> choice, std::int64_t samples) {
    return subject_.measure(assembled(choice).model(), samples);
  };
  const allocate::EvolutionOptions options{
      .generations = options_.generations,
      .offspring = 8,
      .initial = 1,
      .survivors = {2, 1},
      .data = {std::max<std::int64_t>(options_.refine_samples / 4, 1), options_.refine_samples}};
  auto state = allocate::start_evolution(parts, bits, fitness, key, options, std::move(start));
  allocate::evolve(parts, bits, fitness, key, options, state, monitor);
  return state.best.choice;
}

Compressed Compressor::corrected(const std::vector<std::size_t>& choice, bool weights,
                                 core::Monitor& monitor) const {
  Compressed out = with(choice);
  const auto round = [&](std::size_t k, const Tensor& target) {
    const Entry& entry = menus_[k].entries[choice[k]];
    if (!weights || entry.method != "rate") return entry.coded;
    const RateRounding options{.price = entry.price,
                               .column_group = column_group_of(subject_, k),
                               .step_factor = menu_options_.step_factor};
    return round_at_price(target, feedback_of(subject_, k, menu_options_.damping),
                          subject_.importance(k), options)
        .coded;
  };
  correct_in_order(subject_, round, out.model, {.weights = weights}, monitor);
  for (std::size_t k = 0; k < menus_.size(); ++k) {
    out.layers[k].bytes = static_cast<std::int64_t>(encode(out.model.matrices[k]).size());
  }
  out.file_bytes = static_cast<std::int64_t>(file_bytes(out.model));
  return out;
}

Compressed Compressor::run(std::int64_t bytes, core::Key key, core::Monitor& monitor) {
  const std::int64_t of_file = activations_.menus().empty() ? bytes : allocate(bytes).file_bytes;
  const double bits =
      8.0 * static_cast<double>(of_file) / static_cast<double>(subject_.parameters());
  if (options_.probe_samples > 0 && std::abs(bits - probed_bits_) > .4) {
    probe(subject_, base_, menus_,
          {.bits = bits,
           .samples = options_.probe_samples,
           .temperature = options_.probe_temperature},
          monitor);
    probed_bits_ = bits;
  }
  const Compressed plain = allocate(bytes);
  // The last pass changes sizes a little: the allocator's budget is moved until the file fits.
  Compressed best = plain;
  double least = std::numeric_limits<double>::infinity();
  std::int64_t now = bytes;
  for (int attempt = 0; attempt < 4; ++attempt) {
    std::vector<std::size_t> choice = choice_within(std::max(now, smallest_bytes()));
    if (options_.generations > 0 && attempt == 0) {
      choice = evolved(std::move(choice), weight_bits(now), key, monitor);
    }
    Compressed one = options_.correct ? corrected(choice, true, monitor) : with(choice);
    one.measured_bits = subject_.measure(one.model.model());
    const std::int64_t size = one.file_bytes + one.activation_bytes;
    if (size <= bytes && one.measured_bits < least) {
      least = one.measured_bits;
      best = std::move(one);
      if (!options_.correct || bytes - size < bytes / 200) break;
    }
    now += bytes - size - 8;
  }
  if (!std::isfinite(least)) best.measured_bits = subject_.measure(best.model.model());
  best.budget_bytes = bytes;
  best.curve = plain.curve;
  return best;
}

}  // namespace venturi::compress
