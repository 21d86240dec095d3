#!/usr/bin/env python3
"""Three networks at batch 1 and 64 in `venturi inspect` and in PyTorch eager, one after the other.

ResNet-20 (CIFAR form), MobileNetV2 at width 0.25 (96*96) and a pre-norm transformer of four layers
(width 64, 64 tokens), with their batch normalisations as they are; weights drawn here, exported by
PyTorch's own exporter. First each side runs the same inputs, drawn here, and the outputs must agree
to 1e-4 of the largest; then the times. Of PyTorch it takes the one that imports: with Debian's
python3-torch both sides link the same LibTorch, with a wheel of PyPI each has its own. Some rounds,
each with both sides; prints the medians over the rounds, of the times and of their ratio. A round
takes some seconds. Exit code 1 where outputs differ.

    python3 bench/net/speed_peers.py [--venturi build/release/venturi] [--threads 2] [--rounds 5] [name...]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import warnings

import numpy as np
import torch

from peer_networks import MobileNetV2, ResNet20, Transformer, made

warnings.filterwarnings("ignore")
LIMIT = 1e-4
parser = argparse.ArgumentParser()
parser.add_argument("--venturi", default="build/release/venturi")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--batches", type=int, nargs="*", default=[1, 64])
parser.add_argument("names", nargs="*")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.manual_seed(1)

NETWORKS = {"resnet20": (ResNet20, lambda n: torch.randn(n, 3, 32, 32)),
            "mobilenet_v2 0.25": (lambda: MobileNetV2(0.25), lambda n: torch.randn(n, 3, 96, 96)),
            "transformer": (Transformer, lambda n: torch.randint(0, 256, (n, 64)))}


def venturi(*words):
    done = subprocess.run([arguments.venturi, *map(str, words), "--json", "--quiet", "--threads",
                           str(arguments.threads)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def largest_difference(model, path, x, folder):
    with torch.no_grad():
        expected = model(x).numpy()
    np.savez(folder / "x.npz", x=x.numpy(), y=expected.argmax(1).astype(np.int64))
    venturi("eval", path, "--data", f"npz:{folder}/x.npz#task=classes", "--predictions", folder / "y.npy")
    return float(np.abs(np.load(folder / "y.npy") - expected).max() / np.abs(expected).max())


def ours(path, x, repeats):
    shape = ",".join(map(str, x.shape))
    return venturi("inspect", path, "--shape", f"x={shape}", "--repeats", repeats)["seconds"]


def eager(model, x, repeats):
    times = []
    with torch.no_grad():
        for _ in range(repeats + 3):
            start = time.perf_counter()
            model(x)
            times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


print(f"PyTorch {torch.__version__}, {arguments.threads} threads")
with tempfile.TemporaryDirectory() as place:
    folder = pathlib.Path(place)
    for name, (maker, inputs) in NETWORKS.items():
        if arguments.names and not any(name.startswith(one) for one in arguments.names):
            continue
        model = made(maker)
        path = folder / "m.onnx"
        more = {} if int(torch.__version__.split(".")[0]) < 2 else {"dynamo": False}
        # As it is: exporters would fold batch normalisations away.
        torch.onnx.export(model, (inputs(2),), str(path), input_names=["x"], opset_version=17,
                          dynamic_axes={"x": {0: "n"}}, do_constant_folding=True,
                          training=torch.onnx.TrainingMode.PRESERVE, **more)
        difference = largest_difference(model, path, inputs(8), folder)
        print(f"{name:<18} outputs differ by {difference:.1e} of the largest", flush=True)
        if not difference <= LIMIT:
            raise SystemExit(f"{name}: the two sides do not compute the same")
        for n in arguments.batches:
            x, repeats, rounds = torch.zeros_like(inputs(n)), (60 if n == 1 else 9), []  # as inspect's inputs
            for _ in range(arguments.rounds):
                rounds.append((eager(model, x, repeats), ours(path, x, repeats)))
            theirs, own, ratio = (statistics.median(v) for v in
                                  zip(*[(a, b, b / a) for a, b in rounds]))
            print(f"{name:<18} batch {n:>2}: PyTorch {1e3 * theirs:8.3f} ms, venturi {1e3 * own:8.3f} ms, "
                  f"ratio {ratio:.2f}", flush=True)
