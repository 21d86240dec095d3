// venturi/learn/critic.hpp
//
// Networks that score pairs, m of them side by side: every weight has a leading dimension of
// models, so that many small models train in one batched product.
//   separable  f(x_i, y_j) = g(x_i) . h(y_j)            O(n) passes of the networks for n*n scores
//   joint      f(x_i, y_j) = net([x_i, y_j])            O(n^2)
//   normal     log q(y_j | x_i), q normal with mean and deviations from a network of x
// Inputs are m*n*dx and m*n*dy; scores m*n*n.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "venturi/net/parameters.hpp"

namespace venturi::learn {

// Linear layers with ReLU between them; m*n*sizes[0] -> m*n*sizes.back().
class ParallelMlp {
 public:
  // Registers weights m*in*out and biases m*1*out, uniform in +-1/sqrt(in).
  ParallelMlp(const std::string& name, std::int64_t models, std::vector<std::int64_t> sizes,
              net::Parameters& parameters);
  tensor::Tensor forward(const net::Parameters& parameters, tensor::Tensor x) const;

 private:
  std::vector<std::size_t> weights_, biases_;
};

struct CriticSizes {
  std::int64_t models = 1;
  std::int64_t dx = 1, dy = 1;
  std::vector<std::int64_t> hidden = {128, 128};
  std::int64_t embedding = 32;  // separable: size of g and h
};

class Critic {
 public:
  virtual ~Critic() = default;
  virtual tensor::Tensor scores(const net::Parameters& parameters, const tensor::Tensor& x,
                                const tensor::Tensor& y) const = 0;
  // m*n: of the pairs (x_i, y_i) alone; differentiable twice in x and y.
  virtual tensor::Tensor paired(const net::Parameters& parameters, const tensor::Tensor& x,
                                const tensor::Tensor& y) const = 0;
};

class SeparableCritic : public Critic {
 public:
  SeparableCritic(const CriticSizes& sizes, net::Parameters& parameters);
  tensor::Tensor scores(const net::Parameters& parameters, const tensor::Tensor& x,
                        const tensor::Tensor& y) const override;
  tensor::Tensor paired(const net::Parameters& parameters, const tensor::Tensor& x,
                        const tensor::Tensor& y) const override;
  // g(x), m*n*embedding: what it has learned of x.
  tensor::Tensor embed(const net::Parameters& parameters, const tensor::Tensor& x) const {
    return g_.forward(parameters, x);
  }

 private:
  ParallelMlp g_, h_;
};

class JointCritic : public Critic {
 public:
  JointCritic(const CriticSizes& sizes, net::Parameters& parameters);
  tensor::Tensor scores(const net::Parameters& parameters, const tensor::Tensor& x,
                        const tensor::Tensor& y) const override;
  tensor::Tensor paired(const net::Parameters& parameters, const tensor::Tensor& x,
                        const tensor::Tensor& y) const override;

 private:
  ParallelMlp of_x_, of_y_, rest_;  // the first layer in its two halves, and what follows
};

// Log deviations are held within +-7 by a tanh.
class NormalChannel : public Critic {
 public:
  NormalChannel(const CriticSizes& sizes, net::Parameters& parameters);
  tensor::Tensor scores(const net::Parameters& parameters, const tensor::Tensor& x,
                        const tensor::Tensor& y) const override;
  tensor::Tensor paired(const net::Parameters& parameters, const tensor::Tensor& x,
                        const tensor::Tensor& y) const override;

 private:
  ParallelMlp net_;
  std::int64_t dy_;
};

// m*n log densities of rows y under a mixture of `components` diagonal normal laws a model.
class NormalMixture {
 public:
  NormalMixture(std::int64_t models, std::int64_t dy, std::int64_t components,
                net::Parameters& parameters);
  tensor::Tensor log_density(const net::Parameters& parameters, const tensor::Tensor& y) const;

 private:
  std::size_t logits_, means_, log_scales_;
};

}  // namespace venturi::learn
