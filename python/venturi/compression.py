"""A trained network into a budget of bytes, by the installed command `venturi compress`.

The package itself is built without LibTorch; networks are the command's work. It is looked for as
$VENTURI_COMMAND, then as `venturi` on the PATH.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterable, Sequence

__all__ = ["CompressError", "Compressed", "compress"]


class CompressError(RuntimeError):
    """The command ended with an error; its line is the message, its code `exit_code` (1: bad data,
    or a full disk; 2: wrong usage, such as a budget below the smallest reachable). A command that
    cannot be found is a FileNotFoundError."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message)
        self.exit_code = exit_code


@dataclasses.dataclass(frozen=True)
class Compressed:
    """What came out. Divergences are means of KL(network as it was || result) in bits, on the
    calibration inputs; accuracies are None without labels. `figures` is the command's whole JSON
    document; `warnings` are its lines on stderr."""

    outputs: tuple[pathlib.Path, ...]
    budget_bytes: int
    file_bytes: int
    activation_bytes: int
    bits_per_parameter: float
    predicted_divergence_bits: float
    divergence_bits: float
    agreement: float
    accuracy: float | None
    accuracy_before: float | None
    layers: tuple[dict, ...]
    warnings: tuple[str, ...]
    figures: dict = dataclasses.field(repr=False)


def _command() -> str:
    named = os.environ.get("VENTURI_COMMAND")
    found = shutil.which(named or "venturi")
    if found is None:
        raise FileNotFoundError(
            f"networks are the work of the command `venturi`, and {named or 'venturi'!r} is not "
            "there: put it on the PATH, or its file's name into VENTURI_COMMAND")
    return found


def _list(value) -> list[str]:
    if isinstance(value, (str, os.PathLike)):
        return [os.fspath(value)]
    return [os.fspath(v) if isinstance(v, os.PathLike) else str(v) for v in value]


def _budget(value: str | int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a budget as bytes (int) or as text, got {value!r}")
    return f"{value}B"


def compress(
    model: str | os.PathLike,
    calib: str | os.PathLike,
    budget: str | int,
    output: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    methods: Sequence[str] = ("rate", "rank", "mask"),
    activations: str = "none",
    ranges: str = "static",
    activation_bits: Sequence[int] = (4, 6, 8, 32),
    samples: int = 512,
    recover: int = 0,
    mean: Sequence[float] | float = (),
    deviation: Sequence[float] | float = (),
    seed: int = 1,
    record: str | os.PathLike | None = None,
    timeout: float | None = None,
) -> Compressed:
    """Squeezes `model` (an ONNX file, or what else `venturi compress` takes) into `budget`.

    budget           bytes of the file, or "200KB", "10%", "2.5bits", "drop=0.5"
    calib            data set of inputs: a file, URI or name
    output           .vt, .onnx or .safetensors, one or several
    methods          of the menus
    activations      "none", "total" or "peak": counted in the budget as well
    ranges           of activations, "static" or "token"
    activation_bits  that an edge may get: 2 to 8, and 32
    recover          epochs of training afterwards
    mean, deviation  of each channel of the inputs
    record           folder for records.jsonl and report.html
    timeout          seconds, then subprocess.TimeoutExpired

    An interrupted call that is made again goes on where it stopped.

    >>> import venturi
    >>> venturi.compress("none.onnx", "none.csv", "small", "small.vt")  # doctest: +SKIP
    Traceback (most recent call last):
    venturi.compression.CompressError: [compress.parse_budget] expected a budget such as ...
    """
    outputs = _list(output)
    words = [_command(), "compress", os.fspath(model), "--calib", os.fspath(calib),
             "--budget", _budget(budget), "--output", ",".join(outputs),
             "--methods", ",".join(_list(methods)), "--activations", activations,
             "--ranges", ranges, "--activation-bits", ",".join(str(int(b)) for b in activation_bits),
             "--samples", str(int(samples)), "--seed", str(int(seed)), "--json"]
    if recover:
        words += ["--recover", f"{int(recover)}epochs"]
    for name, values in (("--mean", mean), ("--deviation", deviation)):
        numbers = [values] if isinstance(values, (int, float)) else list(values)
        if numbers:
            words += [name, ",".join(repr(float(v)) for v in numbers)]
    if record is not None:
        words += ["--record", os.fspath(record)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    lines = tuple(line for line in done.stderr.splitlines() if line)
    if done.returncode != 0:
        text = lines[-1].removeprefix("venturi: ") if lines else f"ended by {done.returncode}"
        raise CompressError(text, done.returncode)
    figures = json.loads(done.stdout)
    return Compressed(
        outputs=tuple(pathlib.Path(f) for f in outputs),
        budget_bytes=figures["budget_bytes"],
        file_bytes=figures["file_bytes"],
        activation_bytes=figures.get("activation_bytes", 0),
        bits_per_parameter=figures["bits_per_parameter"],
        predicted_divergence_bits=figures["predicted_divergence_bits"],
        divergence_bits=figures["measured_divergence_bits"],
        agreement=figures["agreement"],
        accuracy=figures.get("accuracy"),
        accuracy_before=figures.get("accuracy_before"),
        layers=tuple(figures["layers"]),
        warnings=lines,
        figures=figures,
    )
