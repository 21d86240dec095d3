import dataclasses
from typing import Literal

from numpy.typing import ArrayLike

Scale = Literal["none", "standard", "rank"]

class EstimateWarning(UserWarning): ...

@dataclasses.dataclass(frozen=True)
class Estimate:
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
    def nats(self) -> float: ...
    def __float__(self) -> float: ...

def mi(
    x: ArrayLike, y: ArrayLike, method: str = "ksg1", *, k: int = 3, scale: Scale = "none",
    interval: float = 0.95, permutations: int = 0, series: bool = False, block: int = 0,
    memory: int = 8192, seed: int = 1,
) -> Estimate: ...
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
def methods(
    quantity: Literal["mi", "cmi", "entropy", "total_correlation"] = "mi",
) -> dict[str, str]: ...
def set_threads(n: int) -> None: ...
