"""Neighbour lists of a gallery, as whole numbers that sort.

An item's list holds (distance, number) pairs as whole numbers that sort as the pairs do. Numbers stand in the order of
the union that the joint computation makes: the probe is 0, gallery item i is i + 1, and whoever enters the gallery
comes after all of it; so equal distances fall as they do there.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.incremental.prepared_gallery import PreparedGallery
from gaitprint.retrieval.knn.search import search

Numbers = Int[np.ndarray, "_"]
Keys = Int[np.ndarray, "_ _"]

NOBODY = np.iinfo(np.int64).max
"""Stands where a list has ended."""
_SPARE = 16
"""Neighbours kept beyond those asked for: so many may leave a list before it has to be searched anew."""


@dataclass(frozen=True)
class NeighbourLists:
    """Of every item of a gallery its nearest, itself among them; `of` searches them."""

    vectors: Float32[np.ndarray, "G D"]
    metric: Metric
    length: int
    """Neighbours that will be asked for, of a union of the gallery and one probe."""
    budget: ComputeBudget
    keys: Keys
    """The lists, spare places too; a gallery with fewer items than that lists all of them."""
    farthest: Float32[np.ndarray, " F"]
    """Distance of each item's farthest; empty where it will not be asked for."""

    @classmethod
    def of(
        cls,
        vectors: Float32[np.ndarray, "G D"],
        metric: Metric,
        length: int,
        budget: ComputeBudget,
        farthest: bool = False,
    ) -> "NeighbourLists":
        """Search the gallery; vectors are kept, not copied."""
        near = search(vectors, vectors, metric, length + _SPARE, budget, farthest=farthest)
        return cls(vectors, metric, length, budget, to_keys(near.distances, near.indices + 1), near.farthest)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def full(self) -> int:
        """Neighbours of a list with its spare places."""
        return self.length + _SPARE

    @cached_property
    def prepared(self) -> PreparedGallery:
        """The vectors, ready to be scored."""
        return PreparedGallery(self.vectors, self.metric)

    def listed(self, rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, "m K"]:
        """Numbers in the lists of gallery items without a probe, as long as asked for or all of the gallery."""
        return np.asarray(to_numbers(self.keys[rows, : self.length]))

    def listing(self, rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, " t"]:
        """Gallery items in whose list, spare places too, one of these gallery items stands; some repeated."""
        items, starts = self._listing
        return np.asarray(items[ranges(starts, rows)])

    @cached_property
    def _listing(self) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " n"]]:
        return inverted(to_numbers(self.keys) - 1)


def to_keys(distances: Float32[np.ndarray, "..."], numbers: Int[np.ndarray, "..."]) -> Int[np.ndarray, "..."]:
    """Join distances and numbers: the bits of a float that is not negative sort as it does."""
    # -0.0 + 0.0 is 0.0: the bits of -0.0 would sort in front of all others
    bits = np.ascontiguousarray(distances + np.float32(0.0)).view(np.int32).astype(np.int64)
    # distance above, number below: one sort orders by distance and breaks ties by number
    return np.asarray((bits << 32) | numbers)


def to_numbers(keys: Int[np.ndarray, "..."]) -> Int[np.ndarray, "..."]:
    """Who stands in each place."""
    return np.asarray(keys & 0xFFFFFFFF)


def to_distances(keys: Int[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """How far away they are."""
    return np.asarray((keys >> 32).astype(np.int32).view(np.float32))


def padded(rows: Int[np.ndarray, " t"], keys: Int[np.ndarray, " t"], count: int) -> Keys:
    """Keys of `count` rows side by side, sorted, filled up with NOBODY."""
    order = np.argsort(rows, kind="stable")
    sizes = np.bincount(rows, minlength=count)
    result = np.full((count, int(sizes.max(initial=0))), NOBODY)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    result[rows[order], place] = keys[order]
    result.sort(axis=1)
    return result


def ranges(indptr: Int[np.ndarray, " n"], rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, " t"]:
    """The places of these rows' entries, one row after another."""
    starts, counts = indptr[rows], indptr[rows + 1] - indptr[rows]
    return np.asarray(np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts))


def inverted(lists: Int[np.ndarray, "G K"]) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " n"]]:
    """Who lists each item, one item after another, and where each item's begin."""
    flat = lists.ravel()
    ends = np.cumsum(np.bincount(flat, minlength=len(lists)))
    return np.argsort(flat, kind="stable") // lists.shape[1], np.concatenate([[0], ends])
