"""k-reciprocal re-ranking of one probe at a time against a gallery whose neighbour lists are kept: the inductive form.

Equal to the joint computation of the gallery and this one probe, so no other probe has a say. A probe enters the lists
of a few gallery items and pushes others out; only what hangs on those is made anew.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int
from scipy import sparse

from gaitprint.errors import ShapeError
from gaitprint.retrieval.metric import Metric
from gaitprint.retrieval.scorers._items import VectorItems
from gaitprint.retrieval.scorers._jaccard import expanded_sets
from gaitprint.retrieval.search import search
from gaitprint.retrieval.work import Work


class KeptGallery:
    """A gallery, encoded once.

    Args:
        vectors: G of them; kept, not copied.
        metric: the distance underneath.
        k1: as for `k_reciprocal`.
        k2: as above.
        lambda_: as above.
        work: memory and cores of the first encoding.
    """

    def __init__(
        self,
        vectors: Float32[np.ndarray, "G D"],
        metric: Metric,
        k1: int = 20,
        k2: int = 6,
        lambda_: float = 0.3,
        work: Work | None = None,
    ) -> None:
        if k1 < 1 or k2 < 1 or not 0 <= lambda_ <= 1:
            raise ShapeError(f"re-ranking needs k1, k2 >= 1 and lambda in [0, 1], found {k1}, {k2}, {lambda_}")
        work = work or Work()
        self._vectors, self._metric, self._lambda = vectors, metric, lambda_
        self._wide, self._narrow, self._mean = k1 + 1, round(k1 / 2) + 1, k2
        found = search(vectors, vectors, metric, max(k1 + 1, k2), work, farthest=True)
        assert found.farthest is not None
        self._lists, self._distances, self._farthest = found.indices, found.distances, found.farthest
        sets = expanded_sets(self._lists, k1)
        rows = np.repeat(np.arange(len(vectors)), np.diff(sets.indptr))
        values = VectorItems(vectors, metric, work).pairs(rows, sets.indices).astype(np.float32)
        self._sets = sparse.csr_array((values, sets.indices, sets.indptr), shape=sets.shape)
        """The distances of R*(i), row by row."""
        self._members = sparse.csr_array(
            (np.ones(len(rows), bool), sets.indices, sets.indptr), shape=sets.shape
        ).tocsc()
        self._listed_by = _listed_by(self._averaged(self._lists, np.arange(len(vectors))))

    def __len__(self) -> int:
        return len(self._vectors)

    def distances(self, probe: Float32[np.ndarray, " D"]) -> Float32[np.ndarray, " G"]:
        """Re-ranked distances of one probe to all of the gallery.

        Raises:
            ShapeError: the probe has another width, or is not finite.
        """
        if probe.shape != self._vectors.shape[1:] or not np.isfinite(probe).all():
            raise ShapeError(f"a probe is {self._vectors.shape[1]} finite floats, found shape {list(probe.shape)}")
        plain = self._plain(probe)
        joint = self._joined(probe, plain)
        items = np.arange(len(self) + 1)
        own = joint.encoded(self._averaged(joint.lists, items[-1:])[0], items).mean(axis=0)
        columns = np.flatnonzero(own)
        overlap = self._overlap(joint, columns, own[columns])
        jaccard = np.maximum(1.0 - overlap / (2.0 - overlap), 0.0)
        scale = float(max(plain.max(), joint.itself)) or 1.0
        result = (1.0 - self._lambda) * jaccard + self._lambda * (plain / np.float64(scale))
        return np.asarray(result.astype(np.float32))

    def _plain(self, probe: Float32[np.ndarray, " D"]) -> Float32[np.ndarray, " G"]:
        """Distances to all; those near enough to stand in a list are computed as the lists' own, to the last digit."""
        plain = self._metric.block(probe[None], self._vectors)[0]
        length = self._lists.shape[1]
        near = plain <= self._distances[:, -1] * np.float32(1 + 1e-5) + np.float32(1e-6) * self._farthest
        nearest = np.argpartition(plain, length - 1)[length - 1]
        near |= plain <= plain[nearest] * np.float32(1 + 1e-5) + np.float32(1e-6) * plain.max()
        those = np.flatnonzero(near)
        plain[those] = self._metric.pairs(probe[None], np.zeros_like(those), self._vectors, those)
        return np.asarray(plain)

    def _joined(self, probe: Float32[np.ndarray, " D"], plain: Float32[np.ndarray, " G"]) -> "_Joint":
        """The lists of all items with the probe among them, as number G. In the joint order it comes first."""
        items, width = len(self), self._lists.shape[1]
        length = min(max(self._wide, self._mean), items + 1)
        place = (self._distances < plain[:, None]).sum(axis=1)
        lists = np.full((items + 1, length), -1, np.int64)
        lists[:items, : min(width, length)] = self._lists[:, :length]
        entered = np.flatnonzero(place < length)
        shifted = np.arange(length) - (np.arange(length) > place[entered, None])
        moved = np.where(
            np.arange(length) == place[entered, None],
            items,
            self._lists[entered[:, None], np.minimum(shifted, width - 1)],
        )
        lists[entered] = moved
        # of equals the probe comes first; it is itself at distance 0 but where a cosine of zeros is taken
        itself = float(self._metric.pairs(probe[None], np.zeros(1, int), probe[None], np.zeros(1, int))[0])
        order = np.argsort(plain, kind="stable")
        lists[items] = np.insert(order, int((plain < itself).sum()), items)[:length]
        changed = np.zeros(items + 1, bool)
        changed[items] = True
        for cut in (self._wide, self._narrow):
            inside = entered[place[entered] < cut]
            changed[inside] = True
            if cut <= width:
                changed[self._lists[inside, cut - 1]] = True  # pushed out: no longer mutual
        near = lists[changed][:, : self._wide]
        affected = changed.copy()
        affected[near[near >= 0]] = True
        affected[self._lists[changed[:items]][:, : self._wide]] = True
        return _Joint(self, plain, itself, lists, affected, entered)

    def _overlap(
        self, joint: "_Joint", columns: Int[np.ndarray, " S"], weights: Float64[np.ndarray, " S"]
    ) -> Float64[np.ndarray, " G"]:
        """Of each gallery item the sum of the smaller entries of its averaged row and the probe's."""
        items = len(self)
        meets = joint.affected.copy()
        for column in columns[columns < items]:
            meets[self._members.indices[self._members.indptr[column] : self._members.indptr[column + 1]]] = True
        rows = np.flatnonzero(meets)
        encoded = np.vstack([joint.encoded(rows, columns), np.zeros((1, len(columns)))])
        lookup = np.full(items + 1, len(rows))
        lookup[rows] = np.arange(len(rows))
        reached = np.zeros(items, bool)
        reached[self._listed_by.indices[_ranges(self._listed_by.indptr, rows[rows < items])]] = True
        reached[joint.entered] = True
        those = np.flatnonzero(reached)
        averaged = encoded[lookup[self._averaged(joint.lists, those)]].mean(axis=1)
        result = np.zeros(items)
        result[those] = np.minimum(averaged, weights).sum(axis=1)
        return result

    def _averaged(self, lists: Int[np.ndarray, "N K"], rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, "m k"]:
        """Whose encodings make up a row's; k2 = 1 averages nothing, whoever else stands at distance 0."""
        return rows[:, None] if self._mean == 1 else lists[rows, : self._mean]


@dataclass(frozen=True)
class _Joint:
    """Gallery and one probe, the last of the items."""

    kept: KeptGallery
    plain: Float32[np.ndarray, " G"]
    itself: float
    """The probe's distance to itself."""
    lists: Int[np.ndarray, "N K"]
    affected: Bool[np.ndarray, " N"]
    """Items whose set may differ from the kept one."""
    entered: Int[np.ndarray, " E"]
    """Gallery items in whose list the probe stands."""

    def encoded(self, rows: Int[np.ndarray, " m"], columns: Int[np.ndarray, " S"]) -> Float64[np.ndarray, "m S"]:
        """V of some rows, in some columns."""
        kept = self.kept
        old, new = np.flatnonzero(~self.affected[rows]), np.flatnonzero(self.affected[rows])
        at = _ranges(kept._sets.indptr, rows[old])
        i, j = self._sets(rows[new])
        row = np.append(np.repeat(old, np.diff(kept._sets.indptr)[rows[old]]), new[i])
        column = np.append(kept._sets.indices[at], j)
        values = np.append(kept._sets.data[at], self._pairs(rows[new[i]], j))
        own = max(float(self.plain.max()), self.itself)
        scale = np.append(np.maximum(kept._farthest, self.plain), own).astype(np.float64)[rows]
        weights = np.exp(-values / np.where(scale > 0, scale, 1.0)[row])
        totals = np.bincount(row, weights, minlength=len(rows))
        place = np.full(len(self.lists), -1)
        place[columns] = np.arange(len(columns))
        inside = place[column] >= 0
        result = np.zeros((len(rows), len(columns)))
        result[row[inside], place[column[inside]]] = (weights / totals[row])[inside]
        return result

    def _reciprocal(
        self, rows: Int[np.ndarray, " m"], cut: int
    ) -> tuple[Int[np.ndarray, "m k"], Bool[np.ndarray, "m k"]]:
        """The first `cut` of each row's list, and which of them list the row as well."""
        members = self.lists[rows, :cut]
        back = (self.lists[members, :cut] == rows[:, None, None]).any(axis=2)
        return members, back & (members >= 0)

    def _sets(self, rows: Int[np.ndarray, " m"]) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " t"]]:
        """R*(i) of some rows, see `expanded_sets`, as places in `rows` and members."""
        items = len(self.lists)
        members, mutual = self._reciprocal(rows, self.kept._wide)
        i, k = np.nonzero(mutual)
        candidates = members[i, k]
        wide = np.sort(i * items + candidates)
        theirs, near = self._reciprocal(candidates, self.kept._narrow)
        keys = i[:, None] * items + theirs
        found = wide[np.minimum(np.searchsorted(wide, keys), len(wide) - 1)] == keys if len(wide) else near
        agreed = 3 * (found & near).sum(axis=1) > 2 * near.sum(axis=1)
        whole = np.unique(np.append(wide, keys[near & agreed[:, None]]))
        return whole // items, whole % items

    def _pairs(self, i: Int[np.ndarray, " m"], j: Int[np.ndarray, " m"]) -> Float32[np.ndarray, " m"]:
        """Distances of listed pairs, the probe among them."""
        items, kept = len(self.plain), self.kept
        result = np.full(len(i), self.itself, np.float32)
        both = (i < items) & (j < items)
        result[both] = kept._metric.pairs(kept._vectors, i[both], kept._vectors, j[both])
        other = np.where(i == items, j, i)
        one = ~both & (other < items)
        result[one] = self.plain[other[one]]
        return result


def _listed_by(lists: Int[np.ndarray, "N K"]) -> sparse.csc_array:
    items, length = lists.shape
    places = np.arange(0, items * length + 1, length)
    return sparse.csr_array((np.ones(items * length, bool), lists.ravel(), places), shape=(items, items)).tocsc()


def _ranges(indptr: Int[np.ndarray, " n"], rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, " t"]:
    """The places of these rows' entries, one row after another."""
    starts, counts = indptr[rows], indptr[rows + 1] - indptr[rows]
    return np.asarray(np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts))
