#include "venturi/learn/bound_figures.hpp"

#include <algorithm>
#include <cmath>

namespace venturi::learn {

using core::Figure;
using tensor::Tensor;

namespace {

constexpr const char* kWhere = "learn.bound_figures";

const Bound& bound_named(const char* name) {
  return core::find_member(bounds(), name, kWhere).make;
}

Tensor normals(const std::vector<std::int64_t>& shape, core::Key key,
               const tensor::Device& device) {
  auto generator = tensor::make_generator(key, device);
  return torch::empty(shape, torch::TensorOptions(device)).normal_(0, 1, generator);
}

// ---- Staircase

struct Stair {
  double mean = 0, variance = 0;
};

// One critic over all stairs.
std::vector<Stair> climb(const char* name, const StaircaseOptions& o,
                         const std::vector<double>& stairs, core::Key key,
                         const tensor::Device& device, core::Monitor& monitor) {
  NeuralBound bound(bound_named(name), o.critic, o.models, o.columns, o.columns,
                    key.split("weights"), device);
  std::vector<Stair> out;
  for (std::size_t s = 0; s < stairs.size(); ++s) {
    const double rho = std::sqrt(1 - std::exp(-2 * stairs[s] / o.columns));
    std::vector<Tensor> values;
    for (int step = 0; step < o.steps; ++step) {
      const core::Key draw = key.split(s).split(static_cast<std::uint64_t>(step));
      const std::vector<std::int64_t> shape = {o.models, o.batch, o.columns};
      const Tensor x = normals(shape, draw.split("x"), device);
      const Tensor y = rho * x + std::sqrt(1 - rho * rho) * normals(shape, draw.split("y"), device);
      if (step >= o.steps / 2) {
        const torch::NoGradGuard no_grad;
        values.push_back(bound.value(x, y));
      }
      bound.step(x, y, draw);
    }
    const Tensor all = torch::stack(values).to(torch::kFloat64);  // steps*models
    out.push_back({all.mean().item<double>(), all.var(0).mean().item<double>()});
    monitor.progress(
        {.task = name, .done = s + 1, .total = stairs.size(), .unit = "stairs", .metric = ""});
  }
  return out;
}

std::vector<Figure> staircase(const StaircaseOptions& o, core::Key key,
                              const tensor::Device& device, core::Monitor& monitor) {
  const std::vector<double> stairs = {2, 4, 6, 8, 10};
  std::vector<Figure> out;
  std::vector<Stair> smile, mine;
  for (const char* name : {"smile", "mine", "nwj", "infonce", "js"}) {
    const auto climbed = climb(name, o, stairs, key, device, monitor);
    for (std::size_t s = 0; s < stairs.size(); ++s) {
      const std::string at = fmt::format("{} at {:g} nats", name, stairs[s]);
      out.push_back({at + ", mean", climbed[s].mean, "nats"});
      out.push_back({at + ", variance", climbed[s].variance, "nats^2"});
    }
    if (std::string_view(name) == "smile") smile = climbed;
    if (std::string_view(name) == "mine") mine = climbed;
  }
  for (std::size_t s = 0; s < stairs.size(); ++s) {
    out.push_back({fmt::format("smile over mine, variance at {:g} nats", stairs[s]),
                   smile[s].variance / mine[s].variance, ""});
  }
  return out;
}

// ---- Consistency

// Views of images n*pixels that show the topmost rows.
Tensor top_rows(const Tensor& images, std::int64_t rows) {
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(double(images.size(1)))));
  Tensor out = images.clone();
  out.narrow(1, rows * side, (side - rows) * side).zero_();
  return out;
}

// x and y (m*n*columns) by a trained bound, in nats: trained on the first 4/5 of the rows, the
// value of the others.
Tensor held_out(const char* name, const Tensor& x, const Tensor& y, const StaircaseOptions& o,
                core::Key key) {
  NeuralBound bound(bound_named(name), o.critic, x.size(0), x.size(2), y.size(2),
                    key.split("weights"), x.device());
  const std::int64_t train = 4 * x.size(1) / 5;
  for (int step = 0; step < o.image_steps; ++step) {
    const core::Key draw = key.split(static_cast<std::uint64_t>(step));
    auto generator = tensor::make_generator(draw, torch::kCPU);
    const Tensor rows = torch::randint(train, {o.batch}, generator, torch::kInt64).to(x.device());
    bound.step(x.index_select(1, rows), y.index_select(1, rows), draw);
  }
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> values;
  for (std::int64_t begin = train; begin + o.batch <= x.size(1); begin += o.batch) {
    values.push_back(bound.value(x.narrow(1, begin, o.batch), y.narrow(1, begin, o.batch)));
  }
  return torch::stack(values).mean(0).to(torch::kCPU);
}

std::vector<Figure> consistency(const StaircaseOptions& o, const Tensor& images, core::Key key,
                                core::Monitor& monitor) {
  std::vector<Tensor> shown;
  for (const std::int64_t rows : {0, 7, 14, 21, 28}) shown.push_back(top_rows(images, rows));
  const Tensor y = torch::stack(shown);
  const Tensor x = images.unsqueeze(0).expand({y.size(0), -1, -1}).contiguous();
  // Two images: each row's partner is another row of the same part (training, held out).
  const std::int64_t train = 4 * images.size(0) / 5;
  const auto partner = [&](const Tensor& t) {
    return torch::cat({t.narrow(0, 0, train).roll({1}, {0}),
                       t.narrow(0, train, t.size(0) - train).roll({1}, {0})});
  };
  const Tensor half = shown[2];
  const Tensor pairs_x =
      torch::stack({torch::cat({images, images}, 1), torch::cat({images, partner(images)}, 1)});
  const Tensor pairs_y = torch::stack(
      {torch::cat({half, top_rows(images, 11)}, 1), torch::cat({half, partner(half)}, 1)});
  std::vector<Figure> out;
  for (const char* name :
       {"smile", "mine", "nwj", "tuba", "infonce", "js", "club", "l1out", "doe"}) {
    const Tensor one = held_out(name, x, y, o, key.split(name));
    const Tensor two = held_out(name, pairs_x, pairs_y, o, key.split(name).split("two"));
    const auto at = [](const Tensor& t, std::int64_t i) { return t[i].item<double>(); };
    double falls = 0;
    for (std::int64_t i = 1; i < 5; ++i) falls += at(one, i) < at(one, i - 1) - 0.05 ? 1 : 0;
    const std::string b = name;
    out.push_back({b + ", rows 0", at(one, 0), "nats"});
    out.push_back({b + ", rows 14", at(one, 2), "nats"});
    out.push_back({b + ", less at more rows", falls, "of 4"});
    out.push_back({b + ", processed over plain", at(two, 0) / at(one, 2), ""});
    out.push_back({b + ", two over one", at(two, 1) / at(one, 2), ""});
    monitor.say(fmt::format("consistency of {}", name));
  }
  return out;
}

// ---- Symbols

// What x and y show in common, and x's and y's views of it.
struct Views {
  Tensor x, y;     // m*n*(symbols*columns)
  Tensor symbols;  // m*n*symbols
};

Views draw_views(const SymbolOptions& o, const Tensor& points, std::int64_t rows, core::Key key) {
  auto generator = tensor::make_generator(key.split("symbols"), points.device());
  Views out;
  out.symbols = torch::empty({o.models, rows, o.symbols},
                             torch::TensorOptions(points.device()).dtype(torch::kInt64))
                    .random_(0, o.values, generator);
  // points: symbols*values*columns
  const Tensor which = torch::arange(o.symbols, out.symbols.options()) * o.values + out.symbols;
  const Tensor clean = points.view({o.symbols * o.values, o.columns})
                           .index_select(0, which.flatten())
                           .view({o.models, rows, o.symbols * o.columns});
  const std::vector<std::int64_t> shape = {o.models, rows, o.symbols * o.columns};
  out.x = clean + o.noise * normals(shape, key.split("x"), points.device());
  out.y = clean + o.noise * normals(shape, key.split("y"), points.device());
  return out;
}

// m*symbols: part of held-out rows whose symbol is the largest of the probe's outputs.
Tensor probe(const Tensor& train, const Views& train_views, const Tensor& test,
             const Views& test_views, const SymbolOptions& o) {
  const auto with_one = [](const Tensor& e) {
    return torch::cat({e, torch::ones({e.size(0), e.size(1), 1}, e.options())}, 2)
        .to(torch::kFloat64);
  };
  const Tensor a = with_one(train), b = with_one(test);
  const Tensor gram = torch::bmm(a.transpose(1, 2), a);
  const Tensor ridge = 1e-6 * gram.diagonal(0, 1, 2).mean(1).view({-1, 1, 1}) *
                       torch::eye(gram.size(1), gram.options());
  std::vector<Tensor> out;
  for (std::int64_t s = 0; s < o.symbols; ++s) {
    const Tensor target = torch::nn::functional::one_hot(train_views.symbols.select(2, s), o.values)
                              .to(torch::kFloat64);
    const Tensor w = torch::linalg_solve(gram + ridge, torch::bmm(a.transpose(1, 2), target));
    const Tensor said = torch::bmm(b, w).argmax(2);
    out.push_back(said.eq(test_views.symbols.select(2, s)).to(torch::kFloat64).mean(1));
  }
  return torch::stack(out, 1);
}

}  // namespace

std::vector<Figure> smile_figures(const StaircaseOptions& options, const core::MatrixF& images,
                                  core::Key key, const tensor::Device& device,
                                  core::Monitor& monitor) {
  core::check_options(options, kWhere);
  std::vector<Figure> out = staircase(options, key.split("staircase"), device, monitor);
  const Tensor rows =
      tensor::from_matrix(images.topRows(std::min<core::Index>(options.images, images.rows())));
  const auto more = consistency(options, rows.to(device), key.split("consistency"), monitor);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<Figure> wdm_figures(const SymbolOptions& options, core::Key key,
                                const tensor::Device& device, core::Monitor& monitor) {
  core::check_options(options, kWhere);
  const SymbolOptions& o = options;
  if (o.critic.critic != "separable") {
    core::fail_argument(kWhere, "expected critic separable, got {}", o.critic.critic);
  }
  const std::int64_t columns = std::int64_t{o.symbols} * o.columns;
  const Tensor points =
      normals({o.symbols, o.values, o.columns}, key.split("points"), torch::kCPU).to(device);
  std::vector<Figure> out;
  std::vector<double> worst;
  for (const char* name : {"infonce", "wdm"}) {
    NeuralBound bound(bound_named(name), o.critic, o.models, columns, columns, key.split("weights"),
                      device);
    for (int step = 0; step < o.steps; ++step) {
      const core::Key draw = key.split(static_cast<std::uint64_t>(step));
      const Views views = draw_views(o, points, o.batch, draw);
      bound.step(views.x, views.y, draw);
      if (step % 500 == 0) {
        monitor.progress({.task = name,
                          .done = static_cast<std::uint64_t>(step),
                          .total = static_cast<std::uint64_t>(o.steps),
                          .unit = "steps",
                          .metric = ""});
      }
    }
    const torch::NoGradGuard no_grad;
    const Views train = draw_views(o, points, o.probe_rows, key.split("probe"));
    const Views test = draw_views(o, points, o.probe_rows, key.split("test"));
    const auto& critic = dynamic_cast<const SeparableCritic&>(bound.critic());
    const Tensor told = 100 * probe(critic.embed(bound.parameters(), train.x), train,
                                    critic.embed(bound.parameters(), test.x), test, o);
    worst.push_back(told.amin(1).mean().item<double>());
    out.push_back({std::string(name) + ", mean of symbols", told.mean().item<double>(), "%"});
    out.push_back({std::string(name) + ", worst symbol", worst.back(), "%"});
  }
  out.push_back({"wdm less infonce, worst symbol", worst[1] - worst[0], "points"});
  return out;
}

}  // namespace venturi::learn
