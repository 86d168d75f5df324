"""The tables of a comparison, from its lines."""
import collections
import json
import statistics

# The rows of the main table. `unit`: seconds of the metric's unit, or None for a rate (more is
# better). `work`: what a unit of the metric has to do at least, in operations of `limit` "fma" or
# bytes of the others (the gradient of the input layer is not needed); a share of the limit follows.
Row = collections.namedtuple("Row", "workload metric unit work limit")
L3, DRAM = "read_L3_6MiB_per_thread", "read_DRAM_384MiB_per_thread"
ROWS = [
    Row("W1", "s/epoch", 1, 95_880 * 60_000, "fma"),
    Row("W2", "s/epoch", 1, 3_209_216 * 59_904, "fma"),
    Row("W2sgd", "s/epoch", 1, 3_209_216 * 59_904, "fma"),
    Row("W3", "s/epoch", 1, 3_570_688 * 59_968, "fma"),
    # The rate counts 6 operations for each of the 25,165,824 weights; 142,606,336 must be done.
    Row("W4", "GFLOP/s (6PB)", None, 1e9 * 142_606_336 / (6 * 25_165_824), "fma"),
    Row("W5", "us/step", 1e-6, 2_080 * 32, "fma"),
    Row("W6", "s/epoch", 1, 2_263_920 * 59_968, "fma"),
    Row("W7", "us latency p50 batch 1", 1e-6, 2.68e6, L3),
    Row("W7", "samples/s batch 1024", None, 1_337_344, "fma"),
    Row("W8", "s/100 steps", 1, 44e6 * 100, DRAM),
    Row("W9", "wall s", 1, None, None),
    Row("W9", "peak RSS MiB", 1, None, None),
    Row("W10", "ms/step", 1e-3, 145_100_544 * 64, "fma"),
    Row("csv", "s", 1, None, None),
    Row("csv", "peak MiB above the start", 1, None, None),
]


class Results:
    """A side's value is the median over the rounds of each round's median."""

    def __init__(self, path):
        self.lines = []
        for text in path.read_text().splitlines():
            try:
                self.lines.append(json.loads(text))
            except ValueError:
                pass  # cut off when the run was
        runs = collections.defaultdict(list)
        for line in self.lines:
            if "median" in line:
                key = ("workload", "metric", "peer", "variant", "threads")
                runs[tuple(line[name] for name in key)].append(line["median"])
        self.runs = runs
        self.values = {key: statistics.median(medians) for key, medians in runs.items()}

    def sides(self, workload, metric, less_is_better=True, threads=None):
        """(value, peer, variant, threads) of every peer, ours included, the best first."""
        found = [
            (value, *key[2:]) for key, value in self.values.items()
            if key[:2] == (workload, metric) and threads in (None, key[4])]
        return sorted(found, key=lambda side: side[0], reverse=not less_is_better)

    def limit(self, name, threads):
        """The best of the run, whatever the instruction set."""
        start = "fma_fp32" if name == "fma" else name
        found = [
            value for key, medians in self.runs.items() for value in medians
            if key[0] == "limit" and key[3].startswith(start) and key[4] == threads]
        return max(found, default=None)


def in_words(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def percent(rate, limit):
    if not limit:
        return ""
    share = 100 * rate / limit
    return f"{share:.0f} %" if share >= 10 else f"{share:.2g} %"


def ratio(ours, theirs, less_is_better):
    """More than 1: we are better."""
    if ours is None or theirs is None:
        return ""
    return f"{theirs[0] / ours[0] if less_is_better else ours[0] / theirs[0]:.2f}"


def is_eager_torch(side):
    return side[1] == "torch" and side[2] in ("eager", "process")


def first(sides, choose):
    return next((side for side in sides if choose(side)), None)


def cell(side, named=True):
    if side is None:
        return ""
    value, peer, variant, threads = side
    name = f", {peer} {variant}" if named else ""
    return f"{number(value)}{name} ({in_words(threads)})"


def three(results, row):
    """Ours, the best peer and eager PyTorch, each at its better number of threads."""
    sides = results.sides(row.workload, row.metric, row.unit is not None)
    return (
        first(sides, lambda side: side[1] == "descent"),
        first(sides, lambda side: side[1] != "descent"),
        first(sides, is_eager_torch))


def table(title, head, rows):
    if not rows:
        return []
    lines = [f"## {title}", "", f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    return lines + [f"| {' | '.join(row)} |" for row in rows] + [""]


def main_table(results):
    rows = []
    for row in ROWS:
        ours, best, eager = three(results, row)
        if not (ours or best):
            continue
        less = row.unit is not None
        share = ""
        if ours and row.limit:
            limit = results.limit(row.limit, ours[3] if row.limit == "fma" else 2)
            rate = row.work / (ours[0] * row.unit) if less else row.work * ours[0]
            share = percent(rate / 1e9, limit)
        rows.append([
            row.workload, row.metric, cell(ours, named=False), cell(best),
            ratio(ours, best, less), cell(eager, named=False), ratio(ours, eager, less), share])
    head = ["workload", "metric", "Descent", "best peer", "ratio", "PyTorch eager", "ratio",
            "share of the limit"]
    return table("Descent and its peers (a ratio above 1: Descent is faster)", head, rows)


def accuracy_table(results):
    """Of the same runs as the times: ours, the best peer, eager PyTorch; then the other peers."""
    rows = []
    for row in ROWS:
        for epochs in (1, 3):
            sides = results.sides(row.workload, f"test_acc_after_{epochs}")
            if row.metric != "s/epoch" or not sides:
                continue
            cells = []
            for timed in three(results, row):
                side = first(sides, lambda side: timed and side[1:] == timed[1:])
                cells.append(f"{side[0]:.2f}" if side else "")
            others = [side[0] for side in sides if side[1] != "descent"]
            cells.append(f"{min(others):.2f} to {max(others):.2f}" if others else "")
            rows.append([row.workload, str(epochs), *cells])
    head = ["workload", "epochs", "Descent", "fastest peer", "PyTorch eager", "all peers"]
    return table("Accuracy on the test images, %", head, rows)


def matmul_table(results):
    rows = []
    for size in dict.fromkeys(key[3] for key in results.values if key[0] == "gemm"):
        row = [size]
        for threads in (1, 2):
            sides = results.sides("gemm", "GFLOP/s", less_is_better=False, threads=threads)
            sides = [side for side in sides if side[2] == size]
            ours = first(sides, lambda side: side[1] == "descent")
            best = first(sides, lambda side: side[1] != "descent")
            peak = results.limit("fma", threads)
            row += [
                number(ours[0]) if ours else "", f"{number(best[0])} {best[1]}" if best else "",
                ratio(ours, best, False), percent(ours[0], peak) if ours else ""]
        rows.append(row)
    head = ["m x n x k"]
    for threads in (1, 2):
        head += [f"Descent, {in_words(threads)}", "best library", "ratio", "share of peak"]
    return table("Products of matrices, GFLOP/s", head, rows)


def description(results):
    machines = [line for line in results.lines if line.get("workload") == "machine"]
    rows = []
    if machines:
        rows = [[name, value] for name, value in machines[-1].items()
                if name not in ("peer", "workload")]
    for name, unit in (("fma", "GFLOP/s"), (L3, "GB/s"), (DRAM, "GB/s")):
        limits = [results.limit(name, threads) for threads in (1, 2)]
        if all(limits):
            what = "FP32 multiply-adds" if name == "fma" else name.replace("_per_thread", "")
            rows.append([what, f"{number(limits[0])} {unit}, two threads {number(limits[1])}"])
    trips = [line["roundtrip"] for line in results.lines if "roundtrip" in line]
    if trips:
        trip = f"{statistics.median(trips):.0f} ns in the median of {len(trips)}, at most {max(trips)}"
        rows.append(["round trip between the cores, before runs with two threads", trip])
    cores = [line["cores"] for line in results.lines if "cores" in line]
    if cores:
        ratio = f"{statistics.median(cores):.2f} in the median, at least {min(cores):.2f}"
        rows.append(["the work of two cores, by that of one, before those runs", ratio])
    versions = {line["peer"]: line["version"] for line in results.lines if "version" in line}
    if versions:
        named = [f"{name} {version}" for name, version in sorted(versions.items())]
        rows.append(["versions", ", ".join(named)])
    rounds = [len(medians) for key, medians in results.runs.items() if key[2] == "descent"]
    if rounds:
        rows.append(["rounds", " to ".join(map(str, sorted({min(rounds), max(rounds)})))])
    return table("The machine", ["what", "value"], rows)


def failures(results):
    counts = collections.Counter()
    for line in results.lines:
        if "error" in line:
            threads = line.get("threads", 2)
            where = f"{line['peer']}, {line['workload']} {line.get('variant', '')}".rstrip()
            counts[f"- {where} ({in_words(threads)}): {line['error']}"] += 1
    if not counts:
        return []
    times = [f"{text}, {count} times" if count > 1 else text for text, count in counts.items()]
    return ["## Failed", "", *times, ""]


def markdown(path):
    results = Results(path)
    parts = (main_table, accuracy_table, matmul_table, description, failures)
    return "\n".join(line for part in parts for line in part(results))
