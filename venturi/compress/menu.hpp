// venturi/compress/menu.hpp
//
// What each matrix could become, and what that costs: choices of bits, ranks and masks in one menu.
//   rate        8 * bytes that encode() gives, nothing estimated
//   distortion  predicted loss in nats, 1/2 sum_r importance_r dW_r second dW_r^T, times the
//               matrix's own coefficient once probe() has measured it
// Methods of a menu:
//   rate     rounding at a price (rate_rounding.hpp), two prices an octave; the finest steps are
//            many bits, the coarsest leave most weights 0
//   rank     activation-aware factors (low_rank.hpp) of 1/8 to 1/2 of the full rank, each coded at
//            a price
//   mask     half of the weights pruned with feedback, the others by steps of 4 and 6 bits
// Each matrix has the choice of leaving its weights 0 as well.
#pragma once

#include <string>
#include <vector>

#include "venturi/allocate/menu.hpp"
#include "venturi/compress/rate_rounding.hpp"
#include "venturi/compress/subject.hpp"

namespace venturi::compress {

struct MenuOptions {
  double lowest_price = -38;  // log2 of nats a bit
  double highest_price = -12;
  double damping = 0.002;  // of the second moments
  double step_factor = 1;
  std::string methods = "rate,rank,mask";
};

struct Entry {
  std::string method;  // "rate", "rank", "mask", "zero"
  double price = 0;    // of rate and rank
  std::int64_t bits = 0;
  double nats = 0;  // predicted, before the coefficient
  CodedMatrix coded;
};

struct Menu {
  std::string name;  // of the weight
  double coefficient = 1;
  std::vector<Entry> entries;
  std::vector<std::string> remarks;  // on singular or useless second moments
};

// The feedback that rounding of matrix k uses, one a group.
std::vector<Feedback> feedback_of(const Subject& subject, std::size_t k, double damping,
                                  std::vector<std::string>* remarks = nullptr);
std::int64_t column_group_of(const Subject& subject, std::size_t k);

Menu make_menu(const Subject& subject, std::size_t k, const MenuOptions& options);

struct ProbeOptions {
  double bits = 4;             // a weight, that the entries probed are nearest to
  std::int64_t samples = 256;  // the first inputs
  double temperature = 3;
};

// Sets the coefficient of each menu: the divergence at the temperature that the entry nearest to
// `bits` a weight causes when this matrix alone has it, by its prediction; all of them times one
// number, by which the divergences at temperature 1 add up to the same. Between 1/8 and 8.
// O(matrices) runs of the network over the samples.
void probe(const Subject& subject, const CompressedModel& base, std::vector<Menu>& menus,
           const ProbeOptions& options, core::Monitor& monitor = core::silent());

std::vector<allocate::Part> parts_of(const std::vector<Menu>& menus);

}  // namespace venturi::compress
