// Recurrent layers: RNN, GRU and LSTM, forward, reverse or both, step by step.
//
// Shapes, with s steps, b in the batch, d directions, i inputs, h hidden units and g gates:
//   X s*b*i, W d*(g h)*i, R d*(g h)*h, B d*(2 g h), initial states d*b*h, Y s*d*b*h;
// layout 1 puts the batch first: X b*s*i, states b*d*h, Y b*s*d*h.
#include <array>

#include "venturi/net/operator_parts.hpp"

namespace venturi::net {
namespace {

struct Activation {
  std::string name;
  double alpha = 0, beta = 0;

  Tensor operator()(const Tensor& x) const {
    if (name == "Sigmoid") return x.sigmoid();
    if (name == "Tanh") return x.tanh();
    if (name == "Relu") return x.relu();
    if (name == "Affine") return x * alpha + beta;
    if (name == "LeakyRelu") return torch::leaky_relu(x, alpha);
    if (name == "ThresholdedRelu") return torch::where(x > alpha, x, torch::zeros_like(x));
    if (name == "ScaledTanh") return alpha * torch::tanh(beta * x);
    if (name == "HardSigmoid") return torch::clamp(alpha * x + beta, 0, 1);
    if (name == "Elu") return torch::elu(x, alpha);
    if (name == "Softsign") return x / (1 + x.abs());
    if (name == "Softplus") return torch::softplus(x);
    core::fail_data(kOperator, "unknown activation '{}'", name);
  }
};

// The names in `names`, their alpha and beta taken in order by those that have them; the defaults
// are those of the operators of the same names.
std::vector<Activation> activations_of(const Call& call, std::vector<std::string> names) {
  struct Defaults {
    const char* name;
    bool has_alpha, has_beta;
    double alpha, beta;
  };
  static constexpr std::array<Defaults, 6> with_numbers = {{
      {"Affine", true, true, 1, 0},
      {"LeakyRelu", true, false, 0.01, 0},
      {"ThresholdedRelu", true, false, 1, 0},
      {"ScaledTanh", true, true, 1, 1},
      {"HardSigmoid", true, true, 0.2, 0.5},
      {"Elu", true, false, 1, 0},
  }};
  const std::vector<double> alphas = call.attributes.reals("activation_alpha", {});
  const std::vector<double> betas = call.attributes.reals("activation_beta", {});
  std::size_t alpha = 0;
  std::size_t beta = 0;
  std::vector<Activation> out;
  for (std::string& name : names) {
    Activation f{.name = std::move(name)};
    for (const Defaults& d : with_numbers) {
      if (f.name != d.name) continue;
      f.alpha = d.has_alpha && alpha < alphas.size() ? alphas[alpha++] : d.alpha;
      f.beta = d.has_beta && beta < betas.size() ? betas[beta++] : d.beta;
    }
    out.push_back(std::move(f));
  }
  return out;
}

// One direction of one layer.
struct Cell {
  Tensor w, r;            // (g h)*i, (g h)*h
  Tensor w_bias, r_bias;  // g h; zeros where there is no B
  Tensor peephole;        // 3 h, LSTM only; undefined where absent
  std::vector<Activation> f;
  std::int64_t hidden = 0;
  double clip = 0;  // 0: none
  bool linear_before_reset = false;
  bool input_forget = false;

  Tensor bounded(const Tensor& x) const { return clip > 0 ? x.clamp(-clip, clip) : x; }
  Tensor apply(std::size_t i, const Tensor& x) const { return f[i](bounded(x)); }
};

struct State {
  Tensor h, c;
};

// xw: the input's part of all gates, b*(g h), with its bias.
using Step = State (*)(const Cell& cell, const Tensor& xw, const State& state);

State rnn_step(const Cell& cell, const Tensor& xw, const State& state) {
  return {cell.apply(0, xw + torch::matmul(state.h, cell.r.t()) + cell.r_bias), {}};
}

// Gates z, r, h.
State gru_step(const Cell& cell, const Tensor& xw, const State& state) {
  const std::int64_t n = cell.hidden;
  const auto part = [&](const Tensor& x, std::int64_t gate, std::int64_t count) {
    return x.narrow(-1, gate * n, count * n);
  };
  const Tensor r_zr = cell.r.narrow(0, 0, 2 * n);
  const Tensor r_h = cell.r.narrow(0, 2 * n, n);
  const Tensor gates =
      cell.apply(0, part(xw, 0, 2) + torch::matmul(state.h, r_zr.t()) + part(cell.r_bias, 0, 2));
  const Tensor z = part(gates, 0, 1);
  const Tensor r = part(gates, 1, 1);
  const Tensor recurrent = cell.linear_before_reset
                               ? r * (torch::matmul(state.h, r_h.t()) + part(cell.r_bias, 2, 1))
                               : torch::matmul(r * state.h, r_h.t()) + part(cell.r_bias, 2, 1);
  const Tensor candidate = cell.apply(1, part(xw, 2, 1) + recurrent);
  return {(1 - z) * candidate + z * state.h, {}};
}

// Gates i, o, f, c; peepholes i, o, f.
State lstm_step(const Cell& cell, const Tensor& xw, const State& state) {
  const std::vector<Tensor> gates =
      (xw + torch::matmul(state.h, cell.r.t()) + cell.r_bias).chunk(4, -1);
  const auto peek = [&](const Tensor& gate, std::int64_t i, const Tensor& c) {
    if (!cell.peephole.defined()) return gate;
    return gate + cell.peephole.narrow(0, i * cell.hidden, cell.hidden) * c;
  };
  const Tensor in = cell.apply(0, peek(gates[0], 0, state.c));
  const Tensor forget = cell.input_forget ? 1 - in : cell.apply(0, peek(gates[2], 2, state.c));
  const Tensor c = forget * state.c + in * cell.apply(1, gates[3]);
  const Tensor out = cell.apply(0, peek(gates[1], 1, c));
  return {out * cell.f[2](c), c};
}

struct Kind {
  std::int64_t gates;
  Step step;
  std::vector<std::string> activations;  // of one direction
  bool has_cell = false;                 // a cell state beside the hidden one
};

struct Run {
  Tensor y;  // s*b*h
  State last;
};

Run run_direction(const Kind& kind, const Cell& cell, const Tensor& x, const Tensor& lens,
                  bool reverse, State state) {
  const auto turned = [&](const Tensor& t) {
    if (!reverse) return t;
    return lens.defined() ? reverse_sequences(t, lens) : t.flip(0);
  };
  const Tensor xw = torch::matmul(turned(x), cell.w.t()) + cell.w_bias;
  std::vector<Tensor> steps;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    State next = kind.step(cell, xw[t], state);
    Tensor y = next.h;
    if (lens.defined()) {
      // Sequences that have ended keep their state and put out zeros.
      const Tensor live = (lens > t).unsqueeze(1);
      next.h = torch::where(live, next.h, state.h);
      if (next.c.defined()) next.c = torch::where(live, next.c, state.c);
      y = torch::where(live, y, torch::zeros_like(y));
    }
    steps.push_back(y);
    state = std::move(next);
  }
  return {turned(torch::stack(steps)), std::move(state)};
}

void check_sizes(const Tensor& x, const Sizes& sizes, const char* what) {
  if (x.sizes() != c10::IntArrayRef(sizes)) {
    core::fail_data(kOperator, "expected {} ({}), got {}", what, fmt::join(sizes, "*"),
                    fmt::join(x.sizes(), "*"));
  }
}

struct Layer {
  Tensor x, lens;
  bool batch_first = false;
  std::int64_t steps = 0, batch = 0, directions = 1, hidden = 0;
  bool reverse = false;  // the only direction
};

Layer layer_of(const Call& call, const Kind& kind) {
  Layer l{.x = real_input(call, 0), .lens = optional_input(call, 4)};
  const Tensor& w = real_input(call, 1);
  const Tensor& r = real_input(call, 2);
  const std::string direction = call.attributes.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
    core::fail_data(kOperator, "unknown direction '{}'", direction);
  }
  l.reverse = direction == "reverse";
  l.directions = direction == "bidirectional" ? 2 : 1;
  l.batch_first = call.attributes.integer("layout", 0) != 0;
  if (l.x.dim() != 3 || r.dim() != 3)
    core::fail_data(kOperator, "expected X and R of 3 dimensions");
  if (l.batch_first) l.x = l.x.transpose(0, 1);
  l.steps = l.x.size(0);
  l.batch = l.x.size(1);
  l.hidden = r.size(2);
  if (l.steps < 1 || l.hidden < 1 || call.attributes.integer("hidden_size", l.hidden) != l.hidden) {
    core::fail_data(kOperator, "expected steps, and hidden_size {} as R has it", l.hidden);
  }
  check_sizes(w, {l.directions, kind.gates * l.hidden, l.x.size(2)}, "W");
  check_sizes(r, {l.directions, kind.gates * l.hidden, l.hidden}, "R");
  if (l.lens.defined()) {
    check_sizes(l.lens, {l.batch}, "sequence_lens");
    if ((l.lens.lt(0) | l.lens.gt(l.steps)).any().item<bool>()) {
      core::fail_data(kOperator, "expected sequence lengths in [0, {}]", l.steps);
    }
  }
  return l;
}

// An initial state as d*b*h; zeros where it is absent.
Tensor initial(const Call& call, std::size_t i, const Layer& l, const char* what) {
  Tensor state = optional_input(call, i);
  if (!state.defined()) return torch::zeros({l.directions, l.batch, l.hidden}, l.x.options());
  if (l.batch_first && state.dim() == 3) state = state.transpose(0, 1);
  check_sizes(state, {l.directions, l.batch, l.hidden}, what);
  return state;
}

Cell cell_of(const Call& call, const Kind& kind, const Layer& l, std::int64_t d,
             const std::vector<Activation>& activations) {
  const std::int64_t rows = kind.gates * l.hidden;
  const std::size_t count = kind.activations.size();
  const auto first = activations.begin() + d * static_cast<std::int64_t>(count);
  Cell cell{.w = input(call, 1)[d],
            .r = input(call, 2)[d],
            .f = {first, first + static_cast<std::int64_t>(count)},
            .hidden = l.hidden,
            .clip = call.attributes.real("clip", 0),
            .linear_before_reset = call.attributes.integer("linear_before_reset", 0) != 0,
            .input_forget = call.attributes.integer("input_forget", 0) != 0};
  Tensor bias = optional_input(call, 3);
  if (!bias.defined()) bias = torch::zeros({l.directions, 2 * rows}, l.x.options());
  check_sizes(bias, {l.directions, 2 * rows}, "B");
  cell.w_bias = bias[d].narrow(0, 0, rows);
  cell.r_bias = bias[d].narrow(0, rows, rows);
  const Tensor peephole = kind.has_cell ? optional_input(call, 7) : Tensor{};
  if (peephole.defined()) {
    check_sizes(peephole, {l.directions, 3 * l.hidden}, "P");
    cell.peephole = peephole[d];
  }
  return cell;
}

Results run_layer(const Call& call, const Kind& kind) {
  const Layer l = layer_of(call, kind);
  std::vector<std::string> names = call.attributes.texts("activations");
  if (names.empty()) {
    for (std::int64_t d = 0; d < l.directions; ++d) {
      names.insert(names.end(), kind.activations.begin(), kind.activations.end());
    }
  }
  if (names.size() != kind.activations.size() * static_cast<std::size_t>(l.directions)) {
    core::fail_data(kOperator, "{} activations do not fit the directions", names.size());
  }
  const std::vector<Activation> activations = activations_of(call, std::move(names));
  const Tensor h = initial(call, 5, l, "initial_h");
  const Tensor c = kind.has_cell ? initial(call, 6, l, "initial_c") : Tensor{};
  std::vector<Tensor> ys, hs, cs;
  for (std::int64_t d = 0; d < l.directions; ++d) {
    const Cell cell = cell_of(call, kind, l, d, activations);
    Run run = run_direction(kind, cell, l.x, l.lens, l.reverse || d == 1,
                            {h[d], kind.has_cell ? c[d] : Tensor{}});
    ys.push_back(run.y);
    hs.push_back(run.last.h);
    if (kind.has_cell) cs.push_back(run.last.c);
  }
  const std::int64_t along = l.batch_first ? 1 : 0;
  Tensor y = torch::stack(ys, 1);  // s*d*b*h
  if (l.batch_first) y = y.permute({2, 0, 1, 3});
  Results out = {y, torch::stack(hs, along)};
  if (kind.has_cell) out.push_back(torch::stack(cs, along));
  return out;
}

Results rnn(const Call& call) { return run_layer(call, {1, rnn_step, {"Tanh"}}); }
Results gru(const Call& call) { return run_layer(call, {3, gru_step, {"Sigmoid", "Tanh"}}); }
Results lstm(const Call& call) {
  return run_layer(call, {4, lstm_step, {"Sigmoid", "Tanh", "Tanh"}, true});
}

constexpr auto kTable = std::to_array<Operator>({
    maths<gru, 3, 6>("GRU"),
    maths<lstm, 3, 8>("LSTM"),
    maths<rnn, 3, 6>("RNN"),
});

}  // namespace

std::span<const Operator> recurrent_operators() { return kTable; }

}  // namespace venturi::net
