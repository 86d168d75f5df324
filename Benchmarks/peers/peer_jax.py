"""JAX. Variants: step (jit of the whole step, one call a step), scan (one jitted lax.scan over the
epoch), jit (W7), fori_loop (W8).

JAX takes its number of threads from the CPUs it may use: run it under taskset for one thread.
"""
from common import (
    SEED,
    W1,
    W2,
    W3,
    W4,
    W5,
    channels_last,
    emit,
    init_normal,
    init_uniform,
    main,
    measure_inference,
    measure_large_step,
    measure_regression,
    measure_training,
    mnist,
    one_hot,
    padded,
    seconds,
    time_steps,
    wanted,
)  # first: it sets the number of threads

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

PEER = "jax"
VERSION = jax.__version__


def network(activation, last=lambda x: x):
    """An activation between the layers, `last` at the end."""

    def apply(layers, x):
        for weights, biases in layers[:-1]:
            x = activation(x @ weights + biases)
        weights, biases = layers[-1]
        return last(x @ weights + biases)

    return apply


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1))


def squared_error(output, target):
    return jnp.mean((output - target) ** 2)


# An optimizer is a pair: the state at the start, given the parameters; and the update, which takes
# parameters, state and gradient and gives new parameters and state.


def sgd(rate):
    def update(p, state, g):
        return jax.tree.map(lambda a, b: a - rate * b, p, g), state

    return (lambda p: ()), update


def momentum(rate, factor):
    def update(p, state, g):
        state = jax.tree.map(lambda a, b: factor * a + b, state, g)
        return jax.tree.map(lambda a, b: a - rate * b, p, state), state

    return zeros_like, update


def adam(rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    def update(p, state, g):
        m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda a, b: beta1 * a + (1 - beta1) * b, m, g)
        v = jax.tree.map(lambda a, b: beta2 * a + (1 - beta2) * b * b, v, g)
        scale1, scale2 = 1 - beta1**t, 1 - beta2**t

        def moved(a, m, v):
            return a - rate * (m / scale1) / (jnp.sqrt(v / scale2) + epsilon)

        return jax.tree.map(moved, p, m, v), (m, v, t)

    return (lambda p: (zeros_like(p), zeros_like(p), jnp.zeros((), jnp.float32))), update


def zeros_like(p):
    return jax.tree.map(jnp.zeros_like, p)


def on_device(layers):
    return jax.tree.map(jnp.array, layers)


def train(workload, layers, apply, loss_of, optimizer, data, batch_size):
    x, y, x_test, labels_test = map(jnp.asarray, data)
    start, update = optimizer
    steps = len(x) // batch_size

    def one_step(p, state, x, y, rows):
        def loss(q):
            return loss_of(apply(q, x[rows]), y[rows])

        return update(p, state, jax.grad(loss)(p))

    def one_epoch(p, state, x, y, order):
        def body(carry, rows):
            return one_step(*carry, x, y, rows), None

        return lax.scan(body, (p, state), order)[0]

    def indexed_step(p, state, x, y, order, i):
        return one_step(p, state, x, y, order[i])

    step = jax.jit(indexed_step, donate_argnums=(0, 1))
    scan = jax.jit(one_epoch, donate_argnums=(0, 1))
    correct = jax.jit(lambda p: 100.0 * jnp.mean(jnp.argmax(apply(p, x_test), 1) == labels_test))

    def shuffled(order):
        rows = order[: steps * batch_size].reshape(steps, batch_size)
        return jnp.asarray(rows.astype(np.int32))

    for variant in filter(wanted, ("step", "scan")):
        generator = np.random.default_rng(SEED)

        def run(order, count=steps):
            nonlocal p, state
            if variant == "scan":
                p, state = scan(p, state, x, y, order)
            else:
                for i in range(count):
                    p, state = step(p, state, x, y, order, i)
            jax.block_until_ready((p, state))

        p = on_device(layers)
        state = start(p)
        warm = seconds(lambda: run(shuffled(np.arange(len(x))), 3))
        p = on_device(layers)
        state = start(p)
        measure_training(
            PEER, workload, variant,
            epoch=lambda: run(shuffled(generator.permutation(len(x)))),
            accuracy=lambda: float(correct(p)),
            warmup_s=round(warm, 2), version=VERSION)


def w1():
    x, labels, x_test, labels_test = mnist()
    data = x, one_hot(labels), x_test, labels_test

    def loss(output, target):
        return 0.05 * jnp.sum((output - target) ** 2)  # 1/(2n), n = 10

    apply = network(jax.nn.sigmoid, jax.nn.sigmoid)
    train("W1", init_normal(W1), apply, loss, sgd(3.0), data, 10)


def classify(workload, sizes, optimizer, batch_size):
    x, labels, x_test, labels_test = mnist()
    data = x, labels.astype(np.int32), x_test, labels_test.astype(np.int32)
    apply = network(jax.nn.relu)
    train(workload, init_uniform(sizes), apply, cross_entropy, optimizer, data, batch_size)


def training_step(layers, apply, loss_of, optimizer, x, y):
    """One jitted step on the same batch, and what waits for it."""
    start, update = optimizer

    def function(p, state, x, y):
        return update(p, state, jax.grad(lambda q: loss_of(apply(q, x), y))(p))

    jitted = jax.jit(function, donate_argnums=(0, 1))
    p = on_device(layers)
    state = start(p)

    def step():
        nonlocal p, state
        p, state = jitted(p, state, x, y)

    return step, lambda: jax.block_until_ready(p)


def w4():
    generator = np.random.default_rng(SEED)
    x = jnp.asarray(generator.standard_normal((512, 1024)).astype(np.float32))
    y = jnp.asarray(generator.standard_normal((512, 1024)).astype(np.float32))
    step, sync = training_step(
        init_uniform(W4), network(jax.nn.relu), squared_error, sgd(0.01), x, y)
    measure_large_step(PEER, "step", step, sync, version=VERSION)


def w5():
    generator = np.random.default_rng(SEED)
    x = jnp.asarray(generator.standard_normal((32, 4)).astype(np.float32))
    labels = jnp.asarray(generator.integers(0, 3, 32).astype(np.int32))
    apply = network(jnp.tanh)
    if wanted("step"):
        step, sync = training_step(
            init_uniform(W5), apply, cross_entropy, sgd(0.01), x, labels)
        times = time_steps(step, sync)
        emit(PEER, "W5", "step", "us/step", [1e6 * time for time in times], version=VERSION)
    if wanted("scan"):
        steps, sync = w5_scan(1000, apply, x, labels)
        times = time_steps(steps, sync)
        emit(PEER, "W5", "scan", "us/step", [1e3 * time for time in times], version=VERSION)


def w5_scan(count, apply, x, labels):
    """`count` steps in one call."""
    _, update = sgd(0.01)

    def body(p, _):
        g = jax.grad(lambda q: cross_entropy(apply(q, x), labels))(p)
        return update(p, (), g)[0], None

    jitted = jax.jit(lambda p: lax.scan(body, p, None, length=count)[0])
    p = on_device(init_uniform(W5))

    def steps():
        nonlocal p
        p = jitted(p)

    return steps, lambda: jax.block_until_ready(p)


def convolution(x, kernel, bias, padding="VALID"):
    orders = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=orders) + bias


def max_pool(x):
    """As people write it here: the derivative of lax.reduce_window is slow."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))


def kernel_and_bias(generator, size, channels, filters):
    """PyTorch's rule."""
    bound = 1 / np.sqrt(size * size * channels)
    kernel = generator.uniform(-bound, bound, (size, size, channels, filters))
    return kernel.astype(np.float32), generator.uniform(-bound, bound, filters).astype(np.float32)


def w6():
    x, labels, x_test, labels_test = mnist()
    data = channels_last(padded(x)), labels, channels_last(padded(x_test)), labels_test
    generator = np.random.default_rng(SEED)
    kernels = [kernel_and_bias(generator, 5, *sizes) for sizes in ((1, 6), (6, 16))]
    dense = network(jax.nn.relu)

    def apply(layers, x):
        for layer in layers[:2]:
            x = max_pool(jax.nn.relu(convolution(x, *layer)))
        return dense(layers[2:], x.reshape(len(x), -1))

    layers = kernels + list(init_uniform((400, 120, 84, 10)))
    train("W6", layers, apply, cross_entropy, adam(), data, 64)


def w7():
    layers = on_device(init_uniform(W2))
    predict = jax.jit(network(jax.nn.relu))
    generator = np.random.default_rng(SEED)
    one = generator.random((1, 784), np.float32)
    many = jnp.asarray(generator.random((1024, 784), np.float32))
    measure_inference(
        PEER, "jit", lambda: np.asarray(predict(layers, one)),
        lambda: predict(layers, many).block_until_ready(), version=VERSION)


def w8():
    generator = np.random.default_rng(SEED)
    x = generator.standard_normal((1_000_000, 10), np.float32)
    noise = 0.1 * generator.standard_normal(len(x), np.float32)
    y = jnp.asarray(x @ np.arange(10, dtype=np.float32) + 0.5 + noise)
    x = jnp.asarray(x)

    def loss(p, x, y):
        weights, bias = p
        return squared_error(x @ weights + bias, y)

    def one_step(p, x, y):
        return jax.tree.map(lambda a, b: a - 0.1 * b, p, jax.grad(loss)(p, x, y))

    step = jax.jit(one_step)
    loop = jax.jit(lambda p, x, y: lax.fori_loop(0, 100, lambda i, p: one_step(p, x, y), p))
    start = jnp.zeros(10), jnp.zeros(())

    def by_step():
        p = start
        for _ in range(100):
            p = step(p, x, y)
        return jax.block_until_ready(p)[0]

    def by_loop():
        return jax.block_until_ready(loop(start, x, y))[0]

    for variant, fit in (("step", by_step), ("fori_loop", by_loop)):
        if wanted(variant):
            measure_regression(PEER, variant, fit, version=VERSION)


def w10():
    """The running means are left out."""
    generator = np.random.default_rng(SEED)
    sizes = [(3, 32), (32, 32), (32, 64), (64, 64)]
    layers = [
        (*kernel_and_bias(generator, 3, *size), np.ones(size[1], np.float32),
         np.zeros(size[1], np.float32)) for size in sizes]
    x = jnp.asarray(generator.standard_normal((64, 32, 32, 3)).astype(np.float32))
    labels = jnp.asarray(generator.integers(0, 10, 64))

    def apply(p, x):
        for i, (kernel, bias, gain, shift) in enumerate(p[0]):
            x = convolution(x, kernel, bias, "SAME")
            mean = x.mean((0, 1, 2))
            variance = ((x - mean) ** 2).mean((0, 1, 2))
            x = jax.nn.relu((x - mean) * lax.rsqrt(variance + 1e-5) * gain + shift)
            if i in (1, 3):
                x = max_pool(x)
        weights, biases = p[1]
        return x.mean((1, 2)) @ weights + biases

    p = on_device((layers, init_uniform((64, 10))[0]))
    step, sync = training_step(p, apply, cross_entropy, momentum(0.01, 0.9), x, labels)
    times = time_steps(step, sync, target=2.0)
    emit(PEER, "W10", "step", "ms/step", [1e3 * t for t in times], version=VERSION)


if __name__ == "__main__":
    main(PEER, {
        "W1": w1,
        "W2": lambda: classify("W2", W2, adam(), 128),
        "W2sgd": lambda: classify("W2sgd", W2, momentum(0.1, 0.9), 128),
        "W3": lambda: classify("W3", W3, adam(), 64),
        "W4": w4,
        "W5": w5,
        "W6": w6,
        "W7": w7,
        "W8": w8,
        "W10": w10,
    })
