"""Query expansion by neighbour lists, one probe at a time: only those means are made that the probe changes."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float32, Int

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.incremental.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.neighbour_lists import KeptLists, Numbers, numbered
from gaitprint.retrieval.incremental.patched_graph import PatchedNeighbours
from gaitprint.types import Embeddings

Means = Callable[
    [Float32[np.ndarray, "m D"], Float32[np.ndarray, "m K D"], Bool[np.ndarray, "m K"]], Float32[np.ndarray, "m D"]
]
"""What items become: their vectors, their members' vectors, and which of the members count."""


class KeptExpansion:
    """One round of expansion of a gallery.

    Args:
        vectors: G of them.
        metric: how neighbours are found.
        k: neighbours of an item.
        means: what an item becomes.
        work: memory and cores of the first round.
        include_self: whether an item stands in its own list, and is one of the k.
        mutual: whether only those members count that list the item, too.
    """

    def __init__(
        self,
        vectors: Float32[np.ndarray, "G D"],
        metric: Metric,
        k: int,
        means: Means,
        work: ComputeBudget,
        *,
        include_self: bool = False,
        mutual: bool = False,
    ) -> None:
        self._k, self._means, self._work = k, means, work
        self._include_self, self._mutual = include_self, mutual
        self._lists = KeptLists(vectors, metric, k if include_self else k + 1, work)
        self.vectors = vectors.copy()
        """The gallery expanded by itself. With fewer items than neighbours all are made anew for each probe."""
        if len(vectors) >= self._lists.length:
            alone = _Alone(self._lists)
            every = np.arange(1, len(vectors) + 1)
            rows = work.rows(24.0 * vectors.shape[1] * (k + 1))
            for start in range(0, len(vectors), rows):
                self.vectors[start : start + rows] = self._made(alone, every[start : start + rows])

    def apply_delta(self, change: GalleryDelta) -> GalleryDelta:
        """The probe and the items it changes, after the round."""
        union = PatchedNeighbours(self._lists, change)
        numbers = self._touched(union)
        rows = self._work.rows(24.0 * len(change.probe) * (self._k + 1))
        made = np.concatenate(
            [self._made(union, numbers[start : start + rows]) for start in range(0, len(numbers), rows)]
        )
        return GalleryDelta.between(made[0], self.vectors, numbers[1:] - 1, made[1:])

    def _touched(self, union: PatchedNeighbours) -> Numbers:
        """Items that may become something else than is kept, the probe first: some more do no harm."""
        relisted = union.relisted
        before, after = self._lists.listed(np.maximum(relisted - 1, 0)), union.lists(relisted)
        moved = (before != after).any(axis=1) if before.shape == after.shape else np.ones(len(relisted), bool)
        touched = np.zeros(union.count, bool)
        if self._mutual:  # who left or came in is no longer, or newly, mutual
            touched[before[moved].ravel()] = True
            touched[after[moved].ravel()] = True
        touched[relisted[moved | union.changed(after).any(axis=1)]] = True
        touched[union.change.rows + 1] = True
        touched[0] = True
        return np.flatnonzero(touched)

    def _made(self, union: "PatchedNeighbours | _Alone", numbers: Numbers) -> Float32[np.ndarray, "m D"]:
        members = union.lists(numbers)
        if not self._include_self:
            members = without_self(members, numbers)
        use = np.ones(members.shape, bool)
        if self._mutual:
            asked, place = numbered(members, len(self._lists) + 1)
            theirs = without_self(union.lists(asked), asked)[place]
            use = (theirs == numbers[:, None, None]).any(axis=2)
        width = self.vectors.shape[1]
        near = union.vectors(members.ravel()).reshape(*members.shape, width)
        return self._means(union.vectors(numbers), near, use)


class KeptRounds:
    """Rounds of expansion, each on what the one before made: a transform that has seen the gallery."""

    def __init__(
        self,
        gallery: Embeddings,
        times: int,
        one: Callable[[Float32[np.ndarray, "G D"]], KeptExpansion],
        derived: Callable[[Float32[np.ndarray, "G D"]], Embeddings],
    ) -> None:
        self._rounds: list[KeptExpansion] = []
        vectors = gallery.vectors
        for _ in range(times):
            self._rounds.append(one(vectors))
            vectors = self._rounds[-1].vectors
        self.gallery = derived(vectors)
        """The gallery after all rounds."""

    def apply_delta(self, change: GalleryDelta) -> GalleryDelta:
        """The probe and the items it changes, after all rounds."""
        for one in self._rounds:
            change = one.apply_delta(change)
        return change


class _Alone:
    """The gallery without a probe, asked as a union is."""

    def __init__(self, kept: KeptLists) -> None:
        self._kept = kept

    def lists(self, numbers: Numbers) -> Int[np.ndarray, "n K"]:
        return self._kept.listed(numbers - 1)

    def vectors(self, numbers: Numbers) -> Float32[np.ndarray, "n D"]:
        return np.asarray(self._kept.vectors[numbers - 1])


def without_self(lists: Int[np.ndarray, "n K"], numbers: Int[np.ndarray, " n"]) -> Int[np.ndarray, "n k"]:
    """Lists of others: an item that is hidden behind its duplicates loses the last one instead of itself."""
    own = lists == numbers[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(lists[~own].reshape(len(lists), lists.shape[1] - 1))
