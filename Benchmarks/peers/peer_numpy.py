"""NumPy by hand (the OpenBLAS of its wheel). Variant: matrix (a minibatch is a matrix)."""
from common import (
    SEED,
    W1,
    W2,
    W5,
    emit,
    init_normal,
    init_uniform,
    main,
    measure_inference,
    measure_regression,
    measure_training,
    mnist,
    one_hot,
    time_steps,
)  # first: it sets the number of threads

import numpy as np

PEER = "numpy"
VERSION = np.__version__


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def w1():
    x, labels, x_test, labels_test = mnist()
    y = one_hot(labels)
    (w1, b1), (w2, b2) = init_normal(W1)
    batch_size = 10
    rate = np.float32(3.0 / batch_size)
    generator = np.random.default_rng(SEED)

    def step(x, y):
        nonlocal w1, b1, w2, b2
        hidden = sigmoid(x @ w1 + b1)
        output = sigmoid(hidden @ w2 + b2)
        d2 = (output - y) * output * (1 - output)
        d1 = (d2 @ w2.T) * hidden * (1 - hidden)
        w2 -= rate * (hidden.T @ d2)
        b2 -= rate * d2.sum(0)
        w1 -= rate * (x.T @ d1)
        b1 -= rate * d1.sum(0)

    def epoch():
        order = generator.permutation(len(x))
        shuffled_x, shuffled_y = x[order], y[order]
        for first in range(0, len(x), batch_size):
            rows = slice(first, first + batch_size)
            step(shuffled_x[rows], shuffled_y[rows])

    def accuracy():
        output = sigmoid(x_test @ w1 + b1) @ w2 + b2
        return 100.0 * np.mean(output.argmax(1) == labels_test)

    measure_training(PEER, "W1", "matrix", epoch, accuracy, version=VERSION)


def w5():
    generator = np.random.default_rng(SEED)
    x = generator.standard_normal((32, 4)).astype(np.float32)
    y = one_hot(generator.integers(0, 3, 32), 3)
    (w1, b1), (w2, b2), (w3, b3) = init_uniform(W5)
    rate = np.float32(0.01 / 32)

    def step():
        nonlocal w1, b1, w2, b2, w3, b3
        h1 = np.tanh(x @ w1 + b1)
        h2 = np.tanh(h1 @ w2 + b2)
        logits = h2 @ w3 + b3
        powers = np.exp(logits - logits.max(1, keepdims=True))
        d3 = powers / powers.sum(1, keepdims=True) - y
        d2 = (d3 @ w3.T) * (1 - h2 * h2)
        d1 = (d2 @ w2.T) * (1 - h1 * h1)
        w3 -= rate * (h2.T @ d3)
        b3 -= rate * d3.sum(0)
        w2 -= rate * (h1.T @ d2)
        b2 -= rate * d2.sum(0)
        w1 -= rate * (x.T @ d1)
        b1 -= rate * d1.sum(0)

    times = time_steps(step)
    emit(PEER, "W5", "matrix", "us/step", [1e6 * time for time in times], version=VERSION)


def w7():
    layers = init_uniform(W2)
    generator = np.random.default_rng(SEED)
    one = generator.random((1, 784), np.float32)
    many = generator.random((1024, 784), np.float32)

    def predict(x):
        for weights, biases in layers[:-1]:
            x = x @ weights
            x += biases
            np.maximum(x, 0, out=x)
        weights, biases = layers[-1]
        return x @ weights + biases

    measure_inference(
        PEER, "matrix", lambda: predict(one), lambda: predict(many), version=VERSION)


def w8():
    generator = np.random.default_rng(SEED)
    x = generator.standard_normal((1_000_000, 10), np.float32)
    noise = np.float32(0.1) * generator.standard_normal(len(x), np.float32)
    y = x @ np.arange(10, dtype=np.float32) + np.float32(0.5) + noise

    def fit():
        weights, bias = np.zeros(10, np.float32), np.float32(0)
        for _ in range(100):
            residual = x @ weights
            residual += bias
            residual -= y
            weights -= np.float32(0.2 / len(x)) * (residual @ x)
            bias -= np.float32(0.2) * residual.mean()
        return weights

    measure_regression(PEER, "matrix", fit, version=VERSION)


if __name__ == "__main__":
    main(PEER, {"W1": w1, "W5": w5, "W7": w7, "W8": w8})
