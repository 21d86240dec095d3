"""KSG1 (k = 3): Venturi and its peers in one run, on the same arrays, answers compared.

Peers: scikit-learn's mutual_info_regression (1+1 only; its 1e-10 noise and unit deviations make its
answer differ in the last digits), NPEET's algorithm written as calls of scikit-learn's trees (a
BallTree from 20 columns on, as NPEET does) and of SciPy's, NPEET itself and infomeasure if they are
installed (NPEET: from github.com/gregversteeg/NPEET, which is not on PyPI). CPU seconds of one thread, medians (Venturi of twenty timings, before
and after each set of peers; a peer of five). A row is marked if its answer is off by more than 1e-3 nats.

  OMP_NUM_THREADS=1 python3 bench/measure/peers.py build/plain/bench/measure_bench 50000,1 10000,5
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_regression
from sklearn.neighbors import BallTree, KDTree

try:
    import infomeasure
except ImportError:
    infomeasure = None
try:
    from npeet import entropy_estimators as npeet
except ImportError:
    npeet = None

K = 3


def npeet_sklearn(x, y):
    """Kraskov's first estimate as NPEET does it: one joint tree, one tree a side."""
    joint = np.hstack([x, y])
    tree = BallTree if joint.shape[1] >= 20 else KDTree
    radius = tree(joint, metric="chebyshev").query(joint, k=K + 1)[0][:, K] - 1e-15
    total = digamma(K) + digamma(len(x))
    for side in (x, y):
        counts = KDTree(side, metric="chebyshev").query_radius(side, radius, count_only=True)
        total -= digamma(counts).mean()
    return total


def npeet_scipy(x, y):
    joint = np.hstack([x, y])
    radius = cKDTree(joint).query(joint, k=K + 1, p=np.inf)[0][:, K] - 1e-15
    total = digamma(K) + digamma(len(x))
    for side in (x, y):
        counts = cKDTree(side).query_ball_point(side, radius, p=np.inf, return_length=True)
        total -= digamma(counts).mean()
    return total


def by_infomeasure(x, y):
    return infomeasure.mutual_information(
        x, y, approach="metric", k=K, noise_level=0, minkowski_p=np.inf
    )


def cpu_seconds(act, runs):
    seconds, value = [], None
    for _ in range(runs):
        start = time.process_time()
        value = float(act())
        seconds.append(time.process_time() - start)
    return float(np.median(seconds)), value


def venturi(program, folder):
    """CPU seconds of ten timings, and the answer."""
    text = subprocess.run(
        [program, "--benchmark_filter=venturi_ksg1_file", "--benchmark_format=json",
         "--benchmark_min_time=0.02", "--benchmark_repetitions=10"],
        env={**os.environ, "VENTURI_KSG_DATA": folder},
        check=True, capture_output=True, text=True).stdout
    rows = [r for r in json.loads(text)["benchmarks"] if r["run_type"] == "iteration"]
    return [r["cpu_time"] / 1e3 for r in rows], rows[0]["value"]


def measure(program, n, d):
    random = np.random.default_rng(1)
    x = random.normal(size=(n, d))
    y = 0.75 * x + np.sqrt(1 - 0.5625) * random.normal(size=(n, d))
    peers = {"NPEET's algorithm, scikit-learn trees": lambda: npeet_sklearn(x, y),
             "the same, SciPy trees": lambda: npeet_scipy(x, y)}
    if d == 1:
        peers["scikit-learn"] = lambda: mutual_info_regression(x, y[:, 0], n_neighbors=K)[0]
    if npeet is not None:
        peers["NPEET itself"] = lambda: npeet.mi(x, y, k=K, base=np.e)
    if infomeasure is not None and n * d <= 50000:
        peers["infomeasure"] = lambda: by_infomeasure(x, y)
    with tempfile.TemporaryDirectory() as folder:
        np.save(os.path.join(folder, "x.npy"), x)
        np.save(os.path.join(folder, "y.npy"), y)
        ours, answer = venturi(program, folder)
        rows = {name: cpu_seconds(act, 5 if n * d <= 50000 else 1) for name, act in peers.items()}
        ours = float(np.median(ours + venturi(program, folder)[0]))
    print(f"| {n} | {d}+{d} | Venturi | {ours:.4f} | {answer:.5f} | 1 |", flush=True)
    for name, (seconds, value) in rows.items():
        mark = "" if abs(value - answer) < 1e-3 else " (differs)"
        print(f"| {n} | {d}+{d} | {name} | {seconds:.4f} | {value:.5f}{mark} | {seconds / ours:.1f} |",
              flush=True)


def main():
    print("| n | d | program | CPU s | nats | times Venturi's |\n|---|---|---|---|---|---|")
    for case in sys.argv[2:]:
        n, d = map(int, case.split(","))
        measure(sys.argv[1], n, d)


if __name__ == "__main__":
    main()
