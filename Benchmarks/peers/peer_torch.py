"""PyTorch. Variants:

eager         tensors in memory, index_select of a shuffled permutation, fused optimizer
compile       the same with torch.compile of the model and its loss
channels_last, compile-channels_last  both with the channels of a pixel side by side
compile-step  torch.compile of the whole step as a function: gather, torch.func.grad, update
manual        gradients by hand, in place, no autograd
"""
from common import (
    SEED,
    THREADS,
    W1,
    W2,
    W3,
    W4,
    W5,
    emit,
    init_normal,
    init_uniform,
    main,
    measure_inference,
    measure_large_step,
    measure_regression,
    measure_training,
    mnist,
    padded,
    seconds,
    time_steps,
    wanted,
)  # first: it sets the number of threads

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(THREADS)
PEER = "torch"
VERSION = torch.__version__


def mlp(sizes, weights, activation=nn.ReLU, last=None):
    """An activation between the layers, `last` at the end; weights as (in, out)."""
    layers = []
    for i, (weight, bias) in enumerate(weights):
        layer = nn.Linear(sizes[i], sizes[i + 1])
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        layers.append(layer)
        if i < len(weights) - 1:
            layers.append(activation())
    if last:
        layers.append(last())
    return nn.Sequential(*layers)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3, fused=True)


def sgd(rate, momentum=0.0):
    return lambda parameters: torch.optim.SGD(
        parameters, lr=rate, momentum=momentum, fused=True)


def mnist_tensors():
    return [torch.from_numpy(array) for array in mnist()]


def accuracy_of(predict, x, labels):
    with torch.inference_mode():
        correct = 0
        for batch, expected in zip(x.split(1000), labels.split(1000)):
            correct += (predict(batch).argmax(1) == expected).sum().item()
    return 100.0 * correct / len(labels)


def train(workload, variant, model, loss_of, make_optimizer, data, batch_size):
    """Variants eager, compile and channels_last."""
    x, y, x_test, labels_test = data
    torch._dynamo.reset()
    if variant == "channels_last":
        model = model.to(memory_format=torch.channels_last)

    def loss(inputs, targets):
        return loss_of(model(inputs), targets)

    if variant == "compile":
        loss = torch.compile(loss)

    def step(rows):
        optimizer.zero_grad(set_to_none=True)
        loss(x.index_select(0, rows), y.index_select(0, rows)).backward()
        optimizer.step()

    def warm_up():
        for rows in torch.arange(5 * batch_size).split(batch_size):
            step(rows)

    start = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = make_optimizer(model.parameters())
    warm = seconds(warm_up)
    model.load_state_dict(start)
    optimizer = make_optimizer(model.parameters())
    torch.manual_seed(SEED)
    used = len(x) // batch_size * batch_size

    def epoch():
        for rows in torch.randperm(len(x))[:used].split(batch_size):
            step(rows)

    measure_training(
        PEER, workload, variant, epoch, lambda: accuracy_of(model, x_test, labels_test),
        warmup_s=round(warm, 2), version=VERSION)


def train_compiled_step(workload, model, loss_of, rule, rate, data, batch_size):
    """Variant compile-step; rule: sgd, momentum or adam."""
    x, y, x_test, labels_test = data
    torch._dynamo.reset()

    def step(p, state, x, y, rows):
        inputs, targets = x.index_select(0, rows), y.index_select(0, rows)

        def loss(q):
            return loss_of(torch.func.functional_call(model, q, (inputs,)), targets)

        g = torch.func.grad(loss)(p)
        if rule == "sgd":
            return {k: p[k] - rate * g[k] for k in p}, state
        if rule == "momentum":
            state = {k: 0.9 * state[k] + g[k] for k in p}
            return {k: p[k] - rate * state[k] for k in p}, state
        m, v, power1, power2 = state
        power1, power2 = power1 * 0.9, power2 * 0.999
        m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
        v = {k: 0.999 * v[k] + 0.001 * g[k] * g[k] for k in p}
        p = {
            k: p[k] - rate * (m[k] / (1 - power1)) / ((v[k] / (1 - power2)).sqrt() + 1e-8)
            for k in p
        }
        return p, (m, v, power1, power2)

    def fresh():
        p = {k: v.detach().clone() for k, v in model.named_parameters()}

        def zeros():
            return {k: torch.zeros_like(v) for k, v in p.items()}

        if rule == "sgd":
            return p, None
        if rule == "momentum":
            return p, zeros()
        return p, (zeros(), zeros(), torch.ones(()), torch.ones(()))

    compiled = torch.compile(step)
    p, state = fresh()

    def run(order):
        nonlocal p, state
        for rows in order.split(batch_size):
            p, state = compiled(p, state, x, y, rows)

    used = len(x) // batch_size * batch_size
    with torch.no_grad():
        warm = seconds(lambda: run(torch.arange(5 * batch_size)))
        p, state = fresh()
        torch.manual_seed(SEED)
        measure_training(
            PEER, workload, "compile-step",
            epoch=lambda: run(torch.randperm(len(x))[:used]),
            accuracy=lambda: accuracy_of(
                lambda batch: torch.func.functional_call(model, p, (batch,)),
                x_test, labels_test),
            warmup_s=round(warm, 2), version=VERSION)


def w1():
    x, labels, x_test, labels_test = mnist_tensors()
    data = x, F.one_hot(labels, 10).float(), x_test, labels_test

    def model():
        return mlp(W1, init_normal(W1), nn.Sigmoid, nn.Sigmoid)

    def loss(output, target):
        return 0.05 * F.mse_loss(output, target, reduction="sum")  # 1/(2n), n = 10

    if wanted("manual"):
        w1_manual(data)
    for variant in filter(wanted, ("eager", "compile")):
        train("W1", variant, model(), loss, sgd(3.0), data, 10)
    if wanted("compile-step"):
        train_compiled_step("W1", model(), loss, "sgd", 3.0, data, 10)


@torch.no_grad()
def w1_manual(data):
    x, y, x_test, labels_test = data
    (w1, b1), (w2, b2) = [
        (torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in init_normal(W1)]
    batch_size = 10
    rate = 3.0 / batch_size
    torch.manual_seed(SEED)

    def epoch():
        order = torch.randperm(len(x))
        for inputs, targets in zip(x[order].split(batch_size), y[order].split(batch_size)):
            hidden = torch.addmm(b1, inputs, w1).sigmoid_()
            output = torch.addmm(b2, hidden, w2).sigmoid_()
            d2 = (output - targets).mul_(output).mul_(1 - output)
            d1 = (d2 @ w2.T).mul_(hidden).mul_(1 - hidden)
            w2.addmm_(hidden.T, d2, alpha=-rate)
            b2.sub_(d2.sum(0), alpha=rate)
            w1.addmm_(inputs.T, d1, alpha=-rate)
            b1.sub_(d1.sum(0), alpha=rate)

    def predict(batch):
        return (batch @ w1 + b1).sigmoid() @ w2 + b2

    measure_training(
        PEER, "W1", "manual", epoch, lambda: accuracy_of(predict, x_test, labels_test),
        version=VERSION)


def classify(workload, sizes, batch_size, optimizer, rule, rate):
    data = mnist_tensors()
    for variant in filter(wanted, ("eager", "compile")):
        model = mlp(sizes, init_uniform(sizes))
        train(workload, variant, model, F.cross_entropy, optimizer, data, batch_size)
    if wanted("compile-step"):
        model = mlp(sizes, init_uniform(sizes))
        train_compiled_step(workload, model, F.cross_entropy, rule, rate, data, batch_size)


def training_step(model, loss_of, optimizer, x, y, variant):
    """Always on the same batch."""
    torch._dynamo.reset()
    if variant.endswith("channels_last"):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)

    def loss(inputs, targets):
        return loss_of(model(inputs), targets)

    if variant.startswith("compile"):
        loss = torch.compile(loss)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(x, y).backward()
        optimizer.step()

    return step


def w4():
    generator = torch.Generator().manual_seed(SEED)
    x = torch.randn(512, 1024, generator=generator)
    y = torch.randn(512, 1024, generator=generator)
    for variant in filter(wanted, ("eager", "compile")):
        model = mlp(W4, init_uniform(W4))
        optimizer = sgd(0.01)(model.parameters())
        step = training_step(model, F.mse_loss, optimizer, x, y, variant)
        measure_large_step(PEER, variant, step, version=VERSION)


def w5():
    generator = torch.Generator().manual_seed(SEED)
    x = torch.randn(32, 4, generator=generator)
    labels = torch.randint(0, 3, (32,), generator=generator)

    def report(variant, step):
        times = time_steps(step)
        emit(PEER, "W5", variant, "us/step", [1e6 * time for time in times], version=VERSION)

    def model():
        return mlp(W5, init_uniform(W5), nn.Tanh)

    for variant in filter(wanted, ("eager", "compile")):
        network = model()
        optimizer = sgd(0.01)(network.parameters())
        step = training_step(network, F.cross_entropy, optimizer, x, labels, variant)
        report(variant, step)
    if wanted("compile-step"):
        with torch.no_grad():
            report("compile-step", w5_compiled_step(model(), x, labels))
    if wanted("manual"):
        with torch.no_grad():
            report("manual", w5_manual_step(x, labels))


def w5_compiled_step(model, x, labels):
    def loss(p, inputs, targets):
        return F.cross_entropy(torch.func.functional_call(model, p, (inputs,)), targets)

    gradient = torch.func.grad(loss)

    def function(p, inputs, targets):
        g = gradient(p, inputs, targets)
        return {k: p[k] - 0.01 * g[k] for k in p}

    compiled = torch.compile(function)
    p = {k: v.detach().clone() for k, v in model.named_parameters()}

    def step():
        nonlocal p
        p = compiled(p, x, labels)

    return step


def w5_manual_step(x, labels):
    (w1, b1), (w2, b2), (w3, b3) = [
        (torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in init_uniform(W5)]
    y = F.one_hot(labels, 3).float()
    rate = 0.01 / 32

    def step():
        h1 = torch.addmm(b1, x, w1).tanh_()
        h2 = torch.addmm(b2, h1, w2).tanh_()
        d3 = torch.addmm(b3, h2, w3).softmax(1).sub_(y)
        d2 = (d3 @ w3.T).mul_(1 - h2 * h2)
        d1 = (d2 @ w2.T).mul_(1 - h1 * h1)
        w3.addmm_(h2.T, d3, alpha=-rate)
        b3.sub_(d3.sum(0), alpha=rate)
        w2.addmm_(h1.T, d2, alpha=-rate)
        b2.sub_(d2.sum(0), alpha=rate)
        w1.addmm_(x.T, d1, alpha=-rate)
        b1.sub_(d1.sum(0), alpha=rate)

    return step


def w6():
    x, labels, x_test, labels_test = mnist_tensors()
    data = [torch.from_numpy(padded(x.numpy())), labels]
    data += [torch.from_numpy(padded(x_test.numpy())), labels_test]

    def lenet():
        torch.manual_seed(SEED)
        return nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(),
            nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))

    for variant in filter(wanted, ("eager", "compile", "channels_last")):
        train("W6", variant, lenet(), F.cross_entropy, adam, data, 64)
    if wanted("compile-step"):
        train_compiled_step("W6", lenet(), F.cross_entropy, "adam", 1e-3, data, 64)


def w7():
    model = mlp(W2, init_uniform(W2)).eval()
    one, many = torch.rand(1, 784), torch.rand(1024, 784)
    if wanted("eager"):
        with torch.inference_mode():
            measure_inference(
                PEER, "eager", lambda: model(one), lambda: model(many), version=VERSION)
    if wanted("compile"):
        # Static shapes, so that neither is compiled for every batch size.
        predict_one = torch.compile(model, dynamic=False)
        predict_many = torch.compile(model, dynamic=False)
        with torch.no_grad():
            measure_inference(
                PEER, "compile", lambda: predict_one(one), lambda: predict_many(many),
                version=VERSION)


def w8():
    generator = torch.Generator().manual_seed(SEED)
    x = torch.randn(1_000_000, 10, generator=generator)
    noise = 0.1 * torch.randn(len(x), generator=generator)
    y = x @ torch.arange(10.0) + 0.5 + noise

    def eager():
        layer = nn.Linear(10, 1)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        for _ in range(100):
            optimizer.zero_grad()
            F.mse_loss(layer(x).squeeze(1), y).backward()
            optimizer.step()
        return layer.weight.detach()

    @torch.no_grad()
    def manual():
        weights, bias = torch.zeros(10), torch.zeros(())
        for _ in range(100):
            residual = torch.mv(x, weights).add_(bias).sub_(y)
            weights -= 0.2 / len(x) * (residual @ x)
            bias -= 0.2 * residual.mean()
        return weights

    for variant, fit in (("eager", eager), ("manual", manual)):
        if wanted(variant):
            measure_regression(PEER, variant, fit, version=VERSION)


def w10():
    generator = torch.Generator().manual_seed(SEED)
    x = torch.randn(64, 3, 32, 32, generator=generator)
    labels = torch.randint(0, 10, (64,), generator=generator)

    def block(channels, filters):
        convolution = nn.Conv2d(channels, filters, 3, padding=1)
        return [convolution, nn.BatchNorm2d(filters), nn.ReLU()]

    for variant in filter(wanted, ("eager", "compile", "channels_last", "compile-channels_last")):
        torch.manual_seed(SEED)
        model = nn.Sequential(
            *block(3, 32), *block(32, 32), nn.MaxPool2d(2),
            *block(32, 64), *block(64, 64), nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
        optimizer = sgd(0.01, 0.9)(model.parameters())
        step = training_step(model, F.cross_entropy, optimizer, x, labels, variant)
        times = time_steps(step, target=2.0)
        emit(PEER, "W10", variant, "ms/step", [1e3 * t for t in times], version=VERSION)


GEMM_SIZES = [
    (64, 64, 64), (128, 128, 128), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024),
    (2048, 2048, 2048), (10, 30, 784), (128, 512, 784), (128, 512, 512), (784, 512, 128),
    (64, 256, 256), (512, 4096, 1024), (512, 4096, 4096), (1024, 512, 784),
]


@torch.no_grad()
def gemm():
    for m, n, k in GEMM_SIZES:
        a, b, c = torch.rand(m, k), torch.rand(k, n), torch.empty(m, n)
        times = time_steps(lambda: torch.mm(a, b, out=c), target=0.25)
        rates = [2.0 * m * n * k / time / 1e9 for time in times]
        emit("torch-mkl-fp32", "gemm", f"{m}x{n}x{k}", "GFLOP/s", rates, version=VERSION)


if __name__ == "__main__":
    main(PEER, {
        "W1": w1,
        "W2": lambda: classify("W2", W2, 128, adam, "adam", 1e-3),
        "W2sgd": lambda: classify("W2sgd", W2, 128, sgd(0.1, 0.9), "momentum", 0.1),
        "W3": lambda: classify("W3", W3, 64, adam, "adam", 1e-3),
        "W4": w4,
        "W5": w5,
        "W6": w6,
        "W7": w7,
        "W8": w8,
        "W10": w10,
        "gemm": gemm,
    })
