"""Transform: every feature moves towards the mean of its subject's cluster, clusters that grow from the gallery.

The gallery's own labels say how many clusters there are and that its subjects are different people. Each probe belongs
to every subject a little, by its re-ranked distance to the subject's gallery; nobody reads whose probe it is. Where it
is known that all subjects have about as many probes (a competition's form), `max_probes_ratio` deals them out so.
"""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.retrieval.bases.recompute import RecomputeTransform
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.concatenation import joined
from gaitprint.retrieval.derived_embeddings import split
from gaitprint.retrieval.distances.metrics import MetricName, metric_named
from gaitprint.retrieval.expansion.balanced_assignment import assign_balanced, shares
from gaitprint.retrieval.knn.items import VectorItems
from gaitprint.retrieval.reranking.k_reciprocal import Reranked
from gaitprint.retrieval.tunable import Complexity, DataShape, Settings, Table, TransformTuning
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

_COLUMNS = 256
"""Of the vectors, averaged at once in double precision."""


@dataclass(frozen=True)
class SeededExpansionSettings:
    """How probes are shared out among the gallery's subjects, and how far features move."""

    k1: int = 6
    """Of the re-ranking that finds who belongs to whom, see `k-reciprocal`."""
    k2: int = 4
    """As above."""
    lambda_: float = 0.5
    """As above."""
    base: MetricName = "part_mean"
    """As above."""
    temperature: float = 0.015
    """Re-ranked distance over which a subject's say falls to 1/e: small is a hard choice, large shares among many."""
    max_probes_ratio: float = 0.0
    """Probes a subject may have, as a multiple of an equal share (probes / subjects); 0: any number. **A prior, and a
    strong one.** 1 says that every subject has as many probes as every other. Where that is so it finds mistakes that
    no distance shows; where it is not, it makes them."""
    step: float = 0.5
    """How far a feature moves, 0 (not at all) to 1 (it becomes the mean)."""
    rounds: int = 2
    """Rounds. Each re-ranks the last one's features, and moves the first ones anew."""

    def __post_init__(self) -> None:
        require(self.k1 >= 1, f"k1 counts neighbours and is at least 1, found {self.k1}")
        require(self.k2 >= 1, f"k2 counts neighbours and is at least 1, found {self.k2}")
        require(0 <= self.lambda_ <= 1, f"lambda_ is a share between 0 and 1, found {self.lambda_}")
        require(self.temperature >= 0.005, f"temperature is at least 0.005, found {self.temperature}")
        require(
            self.max_probes_ratio == 0 or self.max_probes_ratio >= 1,
            "max_probes_ratio is 0 (no limit) or at least 1 (an equal share for everybody), found "
            f"{self.max_probes_ratio}",
        )
        require(0 <= self.step <= 1, f"step is between 0 and 1, found {self.step}")
        require(self.rounds >= 1, f"rounds is at least 1, found {self.rounds}")


@dataclass(frozen=True)
class SeededExpansion(RecomputeTransform):
    """Cluster means, with the gallery's subjects as seeds. A gallery sequence without a subject is one of its own."""

    settings: SeededExpansionSettings
    transductive = True

    def transform(self, probe: Embeddings, gallery: Embeddings, budget: ComputeBudget) -> tuple[Embeddings, Embeddings]:
        """Expand both sides over their union."""
        union, seeds = joined(probe.vectors, gallery.vectors, budget), seeds_of(gallery.records)
        moved = union
        for _ in range(self.settings.rounds):
            members = memberships(moved, probe.layout, seeds, self.settings, budget)
            moved = towards_means(union, members, seeds, self.settings.step, budget)
        return split(moved, probe, gallery, self)


def seeds_of(gallery: tuple[SequenceRecord, ...]) -> Int[np.ndarray, " G"]:
    """The seed of each gallery sequence: equal for those of one subject, in the order of their first."""
    numbers: dict[object, int] = {}
    names = [i if record.subject is None else record.subject for i, record in enumerate(gallery)]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def memberships(
    vectors: Float32[np.ndarray, "N D"],
    layout: PartLayout,
    seeds: Int[np.ndarray, " G"],
    settings: SeededExpansionSettings,
    budget: ComputeBudget | None = None,
) -> Float64[np.ndarray, "Q S"]:
    """How much each probe belongs to each seed; rows sum to 1.

    Args:
        vectors: probes, then the gallery.
        layout: their parts.
        seeds: of the gallery's rows, numbered from 0.
        settings: see there; `step` and `rounds` are not used.
        budget: memory and cores.

    Raises:
        ConfigError: the memory does not hold all probes by all seeds.
    """
    s, budget = settings, budget or ComputeBudget()
    probes, count = len(vectors) - len(seeds), int(seeds.max()) + 1
    needed = 24 * probes * count
    require(
        needed <= budget.memory,
        f"seeded expansion holds {probes:,} probes by {count:,} subjects, {needed / 2**30:.1f} GiB, and "
        f"{budget.memory / 2**30:.1f} GiB are allowed: allow more memory, or choose cluster-expansion",
    )
    reranked = Reranked(VectorItems(vectors, metric_named(s.base, layout), budget), probes, s.k1, s.k2, s.lambda_)
    order = np.argsort(seeds, kind="stable")
    starts = np.flatnonzero(np.diff(seeds[order], prepend=-1))
    distances = np.empty((probes, count))
    rows = budget.rows(16.0 * len(vectors))
    for start in range(0, probes, rows):
        block = reranked.rows(start, min(start + rows, probes))
        # a probe is as near to a subject as to its nearest sequence
        distances[start : start + rows] = np.minimum.reduceat(block[:, order], starts, axis=1)
    found = shares(distances, s.temperature)
    # at least 1 in all: with fewer probes than subjects an equal share is below one probe
    return assign_balanced(found, max(s.max_probes_ratio * probes / count, 1.0)) if s.max_probes_ratio else found


def towards_means(
    vectors: Float32[np.ndarray, "N D"],
    members: Float64[np.ndarray, "Q S"],
    seeds: Int[np.ndarray, " G"],
    step: float,
    budget: ComputeBudget | None = None,
) -> Float32[np.ndarray, "N D"]:
    """Features moved by `step` towards the mean of their seed, of all seeds by membership. Sums are double."""
    probes = len(members)
    weights = members.sum(axis=0) + np.bincount(seeds)
    result = (budget or ComputeBudget()).array(*vectors.shape)
    for column in range(0, vectors.shape[1], _COLUMNS):
        strip = vectors[:, column : column + _COLUMNS].astype(np.float64)
        means = members.T @ strip[:probes]
        np.add.at(means, seeds, strip[probes:])
        means /= weights[:, None]
        strip *= 1.0 - step
        strip[:probes] += step * (members @ means)
        strip[probes:] += step * means[seeds]
        result[:, column : column + _COLUMNS] = strip
    return result


@dataclass(frozen=True)
class SeededExpansionTuning(TransformTuning):
    """Clusters from the gallery; equal numbers are supposed only where they are known."""

    family: Literal["expansion"] = "expansion"
    place: int = 2
    k2: tuple[int, ...] = (3, 4, 6)
    """None: it is not tried."""

    def candidates(self, shape: DataShape) -> list[Table]:
        ratios = (0.0, 1.0) if shape.equal_numbers else (0.0,)
        return [{"k2": k2, "max_probes_ratio": ratio} for k2, ratio in product(self.k2, ratios)]

    def variations(self, settings: Settings) -> list[Table]:
        del settings
        return [{"rounds": 1}, {"step": 0.3}, {"temperature": 0.03}, {"k1": 9}]

    def complexity(self, settings: Settings) -> Complexity:
        """Fewer repetitions; after all other expansions, and last those that suppose equal numbers."""
        limited = float(settings["max_probes_ratio"] > 0)
        return float(settings["rounds"]), 2.0 + limited, float(settings["k1"]), float(settings["k2"]), 0.0

    def supposition(self, settings: Settings) -> str:
        if not settings["max_probes_ratio"]:
            return ""
        return "These settings suppose that all subjects of the test have equally many probes; elsewhere they do harm."


component = Component(SeededExpansionSettings, SeededExpansion, tuning=SeededExpansionTuning())
