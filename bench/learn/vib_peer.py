#!/usr/bin/env python3
"""The training step of recipes/vib.toml in Python PyTorch, for comparison with `venturi reproduce vib`.

Same network (784-1024-1024-2x256, linear decoder), batch 100, Adam (1e-4, .5, .999), exponential
moving average of the weights, data on the device. Prints the median over epochs of the mean time of
a step, in milliseconds. Random images of MNIST's size: the time of a step does not depend on them.

    python3 bench/learn/vib_peer.py [cpu|cuda] [epochs]
"""
import statistics
import sys
import time

import torch
import torch.nn.functional as F

device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
n, batch, size, beta = 60000, 100, 256, 1e-3
torch.manual_seed(1)
x = torch.rand(n, 784, device=device) * 2 - 1
y = torch.randint(0, 10, (n,), device=device)
body = torch.nn.Sequential(torch.nn.Linear(784, 1024), torch.nn.ReLU(), torch.nn.Linear(1024, 1024),
                           torch.nn.ReLU(), torch.nn.Linear(1024, 2 * size)).to(device)
decoder = torch.nn.Linear(size, 10).to(device)
parameters = [*body.parameters(), *decoder.parameters()]
adam = torch.optim.Adam(parameters, lr=1e-4, betas=(0.5, 0.999))
average = [torch.zeros_like(p) for p in parameters]


def step(rows):
    e = body(x[rows])
    mean, scale = e[:, :size], F.softplus(e[:, size:] - 5) + 1e-10
    z = mean + scale * torch.randn_like(mean)
    rate = (0.5 * (scale.square() + mean.square() - 1) - scale.log()).sum(1).mean()
    loss = F.cross_entropy(decoder(z), y[rows]) + beta * rate
    adam.zero_grad()
    loss.backward()
    adam.step()
    with torch.no_grad():
        torch._foreach_lerp_(average, parameters, 1e-3)


times = []
for epoch in range(epochs + 1):
    order = torch.randperm(n, device=device)
    if device.type == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    for begin in range(0, n, batch):
        step(order[begin:begin + batch])
    if device.type == "cuda":
        torch.cuda.synchronize()
    if epoch > 0:  # the first warms up
        times.append((time.perf_counter() - start) / (n / batch) * 1e3)
name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
print(f"PyTorch {torch.__version__} on {name}: {statistics.median(times):.4f} ms a step "
      f"(median of {epochs} epochs, {min(times):.4f} to {max(times):.4f})")
