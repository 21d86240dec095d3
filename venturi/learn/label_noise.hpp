// venturi/learn/label_noise.hpp
//
// Labels turned over, for training under wrong labels.
//   symmetric   with probability `rate` a label becomes another class, each equally likely
//   asymmetric  with probability `rate` a label becomes the next class (the last becomes the first)
// Source: Patrini, Rozza, Menon, Nock, Qu, CVPR 2017, section 5 (there pairs of like classes).
#pragma once

#include <string>

#include "venturi/core/key.hpp"
#include "venturi/data/dataset.hpp"

namespace venturi::learn {

// InvalidArgument for another kind, a rate outside [0, 1], a data set without classes or with one.
data::Dataset with_label_noise(data::Dataset set, const std::string& kind, double rate,
                               core::Key key);

}  // namespace venturi::learn
