#include "venturi/learn/kernel_terms.hpp"

namespace venturi::learn {
namespace {

using tensor::Tensor;

constexpr double kTiny = 1e-30;

Tensor mean2(const Tensor& k) { return k.mean(std::vector<std::int64_t>{-2, -1}); }

// Of hsic and cs: mean(K o L), mean_i(K_i. L_i.), mean K, mean L.
struct Means {
  Tensor product, rows, k, l;
};

Means means(const Tensor& k, const Tensor& l) {
  const Tensor rows_k = k.mean(-1), rows_l = l.mean(-1);
  return {mean2(k * l), (rows_k * rows_l).mean(-1), rows_k.mean(-1), rows_l.mean(-1)};
}

template <class Of>
Tensor normalised(const Tensor& k, const Tensor& l, const Of& of) {
  return of(k, l) / (of(k, k) * of(l, l)).clamp_min(kTiny).sqrt();
}

Tensor centred(const Tensor& k) {
  return k - k.mean(-1, true) - k.mean(-2, true) + mean2(k).unsqueeze(-1).unsqueeze(-1);
}

}  // namespace

Tensor cs_information(const Tensor& k, const Tensor& l) {
  const Means m = means(k, l);
  return (m.product * m.k * m.l).log() - 2 * m.rows.log();
}

Tensor normalised_cs_information(const Tensor& k, const Tensor& l) {
  return normalised(k, l, cs_information);
}

Tensor hsic(const Tensor& k, const Tensor& l) {
  const Means m = means(k, l);
  return m.product + m.k * m.l - 2 * m.rows;
}

Tensor cka(const Tensor& k, const Tensor& l) { return normalised(k, l, hsic); }

// Kc (Kc + e n I)^-1 = I - e n (Kc + e n I)^-1
Tensor whitened(const Tensor& k) {
  constexpr double kRidge = 1e-5;
  const auto n = k.size(-1);
  const Tensor eye = torch::eye(n, k.options());
  const double ridge = kRidge * static_cast<double>(n);
  return eye - ridge * torch::inverse(centred(k) + ridge * eye);
}

Tensor nocco(const Tensor& k, const Tensor& l) {
  return (whitened(k) * whitened(l).transpose(-1, -2)).sum(std::vector<std::int64_t>{-2, -1});
}

Tensor conditional_cs(const Tensor& k, const Tensor& l1, const Tensor& l2, const Tensor& l21) {
  const Tensor weights = k / k.sum(-1, true).square();
  const auto total = [&](const Tensor& l) {
    return (weights * l).sum(std::vector<std::int64_t>{-2, -1}).clamp_min(kTiny).log();
  };
  return total(l1) + total(l2) - 2 * total(l21);
}

Tensor squared_mmd(const Tensor& k, const Tensor& l, const Tensor& cross) {
  return mean2(k) + mean2(l) - 2 * mean2(cross);
}

}  // namespace venturi::learn
