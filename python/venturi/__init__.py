"""Venturi: how many bits pass?

>>> import numpy, venturi
>>> rng = numpy.random.default_rng(1)
>>> x = rng.normal(size=2000)
>>> y = 0.8 * x + 0.6 * rng.normal(size=2000)
>>> venturi.mi(x, y)
0.72 bits [0.67, 0.77]

The truth here is -log2(0.6) = 0.74 bits.
"""

from venturi.compression import CompressError, Compressed, compress
from venturi.measure import (
    Decomposition,
    Estimate,
    EstimateWarning,
    analyse,
    cmi,
    decomposition,
    dependence,
    entropy,
    methods,
    mi,
    set_threads,
    total_correlation,
    transfer_entropy,
)
from venturi.neural import NEURAL_METHODS, neural_mi

__all__ = [
    "CompressError",
    "Compressed",
    "Decomposition",
    "Estimate",
    "EstimateWarning",
    "NEURAL_METHODS",
    "analyse",
    "cmi",
    "compress",
    "decomposition",
    "dependence",
    "entropy",
    "methods",
    "mi",
    "neural_mi",
    "set_threads",
    "total_correlation",
    "transfer_entropy",
]
__version__ = "0.1.0"
