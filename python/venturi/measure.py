"""Entropy, mutual information and their kin of NumPy arrays, in bits, with an interval.

Variables are arrays of n numbers or n*d, one sample a row; float64 arrays in C order are read where
they lie. What every function takes beside them:

method        estimator by name, see methods()
k             nearest neighbours used
bins          bins of a column, for methods that bin; 0: the cube root of n
width         of kernels: "median", "silverman"; "default": silverman for densities, else median
scale         "none", "standard" (mean 0, deviation 1) or "rank" (normal scores), column by column
interval      level of the interval; it tells the spread of the estimate, not its bias
permutations  surrogates behind the p-value, 0 for none
series        rows follow in time: stretches and shifts stand in for random parts and shuffles
block         rows of a block of a series; 0: tenths for the interval, shifts for the surrogates
memory        MiB that a method may take
seed          of all randomness: the same seed, the same result

Wrong shapes, options and data raise ValueError, what is no array of numbers TypeError. Remarks on
the data (ties, few values, scales far apart) are in Estimate.warnings, and issued as
EstimateWarning.
"""

from __future__ import annotations

import dataclasses
import json
import math
import operator
import warnings as _warnings

import numpy

from venturi import _venturi


class EstimateWarning(UserWarning):
    """Something about the data makes an estimate doubtful."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    """An estimated amount of information in bits; float() gives them. Measures of dependence that
    are no information have the unit "1", and `bits` raises.
    """

    value: float
    standard_error: float
    low: float
    high: float
    level: float
    p_value: float | None
    n: int
    method: str
    warnings: tuple[str, ...]
    unit: str = "bits"
    details: dict | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def bits(self) -> float:
        if self.unit != "bits":
            raise AttributeError(f"{self.method} measures no bits; value has its figure")
        return self.value

    @property
    def nats(self) -> float:
        return self.bits * math.log(2)

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        p = "" if self.p_value is None else f", p = {self.p_value:.3g}"
        if self.unit != "bits":
            return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]{p}"
        return f"{self.value:.2f} bits [{self.low:.2f}, {self.high:.2f}]{p}"


@dataclasses.dataclass(frozen=True)
class Decomposition:
    """What two variables tell of a target, in four parts."""

    redundancy: Estimate
    unique_x: Estimate
    unique_y: Estimate
    synergy: Estimate


def _json(options):
    for name in ("k", "bins", "permutations", "block", "memory"):
        if name in options:
            options[name] = operator.index(options[name])
    options["interval"] = float(options["interval"])
    options["series"] = bool(options["series"])
    return json.dumps(options)


def _estimate(found):
    found = dict(found)
    found["details"] = json.loads(found["details"])
    return Estimate(value=found.pop("bits"), **{**found, "warnings": tuple(found["warnings"])})


def _measure(quantity, variables, options, seed, lags=1):
    out = _estimate(_venturi.measure(
        quantity, variables, operator.index(lags), _json(options), operator.index(seed)
    ))
    for text in out.warnings:
        _warnings.warn(text, EstimateWarning, stacklevel=3)
    return out


def mi(x, y, method="auto", *, k=3, bins=0, scale="none", interval=0.95, permutations=0,
       series=False, block=0, memory=8192, seed=1):
    """I(X;Y), mutual information.

    The method "auto" chooses by held-out likelihood among copulas, mixtures and nearest neighbours;
    Estimate.details says what it chose and why; it takes seconds for thousands of rows. "ksg1" is
    the quick one. Trained critics ("smile", "infonce", ...) are the command's work: neural_mi(), with
    its presets.

    >>> import numpy
    >>> rng = numpy.random.default_rng(1)
    >>> x = rng.normal(size=(2000, 2))
    >>> y = x[:, 0] + 1000 * rng.normal(size=2000)
    >>> venturi.mi(x, y, scale="standard", permutations=19).p_value > 0.05
    True
    >>> label = x[:, 0] > 0
    >>> venturi.mi(label, x[:, 0], method="ross")
    1.00 bits [1.00, 1.00]
    """
    from venturi.neural import NEURAL_METHODS, neural_mi
    if method in NEURAL_METHODS:
        if permutations or series:
            raise ValueError(f"{method} has no surrogates: expected no permutations and no series")
        return neural_mi(x, y, method, scale=scale, interval=interval, seed=seed)
    options = dict(method=method, k=k, bins=bins, scale=scale, interval=interval,
                   permutations=permutations, series=series, block=block, memory=memory)
    return _measure("mi", [x, y], options, seed)


def dependence(x, y, method="hsic", *, width="default", scale="none", interval=0.95,
               permutations=0, series=False, block=0, memory=8192, seed=1):
    """Dependence by kernels: HSIC, CKA, Cauchy-Schwarz and matrix Renyi information.

    >>> import numpy
    >>> rng = numpy.random.default_rng(1)
    >>> x = rng.normal(size=400)
    >>> venturi.dependence(x, x**2, permutations=19).p_value
    0.05
    >>> round(venturi.dependence(x, 2 * x + 1, method="cka").value, 6)
    1.0
    """
    options = dict(method=method, width=width, scale=scale, interval=interval,
                   permutations=permutations, series=series, block=block, memory=memory)
    return _measure("dependence", [x, y], options, seed)


def decomposition(x, y, target, method="broja", *, interval=0.95, series=False, block=0,
                  memory=8192, seed=1):
    """What labels x and y tell of labels `target`: both, one alone, only both together.

    >>> import numpy
    >>> x, y = numpy.random.default_rng(1).integers(0, 2, size=(2, 4000))
    >>> venturi.decomposition(x, y, x ^ y).synergy
    1.00 bits [1.00, 1.00]
    """
    options = dict(method=method, interval=interval, series=series, block=block, memory=memory)
    found = _venturi.decompose([x, y, target], _json(options), operator.index(seed))
    out = Decomposition(**{name: _estimate(part) for name, part in found.items()})
    for text in out.redundancy.warnings:
        _warnings.warn(text, EstimateWarning, stacklevel=2)
    return out


def cmi(x, y, z, method="frenzel-pompe", *, k=3, scale="none", interval=0.95, permutations=0,
        series=False, block=0, memory=8192, seed=1):
    """I(X;Y|Z), mutual information given a third variable.

    >>> import numpy
    >>> rng = numpy.random.default_rng(1)
    >>> x, y = rng.integers(0, 2, size=(2, 1000))
    >>> venturi.cmi(x, x ^ y, y, method="plug-in")
    1.00 bits [0.99, 1.01]
    """
    options = dict(method=method, k=k, scale=scale, interval=interval, permutations=permutations,
                   series=series, block=block, memory=memory)
    return _measure("cmi", [x, y, z], options, seed)


def entropy(x, method="kl", *, k=3, interval=0.95, series=False, block=0, memory=8192, seed=1):
    """Entropy: of a density ("kl", "wkl"; it may be negative) or of labels ("miller-madow").

    >>> import numpy
    >>> rng = numpy.random.default_rng(1)
    >>> venturi.entropy(rng.integers(0, 8, size=5000), method="miller-madow")
    3.00 bits [3.00, 3.00]
    >>> abs(venturi.entropy(rng.uniform(0, 8, size=5000)).bits - 3) < 0.05
    True
    """
    options = dict(method=method, k=k, interval=interval, permutations=0, series=series,
                   block=block, memory=memory)
    return _measure("entropy", [x], options, seed)


def total_correlation(*variables, method="total", k=3, scale="none", interval=0.95, permutations=0,
                      series=False, block=0, memory=8192, seed=1):
    """sum H(X_i) - H(X_1, ..., X_m) of two or more variables, or of the columns of one array.

    Methods "dual" and "o-information" give its kin.

    >>> import numpy
    >>> x, y = numpy.random.default_rng(1).integers(0, 2, size=(2, 1000))
    >>> venturi.total_correlation(x, y, x ^ y, method="plug-in")
    1.00 bits [1.00, 1.00]
    """
    if len(variables) == 1:
        columns = numpy.asarray(variables[0])
        if columns.ndim != 2:
            raise ValueError(f"expected several variables or an n*d array, got {columns.ndim} axes")
        variables = columns.T
    options = dict(method=method, k=k, scale=scale, interval=interval, permutations=permutations,
                   series=series, block=block, memory=memory)
    return _measure("tc", list(variables), options, seed)


def transfer_entropy(x, y, lags=1, method="frenzel-pompe", *, k=3, scale="none", interval=0.95,
                     permutations=0, block=0, memory=8192, seed=1):
    """I(Y_t; past of X | past of Y), x and y series of n steps, the past `lags` steps long.

    >>> import numpy
    >>> x = numpy.random.default_rng(1).integers(0, 2, size=1001)
    >>> venturi.transfer_entropy(x[1:], x[:-1], method="plug-in").bits > 0.99
    True
    """
    options = dict(method=method, k=k, scale=scale, interval=interval, permutations=permutations,
                   series=True, block=block, memory=memory)
    return _measure("te", [x, y], options, seed, lags)


def analyse(analysis, *arrays, k=0, bins=20, folds=5, error=0.01, interval=0.95, seed=1):
    """What else can be asked of arrays, by name: {reading: Estimate}.

    methods("analysis") has the names: "mig", "sap" and "infomec" of codes and factors,
    "precision-recall" of real and generated samples, "intrinsic-dimension" of x, "linear-probe" of
    x and a target, "weight-spectrum" of a matrix, and others. Options that an analysis has no use
    for are passed over; k = 0 takes each one's own.

    >>> import numpy
    >>> factors = numpy.random.default_rng(1).integers(0, 4, size=(1000, 2))
    >>> round(venturi.analyse("sap", -2 * factors, factors)["SAP"].value, 2)
    1.0
    >>> venturi.analyse("weight-spectrum", numpy.diag([4.0, 2, 1]))["log-volume"].bits
    3.0
    """
    options = dict(k=operator.index(k), bins=operator.index(bins), folds=operator.index(folds),
                   error=float(error), interval=float(interval))
    found = _venturi.analyse(analysis, list(arrays), json.dumps(options), operator.index(seed))
    out = {reading: _estimate(part) for reading, part in found}
    for reading, estimate in out.items():
        for text in estimate.warnings:
            _warnings.warn(f"{reading}: {text}", EstimateWarning, stacklevel=2)
    return out


def methods(quantity="mi"):
    """What `method` may be: {name: one line}, for "mi", "cmi" (and transfer entropy), "entropy",
    "total_correlation", "dependence", "decomposition" or "analysis".

    >>> list(venturi.methods("decomposition"))
    ['broja', 'williams-beer']
    """
    out = {name: summary for of, name, summary, _, _ in _venturi.methods() if of == quantity}
    if not out:
        raise ValueError(
            f"unknown quantity {quantity!r}; known: mi, cmi, entropy, total_correlation, "
            "dependence, decomposition, analysis")
    return out


def set_threads(n):
    """Threads of every function here, 0 for all cores; results do not depend on it."""
    _venturi.set_threads(operator.index(n))
