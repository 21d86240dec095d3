// venturi/couple/mec_b_game.hpp
//
// A Markov coding game under a rate limit: an agent walks a noisy grid to its goal and, by how it
// walks, tells a watcher a message. At each step the belief over messages is squeezed to a code T
// with H(T) <= rate (EBIM of mec_b.hpp), T is coupled with the policy's action law by a minimum
// entropy coupling, and the action is drawn from the coupling given the message's code. Actions
// keep exactly the policy's law, so the reward does not suffer from the talking; the watcher, who
// knows the scheme, updates its belief by Bayes' rule and names the likeliest message at the end.
// The policy is the soft optimum at a temperature: warmer walks say more and earn less.
// Source: Ebrahimi, Chen, Khisti, NeurIPS 2024, section 5; Sokota et al., ICML 2022, for the game.
// O(episodes * steps * messages log messages) a point, parallel over episodes; the same results for
// any number of threads.
#pragma once

#include <string>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/couple/mec_b.hpp"

namespace venturi::couple {

struct GridOptions {
  int side = 8;
  double noise = 0.1;
  double temperature = 0.2;
  double discount = 0.95;
  int step_limit = 100;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("side", self.side, "cells a side; from one corner to the opposite one",
          core::between(2, 100));
    visit("noise", self.noise, "chance that a step goes in a random direction instead",
          core::between(0, 1));
    visit("temperature", self.temperature, "of the soft policy, in units of reward",
          core::above(0));
    visit("discount", self.discount, "of a step; reaching the goal earns 1",
          core::between(0, 0.999));
    visit("step_limit", self.step_limit, "steps after which an episode ends", core::at_least(1));
  }
};

// Up, right, down, left; a wall stops the step.
class GridWorld {
 public:
  explicit GridWorld(const GridOptions& options);

  int states() const { return side_ * side_; }
  int start() const { return 0; }
  int goal() const { return states() - 1; }
  // 4: the policy pi(a | state) = exp((Q - V) / temperature), V the soft value, to 1e-10.
  Vector policy(int state) const { return policy_.row(state).transpose(); }
  // P(next | state, action), 4 possible neighbours and the state itself.
  double transition(int state, int action, int next) const;
  int step(int state, int action, core::Random& random) const;

 private:
  int neighbour(int state, int action) const;

  int side_;
  double noise_;
  Matrix policy_;  // states * 4
};

struct GameOptions {
  int messages = 512;
  int episodes = 200;
  std::string encoder = "greedy";
  std::string watcher = "actions";
  double time_limit_s = 300;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("messages", self.messages, "equally likely messages", core::between(1, 65536));
    visit("episodes", self.episodes, "a point of the curve", core::at_least(1));
    visit("encoder", self.encoder, "greedy EBIM, or equal shares of the ordered messages",
          core::one_of({"greedy", "uniform"}));
    visit("watcher", self.watcher, "what is seen: the actions chosen, or only where they led",
          core::one_of({"actions", "states"}));
    visit("time_limit_s", self.time_limit_s, "seconds a point; fewer episodes if it is hit",
          core::above(0));
  }
};

struct GamePoint {
  double rate_bits = 0;
  double temperature = 0;
  double accuracy = 0;        // episodes in which the message was named
  double accuracy_error = 0;  // standard error
  double reward = 0;          // mean discounted return
  double reward_error = 0;
  double belief_bits = 0;              // mean -log2 belief in the true message at the end
  double code_bits = 0;                // mean H(T) of the steps
  double steps = 0;                    // mean length
  int episodes = 0;                    // played; fewer than asked if the time limit was hit
  std::vector<double> belief_by_step;  // mean belief in the true message after each step; an ended
                                       // episode keeps its last
};

GamePoint play(const GridOptions& grid, const GameOptions& options, double rate_bits,
               core::Key key);

// All pairs of rates and temperatures, rates fastest.
std::vector<GamePoint> trade_off(const GridOptions& grid, const GameOptions& options,
                                 const std::vector<double>& rates_bits,
                                 const std::vector<double>& temperatures, core::Key key);

// The baseline: values in falling mass, cut into 2^k runs of equal count, k as large as
// H(T) <= rate allows.
Ebim uniform_quantiser(const VectorView& p, double rate_bits);

}  // namespace venturi::couple
