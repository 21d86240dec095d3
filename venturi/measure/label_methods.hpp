// venturi/measure/label_methods.hpp
//
// Variables of labels as codes, and sums of their entropies in NATS under any CountMethod: the
// methods of methods.cpp that count.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "venturi/core/units.hpp"
#include "venturi/measure/count_entropy.hpp"
#include "venturi/measure/methods.hpp"

namespace venturi::measure {

// Labels as 0 .. seen-1; kinds: what is possible, the product of what is seen of each part.
struct Codes {
  std::vector<std::int64_t> of_row;
  std::int64_t seen = 0;
  double kinds = 0;
};

template <class Label>
Codes coded(const std::vector<Label>& labels) {
  std::vector<Label> values = labels;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  Codes out{.seen = static_cast<std::int64_t>(values.size()),
            .kinds = static_cast<double>(values.size())};
  out.of_row.reserve(labels.size());
  for (const Label label : labels) {
    out.of_row.push_back(std::lower_bound(values.begin(), values.end(), label) - values.begin());
  }
  return out;
}

inline Codes together(const Codes& a, const Codes& b) {
  std::vector<std::int64_t> rows(a.of_row.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = a.of_row[i] * b.seen + b.of_row[i];
  Codes out = coded(rows);
  out.kinds = a.kinds * b.kinds;
  return out;
}

template <CountMethod Entropy>
double nats_of(const Codes& codes) {
  std::vector<std::uint64_t> counts(codes.seen);
  for (const std::int64_t code : codes.of_row) ++counts[code];
  return Entropy(counts, codes.kinds) / core::kBitsPerNat;
}

template <CountMethod Entropy>
double information_of(const Codes& x, const Codes& y) {
  return nats_of<Entropy>(x) + nats_of<Entropy>(y) - nats_of<Entropy>(together(x, y));
}

inline Codes labels_of(const core::MatrixView& x, const char* name) {
  return coded(row_labels(x, name, "measure.methods"));
}

template <CountMethod Entropy>
double label_information(const core::MatrixView& x, const core::MatrixView& y, const Settings&) {
  return information_of<Entropy>(labels_of(x, "x"), labels_of(y, "y"));
}

template <CountMethod Entropy>
double label_conditional(const core::MatrixView& x, const core::MatrixView& y,
                         const core::MatrixView& z, const Settings&) {
  const Codes of_z = labels_of(z, "z");
  const Codes xz = together(labels_of(x, "x"), of_z), of_y = labels_of(y, "y");
  return nats_of<Entropy>(xz) + nats_of<Entropy>(together(of_y, of_z)) -
         nats_of<Entropy>(together(of_y, xz)) - nats_of<Entropy>(of_z);
}

template <CountMethod Entropy>
double label_entropy(const core::MatrixView& x, const Settings&) {
  return nats_of<Entropy>(labels_of(x, "x"));
}

// H(X_1) + .. + H(X_m) - H(X_1..X_m).
template <CountMethod Entropy>
double label_total(std::span<const core::MatrixView> groups, const Settings&) {
  Codes all = labels_of(groups[0], "a group");
  double sum = nats_of<Entropy>(all);
  for (const core::MatrixView& group : groups.subspan(1)) {
    const Codes codes = labels_of(group, "a group");
    sum += nats_of<Entropy>(codes);
    all = together(all, codes);
  }
  return sum - nats_of<Entropy>(all);
}

}  // namespace venturi::measure
