// venturi/learn/method.hpp
//
// Bottlenecks of the literature by name: a channel, an objective and betas worth trying. What a
// comparison shares (network, splits, seeds, epochs) is not part of a method.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "venturi/core/members.hpp"
#include "venturi/learn/objective.hpp"

namespace venturi::learn {

struct Method {
  std::string channel;
  std::string prior = "standard";
  ObjectiveOptions objective;  // its prediction: for a regression, classes take `likelihood`
  std::vector<double> betas;   // rising, from 0
};

using MethodMaker = Method (*)();
std::span<const core::Member<MethodMaker>> methods();

}  // namespace venturi::learn
