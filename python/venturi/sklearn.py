"""scikit-learn's mutual_info_regression and mutual_info_classif: same signatures, same values (in
nats, clipped at 0) for the same random_state, without needing scikit-learn.

They scale each continuous column to unit deviation and add noise of 1e-10 to break ties, as
scikit-learn does; venturi.mi does neither.

>>> import numpy
>>> from venturi.sklearn import mutual_info_classif
>>> rng = numpy.random.default_rng(1)
>>> y = rng.integers(0, 2, size=500)
>>> X = numpy.column_stack([y + 0.1 * rng.normal(size=500), rng.normal(size=500)])
>>> mutual_info_classif(X, y, random_state=0).round(1)
array([0.7, 0. ])
"""

from __future__ import annotations

import numbers

import numpy

from venturi import _venturi

__all__ = ["mutual_info_classif", "mutual_info_regression"]


def _random_state(seed):
    if seed is None or seed is numpy.random:
        return numpy.random.mtrand._rand
    if isinstance(seed, numbers.Integral):
        return numpy.random.RandomState(seed)
    if isinstance(seed, numpy.random.RandomState):
        return seed
    raise ValueError(f"{seed!r} cannot be used to seed a numpy.random.RandomState instance")


def _discrete_mask(discrete_features, features, sparse):
    if isinstance(discrete_features, str):
        if discrete_features != "auto":
            raise ValueError(f"expected discrete_features 'auto', a bool or an array, got "
                             f"{discrete_features!r}")
        discrete_features = sparse
    if isinstance(discrete_features, (bool, numpy.bool_)):
        return numpy.full(features, discrete_features)
    chosen = numpy.asarray(discrete_features)
    if chosen.dtype == bool:
        if chosen.shape != (features,):
            raise ValueError(f"expected a mask of {features} features, got {chosen.shape}")
        return chosen
    mask = numpy.zeros(features, dtype=bool)
    mask[chosen] = True
    return mask


def _unit_deviation(x):
    deviation = numpy.std(x, axis=0)
    return x / numpy.where(deviation < 10 * numpy.finfo(numpy.float64).eps, 1.0, deviation)


def _labels(x):
    return numpy.unique(x, return_inverse=True)[1].reshape(-1)


def _information(x, y, x_discrete, y_discrete, k):
    if x_discrete and y_discrete:
        nats = _venturi.bare_information("plug-in", _labels(x), _labels(y), k)
    elif x_discrete or y_discrete:
        labels, numbers_ = (x, y) if x_discrete else (y, x)
        nats = _venturi.bare_information("ross", _labels(labels), numbers_, k)
    else:
        nats = _venturi.bare_information("ksg1", x, y, k)
    return max(0.0, nats)


def _estimate(X, y, discrete_features, discrete_target, n_neighbors, random_state):
    sparse = hasattr(X, "toarray")
    X = numpy.asarray(X.toarray() if sparse else X)
    y = numpy.asarray(y)
    y = y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise ValueError(f"expected X (n*d) and y (n), got shapes {X.shape} and {y.shape}")
    for name, values in (("X", X), ("y", y)):
        if values.dtype.kind == "f" and not numpy.isfinite(values).all():
            raise ValueError(f"Input {name} contains NaN or infinity.")
    discrete = _discrete_mask(discrete_features, X.shape[1], sparse)
    continuous = ~discrete
    if continuous.any() and sparse:
        raise ValueError("Sparse matrix `X` can't have continuous features.")
    rng = _random_state(random_state)
    if continuous.any():
        X = X.astype(numpy.float64)
        part = _unit_deviation(X[:, continuous])
        means = numpy.maximum(1, numpy.mean(numpy.abs(part), axis=0))
        X[:, continuous] = part + 1e-10 * means * rng.standard_normal(size=part.shape)
    if not discrete_target:
        y = _unit_deviation(y.astype(numpy.float64))
        y = y + 1e-10 * max(1, numpy.mean(numpy.abs(y))) * rng.standard_normal(size=len(y))
    columns = numpy.ascontiguousarray(X.T)
    return numpy.array([
        _information(x, y, d, discrete_target, n_neighbors) for x, d in zip(columns, discrete)
    ])


def mutual_info_regression(X, y, *, discrete_features="auto", n_neighbors=3, copy=True,
                           random_state=None, n_jobs=None):
    """I(X_j; y) of each column j against a continuous target. `copy` and `n_jobs` are taken and
    unused: X is never written to, venturi.set_threads sets the threads."""
    return _estimate(X, y, discrete_features, False, n_neighbors, random_state)


def mutual_info_classif(X, y, *, discrete_features="auto", n_neighbors=3, copy=True,
                        random_state=None, n_jobs=None):
    """I(X_j; y) of each column j against labels. `copy` and `n_jobs` are taken and unused."""
    labels = numpy.asarray(y)
    if labels.dtype.kind == "f" and (labels != numpy.floor(labels)).any():
        raise ValueError("Unknown label type: continuous. Maybe you are trying to fit a "
                         "classifier, which expects discrete classes on a regression target with "
                         "continuous values.")
    return _estimate(X, y, discrete_features, True, n_neighbors, random_state)
