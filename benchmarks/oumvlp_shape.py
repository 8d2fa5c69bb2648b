"""Claim: at OUMVLP's shape, 144,000 x 8,192, query expansion and re-ranking under the single-view protocol finish in at
most 20 GiB of memory; the dense algorithm would hold several matrices of 83 GB.

Run: python benchmarks/oumvlp_shape.py [--people 5143] [--parts 32] [--gib 2]

Made-up features: people of two sequences in each of 14 views, 5,143 x 28 = 144,004 (the test set's people number 5,154,
of whom some lack views). A person's features are a centre, an offset that the view gives to everybody, and noise. The
first sequences are probes, the second ones the gallery; every probe view meets every gallery view. Memory is printed as
the system counts it: the highest resident set, which holds pages of temporary files too, and the highest share that no
file stands behind, looked at once a second.
"""

import argparse
import threading
import time
from pathlib import Path

import numpy as np

from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

VIEWS = [f"{angle:03d}" for angle in (*range(0, 91, 15), *range(180, 271, 15))]
PIPELINE = {
    "transforms": [{"name": "cluster-expansion", "clustering": "neighbours", "k": 9}],
    "scorer": {"name": "k-reciprocal", "k1": 20, "k2": 6, "lambda_": 0.3},
}


def made_up(people: int, parts: int) -> Embeddings:
    """Features of `people` x 28 sequences, parts x 256 floats each."""
    rng = np.random.default_rng(0)
    width = parts * 256
    offsets = np.float32(0.6) * rng.standard_normal((len(VIEWS), width), np.float32)
    vectors = np.empty((people * len(VIEWS) * 2, width), np.float32)
    records = []
    for person in range(people):
        centre = rng.standard_normal(width, np.float32)
        some = slice(person * len(VIEWS) * 2, (person + 1) * len(VIEWS) * 2)
        vectors[some] = centre + np.repeat(offsets, 2, axis=0)
        vectors[some] += np.float32(1.5) * rng.standard_normal((len(VIEWS) * 2, width), np.float32)
        for view in VIEWS:
            for condition in ("00", "01"):
                key = f"{person:05d}/{condition}/{view}"
                records.append(SequenceRecord(key, f"{person:05d}", condition, view))
    return Embeddings(vectors, tuple(records), PartLayout(((parts, 256),)), "made up")


class Watch(threading.Thread):
    """Looks once a second at the memory that no file stands behind."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.highest = 0

    def run(self) -> None:
        while True:
            self.highest = max(self.highest, status("RssAnon"))
            time.sleep(1)


def status(name: str) -> int:
    """Bytes that Linux says of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    """Print memory, minutes, and the figures, so that it is seen that they are figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5143)
    parser.add_argument("--parts", type=int, default=32)
    parser.add_argument("--gib", type=float, default=2.0, help="what comparing may hold beside the vectors")
    chosen = parser.parse_args()
    watch = Watch()
    watch.start()
    embeddings = made_up(chosen.people, chosen.parts)
    print(
        f"{len(embeddings):,} x {embeddings.vectors.shape[1]:,}: {embeddings.vectors.nbytes / 2**30:.1f} GiB",
        flush=True,
    )
    start, said = time.perf_counter(), [0.0]

    def progress(done: int, total: int, what: str) -> None:
        if time.perf_counter() - said[0] > 60 or done == total:
            said[0] = time.perf_counter()
            print(f"  {(said[0] - start) / 60:5.1f} min, {what}: {done:,} of {total:,}", flush=True)

    pipeline = Pipeline.from_settings(PIPELINE)
    work = ComputeBudget(memory=int(chosen.gib * 2**30), progress=progress)
    found = evaluate(
        embeddings,
        load_protocol("oumvlp"),
        pipeline.as_distances(work),
        generator=np.random.default_rng(1),
        resamples=20,
    )
    print(f"{pipeline.label}: {(time.perf_counter() - start) / 60:.1f} min")
    print(f"rank-1 over all probe and gallery views: {found.results[0].mean:.1f} %")
    print(f"memory: {status('VmHWM') / 2**30:.1f} GiB, without files {watch.highest / 2**30:.1f} GiB")


if __name__ == "__main__":
    main()
