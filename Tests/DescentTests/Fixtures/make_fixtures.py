#!/usr/bin/env python3
"""Writes the values and gradients with which FixtureTests.swift compares the library.

An independent implementation computes them: PyTorch, in float64.

    pip install torch numpy
    python make_fixtures.py            # writes *.json beside this script

Inputs are fixed by the seed below; the files that are committed came from PyTorch 2.
"""

import json
import pathlib

import numpy
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(2024)


def draw(*shape, low=-2.0, high=2.0):
    """Numbers of few digits, so that the files are short and the inputs exact."""
    return torch.tensor(numpy.round(generator.uniform(low, high, shape), 3), dtype=torch.float64)


def pack(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().double().reshape(-1).tolist()}


def write(name, content):
    text = json.dumps(content, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text.replace("},{", "},\n{") + "\n")


# Operations

cases = []


def case(name, function, *inputs, differentiable=None):
    """The value of a function, and the gradient of the sum of its products with a cotangent."""
    inputs = [x.clone() for x in inputs]
    wanted = [True] * len(inputs) if differentiable is None else differentiable
    for x, is_wanted in zip(inputs, wanted):
        if is_wanted:
            x.requires_grad_()
    value = function(*inputs)
    cotangent = draw(*value.shape, low=0.5, high=1.5)
    (value * cotangent).sum().backward()
    cases.append({
        "name": name,
        "inputs": [pack(x) for x in inputs],
        "value": pack(value),
        "cotangent": pack(cotangent),
        "gradients": [pack(x.grad) if x.grad is not None else None for x in inputs],
    })


def special(low=-6.0, high=6.0):
    """A matrix of ordinary numbers with a few that are large or near zero."""
    x = draw(4, 6, low=low, high=high)
    x[0, 0], x[0, 1], x[0, 2] = 1e-9, -1e-9, 25.0
    x[1, 0], x[1, 1] = -25.0, 0.001
    return x


positive = draw(4, 6, low=0.01, high=9)
positive[0, 0], positive[0, 1] = 1e-12, 1e12

case("negate", lambda x: -x, special())
case("exp", torch.exp, special())
case("expMinusOne", torch.expm1, special())
case("log", torch.log, positive)
case("logOnePlus", torch.log1p, special(-0.9, 6).clamp(min=-0.9))
case("sqrt", torch.sqrt, positive)
case("sin", torch.sin, special(-30, 30))
case("cos", torch.cos, special(-30, 30))
case("tanh", torch.tanh, special())
case("sigmoid", torch.sigmoid, special())
case("softplus", lambda x: torch.logaddexp(x, torch.zeros_like(x)), special())
case("erf", torch.erf, special(-4, 4))
case("relu", F.relu, special())
case("abs", torch.abs, special())
case("leakyRelu", lambda x: F.leaky_relu(x, 0.01), special())
case("gelu", F.gelu, special(-4, 4))
case("square", lambda x: x ** 2, special())
case("cube", lambda x: x ** 3, special())
case("powerOneAndAHalf", lambda x: x ** 1.5, positive)
case("clip", lambda x: x.clamp(-1.5, 2.5), special())

for name, function in [
    ("add", torch.add), ("subtract", torch.subtract), ("multiply", torch.multiply),
    ("divide", torch.divide), ("minimum", torch.minimum), ("maximum", torch.maximum),
]:
    case(name, function, draw(3, 1, 4, low=0.2, high=3), draw(2, 1, low=0.3, high=3))
case("power", torch.pow, draw(3, 1, 4, low=0.2, high=3), draw(2, 1, low=-2, high=3))
case("select", lambda a, b: torch.where(a > b, a * a, b), draw(3, 4), draw(4))

for name, axes in [("All", (0, 1, 2)), ("First", (0,)), ("Middle", (1,)), ("Ends", (0, 2))]:
    case(f"sum{name}", lambda x: x.sum(axes), draw(3, 4, 5))
    case(f"mean{name}", lambda x: x.mean(axes), draw(3, 4, 5))
    case(f"variance{name}", lambda x: x.var(axes, correction=0), draw(3, 4, 5))
    case(f"unbiased{name}", lambda x: x.var(axes, correction=1), draw(3, 4, 5))
    case(f"max{name}", lambda x: x.amax(axes), draw(3, 4, 5))
    case(f"min{name}", lambda x: x.amin(axes), draw(3, 4, 5))

case("matmulVectors", torch.matmul, draw(5), draw(5))
case("matmulMatrices", torch.matmul, draw(3, 5), draw(5, 4))
case("matmulBatch", torch.matmul, draw(2, 1, 3, 4), draw(3, 4, 2))
case("matmulVectorBatch", torch.matmul, draw(4), draw(2, 4, 3))
case("matmulBatchVector", torch.matmul, draw(2, 3, 4), draw(4))
case("matmulLarge", torch.matmul, draw(19, 37), draw(37, 23))

case("softmax", lambda x: F.softmax(x, -1), special())
case("softmaxFirst", lambda x: F.softmax(x, 0), special())
case("logSoftmax", lambda x: F.log_softmax(x, -1), special())
case("logSumExp", lambda x: torch.logsumexp(x, -1), special())

case("permute", lambda x: x.permute(2, 0, 1), draw(2, 3, 4))
case("transposeReshape", lambda x: x.transpose(0, 1).reshape(2, 6), draw(4, 3))
case("step", lambda x: x[1:7:2, ::3], draw(7, 7))
case("pad", lambda x: F.pad(x, (1, 2, 0, 1)), draw(3, 4))
case("concatenate", lambda a, b: torch.cat([a, b], 1), draw(3, 2), draw(3, 4))
case("gather", lambda x: x[torch.tensor([3, 0, 3, 1])], draw(4, 3))

# Losses. A sample's outputs are summed and the batch is averaged, as the library defines them.

labels = torch.tensor([2, 0, 3, 3, 1])
soft = F.softmax(draw(5, 4), -1)
yes_no = torch.tensor(numpy.round(generator.uniform(0, 1, (5, 4))))
case("crossEntropy", lambda z: F.cross_entropy(z, labels), draw(5, 4, low=-9, high=9))
case("crossEntropySmoothed", lambda z: F.cross_entropy(z, labels, label_smoothing=0.1),
     draw(5, 4, low=-9, high=9))
case("crossEntropySoft", lambda z, t: F.cross_entropy(z, t), draw(5, 4), soft,
     differentiable=[True, False])
case("binaryCrossEntropy",
     lambda z, t: F.binary_cross_entropy_with_logits(z, t, reduction="sum") / 5,
     draw(5, 4, low=-30, high=30), yes_no, differentiable=[True, False])
case("l2", lambda a, t: 0.5 * F.mse_loss(a, t, reduction="sum") / 5, draw(5, 4), draw(5, 4))
case("mse", F.mse_loss, draw(5, 4), draw(5, 4))
case("l1", lambda a, t: F.l1_loss(a, t, reduction="sum") / 5, draw(5, 4), draw(5, 4))
case("huber", lambda a, t: F.huber_loss(a, t, reduction="sum", delta=1.0) / 5,
     draw(5, 4), draw(5, 4))
case("huberQuarter", lambda a, t: F.huber_loss(a, t, reduction="sum", delta=0.25) / 5,
     draw(5, 4), draw(5, 4))
case("addingProduct", torch.addcmul, draw(3, 4), draw(2, 1, 4), draw(3, 1))

write("operations", cases)

# Optimisers: a small network on fixed data, weights and biases after each step. Weights decay,
# biases do not.

runs = []


def network(sizes, activation):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), activation()]
    model = torch.nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(draw(*parameter.shape, low=-0.8, high=0.8))
    return model


def run(name, make, steps=5, sizes=(3, 4, 2), activation=torch.nn.Tanh, decay=0.0, clip=None):
    model = network(sizes, activation)
    x, target = draw(6, sizes[0]), draw(6, sizes[-1])
    labels = torch.tensor(generator.integers(0, sizes[-1], 6))
    is_classifier = name == "network"
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": decay},
        {"params": [p for p in model.parameters() if p.dim() <= 1], "weight_decay": 0.0},
    ]
    optimizer = make(groups)
    entry = {
        "name": name, "x": pack(x), "target": pack(target), "labels": labels.tolist(),
        "start": [pack(p) for p in model.parameters()], "losses": [], "steps": [],
    }
    for _ in range(steps):
        optimizer.zero_grad()
        output = model(x)
        if is_classifier:
            loss = F.cross_entropy(output, labels)
        else:
            loss = F.mse_loss(output, target)
        loss.backward()
        if clip == "norm":
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        if clip == "value":
            torch.nn.utils.clip_grad_value_(model.parameters(), 0.05)
        optimizer.step()
        entry["losses"].append(loss.item())
        entry["steps"].append([pack(p) for p in model.parameters()])
    if is_classifier:
        entry["steps"] = entry["steps"][-1:]
    runs.append(entry)


o = torch.optim
run("sgd", lambda p: o.SGD(p, lr=0.1))
run("momentum", lambda p: o.SGD(p, lr=0.1, momentum=0.9))
run("nesterov", lambda p: o.SGD(p, lr=0.1, momentum=0.8, nesterov=True))
run("rmsprop", lambda p: o.RMSprop(p, lr=0.01, alpha=0.99, eps=1e-8))
run("adagrad", lambda p: o.Adagrad(p, lr=0.1, eps=1e-10))
run("adam", lambda p: o.Adam(p, lr=0.01))
run("adamBetas", lambda p: o.Adam(p, lr=0.02, betas=(0.8, 0.95)))
run("adamw", lambda p: o.AdamW(p, lr=0.01), decay=0.01)
run("adamwStrong", lambda p: o.AdamW(p, lr=0.05), decay=0.3)
run("sgdDecay", lambda p: o.SGD(p, lr=0.1), decay=0.1)
run("momentumDecay", lambda p: o.SGD(p, lr=0.1, momentum=0.9), decay=0.05)
run("adamDecay", lambda p: o.Adam(p, lr=0.01), decay=0.1)
run("sgdClipNorm", lambda p: o.SGD(p, lr=0.1), clip="norm")
run("adamClipNorm", lambda p: o.Adam(p, lr=0.01), clip="norm")
run("sgdClipValue", lambda p: o.SGD(p, lr=0.1), clip="value")
run("network", lambda p: o.Adam(p, lr=0.01), steps=10, sizes=(5, 8, 7, 4),
    activation=torch.nn.ReLU)
write("optimizers", runs)

# Layers: what they make of a few minibatches in training, one after another, with the gradients of
# the input and of the parameters and the running statistics behind each; then in evaluation.

layers = []


def layer(name, module, *shape, minibatches=3):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(draw(*parameter.shape, low=0.3, high=1.7))
    entry = {
        "name": name, "passes": [],
        "parameters": {key: pack(p) for key, p in module.named_parameters()},
    }
    for step in range(minibatches + 1):
        module.train(step < minibatches)
        module.zero_grad()
        x = draw(*shape).requires_grad_()
        value = module(x)
        cotangent = draw(*value.shape, low=0.5, high=1.5)
        (value * cotangent).sum().backward()
        entry["passes"].append({
            "x": pack(x), "value": pack(value), "cotangent": pack(cotangent),
            "gradients": {
                "x": pack(x.grad), **{key: pack(p.grad) for key, p in module.named_parameters()},
            },
            "state": {
                key: pack(b) for key, b in module.named_buffers() if "tracked" not in key
            },
        })
    layers.append(entry)


n = torch.nn
layer("batchNorm", n.BatchNorm1d(3), 5, 3)
layer("batchNormSeries", n.BatchNorm1d(3), 2, 3, 4)
layer("batchNormImages", n.BatchNorm2d(2), 3, 2, 2, 3)
layer("batchNormMomentum", n.BatchNorm1d(3, eps=1e-2, momentum=0.3), 4, 3)
layer("layerNorm", n.LayerNorm(5), 3, 5, minibatches=1)
layer("layerNormImages", n.LayerNorm([2, 3, 2]), 2, 2, 3, 2, minibatches=1)
layer("groupNorm", n.GroupNorm(2, 4), 3, 4, minibatches=1)
layer("groupNormImages", n.GroupNorm(3, 6), 2, 6, 2, 2, minibatches=1)
layer("instanceNorm", n.InstanceNorm2d(2), 2, 2, 3, 3, minibatches=1)
layer("pad", n.ZeroPad2d((1, 2, 0, 1)), 2, 1, 2, 3, minibatches=1)
layer("upsampleNearest", n.Upsample(scale_factor=2), 2, 2, 2, 3, minibatches=1)
layer("upsampleBilinear", n.Upsample(scale_factor=3, mode="bilinear"), 1, 2, 3, 2, minibatches=1)
layer("upsampleSeries", n.Upsample(scale_factor=2, mode="linear"), 2, 2, 4, minibatches=1)

# A network with batch normalisation, trained for some steps; then its outputs in evaluation.

model = n.Sequential(n.Linear(4, 6), n.BatchNorm1d(6), n.ReLU(), n.Linear(6, 3))
with torch.no_grad():
    for parameter in model.parameters():
        parameter.copy_(draw(*parameter.shape, low=-0.8, high=0.8))
x, labels = draw(8, 4), torch.tensor(generator.integers(0, 3, 8))
optimizer = o.Adam(model.parameters(), lr=0.01)
trained = {
    "x": pack(x), "labels": labels.tolist(), "losses": [],
    "start": {key: pack(p) for key, p in model.named_parameters()},
}
for _ in range(6):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    trained["losses"].append(loss.item())
model.eval()
trained["output"] = pack(model(x))
trained["end"] = {
    key: pack(value) for key, value in model.state_dict().items() if "tracked" not in key
}
write("layers", {"layers": layers, "network": trained})
