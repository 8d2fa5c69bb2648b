"""k-reciprocal re-ranking of one probe after another against a gallery whose neighbour lists are known.

Equal to the joint computation of the gallery and this one probe, so no other probe has a say. Everything about encoding
is in `encoding`; here is only which rows of it a probe needs, and they are few.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int
from scipy import sparse

from gaitprint.errors import ShapeError
from gaitprint.retrieval.bases.metric_scorer import plain_distances
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.neighbour_lists import NeighbourLists, Numbers, inverted, ranges
from gaitprint.retrieval.incremental.patched_graph import PatchedNeighbours
from gaitprint.retrieval.knn.mutual import distinct
from gaitprint.retrieval.reranking.encoding import (
    Sparse,
    averaged,
    encodings,
    expanded_sets,
    jaccard,
    mixed,
    reciprocal,
    scales,
)
from gaitprint.retrieval.reranking.k_reciprocal import check_reranking, widths

_PROBE = np.zeros(1, np.int64)
"""The number of the probe in the union."""


@dataclass(frozen=True)
class IncrementalReranker:
    """A gallery, listed once; `of` lists it."""

    lists: NeighbourLists
    k1: int
    k2: int
    lambda_: float

    @classmethod
    def of(
        cls,
        vectors: Float32[np.ndarray, "G D"],
        metric: Metric,
        k1: int,
        k2: int,
        lambda_: float,
        budget: ComputeBudget | None = None,
    ) -> "IncrementalReranker":
        """List a gallery.

        Args:
            vectors: G of them; kept, not copied.
            metric: the distance underneath.
            k1: as for `k_reciprocal`.
            k2: as above.
            lambda_: as above.
            budget: memory and cores of making the lists.

        Raises:
            ShapeError: k1, k2 or lambda are out of range, or distances are not finite.
        """
        check_reranking(k1, k2, lambda_)
        lists = NeighbourLists.of(vectors, metric, max(k1 + 1, k2), budget or ComputeBudget(), farthest=True)
        return cls(lists, k1, k2, lambda_)

    def __post_init__(self) -> None:
        if not np.isfinite(self.lists.farthest).all():
            raise ShapeError("re-ranking needs finite distances >= 0: check the embeddings")

    def __len__(self) -> int:
        return len(self.lists)

    def distances(self, delta: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Re-rank one probe against all of the gallery, as earlier steps changed them both.

        Raises:
            ShapeError: the probe has another width, or is not finite.
        """
        probe, vectors = delta.probe[0], self.lists.vectors
        if probe.shape != vectors.shape[1:] or not np.isfinite(probe).all():
            raise ShapeError(f"a probe is {vectors.shape[1]} finite floats, found shape {list(probe.shape)}")
        union = PatchedNeighbours(self.lists, delta)
        sources = self._averaged(union, _PROBE)
        own = averaged(encodings(union, sources[0], self._sets(union, sources[0])), np.arange(sources.size)[None])
        rows, encoded = self._that_hold(union, own.indices)
        # all other rows share no column with the probe's, so their smaller entries sum to 0
        reached = self._that_average(union, rows)
        at = np.full(union.count, len(rows))  # one empty row behind the others stands for all that were not encoded
        at[rows] = np.arange(len(rows))
        padded = sparse.vstack([encoded, sparse.csr_array((1, union.count))], format="csr")
        means = averaged(padded, at[self._averaged(union, reached)])
        places, far = jaccard(own, means.tocsc())
        base = plain_distances(self.lists.metric, vectors, delta)[None]
        # the probe is in front of the gallery, and it is not among those reached
        whole = mixed(reached[places] - 1, far, base, scales(union, _PROBE), self.lambda_)
        return np.asarray(whole[0].astype(np.float32))

    def commit(self, delta: GalleryDelta) -> "IncrementalReranker":
        """The edited gallery, listed."""
        return replace(self, lists=PatchedNeighbours(self.lists, delta).committed())

    def _averaged(self, union: PatchedNeighbours, numbers: Numbers) -> Int[np.ndarray, "n k"]:
        """Whose encodings make up an item's; k2 = 1 averages nothing, whoever else stands at distance 0."""
        return numbers[:, None] if self.k2 == 1 else union.lists(numbers)[:, : self.k2]

    def _sets(self, union: PatchedNeighbours, numbers: Numbers) -> Sparse:
        """R* of items, by the sets of those in it."""
        wide, narrow = widths(self.k1)
        own = reciprocal(union, numbers, wide)
        members, _ = distinct(own.indices)
        return expanded_sets(own, reciprocal(union, members, narrow), members)

    def _that_hold(self, union: PatchedNeighbours, columns: Numbers) -> tuple[Numbers, Sparse]:
        """Items whose set has one of the columns, and their encodings.

        A column is mutual with the item, or with one that is mutual with it and brings the column in: both relations
        hold in both directions, so they are followed from the columns.
        """
        wide, narrow = widths(self.k1)
        near, _ = distinct(reciprocal(union, columns, narrow).indices)  # a column is in its own set
        items, _ = distinct(reciprocal(union, np.union1d(near, columns), wide).indices)
        sets = self._sets(union, items)
        held = np.zeros(union.count, bool)
        held[columns] = True
        owner = np.repeat(np.arange(len(items)), np.diff(sets.indptr))
        place, _ = distinct(owner[held[sets.indices]])
        return items[place], encodings(union, items[place], sets[place])

    def _that_average(self, union: PatchedNeighbours, rows: Numbers) -> Numbers:
        """Gallery items that average one of these encodings: as listed, but for those whose list is another now."""
        if self.k2 == 1:
            return rows[rows > 0]
        items, starts = self._averaging
        encoded, reached = np.zeros(union.count, bool), np.zeros(union.count, bool)
        encoded[rows] = True
        reached[items[ranges(starts, rows[rows > 0] - 1)] + 1] = True
        reached[union.relisted] = encoded[self._averaged(union, union.relisted)].any(axis=1)
        reached[0] = False
        return np.flatnonzero(reached)

    @cached_property
    def _averaging(self) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " n"]]:
        """Items that average each item's encoding, one item after another."""
        return inverted(self.lists.listed(np.arange(len(self.lists)))[:, : self.k2] - 1)
