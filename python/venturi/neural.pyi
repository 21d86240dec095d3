from collections.abc import Sequence
from typing import Literal

from numpy.typing import ArrayLike

from venturi.measure import Estimate

NEURAL_METHODS: tuple[str, ...]

def neural_mi(
    x: ArrayLike, y: ArrayLike, method: str = "smile", *,
    critic: Literal["separable", "joint"] = "separable", hidden: Sequence[int] = (128, 128),
    embedding: int = 32, learning_rate: float = 0.0005, tau: float = 5.0, ema: float = 0.99,
    slope: float = 10.0, batch: int = 128, steps: int = 3000, patience: int = 10,
    scale: Literal["none", "standard", "rank"] = "none", interval: float = 0.95,
    device: str = "cpu", seed: int = 1, timeout: float | None = None) -> Estimate: ...
