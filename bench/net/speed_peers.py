#!/usr/bin/env python3
"""Three networks at batch 1 and 64 in `venturi inspect` and in PyTorch eager, one after the other.

ResNet-20 (CIFAR form), MobileNetV2 at width 0.25 (96*96) and a pre-norm transformer of four layers
(width 64, 64 tokens), with their batch normalisations as they are; weights drawn here, exported by
PyTorch's own exporter, the outputs compared first. Of PyTorch it takes the one that imports: with
Debian's python3-torch both sides link the same LibTorch, with a wheel of PyPI each has its own. Three
rounds, each with both sides; prints the median of the rounds' ratios of medians. A round takes some
seconds.

    python3 bench/net/speed_peers.py [--venturi build/release/venturi] [--threads 2] [--rounds 3]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
parser = argparse.ArgumentParser()
parser.add_argument("--venturi", default="build/release/venturi")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--batches", type=int, nargs="*", default=[1, 64])
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.manual_seed(1)


class Residual(nn.Module):
    def __init__(self, inside, out):
        super().__init__()
        self.stride = 1 if inside == out else 2
        self.out = out
        self.conv1 = nn.Conv2d(inside, out, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.out // 4, self.out // 4))
        return torch.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        channels = [16] + [16] * 3 + [32] * 3 + [64] * 3
        self.body = nn.Sequential(*[Residual(a, b) for a, b in zip(channels, channels[1:])])
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.body(self.stem(x)).mean((2, 3)))


class Inverted(nn.Module):
    def __init__(self, inside, out, stride, widening):
        super().__init__()
        wide = inside * widening
        parts = [] if widening == 1 else [nn.Conv2d(inside, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()]
        parts += [nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.ReLU6(),
                  nn.Conv2d(wide, out, 1, bias=False), nn.BatchNorm2d(out)]
        self.parts = nn.Sequential(*parts)
        self.around = stride == 1 and inside == out

    def forward(self, x):
        y = self.parts(x)
        return x + y if self.around else y


class MobileNet(nn.Module):
    def __init__(self, width):
        super().__init__()

        def rounded(v):
            near = max(8, int(v + 4) // 8 * 8)
            return near + 8 if near < 0.9 * v else near

        inside = rounded(32 * width)
        parts = [nn.Conv2d(3, inside, 3, 2, 1, bias=False), nn.BatchNorm2d(inside), nn.ReLU6()]
        for t, c, n, s in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                           (6, 320, 1, 1)):
            for i in range(n):
                parts.append(Inverted(inside, rounded(c * width), s if i == 0 else 1, t))
                inside = rounded(c * width)
        parts += [nn.Conv2d(inside, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.ReLU6()]
        self.parts = nn.Sequential(*parts)
        self.head = nn.Linear(1280, 1000)

    def forward(self, x):
        return self.head(self.parts(x).mean((2, 3)))


class Layer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        n, t, width = x.shape
        z = self.norm1(x)
        q, k, v = (f(z).view(n, t, self.heads, width // self.heads).transpose(1, 2) for f in (self.q, self.k, self.v))
        share = torch.softmax(q @ k.transpose(2, 3) * (width // self.heads) ** -0.5, -1)
        x = x + self.o((share @ v).transpose(1, 2).reshape(n, t, width))
        return x + self.down(torch.relu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(256, 64)
        self.layers = nn.Sequential(*[Layer(64, 4, 256) for _ in range(4)])
        self.head = nn.Linear(64, 2)

    def forward(self, x):
        return self.head(self.layers(self.embed(x)).mean(1))


NETWORKS = {"ResNet-20": (ResNet20, lambda n: torch.zeros(n, 3, 32, 32)),
            "MobileNetV2 0.25": (lambda: MobileNet(0.25), lambda n: torch.zeros(n, 3, 96, 96)),
            "transformer, 4 layers": (Transformer, lambda n: torch.zeros(n, 64, dtype=torch.int64))}


def inspect(path, x, repeats):
    shape = ",".join(map(str, x.shape))
    done = subprocess.run([arguments.venturi, "inspect", str(path), "--shape", f"x={shape}", "--repeats", str(repeats),
                           "--json", "--quiet", "--threads", str(arguments.threads)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)["seconds"]


def eager(model, x, repeats):
    times = []
    with torch.no_grad():
        for _ in range(repeats + 3):
            start = time.perf_counter()
            model(x)
            times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


print(f"PyTorch {torch.__version__}, {arguments.threads} threads")
with tempfile.TemporaryDirectory() as folder:
    for name, (make, inputs) in NETWORKS.items():
        model = make().eval()
        path = pathlib.Path(folder) / "m.onnx"
        more = {} if int(torch.__version__.split(".")[0]) < 2 else {"dynamo": False}
        # As it is: exporters would fold batch normalisations away.
        torch.onnx.export(model, (inputs(2),), str(path), input_names=["x"], opset_version=16,
                          dynamic_axes={"x": {0: "n"}}, do_constant_folding=True,
                          training=torch.onnx.TrainingMode.PRESERVE, **more)
        for n in arguments.batches:
            x, repeats, ratios, ours, theirs = inputs(n), (60 if n == 1 else 9), [], [], []
            for _ in range(arguments.rounds):
                theirs.append(eager(model, x, repeats))
                ours.append(inspect(path, x, repeats))
                ratios.append(ours[-1] / theirs[-1])
            print(f"{name:<22} batch {n:>2}: PyTorch {1e3 * statistics.median(theirs):8.3f} ms, venturi "
                  f"{1e3 * statistics.median(ours):8.3f} ms, ratio {statistics.median(ratios):.2f}", flush=True)
