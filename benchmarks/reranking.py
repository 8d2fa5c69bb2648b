"""Claims: re-ranking with distances at 10,000 x 512 takes a fifth of the time of the dense algorithm of its authors,
and a fifth of its memory; 100,000 x 512 fits into 2 GB and 4 minutes. A fifteenth of the time is the aim: on one
core of an AMD EPYC the bare matrix products that are left take that (0.5 s single, 0.4 s double precision, of 13.8).

Run: python benchmarks/reranking.py [--items 10000] [--rounds 3] [--threads 2]
     python benchmarks/reranking.py --growth 1000 3000 10000 30000 100000 [--figure growth.png]
     python benchmarks/reranking.py --sets 200

Made-up features: people of twelve sequences, a fifth of all are probes. Each case runs in a process of its own; time is
taken around the work, memory is the highest resident set, as Linux counts it, less that after the imports and the
features. The dense form is written plainly from the paper (Zhong et al., CVPR 2017): full matrices of float32, full
sorts, one loop an item. Both use all cores they can, or `--threads`; the processor's time is printed, too, for machines
that are shared. The two answers are compared.

`--sets` holds both against each other on random sets of 2 to 2,000 items, ties, duplicates and degenerate ones among
them, with random k1, k2 and lambda. There the dense form works in double precision, and every entry is a multiple of a
power of two so small that it makes no rounding error: a tie is a tie in both.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.retrieval.knn.items import VectorItems
from gaitprint.retrieval.reranking.k_reciprocal import Reranked
from gaitprint.types import PartLayout

K1, K2, LAMBDA = 20, 6, 0.3
WIDTH = 512


def features(items: int) -> np.ndarray:
    """[N, 512]: a centre a person and noise about it, shuffled."""
    rng = np.random.default_rng(0)
    people = -(-items // 12)
    x = np.repeat(rng.normal(size=(people, WIDTH)).astype(np.float32), 12, axis=0)[:items]
    x += np.float32(1.5) * rng.normal(size=(items, WIDTH)).astype(np.float32)
    return x[rng.permutation(items)]


def dense(
    x: np.ndarray, probes: int, k1: int = K1, k2: int = K2, lambda_: float = LAMBDA, sort: Any = None
) -> np.ndarray:
    """The algorithm of the paper on full matrices, in the precision of `x`."""
    squares = np.einsum("ij,ij->i", x, x)
    distance = squares[:, None] + squares[None, :] - 2 * (x @ x.T)
    np.maximum(distance, 0, out=distance)
    largest = distance.max(axis=1, keepdims=True)
    distance /= np.where(largest > 0, largest, 1)
    ranks = np.argsort(distance, axis=1, kind=sort)

    def reciprocal(i: int, k: int) -> np.ndarray:
        forward = ranks[i, : k + 1]
        return forward[(ranks[forward, : k + 1] == i).any(axis=1)]

    encodings = np.zeros_like(distance)
    for i in range(len(x)):
        own = reciprocal(i, k1)
        whole = own
        for candidate in own:
            theirs = reciprocal(candidate, round(k1 / 2))
            if len(np.intersect1d(theirs, own)) > 2 / 3 * len(theirs):
                whole = np.append(whole, theirs)
        whole = np.unique(whole)
        weights = np.exp(-distance[i, whole])
        encodings[i, whole] = weights / weights.sum()
    encodings = np.stack([encodings[ranks[i, :k2]].mean(axis=0) for i in range(len(x))]) if k2 > 1 else encodings
    inverted = [np.flatnonzero(encodings[:, j]) for j in range(len(x))]
    jaccard = np.empty((probes, len(x)), x.dtype)
    for i in range(probes):
        overlap = np.zeros(len(x), x.dtype)
        for j in np.flatnonzero(encodings[i]):
            overlap[inverted[j]] += np.minimum(encodings[i, j], encodings[inverted[j], j])
        jaccard[i] = 1 - overlap / (2 - overlap)
    return np.asarray(((1 - lambda_) * jaccard + lambda_ * distance[:probes])[:, probes:])


def ours(x: np.ndarray, probes: int, keep: bool, threads: int = 0) -> np.ndarray:
    """The package; where `keep` is false only the nearest of each probe is kept, block by block."""
    items = VectorItems(
        x,
        metric_named("euclidean_squared", PartLayout(((1, WIDTH),))),
        ComputeBudget(memory=512 << 20, threads=threads),
        probes=probes,
    )
    reranked = Reranked(items, probes, K1, K2, LAMBDA)
    if keep:
        return reranked.rows(0, probes)
    step = max(1, (1 << 24) // (len(x) - probes))
    blocks = (reranked.rows(start, min(start + step, probes)) for start in range(0, probes, step))
    return np.concatenate([block.argmin(axis=1) for block in blocks])


def made(kind: str, items: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A set without rounding errors."""
    x = np.round(rng.normal(size=(items, width)) * 64) / 64
    if kind == "people":
        x += 2 * np.repeat(np.round(rng.normal(size=(-(-items // 6), width)) * 64) / 64, 6, axis=0)[:items]
    if kind == "ties":
        x = np.round(x)
    if kind == "duplicates":
        x = x[rng.integers(0, max(1, items // 4), items)]
    if kind == "one point":
        x[:] = x[0]
    if kind == "corners":  # all as far from each other
        x = np.eye(items, max(items, width))
    return x


def sets(count: int) -> None:
    """Both forms on random sets."""
    rng = np.random.default_rng(5)
    kinds = ("plain", "people", "ties", "duplicates", "one point", "corners")
    worst, sizes = dict.fromkeys(kinds, 0.0), []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        items = 2000 if number < len(kinds) else int(2 * 1000 ** rng.random())
        x = made(kind, items, int(rng.integers(1, 200)), rng)
        probes = int(rng.integers(1, items))
        k1, k2, lambda_ = int(rng.integers(1, 31)), int(rng.integers(1, 11)), float(rng.choice([0, 0.1, 0.3, 0.7, 1]))
        layout = PartLayout(((1, x.shape[1]),))
        vectors = VectorItems(
            x.astype(np.float32), metric_named("euclidean_squared", layout), ComputeBudget(), probes=probes
        )
        answer = Reranked(vectors, probes, k1, k2, lambda_).rows(0, probes)
        off = float(np.abs(answer - dense(x, probes, k1, k2, lambda_, "stable")).max())
        worst[kind] = max(worst[kind], off)
        sizes.append(items)
    print(f"{count} sets of {min(sizes)} to {max(sizes):,} items; the answers are apart at most")
    for kind, off in worst.items():
        print(f"  {kind}: {off:.1e}")


def measure(kind: str, items: int, threads: int, out: Path | None) -> None:
    """Print seconds, the processor's seconds and bytes of one case; for a fresh process."""
    x, probes = features(items), items // 5
    Path("/proc/self/clear_refs").write_text("5")  # the highest resident set counts from here on
    before, start, used = status("VmRSS"), time.perf_counter(), time.process_time()
    found = dense(x, probes) if kind == "dense" else ours(x, probes, kind == "ours", threads)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    if out is not None:
        np.save(out, found)
    print(json.dumps([seconds, used, status("VmHWM") - before]))


def status(name: str) -> int:
    """Bytes that Linux says of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024


def case(kind: str, items: int, threads: int = 0, out: Path | None = None) -> tuple[float, float, int]:
    """Seconds, the processor's seconds and bytes of one case."""
    words = [sys.executable, __file__, "--case", kind, "--items", str(items), *(["--out", str(out)] if out else [])]
    words += ["--threads", str(threads)]
    few = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    environment = os.environ | few if threads else None
    answer = subprocess.run(words, check=True, capture_output=True, text=True, env=environment).stdout
    seconds, used, taken = json.loads(answer)
    print(f"{kind}, {items:,}: {seconds:.2f} s ({used:.2f} of the processor), {taken / 2**20:,.0f} MiB", flush=True)
    return seconds, used, taken


def main() -> None:
    """Print times, memory and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--growth", type=int, nargs="+")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--case", choices=["dense", "ours", "ours-top"])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sets", type=int)
    chosen = parser.parse_args()
    if chosen.case:
        measure(chosen.case, chosen.items, chosen.threads, chosen.out)
    elif chosen.sets:
        sets(chosen.sets)
    elif chosen.growth:
        growth(chosen.growth, chosen.figure)
    else:
        ratios(chosen.items, chosen.rounds, chosen.threads)


def ratios(items: int, rounds: int, threads: int) -> None:
    """Both forms side by side, several times; the answers are held against each other once."""
    times, shares, memories = [], [], []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{kind}.npy" if number == 0 else None for kind in ("dense", "ours")]
            slow, long, much = case("dense", items, threads, files[0])
            fast, short, little = case("ours", items, threads, files[1])
            if files[0] and files[1]:
                one, other = np.load(files[0]), np.load(files[1])
                same = (one.argmin(axis=1) == other.argmin(axis=1)).mean()
                print(
                    f"answers: {np.abs(one - other).max():.1e} apart at most, {100 * same:.2f} % of the nearest agree"
                )
        times.append(slow / fast)
        shares.append(long / short)
        memories.append(much / little)
    time_, share, memory = (statistics.median(values) for values in (times, shares, memories))
    print(f"dense / ours: time {time_:.1f}   of the processor {share:.1f}   memory {memory:.1f}")


def growth(sizes: list[int], figure: Path | None) -> None:
    """The package alone, at growing numbers of items."""
    found = [(seconds, taken) for seconds, _, taken in (case("ours-top", items) for items in sizes)]
    if figure is not None:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        drawing, axes = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
        for axis, values, name in zip(axes, zip(*found, strict=True), ("seconds", "bytes"), strict=True):
            axis.loglog(sizes, values, "o-")
            axis.set(xlabel="items", ylabel=name)
        drawing.savefig(figure, dpi=120)


if __name__ == "__main__":
    main()
