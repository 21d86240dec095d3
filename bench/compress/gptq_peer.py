"""GPTQ as published (Frantar et al., ICLR 2023, algorithm 1), written plainly in PyTorch, and timed.

    python3 bench/compress/gptq_peer.py FOLDER [ROWSxCOLUMNS...]

Makes weights and second moments of inputs with unequal and correlated channels, writes them to
FOLDER/ROWSxCOLUMNS/{w,h}.npy (float32), quantizes to 4 bits with one asymmetric grid a row, blocks
of 128 and damping 0.01, and writes q_peer.npy and peer.json (median seconds of 5 runs after 2)
beside them; GPTQ_MATRICES=FOLDER compress_bench then compares.
"""

import json
import pathlib
import statistics
import sys
import time

import numpy
import torch

torch.backends.cuda.matmul.allow_tf32 = False


def gptq(w, h, levels=16, block=128, damping=0.01):
    w = w.clone()
    rows, columns = w.shape
    low = w.amin(1).clamp(max=0)
    high = w.amax(1).clamp(min=0)
    scale = ((high - low) / (levels - 1)).half().float()
    zero = torch.round(-low / scale).clamp(0, levels - 1)
    h = h.clone()
    dead = torch.diag(h) == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    index = torch.arange(columns, device=w.device)
    h[index, index] += damping * torch.mean(torch.diag(h))
    h = torch.linalg.cholesky(h)
    h = torch.cholesky_inverse(h)
    inverse = torch.linalg.cholesky(h, upper=True)
    q = torch.zeros_like(w)
    for begin in range(0, columns, block):
        end = min(begin + block, columns)
        part = w[:, begin:end].clone()
        errors = torch.zeros_like(part)
        inner = inverse[begin:end, begin:end]
        for i in range(end - begin):
            column = part[:, i]
            d = inner[i, i]
            level = torch.clamp(torch.round(column / scale) + zero, 0, levels - 1)
            value = scale * (level - zero)
            q[:, begin + i] = value
            error = (column - value) / d
            part[:, i:] -= error.unsqueeze(1).matmul(inner[i, i:].unsqueeze(0))
            errors[:, i] = error
        w[:, end:] -= errors.matmul(inverse[begin:end, end:])
    return q


def main():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    wait = torch.cuda.synchronize if device == "cuda" else (lambda: None)
    sizes = sys.argv[2:] or (["4096x4096", "4096x11008"] if device == "cuda" else ["512x1024"])
    torch.manual_seed(1)
    for size in sizes:
        rows, columns = (int(n) for n in size.split("x"))
        folder = pathlib.Path(sys.argv[1]) / size
        folder.mkdir(parents=True, exist_ok=True)
        x = torch.randn(2 * columns, columns, device=device)
        x *= torch.randn(columns, device=device).mul(0.5).exp()
        x += 2 * x.mean(1, keepdim=True)
        h = x.t().mm(x) / columns
        w = torch.randn(rows, columns, device=device) * 0.02
        numpy.save(folder / "h.npy", h.cpu().numpy())
        numpy.save(folder / "w.npy", w.cpu().numpy())
        seconds = []
        for run in range(7):
            wait()
            start = time.perf_counter()
            q = gptq(w, h)
            wait()
            if run >= 2:
                seconds.append(time.perf_counter() - start)
        numpy.save(folder / "q_peer.npy", q.cpu().numpy())
        name = torch.cuda.get_device_name(0) if device == "cuda" else "cpu"
        facts = {"seconds": statistics.median(seconds), "device": name, "torch": torch.__version__}
        (folder / "peer.json").write_text(json.dumps(facts))
        print(folder.name, facts)


if __name__ == "__main__":
    main()
