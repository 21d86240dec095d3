"""An ONNX file of `venturi compress` in ONNX Runtime, beside what Venturi says of the same inputs.

    venturi compress model.onnx --calib npz:images.npz --budget 40% -o small.vt,small.onnx
    venturi eval small.vt --data npz:images.npz --predictions small.npy
    python3 bench/compress/onnx_runtime.py small.onnx inputs.npy small.npy

inputs.npy: the samples as the network takes them; small.npy: Venturi's outputs of them. Prints the
file's operators of quantisation, the largest difference by the outputs' deviation, the share of
samples with the same largest output, milliseconds a sample of both; exits 1 where outputs differ by
more than 1e-3 deviations and the network has no quantised activations, or where less than 99 % of
the samples agree. Needs onnxruntime, onnx, numpy.
"""

import collections
import statistics
import sys
import time

import numpy
import onnx
import onnxruntime


def main():
    model, inputs, outputs = sys.argv[1:4]
    operators = collections.Counter(node.op_type for node in onnx.load(model).graph.node)
    quantised = {name: operators[name] for name in ("QuantizeLinear", "DequantizeLinear")}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    x = numpy.load(inputs).astype(numpy.float32)
    expected = numpy.load(outputs)
    found = session.run(None, {name: x})[0].reshape(expected.shape)
    off = numpy.abs(found - expected).max() / expected.std()
    same = (found.argmax(1) == expected.argmax(1)).mean()
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        session.run(None, {name: x[:1]})
        times.append(1e3 * (time.perf_counter() - begin))
    print(f"onnxruntime {onnxruntime.__version__}: {quantised}")
    print(f"{len(x)} samples: largest difference {off:.2e} deviations, same answer {100 * same:.2f} %")
    print(f"one sample {statistics.median(times):.3f} ms")
    exact = operators["QuantizeLinear"] > 0 or "Round" in operators or off < 1e-3
    return 0 if exact and same >= 0.99 else 1


if __name__ == "__main__":
    sys.exit(main())
