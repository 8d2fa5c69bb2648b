"""The cluster expansions that tuning tries."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from gaitprint.retrieval.tunable import Complexity, DataShape, Settings, Table, TransformTuning

LISTED = ("neighbours", "mutual")
"""Clusterings in which each sample has a list of its own."""
_CLUSTERINGS = (*LISTED, "components", "dbscan", "agglomerative")


@dataclass(frozen=True)
class ClusterCandidates(TransformTuning):
    """Lists of a few neighbours and of as many as a subject has others, and partitions."""

    family: Literal["expansion"] = "expansion"
    place: int = 0
    members: tuple[int, ...] = (2, 3, 5)
    """Neighbours that are averaged; one less than a subject's sequences is tried as well."""
    thresholds: tuple[float, ...] = (0.3, 0.6)
    """Quantiles up to which average linkage merges; the first is also DBSCAN's, the last complete linkage's. None: no
    partitions."""
    powers: tuple[float, ...] = (3.0, 10.0)
    """Weights by likeness, cosine ** alpha."""

    def candidates(self, shape: DataShape) -> list[Table]:
        # more neighbours than a subject has other sequences would average other people in
        others = max(shape.sequences - 1, 1)
        lists = sorted({k for k in (*self.members, others) if k <= others})
        listed: list[Table] = [
            {"clustering": clustering, "k": k, "include_self": own}
            for clustering, k, own in product(LISTED, lists, (True, False))
        ]
        return listed + (_partitions(others, self.thresholds) if self.thresholds else [])

    def variations(self, settings: Settings) -> list[Table]:
        changes: list[Table] = [{"rounds": 2}, *({"alpha": a} for a in self.powers)]
        changes.append({"include_self": not settings["include_self"]})
        return changes + ([{"distance": "part_mean"}] if settings["linkage"] != "ward" else [])

    def complexity(self, settings: Settings) -> Complexity:
        """Fewer repetitions, no weights by likeness, fewer members, the sample among them, a plainer clustering."""
        return (
            float(settings["rounds"]),
            float(settings["alpha"] > 0),
            float(settings["k"] if settings["clustering"] in LISTED else 100),
            float(not settings["include_self"]),
            float(_CLUSTERINGS.index(settings["clustering"])),
        )


def _partitions(others: int, thresholds: Sequence[float]) -> list[Table]:
    """Clusters that all their members share, the sample itself among them."""
    merged = {"clustering": "agglomerative", "include_self": True}
    settings: list[Table] = [
        {**merged, "linkage": linkage, "threshold": t, "threshold_neighbour": others}
        for linkage, t in (*(("average", t) for t in thresholds), ("complete", thresholds[-1]))
    ]
    settings += [{**merged, "linkage": linkage, "threshold_unit": "subjects"} for linkage in ("average", "ward")]
    return [*settings, {"clustering": "dbscan", "threshold": thresholds[0], "include_self": True}]
