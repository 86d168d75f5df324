"""W9, a whole process: wall seconds and peak resident memory from the start of Python to W2's model
trained for one epoch and tested. One untimed run first, then BENCH_REPEATS.

usage: run.py PEERS_FOLDER [numpy torch jax-step jax-scan sklearn]
"""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
THREADS = os.environ.get("BENCH_THREADS", "2")
# Peer: its virtual environment, its program and the program's arguments.
PROGRAMS = {
    "numpy": ("sk", "train_numpy.py"),
    "torch": ("torch", "train_torch.py"),
    "jax-step": ("jax", "train_jax.py"),
    "jax-scan": ("jax", "train_jax.py", "scan"),
    "sklearn": ("sk", "train_sklearn.py"),
}


def run(command, environment):
    """Wall seconds, peak MiB and what the program printed."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, cwd=HERE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise RuntimeError(f"exit status {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_maxrss / 1024, output.strip()


def measure(peer, folder):
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    for library in ("OMP", "OPENBLAS", "MKL"):
        environment[f"{library}_NUM_THREADS"] = THREADS
    venv, program, *arguments = PROGRAMS[peer]
    python = os.path.join(folder, venv, "bin", "python")
    command = [python, os.path.join(HERE, program), *arguments]
    runs = [run(command, environment) for _ in range(REPEATS + 1)][1:]
    for metric, values in (
        ("wall s", sorted(wall for wall, _, _ in runs)),
        ("peak RSS MiB", sorted(peak for _, peak, _ in runs)),
    ):
        print(json.dumps({
            "peer": peer, "workload": "W9", "variant": "process", "threads": int(THREADS),
            "metric": metric, "median": round(values[len(values) // 2], 3),
            "min": round(values[0], 3), "max": round(values[-1], 3), "n": len(values),
            "note": runs[-1][2]}), flush=True)


for peer in sys.argv[2:] or PROGRAMS:
    try:
        measure(peer, sys.argv[1])
    except (OSError, RuntimeError) as error:
        print(json.dumps({
            "peer": peer, "workload": "W9", "threads": int(THREADS), "error": str(error)}),
            flush=True)
