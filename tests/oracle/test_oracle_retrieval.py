"""Re-ranking and expansion against plain loops and sets, written from the method's text; ties by index."""

import math

import numpy as np
import pytest

from gaitprint.retrieval.distances.exact import flat_euclidean, flat_euclidean_squared
from gaitprint.retrieval.reranking.k_reciprocal import k_reciprocal
from gaitprint.retrieval.transforms.cluster_expansion import ClusterExpansion, ClusterExpansionSettings
from gaitprint.testing.steps import transformed
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def slow_k_reciprocal(distances: np.ndarray, probes: int, k1: int, k2: int, lam: float) -> np.ndarray:
    n = len(distances)
    raw = [[float(v) for v in row] for row in distances]
    d = [[v / max(row) if max(row) > 0 else 0.0 for v in row] for row in raw]
    order = [sorted(range(n), key=lambda j, row=row: (row[j], j)) for row in raw]

    def reciprocal(i: int, k: int) -> set[int]:
        return {j for j in order[i][: k + 1] if i in order[j][: k + 1]}

    encodings = []
    for i in range(n):
        core = reciprocal(i, k1)
        expanded = set(core)
        for c in core:
            half = reciprocal(c, round(k1 / 2))
            if 3 * len(half & core) > 2 * len(half):
                expanded |= half
        weights = {j: math.exp(-d[i][j]) for j in expanded}
        total = sum(weights.values())
        encodings.append({j: w / total for j, w in weights.items()})
    if k2 != 1:
        averaged = []
        for i in range(n):
            near = order[i][:k2]
            keys = set().union(*(encodings[j] for j in near))
            averaged.append({m: sum(encodings[j].get(m, 0.0) for j in near) / len(near) for m in keys})
        encodings = averaged
    result = np.zeros((probes, n - probes))
    for i in range(probes):
        for j in range(probes, n):
            s = sum(min(w, encodings[j].get(m, 0.0)) for m, w in encodings[i].items())
            result[i, j - probes] = (1 - lam) * (1 - s / (2 - s)) + lam * d[i][j]
    return result


@pytest.mark.parametrize("seed", range(50))
def test_k_reciprocal_on_random_sets_with_ties(seed):
    rng = np.random.default_rng(seed)
    n, width = int(rng.integers(2, 45)), int(rng.integers(1, 4))
    x = rng.integers(0, int(rng.integers(2, 9)), size=(n, width)).astype(np.float32)
    probes = int(rng.integers(1, n))
    k1, k2, lam = int(rng.integers(1, 23)), int(rng.integers(1, 9)), float(rng.choice([0.0, 0.3, 0.5]))
    distances = (flat_euclidean_squared if seed % 2 else flat_euclidean)(x, x)
    found = k_reciprocal(distances, probes, k1, k2, lam)
    np.testing.assert_allclose(found, slow_k_reciprocal(distances, probes, k1, k2, lam), rtol=1e-6, atol=1e-7)


def slow_expansion(x: np.ndarray, settings: ClusterExpansionSettings) -> np.ndarray:
    points = [[float(v) for v in row] for row in x]
    n = len(points)

    def near(i: int) -> list[int]:
        return sorted((j for j in range(n) if j != i), key=lambda j: (np.float32(math.dist(points[i], points[j])), j))[
            : settings.k
        ]

    def weight(a: list[float], b: list[float]) -> float:
        if settings.alpha == 0:
            return 1.0
        lengths = math.hypot(*a) * math.hypot(*b)
        return max(sum(p * q for p, q in zip(a, b, strict=True)) / lengths, 0.0) ** settings.alpha if lengths else 0.0

    result = []
    for i in range(n):
        members = [j for j in near(i) if settings.clustering == "neighbours" or i in near(j)]
        if settings.include_self:
            members.append(i)
        weights = [weight(points[i], points[j]) for j in members]
        if sum(weights) == 0:
            result.append(points[i])
            continue
        pairs = list(zip(members, weights, strict=True))
        result.append([sum(w * points[j][c] for j, w in pairs) / sum(weights) for c in range(x.shape[1])])
    return np.array(result, np.float32)


@pytest.mark.parametrize("seed", range(24))
def test_neighbour_expansion_on_random_sets_with_ties(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 25))
    x = rng.integers(-3, 6, size=(n, 3)).astype(np.float32)
    settings = ClusterExpansionSettings(
        clustering=("neighbours", "mutual")[seed % 2],
        k=int(rng.integers(1, 8)),
        alpha=float(rng.choice([0.0, 1.0, 3.0])),
        include_self=bool(rng.integers(2)),
    )
    probes = int(rng.integers(1, n))
    layout = PartLayout(((1, 3),))
    records = tuple(SequenceRecord(str(i), None, "", "") for i in range(n))
    probe = Embeddings(x[:probes], records[:probes], layout, "s")
    gallery = Embeddings(x[probes:], records[probes:], layout, "s")
    found = np.concatenate([e.vectors for e in transformed(ClusterExpansion(settings), probe, gallery)])
    np.testing.assert_allclose(found, slow_expansion(x, settings), rtol=1e-5, atol=1e-5)
