#!/usr/bin/env python3
"""Whole models against ONNX Runtime: the same numbers, whoever wrote the file.

Networks of PyTorch (peer_networks.py; nothing is downloaded), exported by its exporters, and those of
`venturi list` under networks, written by `venturi inspect -o`. Each file is run in ONNX Runtime and in
`venturi eval`, written again by `venturi inspect -o` (as it is, and with batch normalisations folded
and convolutions merged), and what was written is run in ONNX Runtime. Prints one line a file: the
largest difference by the largest output, for reading, writing and rewriting, and how many batch
normalisations were there to fold (exporters leave some only where told to). Ends with the number of
files that failed: above 1e-4, or refused.

    python3 -m venv --system-site-packages peers && peers/bin/pip install onnx==1.17.0 onnxruntime
    peers/bin/python bench/net/onnx_peers.py [--venturi build/release/venturi] [name...]
"""
import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import torch

from peer_networks import NETWORKS, made

warnings.filterwarnings("ignore")
LIMIT = 1e-4
OURS = {  # of `venturi list`: a batch of n inputs
    "mlp": lambda n: torch.rand(n, 1, 28, 28),
    "small-cnn": lambda n: torch.rand(n, 1, 28, 28),
    "cifar-resnet20": lambda n: torch.randn(n, 3, 32, 32),
    "cifar-resnet56": lambda n: torch.randn(n, 3, 32, 32),
    "mobilenet-v2": lambda n: torch.randn(n, 3, 64, 64),
    "mobilenet-v2-cifar": lambda n: torch.randn(n, 3, 32, 32),
    "ghostnet-v2": lambda n: torch.randn(n, 3, 64, 64),
    "transformer-encoder": lambda n: torch.randint(0, 256, (n, 20)),
    "llama-260k": lambda n: torch.randint(0, 512, (n, 20)),
    "vae-encoder": lambda n: torch.rand(n, 1, 28, 28),
    "vae-decoder": lambda n: torch.randn(n, 16),
}
arguments = argparse.ArgumentParser()
arguments.add_argument("--venturi", default="build/release/venturi")
arguments.add_argument("names", nargs="*")
arguments = arguments.parse_args()
torch.manual_seed(1)
torch.set_num_threads(1)
recent = int(torch.__version__.split(".")[0]) >= 2
EXPORTERS = [("script", 11), ("script", 13), ("script", 17)] + ([("dynamo", 18), ("dynamo", 21)] if recent else [])


def venturi(*words):
    done = subprocess.run([arguments.venturi, *map(str, words), "--threads", "1"], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def reference(path, x):
    session = session_of(str(path))
    return session.run(None, {session.get_inputs()[0].name: x})[0].reshape(len(x), -1)


def difference(a, b):
    return float(np.abs(a.reshape(b.shape) - b).max() / np.abs(b).max())


def export(model, x, path, exporter, opset):
    more = {}
    if exporter == "script":
        more = dict(dynamic_axes={"x": {0: "n"}}, **({"dynamo": False} if recent else {}))
        if opset == 17:  # batch normalisations as they are
            more["training"] = torch.onnx.TrainingMode.PRESERVE
    else:
        more = dict(dynamic_shapes=({0: torch.export.Dim("n", min=1, max=1024)},), dynamo=True, verbose=False)
    with contextlib.redirect_stdout(io.StringIO()):  # a refusal prints its whole graph
        torch.onnx.export(model, (x,), str(path), input_names=["x"], opset_version=opset, **more)


def calibrate(path, x):
    """Batch normalisations of the file get the mean and variance that x has there. Ours are written
    with 0 and 1, under which values grow from layer to layer until a deep gated network (GhostNetV2)
    multiplies a change of its input in the last place by 10^5, in ONNX Runtime as well."""
    model = onnx.load(path)
    graph, nodes, wanted = model.graph, [], []
    for node in graph.node:
        if node.op_type != "BatchNormalization":
            nodes.append(node)
            continue
        make = lambda op, inputs, what, **more: onnx.helper.make_node(op, inputs, [f"{node.output[0]}/{what}"], **more)
        mean, centred, square, variance, spread = (f"{node.output[0]}/{k}" for k in "mcsvd")
        nodes += [make("ReduceMean", [node.input[0]], "m", axes=[0, 2, 3]), make("Sub", [node.input[0], mean], "c"),
                  make("Mul", [centred, centred], "s"), make("ReduceMean", [square], "v", axes=[0, 2, 3]),
                  make("Sqrt", [variance], "d"), onnx.helper.make_node("Div", [centred, spread], [node.output[0]])]
        wanted += [(node.input[3], mean), (node.input[4], variance)]
    if not wanted:
        return
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    del probe.graph.node[:], probe.graph.value_info[:]
    probe.graph.node.extend(nodes)
    probe.graph.output.extend(onnx.helper.make_tensor_value_info(edge, 1, None) for _, edge in wanted)
    session = session_of(probe.SerializeToString())
    seen = session.run([edge for _, edge in wanted], {session.get_inputs()[0].name: x.numpy()})
    values = {name: value.reshape(-1) for (name, _), value in zip(wanted, seen)}
    for tensor in graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.maximum(values[tensor.name], 1e-3)
                                                         if tensor.name.endswith("var") else values[tensor.name],
                                                         tensor.name))
    onnx.save(model, path)


def compare(path, x, folder):
    norms = sum(n.op_type == "BatchNormalization" for n in onnx.load(path, load_external_data=False).graph.node)
    expected = reference(path, x.numpy())
    np.savez(folder / "data.npz", x=x.numpy(), y=expected.argmax(1).astype(np.int64))
    venturi("eval", path, "--data", f"npz:{folder}/data.npz#task=classes", "--predictions", folder / "y.npy",
            "--json", "--quiet")
    out = [difference(np.load(folder / "y.npy"), expected)]
    shape = ",".join(map(str, x.shape))
    name = onnx.load(path, load_external_data=False).graph.input[0].name
    for change in ([], ["--fold", "--merge"]):
        copy = folder / "copy.onnx"
        venturi("inspect", path, "--shape", f"{name}={shape}", "--repeats", 1, "-o", copy, "--json", "--quiet", *change)
        out.append(difference(reference(copy, x.numpy()), expected))
    return out, norms


failed = compared = 0


def report(name, exporter, write, x, folder):
    """write(path) makes the file; what only the exporter cannot do is said, and not counted."""
    global failed, compared
    label = f"{name:<20} {exporter}"
    path = folder / f"{name}.onnx"
    try:
        write(path)
    except Exception as error:
        failed += exporter == "venturi"
        print(f"{label:<32} not exported: {str(error).strip().splitlines()[0][:160]}", flush=True)
        return
    try:
        d, norms = compare(path, x, folder)
        compared += 1
        holds = all(v <= LIMIT for v in d)  # NaN does not
        failed += not holds
        print(f"{label:<32} read {d[0]:.1e}, written {d[1]:.1e}, rewritten {d[2]:.1e} ({norms} norms)"
              f"{'' if holds else '  NOT WITHIN ' + str(LIMIT)}", flush=True)
    except Exception as error:
        failed += 1
        print(f"{label:<32} FAILED: {str(error).strip().splitlines()[0][:300]}", flush=True)


print(f"PyTorch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}")
with tempfile.TemporaryDirectory() as place:
    folder = pathlib.Path(place)
    for name in arguments.names or NETWORKS:
        if name not in NETWORKS:
            continue
        maker, inputs = NETWORKS[name]
        model, x = made(maker), inputs(4)
        for exporter, opset in EXPORTERS:
            report(name, f"{exporter} {opset}", lambda path: export(model, x, path, exporter, opset), x, folder)
    for name in arguments.names or OURS:
        if name not in OURS:
            continue
        x = OURS[name](4)
        shape = ",".join(map(str, x.shape))

        def write(path):
            venturi("inspect", name, "--repeats", 1, "-o", path, "--json", "--quiet", "--shape", shape)
            calibrate(path, x)

        report(name, "venturi", write, x, folder)
print(f"{compared} files compared, {failed} failed")
sys.exit(failed > 0)
