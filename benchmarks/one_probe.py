"""Claim: a gallery of 10,000 people answers one probe in under 50 ms of processor time, 95 of 100 probes by re-ranking
and half of them by query expansion and re-ranking; and 1,000 probes are answered as by the joint computation of the
gallery and that one probe.

Run: python benchmarks/one_probe.py [--items 10000] [--sequences 1] [--probes 40] [--compared 3] [--galleries 200]

Made-up features of 512 floats: `--sequences` a person in the gallery, and noise about each person's centre; every other
probe is of nobody in it. Probes are answered one after another on a gallery that is kept; time is processor time, so
that neighbours on the machine count for nothing. The joint form is computed for a few of them, and for five probes on
each of many small galleries, with ties, with duplicates, and shorter than the lists.
"""

import argparse
import time
from typing import Any

import numpy as np

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

WIDTH = 512
EXPANSION = {"name": "cluster-expansion", "k": 9}
FORMS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "re-ranking": ([], {"name": "k-reciprocal"}),
    "expansion": ([EXPANSION], {"name": "euclidean"}),
    "expansion, k = 3": ([{**EXPANSION, "k": 3}], {"name": "euclidean"}),
    "expansion and re-ranking": ([EXPANSION], {"name": "k-reciprocal"}),
    "expansion (k = 3) and re-ranking (k1 = 6)": ([{**EXPANSION, "k": 3}], {"name": "k-reciprocal", "k1": 6}),
}


def sides(items: int, sequences: int, probes: int) -> tuple[Embeddings, Embeddings]:
    """Probes and gallery."""
    rng = np.random.default_rng(0)
    people = -(-items // sequences)
    centres = rng.normal(size=(people + probes, WIDTH)).astype(np.float32)
    who = np.append(np.arange(items) // sequences, rng.permutation(people)[:probes])
    who[items::2] = people + np.arange(len(who[items::2]))
    vectors = centres[who] + rng.normal(size=(len(who), WIDTH)).astype(np.float32)
    records = tuple(SequenceRecord(str(i), str(w), "nm", "090") for i, w in enumerate(who))
    whole = Embeddings(vectors, records, PartLayout(((1, WIDTH),)), "made up")
    return whole.select(range(items, len(who))), whole.select(range(items))


def pipeline(form: str, inductive: bool) -> Pipeline:
    """The steps of one form, in its inductive or its joint version."""
    transforms, scorer = FORMS[form]
    kind = {"inductive": inductive}
    return Pipeline.from_settings(
        {
            "transforms": [{**step, **kind} for step in transforms],
            "scorer": {**scorer, **(kind if scorer["name"] == "k-reciprocal" else {})},
        }
    )


def small(seed: int) -> tuple[Embeddings, Embeddings]:
    """Five probes and a small gallery; one probe is an item of it, one is far away."""
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 200))
    x = rng.normal(size=(items, 8)) + 2 * rng.normal(size=(30, 8))[rng.integers(0, 30, items)]
    if seed % 3 == 0:
        x = np.round(x)
    if seed % 5 == 0:
        x = x[rng.integers(0, max(1, items // 3), items)]
    probes = np.concatenate([x[:1], x[-1:] + 0.1, 5 * rng.normal(size=(1, 8)), 2 * rng.normal(size=(2, 8))])
    vectors = np.concatenate([probes, x]).astype(np.float32)
    records = tuple(SequenceRecord(str(i), None, "nm", "090") for i in range(len(vectors)))
    whole = Embeddings(vectors, records, PartLayout(((2, 4),)), "made up")
    return whole.select(range(5)), whole.select(range(5, len(vectors)))


def equality(galleries: int) -> None:
    """Print the largest difference from the joint form on small galleries, each form in its turn."""
    apart, work = 0.0, ComputeBudget(threads=1)
    for seed in range(galleries):
        probe, gallery = small(seed)
        form = list(FORMS)[seed % len(FORMS)]
        found, joint = pipeline(form, True).fit(gallery, work).distances(probe), pipeline(form, False)
        for i in range(len(probe)):
            expected = joint.comparison(probe.select([i]), gallery, work).rows(0, 1)[0]
            apart = max(apart, float(np.abs(found[i] - expected).max()))
    print(
        f"{5 * galleries:,} probes on {galleries} small galleries: at most {apart:.1e} from the joint form", flush=True
    )


def main() -> None:
    """Print, for each form, how far it is from the joint one and what a probe takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--sequences", type=int, default=1)
    parser.add_argument("--probes", type=int, default=40)
    parser.add_argument("--compared", type=int, default=3)
    parser.add_argument("--galleries", type=int, default=200)
    chosen = parser.parse_args()
    equality(chosen.galleries)
    probe, gallery = sides(chosen.items, chosen.sequences, chosen.probes)
    for form in FORMS:
        start = time.process_time()
        fitted = pipeline(form, True).fit(gallery)
        made = time.process_time() - start
        answers, times = [], []
        for i in range(chosen.probes):
            start = time.process_time()
            answers.append(fitted.distances(probe.select([i]))[0])
            times.append(1000 * (time.process_time() - start))
        joint = pipeline(form, False)
        apart = [
            np.abs(answers[i] - joint.distances(probe.select([i]), gallery)[0]).max() for i in range(chosen.compared)
        ]
        print(
            f"{form}: {np.median(times):.1f} ms a probe (95th percentile {np.percentile(times, 95):.1f}), "
            f"at most {max(apart, default=0):.1e} from the joint form; gallery made in {made:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
