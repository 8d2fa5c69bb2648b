"""A kept gallery and one probe: the lists, distances and farthest items of their union, as the joint computation finds.

The probe, and gallery items with new vectors, are compared with everybody. All other lists lose the changed items and
take them in again where they are near enough now; a list that lost more than it can spare is searched anew.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int

from gaitprint.retrieval.incremental.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.neighbour_lists import (
    NOBODY,
    KeptLists,
    Keys,
    Numbers,
    padded,
    to_distances,
    to_keys,
    to_numbers,
)
from gaitprint.retrieval.incremental.prepared_gallery import places, smallest
from gaitprint.retrieval.knn.search import search

_SHARE = 4
"""Where more than one item in so many is new, all lists are made anew: that is no slower."""


class PatchedNeighbours:
    """The union of a kept gallery and what one probe makes of it. Numbers: the probe is 0, gallery item i is i + 1."""

    def __init__(self, kept: KeptLists, change: GalleryDelta) -> None:
        self.kept, self.change = kept, change
        self.count = len(kept) + 1
        self.length = min(kept.length, self.count)
        """Neighbours in a list, the item itself among them."""
        self._new = np.concatenate([change.probe[None], change.vectors])
        self._news: Numbers = np.append(0, change.rows + 1)
        self._fresh = np.full(self.count, -1)
        """Where an item's new vector stands."""
        self._fresh[self._news] = np.arange(len(self._news))
        self._at = np.full(self.count, -1)
        """Where an item's new list stands."""
        self._farthest: Float32[np.ndarray, " N"] | None = None
        if len(kept) < kept.length or _SHARE * len(self._news) > self.count or not kept.nearby.fits(self._new):
            self._made_anew()
        else:
            self._patched()

    @property
    def relisted(self) -> Numbers:
        """Items whose list may differ from the kept one; all others have theirs."""
        return self._relisted

    def keys(self, numbers: Numbers) -> Keys:
        """Lists of some items."""
        at = self._at[numbers]
        result: Keys = self._keys[np.maximum(at, 0)]
        old = np.flatnonzero(at < 0)
        if len(old):
            result[old] = self.kept.keys[numbers[old] - 1, : self.length]
        return result

    def lists(self, numbers: Numbers) -> Int[np.ndarray, "n K"]:
        """Numbers of those near some items, nearest first."""
        return to_numbers(self.keys(numbers))

    def vectors(self, numbers: Numbers) -> Float32[np.ndarray, "n D"]:
        """Of some items, as they are now."""
        fresh = self._fresh[numbers]
        result: Float32[np.ndarray, "n D"] = self.kept.vectors[np.maximum(numbers - 1, 0)]
        result[fresh >= 0] = self._new[fresh[fresh >= 0]]
        return result

    def changed(self, numbers: Int[np.ndarray, "*n"]) -> np.ndarray:
        """Which of these have another vector than they are kept with, the probe among them."""
        return np.asarray(self._fresh[numbers] >= 0)

    def pairs(self, i: Numbers, j: Numbers) -> Float32[np.ndarray, " n"]:
        """Distances of listed pairs, exactly."""
        metric, kept, new = self.kept.metric, self.kept.vectors, self._new
        a, b = self._fresh[i], self._fresh[j]
        result = np.empty(len(i), np.float32)
        for left in (False, True):
            for right in (False, True):
                some = np.flatnonzero(((a >= 0) == left) & ((b >= 0) == right))
                if len(some):
                    x, at_x = (new, a[some]) if left else (kept, i[some] - 1)
                    y, at_y = (new, b[some]) if right else (kept, j[some] - 1)
                    result[some] = metric.pairs(x, at_x, y, at_y)
        return result

    def farthest(self, numbers: Numbers) -> Float32[np.ndarray, " n"]:
        """Distances of the farthest item of some."""
        if self._farthest is not None:
            return np.asarray(self._farthest[numbers])
        known, nearby = self.kept.farthest, self.kept.nearby
        result, changed = np.empty(len(numbers), np.float32), self.changed(numbers)
        new, old = np.flatnonzero(changed), np.flatnonzero(~changed)
        if len(new):
            fresh = self._fresh[numbers[new]]
            result[new] = self._farthest_by(numbers[new], self._of_news[0][fresh], self._of_news[1][fresh])
        result[old] = known[numbers[old] - 1]
        own = self.kept.vectors[numbers[old] - 1]
        least = nearby.of_distances(result[old], -1)
        now, slack = nearby.between(own, self._new)
        i, j = np.nonzero(now >= (least - slack)[:, None])
        np.maximum.at(result, old[i], self.pairs(numbers[old[i]], self._news[j]))
        gone, slack = nearby.between(own, self.kept.vectors[self.change.rows])  # was one of these the farthest?
        doubtful = old[(gone >= (least - slack)[:, None]).any(axis=1)]
        if len(doubtful):
            result[doubtful] = self._farthest_by(numbers[doubtful], *self._scores(numbers[doubtful]))
        return result

    def _farthest_by(
        self, numbers: Numbers, scores: Float32[np.ndarray, "n M"], slack: Float64[np.ndarray, " n"]
    ) -> Float32[np.ndarray, " n"]:
        """Of some items whose scores may be overwritten."""
        scores[:, len(self._news) + self.change.rows] = -np.inf
        i, j = places(scores >= (scores.max(axis=1) - 2 * slack)[:, None])
        result = np.zeros(len(numbers), np.float32)
        np.maximum.at(result, i, self.pairs(numbers[i], self._everybody()[j]))
        return result

    def _everybody(self) -> Numbers:
        """Columns of `_scores`."""
        return np.concatenate([self._news, np.arange(1, self.count)])

    def _scores(self, numbers: Numbers) -> tuple[Float32[np.ndarray, "n M"], Float64[np.ndarray, " n"]]:
        """Of some items against the new vectors, then against the kept ones, infinite where those are outdated."""
        own = self.vectors(numbers)
        theirs, slack = self.kept.nearby.scores(own)
        theirs[:, self.change.rows] = np.inf
        new, other = self.kept.nearby.between(own, self._new)
        return np.concatenate([new, theirs], axis=1), np.maximum(slack, other)

    def _made_anew(self) -> None:
        whole = np.concatenate([self.change.probe[None], self.change.patched(self.kept.vectors)])
        with_farthest = bool(len(self.kept.farthest))
        found = search(whole, whole, self.kept.metric, self.length, self.kept.work, farthest=with_farthest)
        self._keys, self._farthest = to_keys(found.distances, found.indices), found.farthest
        self._at = self._relisted = np.arange(self.count)

    def _patched(self) -> None:
        kept, news, everybody = self.kept, self._news, self._everybody()
        scores, slack = self._of_news = self._scores(news)
        # who may be among the nearest of each new item: twice the slack, for two estimates are compared
        near = scores <= (smallest(scores, self.length) + 2 * slack)[:, None]
        last = kept.keys[:, -1] if kept.keys.shape[1] < len(kept) else np.full(len(kept), NOBODY - 1)
        limit = kept.nearby.of_distances(to_distances(kept.keys[:, -1]), 1)
        limit[last == NOBODY - 1] = np.inf  # all are listed: whoever is new is, too
        # and who may have to take the new item into its own list, however far it is from there
        near[:, len(news) :] |= scores[:, len(news) :] <= limit + slack[:, None]
        near[:, len(news) :][:, self.change.rows] = False  # as they were kept; as they are now they stand in front
        i, j = places(near)
        distances = self.pairs(news[i], everybody[j])
        lists = padded(i, to_keys(distances, everybody[j]), len(news))[:, : self.length]
        row = everybody[j] - 1
        entering = to_keys(distances, news[i])
        into = (j >= len(news)) & (entering < last[row])
        self._insert(row[into], entering[into], lists, last)

    def _insert(
        self, rows: Int[np.ndarray, " t"], entering: Int[np.ndarray, " t"], lists: Keys, last: Int[np.ndarray, " G"]
    ) -> None:
        """Lists of the new items are there; those of the others lose the changed ones and gain who enters."""
        kept = self.kept
        others = np.unique(np.concatenate([kept.that_list(self.change.rows), rows]))
        others = others[self._fresh[others + 1] < 0]
        stay = kept.keys[others]
        stay[self.changed(to_numbers(stay))] = NOBODY
        whole = np.concatenate([stay, padded(np.searchsorted(others, rows), entering, len(others))], axis=1)
        whole.sort(axis=1)
        # a list that lost more than its spare places ends before its last kept key does: between the two may stand
        # somebody whom it never held
        short = np.flatnonzero(whole[:, self.length - 1] > last[others])
        result = whole[:, : self.length]
        if len(short):
            result[short] = self._searched(others[short] + 1)
        self._keys = np.concatenate([lists, result])
        self._relisted = np.concatenate([self._news, others + 1])
        self._at[self._relisted] = np.arange(len(self._relisted))

    def _searched(self, numbers: Numbers) -> Keys:
        scores, slack = self._scores(numbers)
        i, j = places(scores <= (smallest(scores, self.length) + 2 * slack)[:, None])
        found = self._everybody()[j]
        return padded(i, to_keys(self.pairs(numbers[i], found), found), len(numbers))[:, : self.length]
