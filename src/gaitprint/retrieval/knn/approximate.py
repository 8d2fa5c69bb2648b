"""The nearest of each of many items among themselves from short codes: compared exactly, but somebody may be missed.

How much is looked at is chosen on some rows, whose true neighbours are searched exactly; what share of them is found is
measured on other rows, and said. Where that would take longer than comparing all, all are compared, and that is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.config import require
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.knn.search import Neighbours, search, search_others
from gaitprint.retrieval.knn.short_codes import ShortCodes, load_faiss

Vectors = Float32[np.ndarray, "N D"]
Search = Literal["exact", "approximate"]

_FEW = 4096
"""Fewer items are compared with each other sooner than codes are made."""
_SOME = 200
"""Rows on which the effort is chosen, and as many others on which it is measured."""
_FAR = 2048
"""Items among which the farthest is looked for."""
_CANDIDATES = (2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Candidates that may be compared exactly, in multiples of k."""
_LOOK = 2.5
"""What looking at one number of a code costs, in multiplications within a product of matrices (on one processor)."""
_COMPARE = 45.0
"""The same for one number of a vector that is compared exactly."""
_BLOCK = 1 << 24
"""Bytes of candidates that a thread holds; fixed, so that no answer hangs on threads or memory."""
_SEED = 0


@dataclass(frozen=True)
class Effort:
    """How much is looked at for each row."""

    lists: int
    candidates: int


def check_search(kind: Search, recall: float, inductive: bool) -> None:
    """For the settings of steps.

    Raises:
        ConfigError: `recall` is no share, or one probe at a time shall be searched approximately.
    """
    require(0 < recall <= 1, f"recall is a share above 0 and at most 1, found {recall}")
    require(
        kind == "exact" or not inductive,
        "search 'approximate' is for all probes together: with inductive leave search at 'exact'",
    )


def wanted(kind: Search, recall: float) -> float | None:
    """What `neighbours` is asked for under these settings."""
    return recall if kind == "approximate" else None


def neighbours(
    x: Vectors,
    metric: Metric,
    k: int,
    recall: float | None,
    work: ComputeBudget | None = None,
    *,
    farthest: bool = False,
) -> Neighbours:
    """The min(k, N) nearest items of each row of x, itself among them: `search(x, x, ...)`, or about that.

    Args:
        x: items.
        metric: how they are compared; distances are exact, and equal ones stand in the items' order.
        k: neighbours.
        recall: the share of the true neighbours, the item itself not counted, that has to be found; None: all.
        work: memory and cores; `work.say` is told what is reached.
        farthest: also the distance of the farthest item of each row; where somebody may be missed, of 2,048 items.

    Raises:
        ConfigError: faiss is not installed.
        ShapeError: a vector is not finite, there is no item, or k < 1.
    """
    work = work or ComputeBudget()
    if recall is None or k < 1 or not len(x):
        return search(x, x, metric, k, work, farthest=farthest)
    load_faiss()
    k = min(k, len(x))
    why = "they are few" if len(x) < _FEW or k < 2 else "recall 100 % is wanted" if recall == 1 else ""
    if not why:
        codes = ShortCodes(x, metric, work)
        found = _approximate(codes, x, metric, k, recall, work, farthest)
        if found is not None:
            return found
        why = "anything less that finds enough takes longer"
    work.say(f"approximate neighbours: all {len(x):,} items are compared exactly, for {why}")
    return search(x, x, metric, k, work, farthest=farthest)


def other_neighbours(
    x: Vectors, metric: Metric, k: int, recall: float | None, work: ComputeBudget | None = None
) -> Neighbours:
    """As `neighbours`, each row itself left out; K is min(k, N - 1). Duplicates stay.

    Raises:
        ConfigError, ShapeError: as `neighbours`; also fewer than two rows.
    """
    if recall is None or len(x) < 2:
        return search_others(x, metric, k, work)
    found = neighbours(x, metric, min(k, len(x) - 1) + 1, recall, work)
    own = found.indices == np.arange(len(x))[:, None]
    own[~own.any(axis=1), -1] = True  # hidden behind duplicates: the last one is one too many
    shape = (len(x), found.indices.shape[1] - 1)
    return Neighbours(found.indices[~own].reshape(shape), found.distances[~own].reshape(shape))


def share_found(found: Neighbours, truth: Neighbours) -> float:
    """Recall of neighbours besides the items themselves; who is as far as the last true one is as good."""
    within = (found.distances <= truth.distances[:, -1:]).sum(axis=1)
    return float((within - 1).sum() / (truth.distances.size - len(within)))


def compared(
    codes: ShortCodes,
    x: Vectors,
    metric: Metric,
    k: int,
    effort: Effort,
    rows: Int[np.ndarray, " m"],
    work: ComputeBudget,
) -> Neighbours:
    """The k nearest of the candidates of some rows, by exact distance; rows with too few candidates see all items."""
    indices, distances = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32)
    few = np.zeros(len(rows), bool)
    step = max(1, min(1024, _BLOCK // (48 * effort.candidates)))

    def one(some: slice) -> int:
        own = rows[some, None]
        near = codes.near(rows[some], effort.lists, effort.candidates)
        # codes may miss the row itself, which every list of neighbours holds
        near[~(near == own).any(axis=1), -1] = own[~(near == own).any(axis=1), 0]
        there = near >= 0
        far = np.full(near.shape, np.inf, np.float32)
        far[there] = metric.pairs(x, np.broadcast_to(own, near.shape)[there], x, near[there])
        order = np.lexsort((near, far), axis=-1)[:, :k]
        indices[some], distances[some] = (np.take_along_axis(part, order, axis=1) for part in (near, far))
        few[some] = there.sum(axis=1) < k
        return len(near)

    done = 0
    for part in work.each(one, [slice(start, start + step) for start in range(0, len(rows), step)]):
        done += part
        work.progress(done, len(rows), "neighbours")
    if few.any():
        exact = search(x[rows[few]], x, metric, k, ComputeBudget(work.memory, work.threads))
        indices[few], distances[few] = exact.indices, exact.distances
    return Neighbours(indices, distances)


def _approximate(
    codes: ShortCodes, x: Vectors, metric: Metric, k: int, recall: float, work: ComputeBudget, farthest: bool
) -> Neighbours | None:
    """None: comparing all takes no longer."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    rows = rng.permutation(len(x))
    quiet = ComputeBudget(work.memory, work.threads)
    # the effort is chosen on some rows and measured on others, or its recall would flatter itself
    choice, test = np.sort(rows[:_SOME]), np.sort(rows[_SOME : 2 * _SOME])
    # a pair is compared once for both of its rows, hence the half
    limit = len(x) * x.shape[1] / 2 - (_FAR * x.shape[1] if farthest else 0)
    truth = search(x[test], x, metric, k, quiet)
    for effort in _efforts(codes, choice, search(x[choice], x, metric, k, quiet), recall, x.shape, limit):
        reached = share_found(compared(codes, x, metric, k, effort, test, quiet), truth)
        if reached < recall:
            continue
        work.say(
            f"approximate neighbours: recall {100 * reached:.1f} % of {k - 1} on {len(test)} rows (wanted "
            f"{100 * recall:.4g} %), {effort.lists} of {codes.lists} lists looked at, {effort.candidates} candidates"
        )
        found = compared(codes, x, metric, k, effort, np.arange(len(x)), work)
        if not farthest:
            return found
        some = np.sort(rng.choice(len(x), min(_FAR, len(x)), replace=False))
        far = search(x, x[some], metric, 1, quiet, farthest=True).farthest
        return replace(found, farthest=np.maximum(far, found.distances[:, -1]))
    return None


def _efforts(
    codes: ShortCodes,
    rows: Int[np.ndarray, " m"],
    truth: Neighbours,
    recall: float,
    shape: tuple[int, ...],
    limit: float,
) -> Iterator[Effort]:
    """What should find enough, the cheapest first, up to what comparing all costs; each finds more than the last."""
    items, width = shape
    k = truth.indices.shape[1]
    counts = sorted({min(times * k, items) for times in _CANDIDATES})
    lists = sorted({min(1 << power, codes.lists) for power in range(codes.lists.bit_length() + 1)})
    near = codes.near(rows, codes.lists, counts[-1])
    homes = codes.lists_of(truth.indices.ravel()).reshape(truth.indices.shape)
    place = np.take_along_axis(codes.places(rows), homes, axis=1)
    rank = np.full(truth.indices.shape, items)
    for column, wanted in enumerate(truth.indices.T):
        hit = near == wanted[:, None]
        rank[:, column] = np.where(hit.any(axis=1), hit.argmax(axis=1), items)
    others = truth.indices != rows[:, None]
    options = []
    for look in lists:
        for count in counts:
            cost = look / codes.lists * items * codes.length * _LOOK + count * width * _COMPARE
            share = float(((place < look) & (rank < count))[others].mean())
            if share >= recall and cost < limit:
                options.append((cost, share, Effort(look, count)))
    # dearer and no better on the same rows: not worth a try
    best = 0.0
    for _, share, effort in sorted(options, key=lambda option: option[0]):
        if share > best:
            best = share
            yield effort
