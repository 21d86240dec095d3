#!/usr/bin/env python3
"""Training steps of recipe objective-steps in Python PyTorch, for comparison with
`venturi reproduce objective-steps`.

Same network (8-128-128-128, linear heads, 128 dimensions of z, decoder 128-128-1), Adam, batches of
128 and 512, the terms written as one would write them in PyTorch (torch.cdist, autograd). Prints
the median over epochs of the mean time of a step, in milliseconds.

    OMP_NUM_THREADS=2 python3 bench/learn/objective_peer.py [cpu|cuda] [epochs]
"""
import statistics
import sys
import time

import torch
import torch.nn.functional as F

device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
size, beta = 128, 0.01
torch.manual_seed(1)


def spread(u):
    return u.detach().var(0, unbiased=False).sum()


def gram(u, v, squared):
    return torch.exp(-torch.cdist(u, v).square() / (2 * squared))


def cs(k, l):
    return ((k * l).mean() * k.mean() * l.mean()).log() - 2 * (k.mean(1) * l.mean(1)).mean().log()


def normalised_cs(k, l):
    return cs(k, l) / (cs(k, k) * cs(l, l)).sqrt()


def hsic(k, l):
    return (k * l).mean() + k.mean() * l.mean() - 2 * (k.mean(1) * l.mean(1)).mean()


def conditional_cs(k, l1, l2, l21):
    w = k / k.sum(1, keepdim=True).square()
    return (w * l1).sum().log() + (w * l2).sum().log() - 2 * (w * l21).sum().log()


class Net(torch.nn.Module):
    def __init__(self, method):
        super().__init__()
        self.method = method
        heads = 2 * size if method == "vib" else size
        self.body = torch.nn.Sequential(*[m for i in (8, 128, 128) for m in
                                          (torch.nn.Linear(i, 128), torch.nn.ReLU())],
                                        torch.nn.Linear(128, heads))
        self.decoder = torch.nn.Sequential(torch.nn.Linear(size, 128), torch.nn.ReLU(),
                                           torch.nn.Linear(128, 1))
        self.log_scale = torch.nn.Parameter(torch.zeros(1))

    def loss(self, x, y):
        e, rate = self.body(x), 0.0
        z = e
        if self.method == "vib":
            mean, scale = e[:, :size], F.softplus(e[:, size:] - 5) + 1e-10
            z = mean + scale * torch.randn_like(mean)
            rate = (0.5 * (scale.square() + mean.square() - 1) - scale.log()).sum(1).mean()
        elif self.method == "nib":
            z = e + self.log_scale.exp() * torch.randn_like(e)
            rate = -gram(e, e, (2 * self.log_scale).exp()).mean(1).log().mean()
        elif self.method in ("mse-cs-ib", "cs-ib"):
            rate = normalised_cs(gram(x, x, spread(x)), gram(z, z, spread(z)))
        elif self.method == "hsic":
            rate = hsic(gram(x, x, spread(x)), gram(z, z, spread(z)))
        v = self.decoder(z)
        if self.method == "cs-ib":
            squared = 1 + (v - y).detach().square().mean()
            prediction = conditional_cs(gram(x, x, spread(x)), gram(y, y, squared),
                                        gram(v, v, squared), gram(v, y, squared))
        else:
            prediction = F.mse_loss(v, y)
        return prediction + beta * rate


for batch in (128, 512):
    x = torch.randn(20 * batch, 8, device=device)
    y = x.sum(1, keepdim=True) / 8 ** 0.5
    for method in ("plain", "vib", "nib", "mse-cs-ib", "cs-ib", "hsic"):
        net = Net(method).to(device)
        adam = torch.optim.Adam(net.parameters(), lr=1e-3)
        times = []
        for epoch in range(epochs + 1):
            order = torch.randperm(len(x), device=device)
            if device.type == "cuda":
                torch.cuda.synchronize()
            start = time.perf_counter()
            for begin in range(0, len(x), batch):
                rows = order[begin:begin + batch]
                adam.zero_grad()
                net.loss(x[rows], y[rows]).backward()
                adam.step()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if epoch > 0:  # the first warms up
                times.append((time.perf_counter() - start) / 20 * 1e3)
        print(f"{method}, batch {batch}: {statistics.median(times):.3f} ms a step")
