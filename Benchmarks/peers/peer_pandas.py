"""pandas: the reading of a table. Variant: read_csv (its defaults)."""
from common import emit, now  # first: it sets the number of threads

import os
import resource
import tempfile

import pandas as pd

PATH = os.path.join(tempfile.gettempdir(), "descent-bench-table.csv")


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    before = peak()
    times = []
    for _ in range(3):
        start = now()
        table = pd.read_csv(PATH)
        mean = float(table["c9"].mean())
        times.append(now() - start)
    emit("pandas", "csv", "read_csv", "s", times, mean=mean, version=pd.__version__)
    emit("pandas", "csv", "read_csv", "peak MiB above the start", [peak() - before])


if __name__ == "__main__":
    if not os.path.exists(PATH):
        raise SystemExit(f"{PATH}: not there; descent-bench csv makes it")
    main()
