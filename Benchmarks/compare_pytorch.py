"""Seconds an epoch of two trainings on MNIST: descent and eager PyTorch, in alternation.

usage: pip install torch numpy
       swift build -c release
       python Benchmarks/compare_pytorch.py MNIST_FOLDER [ROUNDS]

W1: 784-30-10, sigmoid, square loss, batch 10, SGD 3.0.
W2: 784-512-512-10, ReLU, cross-entropy, batch 128, Adam 1e-3.
Both train on 60,000 images in float32 with a new shuffle each epoch; two epochs a round, of which the
second counts. Two threads each. Prints one JSON line for each workload and writes none.
"""
import gzip
import json
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn as nn

THREADS = 2
torch.set_num_threads(THREADS)


def read(path):
    plain, packed = path, path.with_name(path.name + ".gz")
    data = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def pytorch(workload, x, y):
    """The second epoch's seconds: tensors in memory, a shuffled permutation, the fused optimizer."""
    if workload == "W1":
        model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
        optimizer = torch.optim.SGD(model.parameters(), 3.0, fused=True)
        batch, target = 10, nn.functional.one_hot(y, 10).float()
        loss_of = lambda output, t: 0.5 * ((output - t) ** 2).sum(1).mean()
    else:
        model = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
        optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
        batch, target = 128, y
        loss_of = nn.CrossEntropyLoss()
    for _ in range(2):
        start = time.perf_counter()
        order = torch.randperm(len(x))
        for first in range(0, len(x), batch):
            rows = order[first : first + batch]
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(x[rows]), target[rows]).backward()
            optimizer.step()
        seconds = time.perf_counter() - start
    return seconds


def descent(workload, program, folder):
    options = {
        "W1": "--layers 30:sigmoid --output-activation sigmoid --loss l2 --optimizer sgd "
        "--learning-rate 3 --batch-size 10 --initializer normal --bias-initializer normal",
        "W2": "--layers 512:relu,512:relu --batch-size 128",
    }[workload]
    with tempfile.TemporaryDirectory() as output:
        command = [program, "train", "mnist", "--data", str(folder), "--training-samples", "60000",
                   "--epochs", "2", "--threads", str(THREADS), "--progress", "json",
                   "--output", output] + options.split()
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    epochs = [json.loads(line) for line in lines.splitlines() if '"epoch"' in line]
    return [e for e in epochs if e["event"] == "epoch"][-1]["seconds"]


def main(folder, rounds=5):
    folder = pathlib.Path(folder)
    program = pathlib.Path(__file__).parent.parent / ".build/release/descent"
    x = torch.tensor(read(folder / "train-images-idx3-ubyte").reshape(-1, 784) / np.float32(255))
    y = torch.tensor(read(folder / "train-labels-idx1-ubyte").astype(np.int64))
    for workload in ["W1", "W2"]:
        ours, theirs = [], []
        for _ in range(int(rounds)):
            ours.append(descent(workload, str(program), folder))
            theirs.append(pytorch(workload, x, y))
        print(json.dumps({
            "workload": workload, "metric": "s/epoch", "threads": THREADS, "n": len(ours),
            "descent": round(statistics.median(ours), 4),
            "pytorch_eager": round(statistics.median(theirs), 4), "version": torch.__version__,
            "ratio": round(statistics.median(theirs) / statistics.median(ours), 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
