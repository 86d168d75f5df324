"""Four of the published experiments in NumPy alone, in double precision: a second opinion.

Nothing of Descent is used. Each run prints a line of JSON; `independent.json` is the list of such lines.

    python3 independent.py MNIST_FOLDER wider 1 2 3
    python3 independent.py MNIST_FOLDER rate-too-small 1 2 3
    python3 independent.py MNIST_FOLDER learning-speed 1 2 3
    python3 independent.py MNIST_FOLDER training-size 1 2 3
"""

import gzip
import json
import struct
import sys

import numpy as np


def read(name):
    with gzip.open(f"{sys.argv[1]}/{name}") as file:
        data = file.read()
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def forward(weights, biases, x):
    activations = [x]
    for w, b in zip(weights, biases):
        activations.append(sigmoid(activations[-1] @ w.T + b))
    return activations


def sums_of_gradients(weights, activations, delta):
    """The sums over samples, by weights and by biases; delta is the derivative by the last sums."""
    by_weights, by_biases = [], []
    for layer in reversed(range(len(weights))):
        by_weights.insert(0, delta.T @ activations[layer])
        by_biases.insert(0, delta.sum(0))
        if layer:
            a = activations[layer]
            delta = (delta @ weights[layer]) * a * (1 - a)
    return by_weights, by_biases


def begin(seed, sizes, is_wide):
    random = np.random.default_rng(seed)
    biases = [random.standard_normal(n) for n in sizes[1:]]
    weights = [
        random.standard_normal((n, m)) / (1 if is_wide else np.sqrt(m))
        for m, n in zip(sizes[:-1], sizes[1:])
    ]
    return random, weights, biases


def square_cost(seed, rate, epochs=30, batch=10):
    """784-100-10, half the squared error, minibatches of 10 of 50,000 images."""
    random, weights, biases = begin(seed, [784, 100, 10], is_wide=True)
    one_hot, accuracies = np.eye(10), []
    for _ in range(epochs):
        order = random.permutation(50_000)
        for start in range(0, 50_000, batch):
            chosen = order[start : start + batch]
            activations = forward(weights, biases, images[chosen])
            o = activations[-1]
            delta = (o - one_hot[labels[chosen]]) * o * (1 - o)
            by_weights, by_biases = sums_of_gradients(weights, activations, delta)
            for layer in range(2):
                weights[layer] -= rate / batch * by_weights[layer]
                biases[layer] -= rate / batch * by_biases[layer]
        said = forward(weights, biases, test_images)[-1].argmax(1)
        accuracies.append(100 * float(np.mean(said == test_labels)))
    lost = sum(np.mean(said[test_labels == c] == c) < 0.1 for c in range(10))
    return {
        "test after the first epoch, %": round(accuracies[0], 2),
        "best test, %": round(max(accuracies), 2),
        "last test, %": round(accuracies[-1], 2),
        "classes lost": int(lost),
    }


def training_size(seed, sizes=(200, 10_000), rate=0.5, batch=10):
    """784-30-10, cross-entropy, L2 of size / 10,000; 1,500,000 samples seen; validation images."""
    one_hot, values = np.eye(10), {}
    for size in sizes:
        random, weights, biases = begin(seed, [784, 30, 10], is_wide=True)
        for _ in range(1_500_000 // size):
            order = random.permutation(size)
            for start in range(0, size, batch):
                chosen = order[start : start + batch]
                activations = forward(weights, biases, images[chosen])
                delta = activations[-1] - one_hot[labels[chosen]]
                by_weights, by_biases = sums_of_gradients(weights, activations, delta)
                for layer in range(2):
                    weights[layer] *= 1 - rate * 0.0001
                    weights[layer] -= rate / batch * by_weights[layer]
                    biases[layer] -= rate / batch * by_biases[layer]
        said = forward(weights, biases, images[50_000:])[-1].argmax(1)
        values[f"{size} images, %"] = round(100 * float(np.mean(said == labels[50_000:])), 2)
    return values


def learning_speed(seed, steps=500, rate=0.1, decay=5.0, count=1_000):
    """The gradients' lengths of hidden layers of 30: cross-entropy, all of 1,000 images at once."""
    x, targets, values = images[:count], np.eye(10)[labels[:count]], {}
    for depth in (2, 3, 4):
        _, weights, biases = begin(seed, [784] + [30] * depth + [10], is_wide=False)
        norms = []
        for _ in range(steps):
            activations = forward(weights, biases, x)
            by_weights, by_biases = sums_of_gradients(weights, activations, activations[-1] - targets)
            norms.append([np.linalg.norm(b) / count for b in by_biases[:-1]])
            weights = [
                (1 - rate * decay / count) * w - rate / count * g for w, g in zip(weights, by_weights)
            ]
            biases = [b - rate / count * g for b, g in zip(biases, by_biases)]
        norms = np.array(norms)
        note = ", at the start" if depth == 2 else ""
        values[f"{depth} layers: first{note}"] = round(float(norms[0, 0]), 5)
        values[f"{depth} layers: last{note}"] = round(float(norms[0, -1]), 5)
        values[f"{depth} layers: median of last/first"] = round(
            float(np.median(norms[:, -1] / norms[:, 0])), 3
        )
    return values


if __name__ == "__main__":
    images = read("train-images-idx3-ubyte.gz").reshape(-1, 784) / 255.0
    labels = read("train-labels-idx1-ubyte.gz")
    test_images = read("t10k-images-idx3-ubyte.gz").reshape(-1, 784) / 255.0
    test_labels = read("t10k-labels-idx1-ubyte.gz")
    name = sys.argv[2]
    run = {
        "wider": lambda seed: square_cost(seed, 3.0),
        "rate-too-small": lambda seed: square_cost(seed, 0.001),
        "learning-speed": learning_speed,
        "training-size": training_size,
    }[name]
    for seed in map(int, sys.argv[3:]):
        print(json.dumps({"experiment": name, "seed": seed, "values": run(seed)}), flush=True)
