"""Entropy, mutual information and their kin of NumPy arrays, in bits, with an interval.

Variables are arrays of n numbers or n*d, one sample a row; float64 arrays in C order are read where
they lie. What every function takes beside them:

method        estimator by name, see methods()
k             nearest neighbours used
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
    """An estimated amount of information; float() gives its bits."""

    bits: float
    standard_error: float
    low: float
    high: float
    level: float
    p_value: float | None
    n: int
    method: str
    warnings: tuple[str, ...]

    @property
    def nats(self) -> float:
        return self.bits * math.log(2)

    def __float__(self) -> float:
        return self.bits

    def __repr__(self) -> str:
        p = "" if self.p_value is None else f", p = {self.p_value:.3g}"
        return f"{self.bits:.2f} bits [{self.low:.2f}, {self.high:.2f}]{p}"


def _measure(quantity, variables, options, seed, lags=1):
    for name in ("k", "permutations", "block", "memory"):
        options[name] = operator.index(options[name])
    options["interval"] = float(options["interval"])
    options["series"] = bool(options["series"])
    found = _venturi.measure(
        quantity, variables, operator.index(lags), json.dumps(options), operator.index(seed)
    )
    out = Estimate(**{**found, "warnings": tuple(found["warnings"])})
    for text in out.warnings:
        _warnings.warn(text, EstimateWarning, stacklevel=3)
    return out


def mi(x, y, method="ksg1", *, k=3, scale="none", interval=0.95, permutations=0, series=False,
       block=0, memory=8192, seed=1):
    """I(X;Y), mutual information.

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
    options = dict(method=method, k=k, scale=scale, interval=interval, permutations=permutations,
                   series=series, block=block, memory=memory)
    return _measure("mi", [x, y], options, seed)


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


def methods(quantity="mi"):
    """What `method` may be: {name: one line}, for "mi", "cmi" (and transfer entropy), "entropy" or
    "total_correlation".

    >>> list(venturi.methods("cmi"))
    ['frenzel-pompe', 'mesner-shalizi', 'miller-madow', 'plug-in']
    """
    out = {name: summary for of, name, summary, _, _ in _venturi.methods() if of == quantity}
    if not out:
        raise ValueError(
            f"unknown quantity {quantity!r}; known: mi, cmi, entropy, total_correlation")
    return out


def set_threads(n):
    """Threads of every function here, 0 for all cores; results do not depend on it."""
    _venturi.set_threads(operator.index(n))
