// venturi/measure/auto_information.hpp
//
// I(X;Y) by a method chosen from the data, for people who know their data better than estimators.
//
// Continuous columns are replaced by normal scores, which keeps the information and makes margins
// and tails harmless. Candidates are the models of pair_models.hpp: Gaussian copula, t copula,
// mixtures of 2, 3, ... normals, and mixtures in the leading canonical pairs. Each is fitted three
// times without a third of the rows; its gain is the mean over held-out rows of
//
//   1/2 [ln q(y|x) + ln q(x|y)]  less the same of independent sides that are Gaussian copulas
//
// which on average no model can lift above the truth's. The model of most gain is taken (a richer
// one where its gain is higher by two standard errors of the difference). Its information:
// the formula where there is one, else the mean of ln q(x,y)/(q(x)q(y)) at the rows it was fitted
// to and at rows it was not, averaged, since the first is too high by about as much as the second
// is too low.
// Then nearest neighbours look for what the model missed: KSG1 (k = 5) on the scores (above 12
// columns on the leading canonical pairs), less what it finds on rows drawn from the model, where
// the truth is known. Where the data hold more, or less, by over 2.5 standard errors, the
// difference is added, over the part of the information that KSG1 sees of the model.
//
// Standard error: of the mean log ratio, and half of the correction.
// Discrete variables, ties and short samples are left to other methods, named in `delegate`.
// Constant columns are left out. Sides of more than 64 columns, of columns that follow from the
// others or of more columns than a 20th of the rows are replaced by principal components (95 % of
// the variance, 10 at most).
// Shapes: x n*dx, y n*dy. Units: NATS. Cost: some 10 s for n = 10,000, 5+5 columns, two threads;
// at most 20,000 rows are used, drawn at random. Deterministic for a key, whatever the threads.
// Errors: InvalidArgument for different lengths; DataError for values that are not finite or where
// a combination of x determines one of y.
// Source: own; cross-fitting after Chernozhukov et al., Econometrics Journal 21 (2018); parts in
// pair_models.hpp and ksg.hpp.
#pragma once

#include <string>
#include <vector>

#include "venturi/core/json.hpp"
#include "venturi/core/key.hpp"
#include "venturi/core/views.hpp"

namespace venturi::measure {

struct AutoCandidate {
  std::string name;
  double gain = 0;        // nats a row, held out
  double gain_error = 0;  // standard error of its distance to the model taken
  double nats = 0;        // the information that it tells
  double seconds = 0;
};

struct AutoChoice {
  std::string delegate;  // another method that is for these data; then nothing below but `why`
  std::string method;    // "t copula of 3.1 degrees of freedom + nearest neighbours"
  std::string why;
  double nats = 0;
  double standard_error = 0;
  double model_nats = 0;  // before nearest neighbours
  double missed = 0;      // what they add,
  double missed_error = 0;
  bool corrected = false;  // and whether it was
  std::vector<AutoCandidate> candidates;
  std::vector<std::string> remarks;
  double seconds = 0;

  core::Json json() const;
};

// x and y as the method `delegate` takes them: labels as whole numbers, in one column as first
// variable of ross.
struct DelegateData {
  DelegateData(const std::string& delegate, const core::MatrixView& x, const core::MatrixView& y);
  core::Matrix x, y;
};

AutoChoice auto_information(const core::MatrixView& x, const core::MatrixView& y, core::Key key);

}  // namespace venturi::measure
