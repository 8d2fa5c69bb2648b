"""k-reciprocal re-ranking of one probe at a time against a gallery whose neighbour lists are kept: the inductive form.

Equal to the joint computation of the gallery and this one probe, so no other probe has a say. Lists are kept; of the
encodings only those are made that share an item with the probe's, and they are few.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.incremental.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.neighbour_lists import (
    KeptLists,
    Numbers,
    inverted,
    numbered,
    ranges,
    to_distances,
    to_numbers,
)
from gaitprint.retrieval.incremental.patched_graph import PatchedNeighbours
from gaitprint.retrieval.incremental.plain_distances import plain_distances

_PROBE = np.zeros(1, np.int64)
"""The number of the probe in the union."""


class IncrementalReranker:
    """A gallery, listed once.

    Args:
        vectors: G of them; kept, not copied.
        metric: the distance underneath.
        k1: as for `k_reciprocal`.
        k2: as above.
        lambda_: as above.
        work: memory and cores of making the lists.

    Raises:
        ShapeError: k1, k2 or lambda are out of range, or distances are not finite.
    """

    def __init__(
        self,
        vectors: Float32[np.ndarray, "G D"],
        metric: Metric,
        k1: int,
        k2: int,
        lambda_: float,
        work: ComputeBudget | None = None,
    ) -> None:
        if k1 < 1 or k2 < 1 or not 0 <= lambda_ <= 1:
            raise ShapeError(f"re-ranking needs k1, k2 >= 1 and lambda in [0, 1], found {k1}, {k2}, {lambda_}")
        self._vectors, self._metric, self._lambda = vectors, metric, lambda_
        self._wide, self._narrow, self._mean = k1 + 1, round(k1 / 2) + 1, k2
        self._lists = KeptLists(vectors, metric, max(k1 + 1, k2), work or ComputeBudget(), farthest=True)
        if not np.isfinite(self._lists.farthest).all():
            raise ShapeError("re-ranking needs finite distances >= 0: check the embeddings")
        self._who, self._from = inverted(self._lists.listed(np.arange(len(vectors)))[:, :k2] - 1)
        """Items that average each item's encoding, one item after another."""

    def __len__(self) -> int:
        return len(self._vectors)

    def distances(self, probe: Float32[np.ndarray, " D"] | GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Re-ranked distances of one probe to all of the gallery, as an earlier step changed them both, if one did.

        Raises:
            ShapeError: the probe has another width, or is not finite.
        """
        change = probe if isinstance(probe, GalleryDelta) else GalleryDelta.none(probe)
        vector = change.probe
        if vector.shape != self._vectors.shape[1:] or not np.isfinite(vector).all():
            raise ShapeError(f"a probe is {self._vectors.shape[1]} finite floats, found shape {list(vector.shape)}")
        union = PatchedNeighbours(self._lists, change)
        own = self._averaged(union, _PROBE)[0]
        _, column, values = self._encodings(union, own)
        weights = np.bincount(column, values, minlength=union.count) / len(own)
        columns = np.flatnonzero(weights)
        overlap = self._overlap(union, columns, weights[columns])
        scale = float(union.farthest(_PROBE)[0]) or 1.0
        # encodings sum to one, so of two the smaller entries sum to `overlap` and the larger ones to 2 - overlap
        result = (1.0 - self._lambda) * np.maximum(1.0 - overlap / (2.0 - overlap), 0.0)
        result += self._lambda / scale * plain_distances(self._metric, self._vectors, change)
        return np.asarray(result.astype(np.float32))

    def _averaged(self, union: PatchedNeighbours, numbers: Numbers) -> Int[np.ndarray, "n k"]:
        """Whose encodings make up an item's; k2 = 1 averages nothing, whoever else stands at distance 0."""
        return numbers[:, None] if self._mean == 1 else union.lists(numbers)[:, : self._mean]

    def _overlap(
        self, union: PatchedNeighbours, columns: Numbers, weights: Float64[np.ndarray, " s"]
    ) -> Float64[np.ndarray, " G"]:
        """Of each gallery item the sum of the smaller entries of its averaged row and the probe's."""
        place = np.full(union.count, -1)
        place[columns] = np.arange(len(columns))
        rows = self._that_hold(union, columns)
        row, column, values = self._encodings(union, rows)
        inside = place[column] >= 0
        encoded = np.zeros((len(rows) + 1, len(columns)))
        encoded[row[inside], place[column[inside]]] = values[inside]
        at = np.full(union.count, len(rows))
        """Where an item's encoding stands; all others have nothing in common with the probe's."""
        at[rows] = np.arange(len(rows))
        reached = self._that_average(union, rows)
        averaged = np.zeros((len(reached), len(columns)))
        parts = self._averaged(union, reached)
        for part in parts.T:
            averaged += encoded[at[part]]
        averaged /= parts.shape[1]
        result = np.zeros(union.count)
        result[reached] = np.minimum(averaged, weights).sum(axis=1)
        return result[1:]

    def _that_hold(self, union: PatchedNeighbours, columns: Numbers) -> Numbers:
        """Items whose set has one of the columns: mutual with it, or with one who brings it in, see `_sets`."""
        rows = self._mutual(union, columns, self._wide)[1]
        near = np.unique(self._mutual(union, columns, self._narrow)[1])
        place, takers, _ = self._mutual(union, near, self._wide)
        members, mutual = _mutual_mask(union, near, self._narrow)
        entry, k = np.nonzero(mutual[place])
        one, other = takers[entry], members[place[entry], k]
        shared = (union.lists(one)[:, : self._wide] == other[:, None]).any(axis=1)
        shared[shared] = (union.lists(other[shared])[:, : self._wide] == one[shared, None]).any(axis=1)
        agreed = _agreed(entry, shared, len(place))
        return np.asarray(np.unique(np.append(rows, takers[agreed])))

    def _that_average(self, union: PatchedNeighbours, rows: Numbers) -> Numbers:
        """Gallery items that average one of these encodings."""
        if self._mean == 1:
            return rows[rows > 0]
        kept = self._who[ranges(self._from, rows[rows > 0] - 1)] + 1
        asked = np.zeros(union.count, bool)
        asked[rows] = True
        moved = union.relisted[asked[self._averaged(union, union.relisted)].any(axis=1)]
        found = np.zeros(union.count, bool)
        found[kept] = True
        found[union.relisted] = False
        found[moved] = True
        found[0] = False
        return np.flatnonzero(found)

    def _encodings(
        self, union: PatchedNeighbours, rows: Numbers
    ) -> tuple[Int[np.ndarray, " t"], Numbers, Float64[np.ndarray, " t"]]:
        """V of some items: places in `rows`, members of their sets, and weights that sum to one in each row."""
        row, member, keys = self._sets(union, rows)
        distances = np.empty(len(row), np.float32)
        listed = keys >= 0
        distances[listed] = to_distances(keys[listed])
        far = np.flatnonzero(~listed)
        distances[far] = union.pairs(rows[row[far]], member[far])
        scale = union.farthest(rows).astype(np.float64)
        weights = np.exp(-distances / np.where(scale > 0, scale, 1.0)[row])
        return row, member, weights / np.bincount(row, weights, minlength=len(rows))[row]

    def _sets(
        self, union: PatchedNeighbours, rows: Numbers
    ) -> tuple[Int[np.ndarray, " t"], Numbers, Int[np.ndarray, " t"]]:
        """R*(i) of some items, see `expanded_sets`: places in `rows`, members, and the keys of those listed (or -1)."""
        items = union.count
        row, candidates, keys = self._mutual(union, rows, self._wide)
        own = row * items + candidates
        asked, place = numbered(candidates, items)
        theirs, mutual = _mutual_mask(union, asked, self._narrow)
        entry, k = np.nonzero(mutual[place])
        reach = row[entry] * items + theirs[place[entry], k]
        known = _member(reach, np.sort(own))
        agreed = _agreed(entry, known, len(row))
        added = np.unique(reach[agreed[entry] & ~known])
        whole = np.append(own, added)
        return whole // items, whole % items, np.append(keys, np.full(len(added), -1))

    def _mutual(
        self, union: PatchedNeighbours, numbers: Numbers, cut: int
    ) -> tuple[Int[np.ndarray, " t"], Numbers, Int[np.ndarray, " t"]]:
        """R(i, cut): places in `numbers`, members, and their keys in the item's list."""
        i, k = np.nonzero(_mutual_mask(union, numbers, cut)[1])
        keys = union.keys(numbers)[i, k]
        return i, to_numbers(keys), keys


def _mutual_mask(
    union: PatchedNeighbours, numbers: Numbers, cut: int
) -> tuple[Int[np.ndarray, "n k"], Bool[np.ndarray, "n k"]]:
    """The first `cut` of each item's list, and which of them list the item as well."""
    members = union.lists(numbers)[:, :cut]
    asked, place = numbered(members, union.count)
    theirs = union.lists(asked)[:, :cut]
    mutual = np.zeros(members.shape, bool)
    for k in range(members.shape[1]):
        mutual[:, k] = (theirs[place[:, k]] == numbers[:, None]).any(axis=1)
    return members, mutual


def _agreed(entry: Int[np.ndarray, " t"], shared: Bool[np.ndarray, " t"], count: int) -> Bool[np.ndarray, " c"]:
    """For which of `count` candidates more than two thirds of the nearest mutual ones are shared."""
    return np.asarray(3 * np.bincount(entry[shared], minlength=count) > 2 * np.bincount(entry, minlength=count))


def _member(values: Int[np.ndarray, "*n"], ordered: Int[np.ndarray, " t"]) -> Bool[np.ndarray, "*n"]:
    if not len(ordered):
        return np.zeros(values.shape, bool)
    return np.asarray(ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)] == values)
