"""Embeddings of people who are points, each walk a noisy copy: harder by condition, and for some people."""

import numpy as np

from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.protocol.protocol import Protocol, load_protocol
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.types import Distances, Embeddings, PartLayout, SequenceRecord

VIEWS = ("000", "090", "180")
CONDITIONS = ("nm-01", "nm-02", "nm-05", "nm-06", "bg-01", "cl-01")


def walks(subjects=6, noise=0.6, seed=0, views=VIEWS, conditions=CONDITIONS, width=8):
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(subjects, width))
    records, vectors = [], []
    for s in range(subjects):
        for condition in conditions:
            for view in views:
                spread = noise * (1.0 + CONDITIONS.index(condition) / 4) * (0.5 + s / subjects)
                records.append(SequenceRecord(f"{s:03d}/{condition}/{view}", f"{s:03d}", condition, view))
                vectors.append(centres[s] + spread * generator.normal(size=width))
    return Embeddings(np.array(vectors, np.float32), tuple(records), PartLayout(((1, width),)), f"source {seed}")


def measured(embeddings, protocol="casia-b", resamples=50):
    rules = protocol if isinstance(protocol, Protocol) else load_protocol(protocol)
    chance = np.random.default_rng(0)
    return evaluate(
        embeddings,
        rules,
        Distances(lambda p, g: flat_euclidean(p.vectors, g.vectors)),
        generator=chance,
        resamples=resamples,
    )
