// GPTQ on a GPU beside the published algorithm in PyTorch, and beside the time that its products
// and factorization alone would take.
//
//   compress_bench --prepare FOLDER [ROWSxCOLUMNS...]   writes weights and second moments
//   python3 bench/compress/gptq_peer.py FOLDER          runs the peer on them
//   compress_bench --compare FOLDER                     runs ours, prints the comparison
//
// Floor: one Cholesky factorization, one triangular inverse, and the products of the block updates
// (rows * columns^2 multiply-adds), each timed alone on the same device.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "venturi/compress/rounding.hpp"
#include "venturi/core/file.hpp"
#include "venturi/core/json.hpp"
#include "venturi/core/record.hpp"
#include "venturi/data/npy.hpp"

namespace {

using namespace venturi;
using tensor::Tensor;
namespace fs = std::filesystem;

void save(const fs::path& file, const Tensor& value) {
  const auto floats = tensor::to_floats(value);
  const auto bytes = std::as_bytes(std::span(floats));
  data::write_npy(file, {.element = data::Element::kF32,
                         .shape = value.sizes().vec(),
                         .bytes = {bytes.begin(), bytes.end()}});
}

Tensor load(const fs::path& file) {
  const data::Array array = data::read_npy(file);
  std::vector<float> values(array.count());
  data::to_floats(array, 1, values);
  return torch::tensor(values).reshape(array.shape);
}

void wait() {
  if (torch::cuda::is_available()) torch::cuda::synchronize();
}

template <class Act>
double median_seconds(const Act& act, int runs = 5) {
  std::vector<double> seconds;
  for (int run = 0; run < runs + 2; ++run) {
    wait();
    const double start = core::now_seconds();
    act();
    wait();
    if (run >= 2) seconds.push_back(core::now_seconds() - start);
  }
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  return seconds[static_cast<std::size_t>(runs / 2)];
}

void prepare(const fs::path& folder, std::vector<std::string> sizes) {
  if (sizes.empty()) sizes = {"4096x4096", "4096x11008"};
  torch::manual_seed(1);
  for (const std::string& size : sizes) {
    const std::int64_t rows = std::stoll(size),
                       columns = std::stoll(size.substr(size.find('x') + 1));
    const auto device = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
    // Inputs of unequal and correlated channels.
    const Tensor x = torch::randn({2 * columns, columns}, device) *
                     torch::randn({columns}, device).mul(.5).exp();
    const Tensor mixed = x + x.mean(1, true) * 2;
    fs::create_directories(folder / size);
    save(folder / size / "h.npy", mixed.t().mm(mixed) / static_cast<double>(columns));
    save(folder / size / "w.npy", torch::randn({rows, columns}, device) * .02);
    fmt::print("{}\n", (folder / size).string());
  }
}

double floor_seconds(const Tensor& w, const Tensor& h, int block) {
  Tensor damped = h.clone();
  damped.diagonal().add_(.01 * h.diagonal().mean());
  const double factor = median_seconds([&] { torch::linalg_cholesky(damped); });
  const Tensor r = torch::linalg_cholesky(damped).t().contiguous();
  const Tensor one = torch::eye(h.size(0), h.options());
  const double inverse = median_seconds([&] { torch::linalg_solve_triangular(r, one, true); });
  const Tensor wt = w.t().contiguous();
  const Tensor e = torch::randn({block, w.size(0)}, w.options());
  const double products = median_seconds([&] {
    for (std::int64_t end = block; end < w.size(1); end += block) {
      wt.slice(0, end).addmm_(r.slice(0, end - block, end).slice(1, end).t(), e, 1, -1e-6);
    }
  });
  return factor + inverse + products;
}

void compare(const fs::path& folder) {
  const bool cuda = torch::cuda::is_available();
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path at = entry.path();
    if (!fs::exists(at / "peer.json")) continue;
    const core::Json peer = core::Json::parse(core::read_text(at / "peer.json"));
    Tensor w = load(at / "w.npy"), h = load(at / "h.npy");
    if (cuda) w = w.cuda(), h = h.cuda();
    const compress::GridOptions grid{.levels = 16};
    Tensor q;
    const double seconds = median_seconds([&] {
      const auto feedback = compress::prepare_feedback(h);
      const auto fitted = compress::fit_grid(w, grid);
      q = compress::gptq_levels(w, feedback, fitted) * fitted.scale.unsqueeze(1);
    });
    const double floor = floor_seconds(w, h, 128);
    const Tensor theirs = load(at / "q_peer.npy").to(w.device());
    const auto loss = [&](const Tensor& x) {
      const Tensor d = (x - w).to(torch::kFloat64);
      return (d.mm(h.to(torch::kFloat64)) * d).sum().item<double>();
    };
    const double differ = q.ne(theirs).to(torch::kFloat64).mean().item<double>();
    const double step = compress::fit_grid(w, grid).scale.mean().item<double>();
    const double apart = (q - theirs).abs().mean().item<double>() / step;
    fmt::print(
        "{} on {}: ours {:.4f} s, peer {:.4f} s, {:.2f} times faster; floor {:.4f} s, "
        "{:.1f} % of our time; weights that differ {:.4f} %, by {:.2e} steps in the mean; "
        "loss ours / peer {:.6f}\n",
        at.filename().string(), cuda ? peer["device"].get<std::string>() : "cpu", seconds,
        peer["seconds"].get<double>(), peer["seconds"].get<double>() / seconds, floor,
        100 * floor / seconds, 100 * differ, apart, loss(q) / loss(theirs));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const torch::NoGradGuard no_grad;
  if (words.size() >= 2 && words[0] == "--prepare") {
    prepare(words[1], {words.begin() + 2, words.end()});
  } else if (words.size() == 2 && words[0] == "--compare") {
    compare(words[1]);
  } else {
    fmt::print("compress_bench --prepare FOLDER [ROWSxCOLUMNS...] | --compare FOLDER\n");
  }
  return 0;
}
