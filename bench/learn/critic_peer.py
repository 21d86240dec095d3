#!/usr/bin/env python3
"""The critic step of bench/learn/critic_bench.cpp in Python PyTorch, for comparison.

One step of SMILE: separable critic, x and y of 20 columns, hidden 256-256, embedding 32, the
Jensen-Shannon objective on a batch*batch matrix of scores, Adam at 5e-4. Prints for each batch the
median over rounds of the mean time of a step, in milliseconds.

    python3 bench/learn/critic_peer.py [cpu|cuda] [rounds]
"""
import statistics
import sys
import time

import torch
import torch.nn.functional as F

device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
steps = 50
if device.type == "cpu":
    torch.set_num_threads(1)


def tower():
    return torch.nn.Sequential(torch.nn.Linear(20, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256),
                               torch.nn.ReLU(), torch.nn.Linear(256, 32)).to(device)


def measure(batch):
    torch.manual_seed(1)
    g, h = tower(), tower()
    adam = torch.optim.Adam([*g.parameters(), *h.parameters()], lr=5e-4)
    x = torch.randn(batch, 20, device=device)
    y = 0.8 * x + 0.6 * torch.randn(batch, 20, device=device)

    def step():
        scores = g(x) @ h(y).t()
        diagonal = scores.diagonal()
        apart = F.softplus(scores)
        product = (apart.sum() - apart.diagonal().sum()) / (batch * (batch - 1))
        loss = F.softplus(-diagonal).mean() + product
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss

    for _ in range(20):
        loss = step()
    loss.item()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(steps):
            loss = step()
        loss.item()  # waits for the device
        times.append((time.perf_counter() - start) / steps * 1e3)
    assert torch.isfinite(loss), "the objective is no number"
    return times


print(f"torch {torch.__version__}, {device}, ms a step: median (least to most) of {rounds} rounds")
for batch in (64, 128, 256, 512, 1024):
    times = measure(batch)
    print(f"{batch:5d}  {statistics.median(times):.3f}  ({min(times):.3f} to {max(times):.3f})")
