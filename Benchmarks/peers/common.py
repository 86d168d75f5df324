"""What the peers' programs share: MNIST, initial weights, timing, one JSON line for each number.

The protocol: float32; x = pixel / 255. Full minibatches only (the remainder of an epoch is
dropped). Each epoch has a new shuffle, and shuffling and gathering are in its time. Warm-up and
compilation come before the first epoch and are in no time. A measurement is repeated; a line has
the median, the least and the largest value.

Environment: MNIST_DIR (folder of the four .gz files), BENCH_THREADS (2), BENCH_VARIANTS (the
variants to run, with commas between; default all), BENCH_EPOCHS (3), BENCH_REPEATS (3),
BENCH_SEED (1).
"""
import gzip
import json
import os
import statistics
import struct
import sys
import time
import traceback

MNIST_DIR = os.environ.get("MNIST_DIR", "")
THREADS = int(os.environ.get("BENCH_THREADS", "2"))
VARIANTS = [name for name in os.environ.get("BENCH_VARIANTS", "").split(",") if name]
EPOCHS = int(os.environ.get("BENCH_EPOCHS", "3"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
SEED = int(os.environ.get("BENCH_SEED", "1"))

# The libraries read these when they are loaded, so NumPy is imported after them.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, str(THREADS))

import numpy as np

now = time.perf_counter

# The workloads' layer sizes.
W1 = (784, 30, 10)
W2 = (784, 512, 512, 10)
W3 = (784,) + (256,) * 8 + (10,)
W4 = (1024, 4096, 4096, 1024)
W5 = (4, 16, 16, 3)


def wanted(variant):
    return not VARIANTS or variant in VARIANTS


def read_idx(path):
    with gzip.open(path, "rb") as file:
        data = file.read()
    rank = data[3]
    header = 4 + 4 * rank
    shape = struct.unpack(f">{rank}I", data[4:header])
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def mnist():
    """Training x (n, 784) and labels (int64), test x and labels."""
    arrays = []
    for part in ("train", "t10k"):
        images = read_idx(os.path.join(MNIST_DIR, f"{part}-images-idx3-ubyte.gz"))
        labels = read_idx(os.path.join(MNIST_DIR, f"{part}-labels-idx1-ubyte.gz"))
        arrays.append(images.reshape(len(images), -1).astype(np.float32) / 255.0)
        arrays.append(labels.astype(np.int64))
    return arrays


def padded(images):
    """(n, 784) as (n, 1, 32, 32), in a border of two zeros."""
    return np.pad(images.reshape(-1, 1, 28, 28), ((0, 0), (0, 0), (2, 2), (2, 2)))


def channels_last(images):
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def one_hot(labels, classes=10):
    return np.eye(classes, dtype=np.float32)[labels]


def init_uniform(sizes):
    """PyTorch's rule for Linear: U(-1/sqrt(in), 1/sqrt(in)) for weights (in, out) and biases."""
    generator = np.random.default_rng(SEED)
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        root = np.float32(inputs**0.5)
        weights = generator.uniform(-1, 1, (inputs, outputs)).astype(np.float32) / root
        biases = generator.uniform(-1, 1, (outputs,)).astype(np.float32) / root
        layers.append((weights, biases))
    return layers


def init_normal(sizes):
    """Nielsen's network.py: N(0, 1) for weights (in, out) and biases."""
    generator = np.random.default_rng(SEED)
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        weights = generator.standard_normal((inputs, outputs)).astype(np.float32)
        biases = generator.standard_normal((outputs,)).astype(np.float32)
        layers.append((weights, biases))
    return layers


def emit(peer, workload, variant, metric, values, **extra):
    """Prints one line."""
    values = sorted(float(value) for value in values)
    line = {"peer": peer, "workload": workload, "variant": variant, "threads": THREADS}
    line["metric"] = metric
    line["median"] = float(f"{statistics.median(values):.6g}")
    line["min"] = float(f"{values[0]:.6g}")
    line["max"] = float(f"{values[-1]:.6g}")
    line["n"] = len(values)
    print(json.dumps(line | extra), flush=True)


def seconds(call):
    start = now()
    call()
    return now() - start


def time_steps(step, sync=lambda: None, target=1.0):
    """Seconds a step: one value for each repeat, of as many steps as fit into `target` seconds.

    `sync` waits for what the steps have begun.
    """

    def run(count):
        start = now()
        for _ in range(count):
            step()
        sync()
        return now() - start

    run(2)
    once = run(1)
    count = min(200_000, max(3, int(target / max(once, 1e-7))))
    return [run(count) / count for _ in range(max(REPEATS, 3))]


def time_calls(call, target=1.5):
    """Seconds of single calls: medians and 99th percentiles, one for each repeat."""
    for _ in range(50):
        call()
    once = seconds(call)
    count = max(50, min(20_000, int(target / max(once, 1e-7))))
    medians, tails = [], []
    for _ in range(max(REPEATS, 3)):
        durations = []
        for _ in range(count):
            start = now()
            call()
            durations.append(now() - start)
        durations.sort()
        medians.append(durations[count // 2])
        tails.append(durations[int(count * 0.99)])
    return medians, tails


def measure_training(peer, workload, variant, epoch, accuracy, **extra):
    """W1 to W3 and W6: `epoch` trains one; `accuracy` gives the percentage of the test images."""
    times, accuracies = [], {}
    for number in range(1, EPOCHS + 1):
        times.append(seconds(epoch))
        if number in (1, 3):
            accuracies[number] = accuracy()
    emit(peer, workload, variant, "s/epoch", times, **extra)
    for number, value in accuracies.items():
        emit(peer, workload, variant, f"test_acc_after_{number}", [value])


def measure_large_step(peer, variant, step, sync=lambda: None, **extra):
    """W4; its rate counts 6 operations for each weight and sample."""
    times = time_steps(step, sync, target=2.0)
    weights = sum(inputs * outputs for inputs, outputs in zip(W4, W4[1:]))
    rates = [6 * weights * 512 / time / 1e9 for time in times]
    emit(peer, "W4", variant, "s/step", times, **extra)
    emit(peer, "W4", variant, "GFLOP/s (6PB)", rates)


def measure_inference(peer, variant, one, many, **extra):
    """W7: the latency of `one`, a call with one sample, and the rate of `many`, with 1024.

    Their results must be readable when they return.
    """
    medians, tails = time_calls(one)
    emit(peer, "W7", variant, "us latency p50 batch 1", [1e6 * t for t in medians], **extra)
    emit(peer, "W7", variant, "us latency p99 batch 1", [1e6 * t for t in tails])
    emit(peer, "W7", variant, "samples/s batch 1024", [1024 / t for t in time_steps(many)])


def measure_regression(peer, variant, fit, **extra):
    """W8: `fit` makes 100 steps from zero and returns the ten weights."""
    weights = fit()
    times = [seconds(fit) for _ in range(REPEATS)]
    error = np.abs(np.asarray(weights).ravel() - np.arange(10)).max()
    emit(peer, "W8", variant, "s/100 steps", times, err=round(float(error), 4), **extra)


def main(peer, workloads):
    """Runs the workloads named on the command line; none: all. One that fails ends no other."""
    for name in sys.argv[1:] or workloads:
        try:
            if name not in workloads:
                raise KeyError("no such workload for this peer")
            workloads[name]()
        except Exception as error:
            traceback.print_exc()
            message = f"{type(error).__name__}: {str(error)[:300]}"
            line = {"peer": peer, "workload": name, "threads": THREADS, "error": message}
            print(json.dumps(line), flush=True)
