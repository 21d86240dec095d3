// venturi/compress/activations.hpp
//
// Edges in few bits, under the same budget as the weights. The edges that count are those that
// Conv, Gemm and MatMul nodes read and other nodes write (inputs and outputs of the network stay as
// they are). Each may get a quantiser of b bits, put upon it as nodes of the graph
// (net::insert_module), so that the file runs with it and ONNX says it:
//   static  q = clamp(round(x / s) + z, 0, 2^b - 1), x' = s (q - z): QuantizeLinear and
//           DequantizeLinear on uint8, behind a Clip for b < 8. The range [low, high] holds 0; both
//           ends are shrunk by the one factor out of 1, .95, ... .3 whose squared error on
//           calibration inputs is least.
//   token   a range of its own for each token, found when the network runs: min and max (0 among
//           them) over the last axis, or, of an edge that a Conv reads, over all of a sample
// Bits are those of one sample: elements * b, and 32 a token for its range; 32 bits: as it was.
//   total   of all edges: what would be written if each were kept
//   peak    most at one time: an edge lives from its writer to its last reader
// The distortion of an edge at b bits is measured: the divergence that it alone causes. Of several
// they are added, as those of weights.
// Cost: a run of the probe samples for each edge and number of bits.
// Sources: Jacob et al., CVPR 2018 (the grid); Dettmers et al., NeurIPS 2022 (a range a token).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "venturi/allocate/menu.hpp"
#include "venturi/compress/subject.hpp"

namespace venturi::compress {

struct Quantiser {
  std::string edge;
  int bits = 8;  // 2 to 8; 32: none
  bool token = false;
  bool map = false;          // of token: over all of a sample, else over the last axis
  int axes = 0;              // of the edge
  double low = 0, high = 0;  // of static
};

// Puts the quantisers upon their edges. InvalidArgument before operator set 13.
void quantise(CompressedModel& model, std::span<const Quantiser> quantisers);
void quantise(net::Model& model, std::span<const Quantiser> quantisers);

struct ActivationOptions {
  bool peak = false, token = false;
  std::vector<std::int64_t> bits = {4, 6, 8, 32};
  std::int64_t samples = 128;  // that probes run on
};

// An edge that counts, and what it could become.
struct ActivationMenu {
  std::string edge;
  std::int64_t elements = 0, tokens = 0;  // of a sample
  std::size_t begin = 0, end = 0;         // nodes: its writer, its last reader
  struct Entry {
    Quantiser quantiser;
    std::int64_t bits = 0;
    double nats = 0;
  };
  std::vector<Entry> entries;  // bits falling
};

// Menus of all edges that count. `resume`: a file in which finished edges are kept, or empty, with
// the identity of the run. InvalidArgument for bits other than 2 to 8 and 32; core::Interrupted.
std::vector<ActivationMenu> activation_menus(const Subject& subject,
                                             const ActivationOptions& options,
                                             const std::filesystem::path& resume = {},
                                             std::uint64_t identity = 0,
                                             core::Monitor& monitor = core::silent());

// What the allocator chooses from. Of the total, an edge is a part. Of the peak, all edges are one
// part, whose choices are the steps of a greedy descent: from the most bits on, the edge alive at
// the peak that loses least for a bit gives some up.
class ActivationChoices {
 public:
  ActivationChoices() = default;
  ActivationChoices(std::vector<ActivationMenu> menus, bool peak);

  const std::vector<allocate::Part>& parts() const { return parts_; }
  // Entries of menus() for a choice out of parts().
  std::vector<std::size_t> entries_of(std::span<const std::size_t> choice) const;
  const std::vector<ActivationMenu>& menus() const { return menus_; }
  bool peak() const { return peak_; }
  // Elements that count (at most at one time, or in total), as the network is.
  std::int64_t elements() const;
  // Bits of one entry an edge.
  std::int64_t bits_of(std::span<const std::size_t> entries) const;

 private:
  std::int64_t peak_of(std::span<const std::size_t> entries, std::size_t* where) const;

  std::vector<ActivationMenu> menus_;
  bool peak_ = false;
  std::vector<allocate::Part> parts_;
  std::vector<std::vector<std::size_t>> path_;  // of the peak: entries of each choice
};

}  // namespace venturi::compress
