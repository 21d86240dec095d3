#!/usr/bin/env python3
"""Times the room `couple` beside Python peers on the same inputs, answers compared first.

  python3 -m venv venv && venv/bin/pip install numpy scipy pot embo dit
  cmake --preset release && cmake --build --preset release --target couple_bench
  OMP_NUM_THREADS=1 venv/bin/python bench/couple/peers.py build/release/bench/couple_bench

Prints a Markdown table: seconds of CPU time, best of the runs, and the ratio peer / Venturi. A row
whose answers differ by more than its tolerance says so and shows no ratio.
"""
import importlib.metadata as metadata
import json
import math
import os
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ["OMP_NUM_THREADS"])
import numpy as np  # noqa: E402  (threads are set first)


def uniforms(count, start):
    """The numbers of couple_bench.cpp: splitmix64 of start, start + 1, ..."""
    with np.errstate(over="ignore"):
        z = (np.arange(count, dtype=np.uint64) + np.uint64(start + 1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(float) * 2.0**-53


def smooth_joint(rows, columns):
    d = (np.arange(rows)[:, None] / rows - np.arange(columns)[None, :] / columns) / 0.1
    p = np.exp(-0.5 * d * d)
    return p / p.sum()


def transport_case(n, kind):
    a = uniforms(n, 10 * n) + 0.1 if kind == 0 else np.ones(n)
    b = uniforms(n, 11 * n) + 0.1 if kind == 0 else np.ones(n)
    if kind == 2:
        cost = uniforms(n * n, 100 * n).reshape(n, n)
    else:
        x = uniforms(2 * n, 0).reshape(n, 2)
        y = uniforms(2 * n, 2 * n).reshape(n, 2) + 0.2
        cost = ((x[:, None] - y[None]) ** 2).sum(-1)
    return a / a.sum(), b / b.sum(), cost


def best_time(act, runs=3, budget=20.0):
    """Least CPU seconds of a few runs, and the answer of the last."""
    best, spent = math.inf, 0.0
    for _ in range(runs):
        start = time.process_time()
        answer = act()
        seconds = time.process_time() - start
        best, spent = min(best, seconds), spent + seconds
        if spent > budget:
            break
    return best, answer


def ours(program):
    """{name: (seconds, counters)} of the benchmarks that have a peer here."""
    out = subprocess.run(
        [program, "--benchmark_filter=exact|sinkhorn|one_beta", "--benchmark_format=json",
         "--benchmark_repetitions=3"],
        check=True, capture_output=True, text=True).stdout
    found = {}
    for run in json.loads(out)["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        name = run["run_name"].replace("/process_time", "")
        seconds = run["cpu_time"] * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[run["time_unit"]]
        if name not in found or seconds < found[name][0]:
            found[name] = (seconds, run)
    return found


def row(name, peer, mine, theirs, same, note):
    ratio = f"{theirs / mine:.2f}" if same else "-"
    mark = "" if same else " (answers differ)"
    print(f"| {name} | {peer} | {mine:.4g} | {theirs:.4g} | {ratio}{mark} | {note} |", flush=True)


def main():
    results = ours(sys.argv[1])
    versions = {n: metadata.version(n) for n in ("POT", "embo", "dit", "numpy")}
    print("peers: " + ", ".join(f"{k} {v}" for k, v in versions.items()))
    print("\n| case | peer | Venturi s | peer s | peer / Venturi | answers (Venturi; peer) |")
    print("|---|---|---|---|---|---|")
    import ot
    for n in (500, 2000):
        for kind in (0, 1, 2):
            a, b, cost = transport_case(n, kind)
            seconds, mine = results[f"Transport/exact/{n}/{kind}"]
            peer, log = best_time(lambda: ot.emd(a, b, cost, numItermax=10**8, log=True)[1])
            row(f"exact transport {n} x {n}, kind {kind}", "POT emd", seconds, peer,
                abs(log["cost"] / mine["cost"] - 1) < 1e-9,
                f"cost {mine['cost']:.12g}; {log['cost']:.12g}")
    for n in (500, 2000):
        a, b, cost = transport_case(n, 0)
        seconds, mine = results[f"Transport/sinkhorn/{n}"]
        peer, plan = best_time(
            lambda: ot.bregman.sinkhorn_log(a, b, cost, 0.01, numItermax=10000, stopThr=1e-7), 1)
        value = (plan * cost).sum()
        row(f"Sinkhorn, log domain, {n} x {n}, epsilon 0.01", "POT sinkhorn_log", seconds, peer,
            abs(value / mine["cost"] - 1) < 1e-5, f"cost {mine['cost']:.9g}; {value:.9g}")
    from embo import InformationBottleneck
    for x, y, beta in ((20, 10, 3), (60, 20, 3), (100, 30, 5)):
        p = smooth_joint(x, y)
        px, py = p.sum(1), p.sum(0)
        conditional = p.T / px
        seconds, mine = results[f"Ib/one_beta/{x}/{y}/{beta}"]
        objective = mine["rate_bits"] - beta * mine["relevance_bits"]
        np.random.seed(1)
        # Its default of 3 restarts, but iterated until it stands still to 1e-9. It raises e, not 2, to
        # -beta times bits, so its beta is ours times ln 2.
        peer, got = best_time(lambda: InformationBottleneck.beta_iter(
            1, beta * math.log(2), px, py, conditional, x, 3, 5000, rtol=1e-9), 1)
        theirs = got[0] - beta * got[1]
        row(f"bottleneck {x} x {y}, beta {beta}", "embo", seconds, peer,
            abs(theirs - objective) < 1e-3 * abs(objective),
            f"L {objective:.7f}; {theirs:.7f} bits")
    from dit.rate_distortion.blahut_arimoto import blahut_arimoto_ib
    x, y, beta = 20, 10, 3
    p = smooth_joint(x, y)
    seconds, mine = results[f"Ib/one_beta/{x}/{y}/{beta}"]
    objective = mine["rate_bits"] - beta * mine["relevance_bits"]
    peer, (_, xyt) = best_time(lambda: blahut_arimoto_ib(p, beta, restarts=10, max_iters=1000), 1)
    theirs = mutual_information(xyt.sum(axis=1)) - beta * mutual_information(xyt.sum(axis=0))
    row(f"bottleneck {x} x {y}, beta {beta}", "dit blahut_arimoto_ib, 10 restarts", seconds, peer,
        abs(theirs - objective) < 1e-3 * abs(objective), f"L {objective:.7f}; {theirs:.7f} bits")


def mutual_information(p):
    a, b = p.sum(1, keepdims=True), p.sum(0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nansum(np.where(p > 0, p * np.log2(p / (a * b)), 0.0))


if __name__ == "__main__":
    main()
