import dataclasses
from typing import Any, Literal

from numpy.typing import ArrayLike

Scale = Literal["none", "standard", "rank"]

class EstimateWarning(UserWarning): ...

@dataclasses.dataclass(frozen=True)
class Estimate:
    value: float
    standard_error: float
    low: float
    high: float
    level: float
    p_value: float | None
    n: int
    method: str
    warnings: tuple[str, ...]
    unit: str = ...
    details: dict[str, Any] | None = ...
    @property
    def bits(self) -> float: ...
    @property
    def nats(self) -> float: ...
    def __float__(self) -> float: ...

@dataclasses.dataclass(frozen=True)
class Decomposition:
    redundancy: Estimate
    unique_x: Estimate
    unique_y: Estimate
    synergy: Estimate

def mi(
    x: ArrayLike, y: ArrayLike, method: str = "auto", *, k: int = 3, bins: int = 0,
    scale: Scale = "none", interval: float = 0.95, permutations: int = 0, series: bool = False,
    block: int = 0, memory: int = 8192, seed: int = 1,
) -> Estimate: ...
def dependence(
    x: ArrayLike, y: ArrayLike, method: str = "hsic", *,
    width: Literal["default", "median", "silverman"] = "default", scale: Scale = "none",
    interval: float = 0.95, permutations: int = 0, series: bool = False, block: int = 0,
    memory: int = 8192, seed: int = 1,
) -> Estimate: ...
def decomposition(
    x: ArrayLike, y: ArrayLike, target: ArrayLike, method: str = "broja", *,
    interval: float = 0.95, series: bool = False, block: int = 0, memory: int = 8192,
    seed: int = 1,
) -> Decomposition: ...
def cmi(
    x: ArrayLike, y: ArrayLike, z: ArrayLike, method: str = "frenzel-pompe", *, k: int = 3,
    scale: Scale = "none", interval: float = 0.95, permutations: int = 0, series: bool = False,
    block: int = 0, memory: int = 8192, seed: int = 1,
) -> Estimate: ...
def entropy(
    x: ArrayLike, method: str = "kl", *, k: int = 3, interval: float = 0.95, series: bool = False,
    block: int = 0, memory: int = 8192, seed: int = 1,
) -> Estimate: ...
def total_correlation(
    *variables: ArrayLike, method: str = "total", k: int = 3, scale: Scale = "none",
    interval: float = 0.95, permutations: int = 0, series: bool = False, block: int = 0,
    memory: int = 8192, seed: int = 1,
) -> Estimate: ...
def transfer_entropy(
    x: ArrayLike, y: ArrayLike, lags: int = 1, method: str = "frenzel-pompe", *, k: int = 3,
    scale: Scale = "none", interval: float = 0.95, permutations: int = 0, block: int = 0,
    memory: int = 8192, seed: int = 1,
) -> Estimate: ...
def analyse(
    analysis: str, *arrays: ArrayLike, k: int = 0, bins: int = 20, folds: int = 5,
    error: float = 0.01, interval: float = 0.95, seed: int = 1,
) -> dict[str, Estimate]: ...
def methods(
    quantity: Literal[
        "mi", "cmi", "entropy", "total_correlation", "dependence", "decomposition", "analysis"
    ] = "mi",
) -> dict[str, str]: ...
def set_threads(n: int) -> None: ...
