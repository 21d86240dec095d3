#include "venturi/compress/menu.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "venturi/compress/low_rank.hpp"
#include "venturi/compress/pruning.hpp"
#include "venturi/compress/rounding.hpp"
#include "venturi/core/error.hpp"

namespace venturi::compress {
namespace {

using tensor::Tensor;

bool asks(const MenuOptions& options, std::string_view method) {
  return ("," + options.methods + ",").find("," + std::string(method) + ",") != std::string::npos;
}

void add(const Subject& subject, std::size_t k, const Tensor& w, Entry entry, Menu& menu) {
  round_to_file(entry.coded);
  entry.bits = 8 * static_cast<std::int64_t>(encode(entry.coded).size());
  entry.nats = std::max(subject.predicted_nats(k, to_tensor(entry.coded) - w), 0.0);
  menu.entries.push_back(std::move(entry));
}

CodedMatrix nothing(const net::MatrixNode& node) {
  CodedMatrix out{.way = Way::scaled, .rows = node.outputs, .columns = node.inputs};
  out.levels.resize(static_cast<std::size_t>(node.outputs * node.inputs));
  out.scales = {1};
  return out;
}

// Each factor at a price, the left one under the identity.
CodedMatrix coded_product(const Tensor& left, const Tensor& right, const Feedback& feedback,
                          std::span<const double> importance, double price) {
  CodedMatrix out{.way = Way::product, .rows = left.size(0), .columns = right.size(1)};
  const std::int64_t rank = left.size(1);
  const Feedback none = prepare_feedback(torch::eye(rank, torch::kFloat64));
  const std::vector<double> alike(static_cast<std::size_t>(rank), 1.0);
  double mean = 0;
  for (const double f : importance) mean += f / static_cast<double>(importance.size());
  // The right factor's error is multiplied by the left one's columns: their mean square energy.
  const double gain = left.square().sum(0).mean().item<double>() * mean;
  const std::vector<double> right_importance(static_cast<std::size_t>(rank), gain);
  // The left factor's inputs are V^T S^-1 x, of about unit second moment times D.
  const double energy = right.square().sum(1).mean().item<double>();
  std::vector<double> left_importance(importance.begin(), importance.end());
  const Tensor u = feedback.u.diagonal();
  const double moment = u.square().reciprocal().mean().item<double>();
  for (double& f : left_importance) f *= energy * moment;
  out.factors.push_back(round_at_price(left, none, left_importance, {.price = price}).coded);
  out.factors.push_back(round_at_price(right, feedback, right_importance, {.price = price}).coded);
  return out;
}

// SparseGPT with half of the weights 0, the others on a grid of n levels a row.
CodedMatrix masked_grid(const Tensor& w, const Feedback& feedback, int levels) {
  const Tensor wide = w.to(torch::kFloat64);
  const GridOptions options{.levels = levels, .symmetric = true};
  const Grid grid = fit_grid(wide, options);
  const Rounded rounded = sparse_gpt(wide, feedback, {.share = .5},
                                     [&](std::int64_t, std::int64_t, const Tensor& column,
                                         const Tensor& q) { q.copy_(grid.value_of(column)); });
  CodedMatrix out{.way = Way::scaled, .rows = w.size(0), .columns = w.size(1)};
  out.group = w.size(1);
  out.scales = tensor::to_floats(grid.scale);
  const Tensor levels_of =
      (rounded.weights / grid.scale.unsqueeze(1)).round().to(torch::kInt32).contiguous();
  const auto* p = levels_of.data_ptr<std::int32_t>();
  out.levels.assign(p, p + levels_of.numel());
  return out;
}

}  // namespace

std::vector<Feedback> feedback_of(const Subject& subject, std::size_t k, double damping,
                                  std::vector<std::string>* remarks) {
  std::vector<Feedback> out;
  const Tensor second = subject.second(k);
  for (std::int64_t g = 0; g < second.size(0); ++g) {
    out.push_back(prepare_feedback(second.select(0, g), {.damping = damping}));
    if (remarks != nullptr && !out.back().remark.empty()) {
      remarks->push_back(fmt::format("'{}': {}", subject.nodes()[k].weight, out.back().remark));
    }
  }
  return out;
}

std::int64_t column_group_of(const Subject& subject, std::size_t k) {
  const net::MatrixNode& node = subject.nodes()[k];
  const net::Node& op = subject.model().graph.nodes[node.node];
  if (op.op != "Conv") return node.outputs >= 64 ? 1 : node.inputs;
  const Tensor& weight = subject.model().weights.at(node.weight);
  const std::int64_t area = weight.numel() / (weight.size(0) * weight.size(1));
  return node.outputs * area >= 64 ? area : node.inputs;
}

Menu make_menu(const Subject& subject, std::size_t k, const MenuOptions& options) {
  const net::MatrixNode& node = subject.nodes()[k];
  Menu menu{.name = node.weight};
  const Tensor w = subject.matrix(k);
  const auto feedback = feedback_of(subject, k, options.damping, &menu.remarks);
  const auto importance = subject.importance(k);
  const bool heard = *std::max_element(importance.begin(), importance.end()) > 0;
  if (!heard) menu.remarks.push_back(fmt::format("'{}': no output depends on it", node.weight));
  add(subject, k, w, {.method = "zero", .coded = nothing(node)}, menu);
  std::vector<double> alike(importance.size(), 1e-12);
  const std::span<const double> rows = heard ? std::span<const double>(importance) : alike;
  if (asks(options, "rate")) {
    const std::int64_t group = column_group_of(subject, k);
    for (double p = options.lowest_price; p <= options.highest_price; p += 0.5) {
      const double price = std::exp2(p);
      auto rounded = round_at_price(
          w, feedback, rows,
          {.price = price, .column_group = group, .step_factor = options.step_factor});
      add(subject, k, w, {.method = "rate", .price = price, .coded = std::move(rounded.coded)},
          menu);
    }
  }
  const std::int64_t most = std::min(node.outputs, node.inputs);
  if (asks(options, "rank") && node.groups == 1) {
    for (const std::int64_t part : {8, 4, 2}) {
      if (most / part < 1) continue;
      const auto [left, right] = low_rank(w, subject.second(k).select(0, 0), most / part);
      for (double p = options.lowest_price + 4; p <= options.highest_price; p += 4) {
        auto coded = coded_product(left, right, feedback[0], rows, std::exp2(p));
        add(subject, k, w, {.method = "rank", .price = std::exp2(p), .coded = std::move(coded)},
            menu);
      }
    }
  }
  if (asks(options, "mask") && node.groups == 1) {
    for (const int levels : {16, 64}) {
      add(subject, k, w, {.method = "mask", .coded = masked_grid(w, feedback[0], levels)}, menu);
    }
  }
  return menu;
}

void probe(const Subject& subject, const CompressedModel& base, std::vector<Menu>& menus,
           const ProbeOptions& options, core::Monitor& monitor) {
  const net::Weights exact = base.model().weights;
  std::vector<double> softened(menus.size(), -1);  // divergence by prediction; -1: not measured
  double sum = 0, softened_sum = 0;
  for (std::size_t k = 0; k < menus.size(); ++k) {
    const net::MatrixNode& node = subject.nodes()[k];
    const double wanted = options.bits * static_cast<double>(node.outputs * node.inputs);
    const Entry* nearest = nullptr;
    for (const Entry& entry : menus[k].entries) {
      const auto distance = [&](const Entry& e) {
        return std::abs(static_cast<double>(e.bits) - wanted);
      };
      if (entry.method == "rate" && (nearest == nullptr || distance(entry) < distance(*nearest))) {
        nearest = &entry;
      }
    }
    if (nearest == nullptr || nearest->nats <= 0) continue;
    net::Model changed{base.graph, exact};
    Tensor& weight = changed.weights[node.weight];
    weight = net::from_matrix_of(node, to_tensor(nearest->coded), weight);
    const Tensor y = subject.outputs_of(changed, options.samples);
    const Tensor trained = subject.outputs().slice(0, 0, y.size(0));
    const double measured = std::max(divergence_bits(trained, y, options.temperature), 0.0);
    softened[k] = measured * std::numbers::ln2 / nearest->nats;
    softened_sum += measured;
    sum += divergence_bits(trained, y);
    monitor.progress({"probe", k + 1, menus.size(), "layers", ""});
    if (monitor.stop_requested()) throw core::Interrupted("[compress.probe] stopped");
  }
  const double scale = softened_sum > 0 ? std::max(sum, 0.0) / softened_sum : 1;
  for (std::size_t k = 0; k < menus.size(); ++k) {
    if (softened[k] < 0) continue;
    menus[k].coefficient = std::clamp(softened[k] * scale, 1.0 / 8, 8.0);
  }
}

std::vector<allocate::Part> parts_of(const std::vector<Menu>& menus) {
  std::vector<allocate::Part> out;
  for (const Menu& menu : menus) {
    allocate::Part part{.name = menu.name, .choices = {}};
    for (const Entry& entry : menu.entries) {
      part.choices.push_back({.bits = entry.bits, .distortion = entry.nats * menu.coefficient});
    }
    out.push_back(std::move(part));
  }
  return out;
}

}  // namespace venturi::compress
