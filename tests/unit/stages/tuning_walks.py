"""Made-up embeddings on which re-ranking helps, and others on which it hurts."""

import numpy as np

from gaitprint.retrieval.scorers.k_reciprocal import KReciprocalTuning
from gaitprint.retrieval.transforms.alpha_expansion import AlphaExpansionTuning
from gaitprint.retrieval.transforms.block_weights import BlockWeightsTuning
from gaitprint.retrieval.transforms.cluster_expansion import ClusterExpansionTuning
from gaitprint.retrieval.transforms.seeded_expansion import SeededExpansionTuning
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

LAYOUT = PartLayout(((2, 7),))
SMALL = {
    "k-reciprocal": KReciprocalTuning(
        k1=(3, 6), k2=(1, 3), lambdas=(0.0, 0.3), first_lambdas=(0.3,), k1_after=(3,), k2_after=(1,)
    ),
    "cluster-expansion": ClusterExpansionTuning(members=(), thresholds=(), powers=()),
    "alpha-expansion": AlphaExpansionTuning(powers=()),
    "seeded-expansion": SeededExpansionTuning(k2=()),
    "block-weights": BlockWeightsTuning(ratios=(0.5,)),
}
"""Coarse, for tests."""
PROTOCOL = """name = "{name}"
title = "few sequences"
source = "made up"
mode = "draws"
[draws]
sequences = {sequences}
repetitions = {draws}
[probes.all]
"""


def protocol_file(folder, sequences, draws=1):
    path = folder / f"draws-{sequences}-{draws}.toml"
    path.write_text(PROTOCOL.format(name=path.stem, sequences=sequences, draws=draws))
    return path


def embeddings(vectors, names, views, source="made up", **settings):
    """Row i is of subject names[i], seen from views[i]."""
    records = tuple(
        SequenceRecord(f"{name}/{i:03d}/{view}", name, f"c{i:03d}", view)
        for i, (name, view) in enumerate(zip(names, views, strict=True))
    )
    return Embeddings(np.array(vectors, np.float32), records, LAYOUT, source, settings)


def clean_clusters(subjects=10, sequences=8, seed=0, source="made up", **settings):
    """Each subject's sequences lie on a line that is longer than the way to the next subject's.

    By the plain distance the end of a line is nearer to the neighbour's middle than to its own other end; from
    neighbour to neighbour the way stays on the line.
    """
    generator = np.random.default_rng(seed)
    vectors, names = [], []
    for subject in range(subjects):
        for step in range(sequences):
            place = np.array([0.5 * step, 1.1 * subject, *np.zeros(12)])
            vectors.append(place + 0.06 * generator.normal(size=14))
            names.append(f"{subject + 1:03d}")
    return embeddings(vectors, names, ["090"] * len(names), source, **settings)


def one_probe_each(subjects=16, seed=0, source="made up", **settings):
    """Two sequences a subject, each from another of two sides; most of whoever is near is a stranger from that side.

    The plain distance still finds three of four; lists of neighbours are lists of a side.
    """
    generator = np.random.default_rng(seed)
    vectors, names, views = [], [], []
    for subject in range(subjects):
        person = generator.normal(size=12)
        for side in generator.permutation(2):
            vectors.append(np.concatenate([person + 0.3 * generator.normal(size=12), 2.0 * np.eye(2)[side]]))
            names.append(f"{subject + 1:03d}")
            views.append(f"{90 * side:03d}")
    return embeddings(vectors, names, views, source, **settings)


def people_apart(subjects=8, sequences=4, seed=0, source="made up", spread=0.3, **settings):
    """Everybody at a place of their own, far from others by `spread`."""
    generator = np.random.default_rng(seed)
    names = [f"{i + 1:03d}" for i in range(subjects) for _ in range(sequences)]
    places = np.repeat(generator.normal(size=(subjects, 14)), sequences, axis=0)
    vectors = places + spread * generator.normal(size=places.shape)
    return embeddings(vectors, names, ["090"] * len(names), source, **settings)
