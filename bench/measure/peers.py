"""KSG1 (k = 3) by scikit-learn and by NPEET's algorithm written as KD-tree calls.

The data are those of ksg_bench.cpp in law (x ~ N(0, I_d), y = .75 x + noise), drawn anew.
CPU seconds of one thread; for the values, compare the estimates.
  OMP_NUM_THREADS=1 python3 peers.py 10000,1 50000,1 10000,5 10000,10
"""
import sys
import time

import numpy as np
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression
from sklearn.neighbors import KDTree


def npeet_ksg1(x, y, k=3):
    """Kraskov's first estimate as NPEET does it: one joint tree, one tree a side."""
    joint = np.hstack([x, y])
    radius = KDTree(joint, metric="chebyshev").query(joint, k=k + 1)[0][:, k] - 1e-15
    total = digamma(k) + digamma(len(x))
    for side in (x, y):
        counts = KDTree(side, metric="chebyshev").query_radius(side, radius, count_only=True)
        total -= digamma(counts).mean()
    return total


def timed(name, n, d, act):
    best = np.inf
    for _ in range(3 if n * d <= 50000 else 1):
        start = time.process_time()
        value = act()
        best = min(best, time.process_time() - start)
    print(f"| {name} | {n} | {d}+{d} | {best:.3f} | {float(value):.4f} |", flush=True)


def main():
    print("| peer | n | d | CPU s | nats |\n|---|---|---|---|---|")
    for case in sys.argv[1:]:
        n, d = map(int, case.split(","))
        random = np.random.default_rng(1)
        x = random.normal(size=(n, d))
        y = 0.75 * x + np.sqrt(1 - 0.5625) * random.normal(size=(n, d))
        timed("NPEET's algorithm", n, d, lambda: npeet_ksg1(x, y))
        if d == 1:
            timed("scikit-learn", n, d, lambda: mutual_info_regression(x, y[:, 0])[0])


if __name__ == "__main__":
    main()
