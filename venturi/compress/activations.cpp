#include "venturi/compress/activations.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "venturi/core/error.hpp"
#include "venturi/core/file.hpp"
#include "venturi/net/builder.hpp"
#include "venturi/net/rewrite.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

constexpr std::string_view kWhere = "compress.activations";
constexpr std::int64_t kKept = 1 << 12;  // values of an edge, of a batch, that ranges are fitted to
constexpr std::int64_t kBatch = 32;
constexpr std::int64_t kTokenBits = 32;
constexpr double kTiny = 0x1p-14;  // smallest step that float16 keeps well

std::string scalar(net::GraphBuilder& b, const std::string& name, double value) {
  return b.parameter(name, torch::tensor(value, torch::kFloat32));
}

net::Model static_module(const Quantiser& q, int opset) {
  const double n = std::exp2(q.bits) - 1;
  const double wanted = std::max((std::max(q.high, 0.0) - std::min(q.low, 0.0)) / n, kTiny);
  const double step = kept(torch::tensor(wanted, torch::kFloat32)).item<double>();
  const double zero = std::clamp(std::round(-q.low / step), 0.0, n);
  net::GraphBuilder b("static", core::Key(1), opset);
  std::string x = b.input("x", {});
  if (q.bits < 8) {
    x = b.node("Clip", "clip",
               {x, scalar(b, "low", -zero * step), scalar(b, "high", (n - zero) * step)});
  }
  const std::string scale = scalar(b, "scale", step);
  const std::string point = b.parameter("zero", torch::tensor(zero).to(torch::kUInt8));
  x = b.node("QuantizeLinear", "levels", {x, scale, point});
  x = b.node("DequantizeLinear", "values", {x, scale, point});
  return b.finish({{.name = x, .shape = {}}});
}

net::Model token_module(const Quantiser& q, int opset) {
  net::GraphBuilder b("token", core::Key(1), opset);
  const std::string x = b.input("x", {});
  std::vector<std::int64_t> axes = {-1};
  if (q.map) {
    axes.clear();
    for (std::int64_t a = 1; a < q.axes; ++a) axes.push_back(a);
  }
  const auto extreme = [&](const std::string& op, const std::string& name) {
    if (opset >= 18) return b.node(op, name, {x, b.integers(name + ".axes", axes)});
    return b.node(op, name, {x}, net::integer_attributes({{"axes", axes}}));
  };
  const std::string nil = scalar(b, "nil", 0);
  const std::string low = b.node("Min", "low", {extreme("ReduceMin", "least"), nil});
  const std::string high = b.node("Max", "high", {extreme("ReduceMax", "most"), nil});
  const std::string range = b.node("Sub", "range", {high, low});
  const std::string levels = scalar(b, "count", std::exp2(q.bits) - 1);
  const std::string step =
      b.node("Max", "step", {b.node("Div", "width", {range, levels}), scalar(b, "tiny", kTiny)});
  const std::string at = b.node("Div", "at", {b.node("Sub", "above", {x, low}), step});
  const std::string up = b.node("Mul", "up", {b.node("Round", "level", {at}), step});
  return b.finish({{.name = b.node("Add", "values", {up, low}), .shape = {}}});
}

// Edges that count, in the order of their writers.
std::vector<ActivationMenu> edges_that_count(const Subject& subject,
                                             std::map<std::string, Quantiser>& drafts) {
  const net::Graph& graph = subject.model().graph;
  std::map<std::string, std::size_t> writer;
  std::map<std::string, ActivationMenu> found;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const net::Node& node = graph.nodes[i];
    for (const std::string& name : node.outputs) writer[name] = i;
    const bool matrix = node.op == "Conv" || node.op == "Gemm" || node.op == "MatMul";
    for (std::size_t j = 0; j < node.inputs.size(); ++j) {
      const std::string& name = node.inputs[j];
      if (name.empty() || !writer.contains(name)) continue;
      if (matrix && j < 2) {
        drafts[name].map |= node.op == "Conv";
        found[name].edge = name;
      }
      if (const auto it = found.find(name); it != found.end()) it->second.end = i;
    }
  }
  // Readers before the first matrix that reads it count for its life as well.
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& name : graph.nodes[i].inputs) {
      if (const auto it = found.find(name); it != found.end()) {
        it->second.end = std::max(it->second.end, i);
      }
    }
  }
  for (const net::Port& port : graph.outputs) found.erase(port.name);
  net::RunOptions run;
  run.hooks.push_back(net::observe("*", [&](const std::string& edge, const Tensor& value) {
    const auto it = found.find(edge);
    if (it == found.end()) return;
    if (!value.is_floating_point() || value.dim() < 2) {
      found.erase(it);
      return;
    }
    ActivationMenu& menu = it->second;
    menu.elements = value.numel();
    menu.tokens = drafts[edge].map ? 1 : value.numel() / std::max<std::int64_t>(value.size(-1), 1);
    drafts[edge].axes = static_cast<int>(value.dim());
    drafts[edge].edge = edge;
  }));
  subject.executor().run({subject.inputs().slice(0, 0, 1)}, run);
  std::vector<ActivationMenu> out;
  for (auto& [name, menu] : found) {
    menu.begin = writer.at(name);
    if (menu.elements > 0) out.push_back(std::move(menu));
  }
  std::ranges::sort(out, {}, &ActivationMenu::begin);
  return out;
}

// Values of every edge, some of each batch, with the least and the largest of all in front.
std::map<std::string, Tensor> values_of(const Subject& subject,
                                        const std::vector<ActivationMenu>& menus,
                                        std::int64_t samples) {
  std::map<std::string, std::vector<Tensor>> parts;
  for (const ActivationMenu& menu : menus) parts[menu.edge] = {};
  net::RunOptions run;
  run.hooks.push_back(net::observe("*", [&](const std::string& edge, const Tensor& value) {
    const auto it = parts.find(edge);
    if (it == parts.end()) return;
    const Tensor flat = value.detach().flatten();
    it->second.push_back(torch::stack({flat.min(), flat.max()}));
    const std::int64_t step = std::max<std::int64_t>(flat.numel() / kKept, 1);
    it->second.push_back(flat.slice(0, 0, flat.numel(), step));
  }));
  const Tensor& x = subject.inputs();
  const std::int64_t n = std::min(samples, x.size(0));
  for (std::int64_t begin = 0; begin < n; begin += kBatch) {
    subject.executor().run({x.slice(0, begin, std::min(begin + kBatch, n))}, run);
  }
  std::map<std::string, Tensor> out;
  for (auto& [edge, list] : parts) out[edge] = torch::cat(list);
  return out;
}

// The range of least squared error.
void fit_range(const Tensor& values, Quantiser& q) {
  const double low = std::min(values.min().item<double>(), 0.0);
  const double high = std::max(values.max().item<double>(), 0.0);
  const double n = std::exp2(q.bits) - 1;
  double least = std::numeric_limits<double>::infinity();
  for (double part = 1; part > .28; part -= .05) {
    const double step = std::max((high - low) * part / n, kTiny);
    const double zero = std::clamp(std::round(-low * part / step), 0.0, n);
    const Tensor rounded = ((values / step).round() + zero).clamp(0, n) - zero;
    const double error = (rounded * step - values).square().mean().item<double>();
    if (error < least) {
      least = error;
      q.low = low * part;
      q.high = high * part;
    }
  }
}

core::Json kept_edges(const std::filesystem::path& file, std::uint64_t identity) {
  const core::Json none = {{"identity", identity}, {"edges", core::Json::object()}};
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) return none;
  const core::Json json = core::Json::parse(core::read_text(file), nullptr, false);
  const bool ours = json.is_object() && json.value("identity", core::Json()) == identity &&
                    json.value("edges", core::Json()).is_object();
  return ours ? json : none;
}

// The entries that a file kept of an edge; false where they are not those asked for.
bool take_kept(const core::Json& kept, ActivationMenu& menu) {
  const auto found = kept.find(menu.edge);
  if (found == kept.end() || !found->is_array() || found->size() != menu.entries.size()) {
    return false;
  }
  for (std::size_t i = 0; i < menu.entries.size(); ++i) {
    const core::Json& one = (*found)[i];
    const bool numbers =
        one.is_array() && one.size() == 3 &&
        std::ranges::all_of(one, [](const core::Json& v) { return v.is_number(); });
    if (!numbers || one[2].get<double>() < 0) return false;
    Quantiser& q = menu.entries[i].quantiser;
    q.low = one[0].get<double>();
    q.high = one[1].get<double>();
    menu.entries[i].nats = one[2].get<double>();
  }
  return true;
}

void probe_edge(const Subject& subject, const Tensor& values, std::int64_t samples,
                ActivationMenu& menu) {
  for (ActivationMenu::Entry& entry : menu.entries) {
    if (entry.quantiser.bits == 32) continue;
    if (!entry.quantiser.token) fit_range(values, entry.quantiser);
    net::Model changed = subject.model();
    quantise(changed, std::span(&entry.quantiser, 1));
    entry.nats = std::max(subject.measure(changed, samples) * std::numbers::ln2, 0.0);
  }
}

}  // namespace

void quantise(net::Model& model, std::span<const Quantiser> quantisers) {
  if (model.graph.opset < 13) {
    core::fail_argument(kWhere,
                        "activations in few bits need operator set 13 or later, the network has "
                        "{}",
                        model.graph.opset);
  }
  for (const Quantiser& q : quantisers) {
    if (q.bits == 32) continue;
    net::insert_module(
        model, q.edge,
        q.token ? token_module(q, model.graph.opset) : static_module(q, model.graph.opset));
  }
}

void quantise(CompressedModel& model, std::span<const Quantiser> quantisers) {
  net::Model both{std::move(model.graph), std::move(model.rest)};
  quantise(both, quantisers);
  model.graph = std::move(both.graph);
  model.rest.clear();
  for (auto& [name, value] : both.weights) model.rest[name] = kept(value);
  for (const Quantiser& q : quantisers) {
    if (q.bits != 32) model.quantised.push_back(q.edge);
  }
  for (net::MatrixNode& node : model.nodes) {
    const auto reads = [&](const net::Node& n) {
      return n.inputs.size() > 1 && n.inputs[1] == node.weight;
    };
    const auto at = std::ranges::find_if(model.graph.nodes, reads);
    node.node = static_cast<std::size_t>(at - model.graph.nodes.begin());
  }
}

std::vector<ActivationMenu> activation_menus(const Subject& subject,
                                             const ActivationOptions& options,
                                             const std::filesystem::path& resume,
                                             std::uint64_t identity, core::Monitor& monitor) {
  const torch::NoGradGuard no_grad;
  std::vector<std::int64_t> bits = options.bits;
  std::ranges::sort(bits, std::greater());
  bits.erase(std::ranges::unique(bits).begin(), bits.end());
  for (const std::int64_t b : bits) {
    if (b != 32 && (b < 2 || b > 8)) {
      core::fail_argument(kWhere, "expected activation bits of 2 to 8, or 32, got {}", b);
    }
  }
  if (bits.empty()) core::fail_argument(kWhere, "expected activation bits, got none");
  std::map<std::string, Quantiser> drafts;
  auto menus = edges_that_count(subject, drafts);
  if (menus.empty()) core::fail_argument(kWhere, "no edge between the network's matrices");
  core::Json done = kept_edges(resume, identity);
  std::map<std::string, Tensor> values;
  for (std::size_t k = 0; k < menus.size(); ++k) {
    ActivationMenu& menu = menus[k];
    for (const std::int64_t b : bits) {
      Quantiser q = drafts.at(menu.edge);
      q.bits = static_cast<int>(b);
      q.token = options.token;
      const bool ranges = options.token && b != 32;
      menu.entries.push_back({q, menu.elements * b + (ranges ? menu.tokens * kTokenBits : 0), 0});
    }
    if (take_kept(done["edges"], menu)) continue;
    if (monitor.stop_requested()) {
      throw core::Interrupted(fmt::format("[{}] stopped after {} of {} edges{}", kWhere, k,
                                          menus.size(),
                                          resume.empty() ? "" : "; the same command goes on"));
    }
    if (values.empty() && !options.token) values = values_of(subject, menus, options.samples);
    probe_edge(subject, options.token ? Tensor() : values.at(menu.edge), options.samples, menu);
    for (const auto& e : menu.entries) {
      done["edges"][menu.edge].push_back({e.quantiser.low, e.quantiser.high, e.nats});
    }
    if (!resume.empty()) core::write_file(resume, done.dump());
    monitor.progress({"activations", k + 1, menus.size(), "edges", ""});
  }
  return menus;
}

ActivationChoices::ActivationChoices(std::vector<ActivationMenu> menus, bool peak)
    : menus_(std::move(menus)), peak_(peak) {
  if (!peak) {
    for (const ActivationMenu& menu : menus_) {
      allocate::Part part{.name = menu.edge, .choices = {}};
      for (const auto& entry : menu.entries) {
        part.choices.push_back({.bits = entry.bits, .distortion = entry.nats});
      }
      parts_.push_back(std::move(part));
    }
    return;
  }
  if (menus_.empty()) return;
  std::vector<std::size_t> now(menus_.size(), 0);
  allocate::Part part{.name = "activations", .choices = {}};
  for (;;) {
    std::size_t where = 0;
    const std::int64_t bits = peak_of(now, &where);
    double nats = 0;
    for (std::size_t k = 0; k < now.size(); ++k) nats += menus_[k].entries[now[k]].nats;
    if (part.choices.empty() || bits < part.choices.back().bits) {
      part.choices.push_back({.bits = bits, .distortion = nats});
      path_.push_back(now);
    }
    std::size_t best = menus_.size();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < now.size(); ++k) {
      const ActivationMenu& menu = menus_[k];
      if (where < menu.begin || where > menu.end || now[k] + 1 == menu.entries.size()) continue;
      const auto& from = menu.entries[now[k]];
      const auto& to = menu.entries[now[k] + 1];
      const double loss = (to.nats - from.nats) /
                          static_cast<double>(std::max<std::int64_t>(from.bits - to.bits, 1));
      if (loss < least) {
        least = loss;
        best = k;
      }
    }
    if (best == menus_.size()) break;
    ++now[best];
  }
  parts_.push_back(std::move(part));
}

std::int64_t ActivationChoices::peak_of(std::span<const std::size_t> entries,
                                        std::size_t* where) const {
  std::int64_t most = -1;
  for (const ActivationMenu& at : menus_) {  // the sum rises at writers only
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < menus_.size(); ++k) {
      if (menus_[k].begin <= at.begin && at.begin <= menus_[k].end) {
        sum += menus_[k].entries[entries[k]].bits;
      }
    }
    if (sum > most) {
      most = sum;
      if (where != nullptr) *where = at.begin;
    }
  }
  return most;
}

std::vector<std::size_t> ActivationChoices::entries_of(std::span<const std::size_t> choice) const {
  if (peak_ && !menus_.empty()) return path_.at(choice[0]);
  return {choice.begin(), choice.end()};
}

std::int64_t ActivationChoices::elements() const {
  std::int64_t most = 0, total = 0;
  for (const ActivationMenu& at : menus_) {
    total += at.elements;
    std::int64_t sum = 0;
    for (const ActivationMenu& menu : menus_) {
      if (menu.begin <= at.begin && at.begin <= menu.end) sum += menu.elements;
    }
    most = std::max(most, sum);
  }
  return peak_ ? most : total;
}

std::int64_t ActivationChoices::bits_of(std::span<const std::size_t> entries) const {
  if (peak_) return menus_.empty() ? 0 : peak_of(entries, nullptr);
  std::int64_t out = 0;
  for (std::size_t k = 0; k < menus_.size(); ++k) out += menus_[k].entries[entries[k]].bits;
  return out;
}

}  // namespace venturi::compress
