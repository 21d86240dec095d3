"""The exact knapsack beside HiGHS (scipy.optimize.milp) on the benchmark's own inputs.

    pip install scipy
    python bench/allocate/peers.py build/plain/bench/allocate_bench

Prints a Markdown table: CPU seconds of both, and whether the optima agree. HiGHS is asked for a
gap of 1e-9 of the optimum and given 120 s; its own tolerances leave about 1e-6 of a constraint.
"""
import json
import math
import subprocess
import sys
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

PARTS, CHOICES, MASK = 500, 30, (1 << 64) - 1
FAMILIES = ["layers", "rough", "near_line", "subset_sum", "coarse"]


def uniform(k):
    z = (k + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def choice(family, part, k):
    at = 4 * (part * CHOICES + k)
    u, v = uniform(at), uniform(at + 1)
    if family == 0:
        weights = math.floor(1e4 * math.pow(1e3, uniform((1 << 20) + part)))
        bits = 1 + 0.25 * k
        return int(weights * bits), weights * 2.0 ** (-2 * bits) * (1 + 0.2 * v) * 1e-6
    if family == 1:
        return int(1e6 * u), v
    if family == 2:
        return int(1e12 * u), 1.01 - u + 0.01 * v
    if family == 3:
        bits = math.floor(1e6 * u)
        return bits, 1e6 - bits
    return int(100 * u), v


def highs(family):
    menus = [[choice(family, p, k) for k in range(CHOICES)] for p in range(PARTS)]
    least = sum(min(b for b, _ in menu) for menu in menus)
    most = sum(max(b for b, _ in menu) for menu in menus)
    budget = least + (most - least) // 10 * 3
    bits = np.array([b for menu in menus for b, _ in menu], dtype=float)
    loss = np.array([d for menu in menus for _, d in menu], dtype=float)
    n = PARTS * CHOICES
    one = csr_matrix((np.ones(n), (np.repeat(np.arange(PARTS), CHOICES), np.arange(n))))
    scale = bits.max()  # HiGHS wants coefficients near one
    start = time.process_time()
    found = milp(loss, constraints=[LinearConstraint(one, 1, 1),
                                    LinearConstraint(bits / scale, -np.inf, budget / scale)],
                 integrality=np.ones(n), bounds=Bounds(0, 1),
                 options={"mip_rel_gap": 1e-9, "time_limit": 120})
    return time.process_time() - start, found


def main():
    run = subprocess.run([sys.argv[1], "--benchmark_filter=^Knapsack", "--benchmark_format=json"],
                         capture_output=True, text=True, check=True)
    ours = json.loads(run.stdout)["benchmarks"]
    print("| family | Venturi ms | HiGHS s | HiGHS / Venturi | distortion (Venturi; HiGHS) |")
    print("|---|---|---|---|---|")
    for family, row in enumerate(ours):
        seconds, found = highs(family)
        ms = row["cpu_time"]
        answer = f"{row['distortion']:.12g}; " + ("none" if found.x is None else f"{found.fun:.12g}")
        agree = found.status == 0 and abs(found.fun - row["distortion"]) <= 1e-7 * row["distortion"]
        ratio = f"{1e3 * seconds / ms:.0f}" if agree else "- (no equal answer)"
        print(f"| {FAMILIES[family]} | {ms:.2f} | {seconds:.2f} | {ratio} | {answer} |", flush=True)


if __name__ == "__main__":
    main()
