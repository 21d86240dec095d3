// venturi/net/transformer.hpp
//
// Transformers of pre-norm layers: x + attention(norm(x)), then x + feed-forward(norm(x)).
//   attention   softmax(q k' / sqrt(d) + mask) v, d numbers a head; key_heads of them each serve
//               heads / key_heads query heads (grouped queries)
//   norm        LayerNorm, or RMSNorm x / sqrt(mean(x^2) + 1e-5) * weight
//   positions   learned vectors added to the tokens', or rotary: the pairs (2i, 2i+1) of each
//   head's
//               queries and keys at position t are turned by t * 10000^(-2i/d)
//   feed        w2 gelu(w1 x), or gated w2 (silu(w1 x) * w3 x); biases only with LayerNorm
// A decoder sees no later position and gives logits of the next token; an encoder sees all and
// gives the mean over positions through a linear layer. With rms, rotary and gated a decoder is
// Llama's, and its parameters bear the names of Llama's own checkpoints. Sources: Xiong et al.,
// ICML 2020, arXiv:2002.04745 (pre-norm); Zhang, Sennrich, NeurIPS 2019, arXiv:1910.07467
// (RMSNorm); Su et al., arXiv:2104.09864 (rotary); Ainslie et al., EMNLP 2023, arXiv:2305.13245
// (grouped queries); Shazeer, arXiv:2002.05202 (gated).
#pragma once

#include "venturi/net/graph.hpp"

namespace venturi::net {

struct TransformerOptions {
  std::int64_t vocabulary = 256, width = 64, layers = 4, heads = 4;
  std::int64_t key_heads = 0;  // 0: as many as heads; divides heads
  std::int64_t hidden = 256;   // of the feed-forward part
  std::int64_t context = 256;  // most positions
  bool decoder = false;
  bool rms = false, rotary = false, gated = false;
  std::int64_t classes = 2;  // of an encoder
};

// Input "tokens" (n*t int64, t <= context); output "logits": n*t*vocabulary of a decoder, whose
// last layer is the table of tokens again, n*classes of an encoder. Operator set 20.
// InvalidArgument for sizes below 1, heads that do not divide width, key_heads that do not divide
// heads, and rotary with an odd number a head. O(layers t (width^2 + width hidden + t width)) a
// run.
Model transformer(core::Key key, const TransformerOptions& options = {});

}  // namespace venturi::net
