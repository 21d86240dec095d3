import dataclasses
import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal

class CompressError(RuntimeError):
    exit_code: int
    def __init__(self, message: str, exit_code: int) -> None: ...

@dataclasses.dataclass(frozen=True)
class Compressed:
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
    layers: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    figures: dict[str, Any]

def compress(
    model: str | os.PathLike[str], calib: str | os.PathLike[str], budget: str | int,
    output: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *,
    methods: Sequence[str] = ..., activations: Literal["none", "total", "peak"] = "none",
    ranges: Literal["static", "token"] = "static", activation_bits: Sequence[int] = ...,
    samples: int = 512, recover: int = 0, mean: Sequence[float] | float = ...,
    deviation: Sequence[float] | float = ..., seed: int = 1,
    record: str | os.PathLike[str] | None = None, timeout: float | None = None,
) -> Compressed: ...
