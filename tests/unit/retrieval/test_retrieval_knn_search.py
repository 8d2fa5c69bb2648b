"""The nearest of every row in blocks, against the sorted whole matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitprint.errors import ConfigError, ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.knn import search as module
from gaitprint.retrieval.knn import tiles
from gaitprint.retrieval.knn.search import search, search_others
from gaitprint.types import PartLayout

ONE = ComputeBudget(threads=1)
METRICS = sorted(METRICS)


def slow(x: np.ndarray, y: np.ndarray, name: str, layout: PartLayout) -> np.ndarray:
    """All distances in double precision, one pair after another."""
    ends = np.cumsum([c for p, c in layout.blocks for _ in range(p)])
    result = np.empty((len(x), len(y)))
    for i, a in enumerate(x.astype(np.float64)):
        for j, b in enumerate(y.astype(np.float64)):
            parts = list(zip(np.split(a, ends[:-1]), np.split(b, ends[:-1]), strict=True))
            if name == "part_mean":
                result[i, j] = np.mean([np.sqrt(((u - v) ** 2).sum()) for u, v in parts])
            elif name == "part_cosine":
                lengths = [np.linalg.norm(u) * np.linalg.norm(v) for u, v in parts]
                cosines = [(u @ v) / n if n > 0 else 0.0 for (u, v), n in zip(parts, lengths, strict=True)]
                result[i, j] = max(1 - np.mean(cosines), 0.0)
            else:
                squared = ((a - b) ** 2).sum()
                result[i, j] = squared if name == "euclidean_squared" else np.sqrt(squared)
    return result


def made(seed: int, rows: int, parts: int, channels: int, kind: str) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, parts * channels))
    if kind == "ties":
        x = np.round(x)
    if kind == "duplicates":
        x = x[rng.integers(0, max(1, rows // 4), rows)]
    if kind == "far away":
        x = x + 1e3
    if kind == "one point":
        x = np.zeros_like(x)
    return x.astype(np.float32)


def cut(patch: pytest.MonkeyPatch, side: int, held: bool = True) -> None:
    """Small tiles, of vectors that are ready from the beginning or made ready tile by tile."""
    patch.setattr(tiles, "_SIDE", side)
    patch.setattr(tiles, "_READY_SIDE", side)
    patch.setattr(tiles, "_SHARE", 4 if held else 1 << 60)


KINDS = ["plain", "ties", "duplicates", "far away", "one point"]


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 4), st.integers(1, 6), st.sampled_from(KINDS),
    st.integers(1, 70), st.sampled_from(METRICS), st.sampled_from([7, 64]), st.booleans(), st.booleans(),
)  # fmt: skip
def test_the_nearest_are_those_of_the_whole_matrix(
    seed, rows, parts, channels, kind, k, name, side, held, among_themselves
):
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, side, held)
        y = made(seed, rows, parts, channels, kind)
        x = y if among_themselves else made(seed + 1, 9, parts, channels, kind)
        metric = metric_named(name, PartLayout(((parts, channels),)))
        found = search(x, y, metric, k, ONE, farthest=True)
    expected = slow(x, y, name, metric.layout)
    assert found.indices.shape == (len(x), min(k, rows))
    assert all(len(set(row)) == len(row) for row in found.indices.tolist())
    scale = 1e-6 * max(1.0, float(expected.max()))
    own = np.take_along_axis(expected, found.indices, axis=1)
    np.testing.assert_allclose(found.distances, own, rtol=1e-6, atol=scale)
    np.testing.assert_allclose(own, np.sort(expected, axis=1)[:, : own.shape[1]], rtol=1e-6, atol=scale)
    np.testing.assert_allclose(found.farthest, expected.max(axis=1), rtol=1e-6, atol=scale)
    # nearest first, and equal distances in the order of the items
    steps = np.diff(found.distances, axis=1)
    assert (steps >= 0).all()
    assert (np.diff(found.indices, axis=1)[steps == 0] > 0).all()


@pytest.mark.parametrize("name", METRICS)
def test_exact_ties_come_in_the_order_of_the_items(name):
    y = np.tile(np.eye(4, dtype=np.float32), (6, 1))
    found = search(y[:4], y, metric_named(name, PartLayout(((2, 2),))), 6, ONE)
    for row, listed in enumerate(found.indices.tolist()):
        assert listed == [row + 4 * i for i in range(6)]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(1, 40), st.sampled_from(KINDS))
def test_others_leave_each_row_itself_out_and_nobody_else(seed, rows, k, kind):
    x = made(seed, rows, 1, 3, kind)
    metric = metric_named("euclidean", PartLayout(((1, 3),)))
    found = search_others(x, metric, k, ONE)
    assert found.indices.shape == (rows, min(k, rows - 1))
    whole = metric.block(x, x)
    for i, row in enumerate(found.indices.tolist()):
        others = [j for j in range(rows) if j != i]
        assert i not in row
        wanted = sorted(others, key=lambda j, i=i: (whole[i, j], j))[: len(row)]
        np.testing.assert_allclose(found.distances[i], whole[i, wanted], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-18, 1.0, 1e15])
@pytest.mark.parametrize("name", METRICS)
def test_the_estimate_is_never_farther_off_than_it_says(name, scale):
    x = (made(3, 40, 3, 20, "far away") * scale).astype(np.float32)
    metric = metric_named(name, PartLayout(((3, 20),)))
    estimate = metric.estimate(x, x)
    every = slice(None)
    a, b = estimate.ready_left(every), estimate.ready_right(every)
    scores, slack = estimate.scores(a, b).astype(np.float64), estimate.slack()
    exact = slow(x, x, name.replace("euclidean", "euclidean_squared") if name == "euclidean" else name, metric.layout)
    unit = 2.0 ** -np.ceil(np.log2(np.abs(x - x.mean(axis=0)).max()))
    exact = {"part_mean": 3 * exact * unit, "part_cosine": 3 * (exact - 1)}.get(name, exact * unit**2)
    if name == "part_cosine":  # minus the cosines' sum is off by a constant; only differences count
        scores, exact, slack = scores - scores[:, :1], exact - exact[:, :1], 2 * slack
    assert (np.abs(scores - exact) <= slack[:, None] + 1e-12).all()
    assert estimate.sane
    known = metric.scored(metric.block(x, x), estimate, np.empty((40, 40), np.float32)).astype(np.float64)
    if name == "part_cosine":
        known = known - known[:, :1]
    assert (np.abs(known - exact) <= slack[:, None] + 1e-12).all()


@pytest.mark.parametrize("scale", [1e-25, 1.0])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", METRICS)
def test_pairs_whose_distances_are_known_need_no_score(name, kind, scale, monkeypatch):
    cut(monkeypatch, 50)
    x = (made(6, 233, 2, 4, kind) * scale).astype(np.float32)
    metric = metric_named(name, PartLayout(((2, 4),)))
    corner = metric.block(x[:60], x[60:])
    found, usual = (
        search(x, x, metric, 7, ONE, farthest=True, corner=corner),
        search(x, x, metric, 7, ONE, farthest=True),
    )
    np.testing.assert_array_equal(found.indices, usual.indices)
    np.testing.assert_array_equal(found.distances, usual.distances)
    np.testing.assert_array_equal(found.farthest, usual.farthest)


def test_known_distances_are_looked_at_and_left_as_they_are():
    x = made(6, 100, 2, 4, "plain")
    metric = metric_named("euclidean_squared", PartLayout(((2, 4),)))
    corner = metric.block(x[:40], x[40:])
    corner[:, 7] = 1e9  # nobody is near the item now, so nobody of the probes lists it
    before = corner.copy()
    assert not (search(x, x, metric, 99, ONE, corner=corner).indices[:40, :98] == 47).any()
    np.testing.assert_array_equal(corner, before)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_memory_change_nothing_and_progress_is_told(threads, held, monkeypatch):
    cut(monkeypatch, 400, held)
    x = made(5, 1500, 2, 8, "plain")
    metric = metric_named("part_mean", PartLayout(((2, 8),)))
    told: list[tuple[int, int, str]] = []
    work = ComputeBudget(memory=64 << 20, threads=threads, progress=lambda *step: told.append(step))
    found, usual = search(x, x, metric, 5, work), search(x, x, metric, 5, ONE)
    np.testing.assert_array_equal(found.indices, usual.indices)
    np.testing.assert_array_equal(found.distances, usual.distances)
    assert told[-1] == (1500, 1500, "neighbours")
    told.clear()
    search(x[:399], x[:399].copy(), metric, 5, work)
    assert told == [], "what is done at once needs no word"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", METRICS)
def test_half_the_tiles_do_where_items_ask_among_themselves(name, kind, monkeypatch):
    cut(monkeypatch, 50)
    x = made(6, 333, 2, 4, kind)
    metric = metric_named(name, PartLayout(((2, 4),)))
    half, whole = (search(x, y, metric, 7, ONE, farthest=True) for y in (x, x.copy()))
    np.testing.assert_array_equal(half.indices, whole.indices)
    np.testing.assert_array_equal(half.distances, whole.distances)
    np.testing.assert_array_equal(half.farthest, whole.farthest)


def test_where_candidates_of_all_items_do_not_fit_rows_ask_block_by_block(monkeypatch):
    asked = []
    monkeypatch.setattr(module._Search, "halves", lambda self, corner: asked.append("halves"))
    monkeypatch.setattr(module._Search, "rows", lambda self: asked.append("rows"))
    x = np.zeros((70_000, 1), np.float32)
    metric = metric_named("euclidean", PartLayout(((1, 1),)))
    search(x, x, metric, 10, ComputeBudget(memory=64 << 20))
    search(x, x, metric, 10, ComputeBudget(memory=128 << 20))
    assert asked == ["rows", "halves"]


def test_what_cannot_be_is_said():
    metric = metric_named("euclidean", PartLayout(((1, 3),)))
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(ShapeError, match="one width, found 3 and 4"):
        search(x, np.zeros((2, 4), np.float32), metric, 1)
    with pytest.raises(ShapeError, match="found k = 0, 2 and 2"):
        search(x, x, metric, 0)
    with pytest.raises(ShapeError, match="an item on each side, found k = 1, 0 and 2"):
        search(x[:0], x, metric, 1)
    with pytest.raises(ShapeError, match="at least two items, found 1"):
        search_others(x[:1], metric, 1)
    with pytest.raises(ConfigError, match="64 MiB at least, found 1 MiB"):
        ComputeBudget(memory=1 << 20)
    with pytest.raises(ConfigError, match="threads are 0"):
        ComputeBudget(threads=-1)
