// venturi/measure/known_laws.hpp
//
// Pairs of continuous variables whose mutual information is known, to hold estimators against.
// Information does not change under a map of each side that can be undone, so that a normal or
// Student pair of closed form, bent side by side, gives hard laws with known answers.
//
//   normal         1/2 log(det S_xx det S_yy / det S)
//   Student-t(v)   the normal pair's and h(dx) + h(dy) - h(dx+dy), with
//                  h(k) = lnG(v/2) - lnG((v+k)/2) + k/2 ln(v pi) + (v+k)/2 (psi((v+k)/2) -
//                  psi(v/2))
//   y = x + U(-e,e), x ~ U(0,1):  1/(4e) if e > 1/2, else e - ln(2e)
//   log-gamma-exponential, x = log Gamma(1/s), y = log Exp(1) - x:  psi(1/s) + s + ln s
//   mixtures       no closed form: the mean of ln p(x,y)/(p(x)p(y)) over 4e6 draws, stored with its
//                  standard error
//
// Units: NATS. draw(): n rows, the same for the same key. O(n (dx+dy)), mixtures times components.
// Sources: Czyz, Grabowski, Vogt, Beerenwinkel, Marx, "Beyond Normal", NeurIPS 2023 (bmi_laws);
// the same, "On the Properties and Estimation of Pointwise Mutual Information Profiles", TMLR 2025
// (mixture_laws); Butakov et al., "Mutual Information Estimation via Normalizing Flows", NeurIPS
// 2024, and its package mutinfo (pair_laws).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

struct Pairs {
  core::Matrix x, y;  // n*dx, n*dy; row i of one belongs to row i of the other
};

struct KnownLaw {
  std::string name;
  double nats = 0;
  std::function<Pairs(core::Index n, core::Key key)> draw;
};

// The 40 tasks of "Beyond Normal", as drawn: not yet standardised.
std::vector<KnownLaw> bmi_laws();

// A mixture of normal laws, bent: its truth is a Monte Carlo mean.
struct MixtureLaw : KnownLaw {
  double nats_error = 0;
  // ln p(x,y)/(p(x)p(y)) at n draws.
  std::function<std::vector<double>(core::Index n, core::Key key)> pointwise;
};

// X, galaxy, waves, concentric shells, pairs of normals diluted by their product.
std::vector<MixtureLaw> mixture_laws();

// Laws that the choices inside auto_information.hpp were made on, apart from all the others: normal
// and Student laws of random correlations, bent margins, noisy functions, Clayton and Gumbel
// copulas, random mixtures (a Monte Carlo mean), sheared pairs, a curve; 0 to 6 nats, 1 to 40
// columns a side.
std::vector<KnownLaw> tuning_laws();
std::vector<MixtureLaw> tuning_mixtures();  // those of them that are mixtures

// d pairs, of `nats` in all, evenly: normal, Student-t of 2 degrees (left out where its own
// information is above `nats`), y = x + uniform, log-gamma-exponential.
// InvalidArgument unless 0 < nats <= 20 d and 1 <= d <= 1000.
std::vector<KnownLaw> pair_laws(double nats, core::Index d);

// Images (size*size pixels a row) of normal latents of `nats` in all, spread evenly: each pair of
// latents has rho = sqrt(1 - exp(-2 nats/d)), and an image tells its latents u = Phi(latent).
//   gaussians   d = 2: pixel at (a, b) of [0,1]^2 is exp(-10 ((a-u1)^2 + (b-u2)^2))
//   rectangles  d = 4: left = (1-m)(1 - sqrt(1-u1)), right = left + m + u2 (1 - left - m) with
//               m = 2/size, the same upright; a pixel is the part of it that is covered
// InvalidArgument unless 0 < nats <= 20 and 4 <= size <= 256.
// Source: Butakov et al., "Information Bottleneck Analysis of Deep Neural Networks via Lossy
// Compression", ICLR 2024, and mutinfo.
std::vector<KnownLaw> image_laws(double nats, core::Index size);

// Phi(z), the standard normal distribution function.
double normal_cdf(double z);

}  // namespace venturi::measure
