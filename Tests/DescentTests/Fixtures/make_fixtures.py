"""Makes values.json and training.json: what PyTorch computes in float64, for FixtureTests.swift.

usage: pip install torch numpy; python make_fixtures.py

values.json: for each case its inputs, the output, and the derivative of sum(output * cos(0, 1, 2 ...))
with respect to each floating-point input. training.json: the parameters of a small network after some
steps of each optimiser, on fixed data.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)


def numbers(shape, low=-2.0, high=2.0):
    return torch.tensor(np.round(random.uniform(low, high, shape), 6))


def packed(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().double().flatten().tolist()}


cases = []


def case(name, function, *inputs):
    inputs = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    output = function(*inputs)
    record = {"name": name, "inputs": [packed(x) for x in inputs], "output": packed(output)}
    if output.is_floating_point() and output.requires_grad:
        weights = torch.cos(torch.arange(output.numel())).reshape(output.shape)
        wanted = [x for x in inputs if x.requires_grad]
        gradients = torch.autograd.grad((output * weights).sum(), wanted)
        record["gradients"] = [packed(g) for g in gradients]
    cases.append(record)


m = lambda *shape: numbers(shape)
positive = lambda *shape: numbers(shape, 0.2, 3.0)
labels = torch.tensor([2, 0, 3])

for name, f in {
    "exp": torch.exp, "expm1": torch.expm1, "sin": torch.sin, "cos": torch.cos, "tanh": torch.tanh,
    "sigmoid": torch.sigmoid, "softplus": F.softplus, "erf": torch.erf, "gelu": F.gelu,
    "relu": F.relu, "abs": torch.abs, "leaky-relu": F.leaky_relu, "negate": torch.neg,
    "clip": lambda x: torch.clamp(x, -1, 1), "sign": lambda x: torch.sign(x.detach()),
    "floor": lambda x: torch.floor(x.detach()), "cube": lambda x: x**3,
}.items():
    case(name, f, m(3, 5))
for name, f in {
    "log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt, "power1.7": lambda x: x**1.7,
}.items():
    case(name, f, positive(3, 5))
for name, f in {
    "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div,
    "maximum": torch.maximum, "minimum": torch.minimum,
}.items():
    case(name, f, m(2, 1, 4), positive(3, 1))
case("power", torch.pow, positive(2, 3), m(3))
case("select", lambda x, y: torch.where(x > y, x * 2, y), m(3, 4), m(4))
case("matmul", torch.matmul, m(3, 4), m(4, 2))
case("matmul batched", torch.matmul, m(2, 1, 3, 4), m(5, 4, 2))
case("matmul vector", torch.matmul, m(2, 3, 4), m(4))
case("sum", lambda x: x.sum(dim=(0, 2)), m(2, 3, 4))
case("mean", lambda x: x.mean(dim=1), m(2, 3, 4))
case("variance", lambda x: x.var(dim=2, unbiased=False), m(2, 3, 4))
case("unbiased variance", lambda x: x.var(dim=0, unbiased=True), m(4, 3))
case("max", lambda x: x.amax(dim=1), m(2, 5))
case("min", lambda x: x.amin(dim=(0, 1)), m(2, 5))
case("argmax", lambda x: x.argmax(dim=1), m(2, 5, 3))
case("softmax", lambda x: F.softmax(x, -1), m(3, 5))
case("softmax 0", lambda x: F.softmax(x, 0), m(3, 5))
case("logSoftmax", lambda x: F.log_softmax(x, -1), m(3, 5))
case("logSumExp", lambda x: torch.logsumexp(x, 1), m(3, 5, 2))
case("permute", lambda x: x.permute(2, 0, 1), m(2, 3, 4))
case("step", lambda x: x[:, 1:, ::2], m(2, 3, 5))
case("pad", lambda x: F.pad(x, (1, 2, 0, 1)), m(2, 3))
case("concatenate", lambda x, y: torch.cat([x, y, x], 1), m(2, 3), m(2, 1))
case("gather", lambda x: x[torch.tensor([2, 0, 2])], m(3, 4))
case("crossEntropy", lambda z: F.cross_entropy(z, labels), m(3, 4))
case("crossEntropy smoothed", lambda z: F.cross_entropy(z, labels, label_smoothing=0.1), m(3, 4))
case("crossEntropy distribution", lambda z, t: F.cross_entropy(z, t), m(3, 4), F.softmax(m(3, 4), 1))
case("binaryCrossEntropy",
     lambda z, t: F.binary_cross_entropy_with_logits(z, t, reduction="none").sum(1).mean(),
     m(3, 4), torch.sigmoid(m(3, 4)))
case("halfSquaredError", lambda o, t: 0.5 * ((o - t) ** 2).sum(1).mean(), m(3, 4), m(3, 4))
case("meanSquaredError", F.mse_loss, m(3, 4), m(3, 4))
case("absoluteError", lambda o, t: (o - t).abs().sum(1).mean(), m(3, 4), m(3, 4))
case("huber", lambda o, t: F.huber_loss(o, t, delta=0.7, reduction="none").sum(1).mean(), m(3, 4), m(3, 4))

(here / "values.json").write_text(json.dumps(cases))

# A network 5-8-8-3, ReLU, cross-entropy, full batches of 12, ten steps of each optimiser.
x, y = m(12, 5), torch.tensor(random.integers(0, 3, 12))
start = [m(8, 5) / 2, m(8) / 4, m(8, 8) / 2, m(8) / 4, m(3, 8) / 2, m(3) / 4]
rate = 0.02
optimizers = {
    "sgd": lambda p: torch.optim.SGD(p, rate),
    "momentum": lambda p: torch.optim.SGD(p, rate, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, rate),
    "adagrad": lambda p: torch.optim.Adagrad(p, rate),
    "adam": lambda p: torch.optim.Adam(p, rate),
    "adamw": lambda p: torch.optim.AdamW(
        [{"params": p[0::2], "weight_decay": 0.01}, {"params": p[1::2], "weight_decay": 0.0}], rate),
    "sgd decay": lambda p: torch.optim.SGD(
        [{"params": p[0::2], "weight_decay": 0.1}, {"params": p[1::2], "weight_decay": 0.0}], rate),
    "sgd clip norm": lambda p: torch.optim.SGD(p, rate),
    "sgd clip value": lambda p: torch.optim.SGD(p, rate),
}
runs = []
for name, make in optimizers.items():
    p = [t.clone().requires_grad_() for t in start]
    optimizer = make(p)
    losses = []
    for _ in range(10):
        h = F.relu(F.linear(x, p[0], p[1]))
        h = F.relu(F.linear(h, p[2], p[3]))
        loss = F.cross_entropy(F.linear(h, p[4], p[5]), y)
        optimizer.zero_grad()
        loss.backward()
        if name == "sgd clip norm":
            torch.nn.utils.clip_grad_norm_(p, 0.3)
        if name == "sgd clip value":
            torch.nn.utils.clip_grad_value_(p, 0.05)
        optimizer.step()
        losses.append(loss.item())
    runs.append({"name": name, "losses": losses, "parameters": [packed(t) for t in p]})
(here / "training.json").write_text(json.dumps(
    {"inputs": packed(x), "labels": y.tolist(), "start": [packed(t) for t in start], "runs": runs}))
