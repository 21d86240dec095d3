#!/usr/bin/env python3
"""Whole models against ONNX Runtime and PyTorch: the same numbers, and what a run takes.

Exports models of torchvision and of PyTorch's own layers (weights drawn here, nothing is downloaded),
runs each in ONNX Runtime and in `venturi eval`, writes it with `venturi inspect -o` (as it is, and
with batch normalisations folded), and runs what was written in ONNX Runtime again. Prints one line a
model: the largest difference by the largest output, for reading, writing and folding, and how many
batch normalisations were there to fold (exporters mostly leave none). Then, unless --no-speed, the
median milliseconds at batch 1 and 64 of `venturi inspect` and of PyTorch eager, whose batch
normalisations are fused as in the export; the two may link different versions of LibTorch.

    python3 -m venv peers && peers/bin/pip install torch torchvision onnx onnxruntime onnxscript
    peers/bin/python bench/net/onnx_peers.py [--venturi build/release/venturi] [--no-speed] [name...]
"""
import argparse
import contextlib
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import torch.fx.experimental.optimization
import torchvision.models as vision

warnings.filterwarnings("ignore")
LIMIT = 1e-4
arguments = argparse.ArgumentParser()
arguments.add_argument("--venturi", default="build/release/venturi")
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--no-speed", action="store_true")
arguments.add_argument("names", nargs="*")
arguments = arguments.parse_args()
torch.manual_seed(1)
torch.set_num_threads(arguments.threads)


class Tokens(torch.nn.Module):
    """Embedding, a pre-norm transformer encoder, the mean over positions, a linear layer."""

    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(50, 32)
        layer = torch.nn.TransformerEncoderLayer(32, 4, 64, dropout=0, batch_first=True, norm_first=True)
        self.body = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = torch.nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.body(self.embed(x)).mean(1))


class Recurrent(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.body = kind(8, 16, 2, batch_first=True, bidirectional=True)
        self.head = torch.nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


image = lambda n: torch.randn(n, 3, 64, 64)
series = lambda n: torch.randn(n, 12, 8)
MODELS = {
    "mlp": (lambda: torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.GELU(), torch.nn.LayerNorm(32),
                                        torch.nn.Linear(32, 4), torch.nn.Softmax(1)),
            lambda n: torch.randn(n, 8)),
    "resnet18": (lambda: vision.resnet18(), image),
    "mobilenet_v2": (lambda: vision.mobilenet_v2(), image),
    "mobilenet_v3_small": (lambda: vision.mobilenet_v3_small(), image),
    "shufflenet_v2_x0_5": (lambda: vision.shufflenet_v2_x0_5(), image),
    "squeezenet1_1": (lambda: vision.squeezenet1_1(), image),
    "efficientnet_b0": (lambda: vision.efficientnet_b0(), image),
    "densenet121": (lambda: vision.densenet121(), image),
    "regnet_y_400mf": (lambda: vision.regnet_y_400mf(), image),
    "vit": (lambda: vision.VisionTransformer(64, 16, 2, 4, 64, 128), image),
    "transformer": (Tokens, lambda n: torch.randint(0, 50, (n, 10))),
    "lstm": (lambda: Recurrent(torch.nn.LSTM), series),
    "gru": (lambda: Recurrent(torch.nn.GRU), series),
}


def made(name):
    """The model with statistics of batch normalisations that are not the trivial ones."""
    model = MODELS[name][0]().eval()
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
        if isinstance(part, torch.nn.Linear) and not part.weight.any():
            torch.nn.init.normal_(part.weight, 0, 0.1)  # a head that starts at 0 would hide all
    return model


def plain(model):
    """The model as its export has it: batch normalisations fused into the convolutions before them."""
    try:
        return torch.fx.experimental.optimization.fuse(model)
    except Exception:  # not traceable; said in the line of its times
        return None


def venturi(*words):
    done = subprocess.run([arguments.venturi, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def reference(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0].reshape(len(x), -1)


def difference(a, b):
    return float(np.abs(a.reshape(b.shape) - b).max() / np.abs(b).max())


def compare(name, exporter, opset, folder):
    model, x = made(name), MODELS[name][1](4)
    path = folder / f"{name}-{exporter}-{opset}.onnx"
    old = exporter == "script"
    axes = dict(dynamic_axes={"x": {0: "n"}}) if old else dict(
        dynamic_shapes=({0: torch.export.Dim("n", min=1, max=1024)},))
    with contextlib.redirect_stdout(io.StringIO()):  # a refusal prints its whole graph
        torch.onnx.export(model, (x,), str(path), input_names=["x"], opset_version=opset,
                              dynamo=not old, **({} if old else {"verbose": False}), **axes,
                          **({"training": torch.onnx.TrainingMode.PRESERVE} if opset == 17 and old else {}))
    norms = sum(node.op_type == "BatchNormalization" for node in onnx.load(path, load_external_data=False).graph.node)
    expected = reference(path, x.numpy())
    np.savez(folder / "data.npz", x=x.numpy(), y=expected.argmax(1).astype(np.int64))
    data = f"npz:{folder}/data.npz#task=classes"
    venturi("eval", path, "--data", data, "--predictions", folder / "y.npy", "--json", "--quiet")
    out = [difference(np.load(folder / "y.npy"), expected)]
    shape = ",".join(map(str, x.shape))
    for fold in ([], ["--fold"]):
        copy = folder / "copy.onnx"
        venturi("inspect", path, "--shape", f"x={shape}", "--repeats", 1, "-o", copy, "--json", "--quiet", *fold)
        out.append(difference(reference(copy, x.numpy()), expected))
    return path, out, norms


def speed(name, path):
    model, make = made(name), MODELS[name][1]
    fused = plain(model)
    model, out = (model if fused is None else fused), ["unfused PyTorch" if fused is None else "fused PyTorch"]
    for n in (1, 64):
        x, times = torch.zeros_like(make(n)), []  # as inspect's inputs
        repeats = 40 if n == 1 else 7
        with torch.no_grad():
            for _ in range(repeats + 3):
                start = time.perf_counter()
                model(x)
                times.append(time.perf_counter() - start)
        shape = ",".join(map(str, x.shape))
        ours = venturi("inspect", path, "--shape", f"x={shape}", "--repeats", repeats, "--json", "--quiet",
                       "--threads", arguments.threads)["seconds"]
        theirs = statistics.median(times[3:])
        out.append(f"batch {n}: PyTorch {1e3 * theirs:.3f} ms, venturi {1e3 * ours:.3f} ms, ratio {ours / theirs:.2f}")
    return "; ".join(out)


failed = 0
paths = {}
with tempfile.TemporaryDirectory() as place:
    folder = pathlib.Path(place)
    for name in arguments.names or MODELS:
        for exporter, opset in (("script", 11), ("script", 13), ("script", 17), ("dynamo", 18), ("dynamo", 21)):
            try:
                paths[name], d, norms = compare(name, exporter, opset, folder)
                holds = all(v <= LIMIT for v in d)  # NaN does not
                failed += not holds
                print(f"{name:<20} {exporter} {opset}: read {d[0]:.1e}, written {d[1]:.1e}, folded {d[2]:.1e} ({norms} norms)"
                      f"{'' if holds else '  NOT WITHIN ' + str(LIMIT)}", flush=True)
            except Exception as error:  # the exporter's faults are not ours: said, not counted
                ours = isinstance(error, RuntimeError) and str(error).startswith("venturi:")
                failed += ours
                print(f"{name:<20} {exporter} {opset}: {'FAILED' if ours else 'not compared'}: "
                      f"{str(error).strip().splitlines()[0][:200]}", flush=True)
        if not arguments.no_speed and name in paths:
            print(f"{name:<20} {speed(name, paths[name])}", flush=True)
print(f"{failed} failed")
sys.exit(failed > 0)
