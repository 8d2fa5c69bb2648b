"""The pipelines that tuning tries: small grids, each around what the one before has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from gaitprint.tuning.simplicity import EXPANSIONS, Table

BASES = {"euclidean": "euclidean_squared", "part-mean": "part_mean", "part-cosine": "part_cosine"}
"""The distance under re-ranking that belongs to a scorer."""


@dataclass(frozen=True)
class Grid:
    """Settings of the grids: how finely tuning looks."""

    k1: tuple[int, ...] = (2, 3, 4, 6, 9, 14, 20)
    """Of re-ranking."""
    k2: tuple[int, ...] = (1, 2, 4, 6)
    """Of re-ranking; those above k1 + 1 are left out."""
    lambdas: tuple[float, ...] = (0.0, 0.1, 0.3, 0.5, 0.7)
    """Of the re-rankings with the best k1 and k2."""
    first_lambdas: tuple[float, ...] = (0.1, 0.3)
    """While k1 and k2 are looked for."""
    k1_after: tuple[int, ...] = (3, 6, 9, 14)
    """Of re-ranking after expansion, which has averaged already."""
    k2_after: tuple[int, ...] = (1, 3, 6)
    """As above."""
    members: tuple[int, ...] = (2, 3, 5)
    """Neighbours that expansion averages; one less than a subject's sequences is tried as well."""
    thresholds: tuple[float, ...] = (0.3, 0.6)
    """Quantiles up to which average linkage merges; the first is also DBSCAN's, the last complete linkage's. None: no
    partitions."""
    powers: tuple[float, ...] = (3.0, 10.0)
    """Weights by likeness, cosine ** alpha."""
    seeded: tuple[int, ...] = (3, 4, 6)
    """The k2 with which clusters grow from the gallery; none: they are not tried."""
    max_probes_ratio: tuple[float, ...] = (0.0,)
    """What they suppose of the numbers of probes; 1.0: that all subjects have equally many."""
    ratios: tuple[float, ...] = (0.25, 0.5, 2.0, 4.0)
    """Weights of one network against the others at 1."""


def distances(networks: Sequence[int], grid: Grid) -> list[Table]:
    """Ways to compare pair by pair; with several networks also their weights.

    Args:
        networks: how many blocks of the embedding each network has.
        grid: how finely.
    """
    scorers = ("euclidean", "part-mean", "part-cosine")
    tables: list[Table] = [{"transforms": [], "scorer": {"name": scorer}} for scorer in scorers]
    unit = {"name": "unit-length", "per": "vector"}
    tables += [{"transforms": [unit], "scorer": {"name": s}} for s in scorers[:2]]
    if len(networks) == 1:
        return tables
    unit = {"name": "unit-length", "per": "block"}
    tables += [{"transforms": [unit], "scorer": {"name": s}} for s in scorers[:2]]
    for scale in ([], [unit]):
        for weights in _weights(networks, grid.ratios):
            step = {"name": "block-weights", "weights": weights}
            tables.append({"transforms": [*scale, step], "scorer": {"name": "euclidean"}})
    return tables


def _weights(networks: Sequence[int], ratios: Sequence[float]) -> list[list[float]]:
    """Each network alone, and each with another say than the rest (of two, one needs to vary)."""
    alone = [[float(i == j) for j in range(len(networks))] for i in range(len(networks))]
    varied = range(1 if len(networks) == 2 else len(networks))
    rows = alone + [[r if i == j else 1.0 for j in range(len(networks))] for i in varied for r in ratios]
    return [[w for w, blocks in zip(row, networks, strict=True) for _ in range(blocks)] for row in rows]


def rerankings(start: Table, k1: Sequence[int], k2: Sequence[int], lambdas: Sequence[float]) -> list[Table]:
    """`start` with every re-ranking of a grid in place of its scorer, on the distance it has."""
    scorer = start["scorer"]
    base = scorer["base"] if scorer["name"] == "k-reciprocal" else BASES[scorer["name"]]
    return [
        {**start, "scorer": {"name": "k-reciprocal", "k1": a, "k2": b, "lambda_": share, "base": base}}
        for a, b, share in product(k1, k2, lambdas)
        # k2 averages among the k1 nearest and the item itself: beyond, there is nobody left
        if b <= a + 1
    ]


def other_bases(reranked: Table) -> list[Table]:
    """A re-ranking on the other distances, of vectors as they are and at unit length."""
    scorer = reranked["scorer"]
    unit = {"name": "unit-length", "per": "vector"}
    others = [step for step in reranked["transforms"] if step != unit]
    bases = ("euclidean_squared", "euclidean", "part_mean", "part_cosine")
    tables = [{"transforms": others, "scorer": {**scorer, "base": b}} for b in bases]
    return tables + [{"transforms": [unit, *others], "scorer": {**scorer, "base": b}} for b in bases[:3]]


def expansions(sequences: int, grid: Grid) -> list[Table]:
    """Steps that average sequences with near ones.

    Args:
        sequences: usual number a subject, so that lists may be as long as a subject has others.
        grid: how finely.
    """
    # more neighbours than a subject has other sequences would average other people in
    others = max(sequences - 1, 1)
    lists = sorted({k for k in (*grid.members, others) if k <= others})
    cluster: list[Table] = [
        {"clustering": clustering, "k": k, "include_self": own}
        for clustering, k, own in product(("neighbours", "mutual"), lists, (True, False))
    ]
    if grid.thresholds:
        cluster += _partitions(others, grid.thresholds)
    tables: list[Table] = [{"name": "cluster-expansion", **settings} for settings in cluster]
    tables += [{"name": "alpha-expansion", "k": k} for k in sorted({min(3, others + 1), others + 1})]
    grown = product(grid.seeded, grid.max_probes_ratio)
    return tables + [{"name": "seeded-expansion", "k2": k2, "max_probes_ratio": ratio} for k2, ratio in grown]


def _partitions(others: int, thresholds: Sequence[float]) -> list[Table]:
    """Clusters that all their members share, the sample itself among them."""
    merged = {"clustering": "agglomerative", "include_self": True}
    settings: list[Table] = [
        {**merged, "linkage": linkage, "threshold": t, "threshold_neighbour": others}
        for linkage, t in (*(("average", t) for t in thresholds), ("complete", thresholds[-1]))
    ]
    settings += [{**merged, "linkage": linkage, "threshold_unit": "subjects"} for linkage in ("average", "ward")]
    return [*settings, {"clustering": "dbscan", "threshold": thresholds[0], "include_self": True}]


def expanded(start: Table, step: Table) -> Table:
    """`start` with an expansion as the last of its transforms, in place of the one it has."""
    others = [t for t in start["transforms"] if t["name"] not in EXPANSIONS]
    return {**start, "transforms": [*others, step]}


def variations(table: Table, grid: Grid) -> list[Table]:
    """A resolved, expanded pipeline with one thing of its expansion changed, or with unit length before or after it."""
    step = next(t for t in table["transforms"] if t["name"] in EXPANSIONS)
    changes: list[Table] = [{"rounds": 2}]
    if step["name"] == "seeded-expansion":
        changes = [{"rounds": 1}, {"step": 0.3}, {"temperature": 0.03}, {"k1": 9}]
    elif step["name"] == "cluster-expansion":
        changes += [{"alpha": a} for a in grid.powers] + [{"include_self": not step["include_self"]}]
        changes += [{"distance": "part_mean"}] if step["linkage"] != "ward" else []
    else:
        changes += [{"alpha": a} for a in (0.0, *grid.powers)]
    tables = [
        {**table, "transforms": [{**t, **change} if t is step else t for t in table["transforms"]]}
        for change in changes
    ]
    if not any(t["name"] == "unit-length" for t in table["transforms"]):
        unit = {"name": "unit-length", "per": "vector"}
        tables += [{**table, "transforms": [*a, *table["transforms"], *b]} for a, b in (([unit], []), ([], [unit]))]
    return tables
