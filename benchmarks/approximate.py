"""Claim: where all items are too many, an approximate search takes less of the processor, finds the share of the
neighbours that was wanted, and hardly moves rank-1. Where it would take longer it does not do it, and says so.

Run: python benchmarks/approximate.py [--items 20000] [--width 512] [--directions 24] [--recall 0.99] [--threads 0]

Made-up features: people of twelve sequences, a fifth of all are probes, in few directions as features of walkers are
(of 2,048 floats, 128 directions hold 92 % of what differs), with noise in all of them. `--directions 0`: in as many as
there are floats, the worst case. Both searches in one process, on the same cores; the neighbours' search alone (with
the farthest item, as re-ranking asks for it), then all of re-ranking (k1 20, k2 6, lambda 0.3).
"""

import argparse
import time
from typing import Any

import numpy as np

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.retrieval.knn.approximate import neighbours, share_found
from gaitprint.retrieval.knn.items import VectorItems
from gaitprint.retrieval.knn.search import search
from gaitprint.retrieval.reranking.k_reciprocal import Reranked
from gaitprint.types import PartLayout

K1, K2, LAMBDA = 20, 6, 0.3


def features(items: int, width: int, directions: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, and who each is of."""
    rng = np.random.default_rng(0)
    own = directions or width
    who = rng.permutation(np.repeat(np.arange(-(-items // 12)), 12)[:items])
    x = rng.normal(size=(who.max() + 1, own)).astype(np.float32)[who]
    x += np.float32(0.6 if directions else 1.5) * rng.normal(size=x.shape).astype(np.float32)
    if directions:
        x = x @ rng.normal(size=(own, width)).astype(np.float32)
        x += np.float32(0.3) * rng.normal(size=x.shape).astype(np.float32)
    return x, who


def timed(call: Any) -> tuple[float, float, Any]:
    """Seconds of wall and of processor, and the answer."""
    wall, processor = time.perf_counter(), time.process_time()
    answer = call()
    return time.perf_counter() - wall, time.process_time() - processor, answer


def nearest(x: np.ndarray, metric: Metric, probes: int, work: ComputeBudget, recall: float | None) -> np.ndarray:
    """The gallery item that re-ranking puts first, of each probe."""
    reranked = Reranked(VectorItems(x, metric, work, recall), probes, K1, K2, LAMBDA)
    step = max(1, (1 << 24) // (len(x) - probes))
    return np.concatenate([reranked.rows(i, min(i + step, probes)).argmin(axis=1) for i in range(0, probes, step)])


def main() -> None:
    """Print times, recall and rank-1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--directions", type=int, default=24)
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--threads", type=int, default=0)
    chosen = parser.parse_args()
    x, who = features(chosen.items, chosen.width, chosen.directions)
    probes, metric = chosen.items // 5, metric_named("euclidean_squared", PartLayout(((1, chosen.width),)))
    work = ComputeBudget(threads=chosen.threads, say=print)
    found, told = {}, {}
    for name, recall in (("exact", None), ("approximate", chosen.recall)):
        if recall is None:
            *times, found[name] = timed(lambda: search(x, x, metric, K1 + 1, work, farthest=True))
        else:
            *times, found[name] = timed(lambda r=recall: neighbours(x, metric, K1 + 1, r, work, farthest=True))
        told[name] = times
        *whole, first = timed(lambda r=recall: nearest(x, metric, probes, work, r))
        told[name] += whole
        right = 100 * float((who[first + probes] == who[:probes]).mean())
        print(
            f"{name}, {chosen.items:,} x {chosen.width}: neighbours {times[0]:.1f} s ({times[1]:.1f} s of processor), "
            f"re-ranking {whole[0]:.1f} s ({whole[1]:.1f} s), rank-1 {right:.2f} %",
            flush=True,
        )
    print(f"recall on all rows: {100 * share_found(found['approximate'], found['exact']):.2f} %")
    ratios = [a / b for a, b in zip(told["exact"], told["approximate"], strict=True)]
    print(
        f"exact / approximate: neighbours {ratios[0]:.2f} ({ratios[1]:.2f} of processor), "
        f"re-ranking {ratios[2]:.2f} ({ratios[3]:.2f})"
    )


if __name__ == "__main__":
    main()
