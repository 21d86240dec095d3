"""Mutual information by trained critics, through the installed command `venturi measure`.

The package itself is built without LibTorch; critics are the command's work. It is looked for as
$VENTURI_COMMAND, then as `venturi` on the PATH.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import tempfile

import numpy

from venturi.compression import _command
from venturi.measure import Estimate

__all__ = ["NEURAL_METHODS", "neural_mi"]

NEURAL_METHODS = ("smile", "mine", "dv", "nwj", "tuba", "infonce", "js", "club", "l1out", "ba",
                  "doe", "wdm")


def neural_mi(x, y, method="smile", *, critic="separable", hidden=(128, 128), embedding=32,
              learning_rate=5e-4, tau=5.0, ema=0.99, slope=10.0, batch=128, steps=3000, patience=10,
              scale="none", interval=0.95, device="cpu", seed=1, timeout=None):
    """I(X;Y) by a critic that learns on a part of the rows and is read on the others.

    method         one of NEURAL_METHODS; "wdm" is a measure of dependence, no information
    critic         "separable" (scores are g(x).h(y)) or "joint" (one network of x and y)
    hidden, embedding, learning_rate, batch, steps, patience: of the networks and their training
    tau, ema, slope: of smile, mine and wdm
    device         "cpu", "cuda" or "cuda:i"
    timeout        seconds, then subprocess.TimeoutExpired

    What the command refuses is a ValueError with its line; a command that is not there is a
    FileNotFoundError.

    >>> import numpy
    >>> venturi.neural_mi(numpy.zeros(10), numpy.zeros(9))  # doctest: +SKIP
    Traceback (most recent call last):
    ValueError: [app.measure] ...
    """
    words = [_command(), "measure", "mi"]
    with tempfile.TemporaryDirectory() as folder:
        for name, values in (("x", x), ("y", y)):
            values = numpy.asarray(values)
            if values.dtype.kind not in "biuf":
                raise TypeError(f"expected numbers, got an array of {values.dtype}")
            path = pathlib.Path(folder) / f"{name}.npy"
            numpy.save(path, numpy.ascontiguousarray(values, dtype=numpy.float64))
            words.append(os.fspath(path))
        options = {"method": method, "critic": critic,
                   "hidden": ",".join(str(int(h)) for h in hidden), "embedding": int(embedding),
                   "learning-rate": float(learning_rate), "tau": float(tau), "ema": float(ema),
                   "slope": float(slope), "batch": int(batch), "steps": int(steps),
                   "patience": int(patience), "scale": scale, "interval": float(interval),
                   "device": device, "seed": int(seed)}
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        done = subprocess.run([*words, "--json", "--quiet"], capture_output=True, text=True,
                              timeout=timeout, check=False)
    lines = [line for line in done.stderr.splitlines() if line]
    if done.returncode != 0:
        raise ValueError(lines[-1].removeprefix("venturi: ") if lines
                         else f"the command ended by {done.returncode}")
    found = json.loads(done.stdout)["results"]
    bare = "value" in found
    return Estimate(value=found["value" if bare else "bits"],
                    standard_error=found["standard_error"], low=found["low"], high=found["high"],
                    level=found["level"], p_value=None, n=found["n"], method=found["method"],
                    warnings=tuple(found["warnings"]), unit=found["unit"] if bare else "bits")
