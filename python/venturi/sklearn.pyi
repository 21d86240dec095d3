from typing import Any

import numpy
from numpy.typing import ArrayLike, NDArray

def mutual_info_regression(
    X: Any, y: ArrayLike, *, discrete_features: str | bool | ArrayLike = "auto",
    n_neighbors: int = 3, copy: bool = True,
    random_state: int | numpy.random.RandomState | None = None, n_jobs: int | None = None,
) -> NDArray[numpy.float64]: ...
def mutual_info_classif(
    X: Any, y: ArrayLike, *, discrete_features: str | bool | ArrayLike = "auto",
    n_neighbors: int = 3, copy: bool = True,
    random_state: int | numpy.random.RandomState | None = None, n_jobs: int | None = None,
) -> NDArray[numpy.float64]: ...
