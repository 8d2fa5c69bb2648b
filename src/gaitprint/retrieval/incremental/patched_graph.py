"""A gallery and a delta: the lists, distances and farthest items of their union, as the joint computation finds them.

What is new, a probe, items that enter and items with new vectors, is compared with everybody. All other lists lose the
items that changed or left and take the new ones in where they are near enough; a list that lost more than it can spare
is searched anew. Scores only rule out; whoever they leave is compared exactly, and by the same code as in a search.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int

from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.neighbour_lists import (
    NOBODY,
    Keys,
    NeighbourLists,
    Numbers,
    padded,
    to_distances,
    to_keys,
    to_numbers,
)
from gaitprint.retrieval.incremental.prepared_gallery import places, smallest
from gaitprint.retrieval.knn.search import search

_SHARE = 4
"""Where more than one item in so many is new or gone, all lists are searched anew: that is no slower."""


class PatchedNeighbours:
    """The union of a fitted gallery and a delta.

    Numbers: the probe is 0, gallery item i is i + 1, and the j-th that enters is G + 1 + j. Those of items that leave
    stand for nobody, and so does 0 where there is no probe.
    """

    def __init__(self, fitted: NeighbourLists, delta: GalleryDelta) -> None:
        self.fitted, self.delta = fitted, delta
        items, entering = len(fitted), len(delta.inserted)
        self.count = 1 + items + entering
        """All numbers are below."""
        self.numbers: Numbers = np.concatenate(
            [np.arange(len(delta.probe)), np.flatnonzero(delta.stays(items)) + 1, items + 1 + np.arange(entering)]
        )
        """Those that stand for somebody."""
        # an answer asks for no spare places; a committed gallery has them again
        self.length = min(fitted.length if len(delta.probe) else fitted.full, len(self.numbers))
        """Neighbours in a list, the item itself among them."""
        self._gone = np.sort(np.concatenate([delta.rows, delta.removed]))
        """Gallery items whose fitted vectors do not count any more."""
        self._new = np.concatenate([delta.probe, delta.vectors, delta.inserted])
        self._news: Numbers = np.concatenate([self.numbers[: len(delta.probe)], delta.rows + 1, self._entered])
        self._fresh = np.full(self.count, -1)
        """Where an item's new vector stands."""
        self._fresh[self._news] = np.arange(len(self._news))
        self._at = np.full(self.count, -1)
        """Where an item's new list stands."""
        self._farthest: Float32[np.ndarray, " N"] | None = None
        if self._searched_whole_is_better():
            self._search_whole()
        else:
            self._patch()

    @property
    def relisted(self) -> Numbers:
        """Items whose list may differ from the fitted one; all others have theirs."""
        return self._relisted

    def keys(self, numbers: Numbers) -> Keys:
        """Lists of items."""
        at = self._at[numbers]
        new, old = np.flatnonzero(at >= 0), np.flatnonzero(at < 0)
        result = np.empty((len(numbers), self.length), np.int64)
        result[new] = self._keys[at[new]]
        if len(old):  # a fitted list may be shorter than asked for where all lists are new
            result[old] = self.fitted.keys[numbers[old] - 1, : self.length]
        return result

    def lists(self, numbers: Numbers) -> Int[np.ndarray, "n K"]:
        """Numbers of those near items, nearest first."""
        return to_numbers(self.keys(numbers))

    def list_distances(self, numbers: Numbers) -> Float32[np.ndarray, "n K"]:
        """How far those are."""
        return to_distances(self.keys(numbers))

    def vectors(self, numbers: Numbers) -> Float32[np.ndarray, "n D"]:
        """Vectors of items, as they are now."""
        fresh = self._fresh[numbers]
        old = np.flatnonzero(fresh < 0)
        result = np.empty((len(numbers), self._new.shape[1]), np.float32)
        result[old] = self.fitted.vectors[numbers[old] - 1]
        result[fresh >= 0] = self._new[fresh[fresh >= 0]]
        return result

    def changed(self, numbers: Int[np.ndarray, "*n"]) -> np.ndarray:
        """Which of these have another vector than they were fitted with, or had none."""
        return np.asarray(self._fresh[numbers] >= 0)

    def pairs(self, i: Numbers, j: Numbers) -> Float32[np.ndarray, " n"]:
        """Distances of listed pairs, exactly."""
        metric, fitted, new = self.fitted.metric, self.fitted.vectors, self._new
        a, b = self._fresh[i], self._fresh[j]
        result = np.empty(len(i), np.float32)
        for left in (False, True):
            for right in (False, True):
                place = np.flatnonzero(((a >= 0) == left) & ((b >= 0) == right))
                if len(place):
                    x, at_x = (new, a[place]) if left else (fitted, i[place] - 1)
                    y, at_y = (new, b[place]) if right else (fitted, j[place] - 1)
                    result[place] = metric.pairs(x, at_x, y, at_y)
        return result

    def farthest(self, numbers: Numbers) -> Float32[np.ndarray, " n"]:
        """Distances of the farthest item of each."""
        if self._farthest is not None:
            return np.asarray(self._farthest[self._at[numbers]])
        prepared = self.fitted.prepared
        result, changed = np.empty(len(numbers), np.float32), self.changed(numbers)
        new, old = np.flatnonzero(changed), np.flatnonzero(~changed)
        if len(new):
            fresh = self._fresh[numbers[new]]
            result[new] = self._farthest_by(numbers[new], self._of_news[0][fresh], self._of_news[1][fresh])
        result[old] = self.fitted.farthest[numbers[old] - 1]
        own = self.fitted.vectors[numbers[old] - 1]
        least = prepared.of_distances(result[old], -1)
        now, slack = prepared.between(own, self._new)
        i, j = np.nonzero(now >= (least - slack)[:, None])
        np.maximum.at(result, old[i], self.pairs(numbers[old[i]], self._news[j]))
        # was one of those that are gone the farthest? Then nothing is known of whoever is now
        before, slack = prepared.between(own, self.fitted.vectors[self._gone])
        doubtful = old[(before >= (least - slack)[:, None]).any(axis=1)]
        for part in self._portions(doubtful):
            result[part] = self._farthest_by(numbers[part], *self._scores(numbers[part]))
        return result

    def committed(self) -> NeighbourLists:
        """The lists of the edited gallery, as a search of it would find them."""
        fitted, numbers = self.fitted, self.numbers
        place = np.zeros(self.count, np.int64)
        place[numbers] = np.arange(1, len(numbers) + 1)  # in the same order, so keys stay sorted
        keys = self.keys(numbers)
        keys = (keys & ~np.int64(0xFFFFFFFF)) | place[to_numbers(keys)]
        farthest = self.farthest(numbers) if len(fitted.farthest) else fitted.farthest
        vectors = self.delta.patched(fitted.vectors)
        return NeighbourLists(vectors, fitted.metric, fitted.length, fitted.budget, keys, farthest)

    @property
    def _entered(self) -> Numbers:
        return self.numbers[len(self.numbers) - len(self.delta.inserted) :]

    def _searched_whole_is_better(self) -> bool:
        """Also the way out where a list may be shorter than asked for, scores overflow or do not fit the memory."""
        fitted, size = self.fitted, self.delta.size
        few = len(fitted) < fitted.length or len(self.numbers) <= fitted.length
        room = 16 * size * self.count > max(fitted.budget.memory, 64 * self.count)
        return few or room or _SHARE * size > self.count or not fitted.prepared.fits(self._new)

    def _portions(self, rows: Int[np.ndarray, " m"]) -> list[Int[np.ndarray, " p"]]:
        """Rows in portions whose scores fit the memory."""
        if not len(rows):
            return []
        step = self.fitted.budget.rows(16.0 * self.count)
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def _farthest_by(
        self, numbers: Numbers, scores: Float32[np.ndarray, "n M"], slack: Float64[np.ndarray, " n"]
    ) -> Float32[np.ndarray, " n"]:
        """The same of items whose scores are there, and may be overwritten."""
        scores[:, len(self._news) + self._gone] = -np.inf
        i, j = places(scores >= (scores.max(axis=1) - 2 * slack)[:, None])
        result = np.zeros(len(numbers), np.float32)
        np.maximum.at(result, i, self.pairs(numbers[i], self._everybody()[j]))
        return result

    def _everybody(self) -> Numbers:
        """Columns of `_scores`."""
        return np.concatenate([self._news, np.arange(1, len(self.fitted) + 1)])

    def _scores(self, numbers: Numbers) -> tuple[Float32[np.ndarray, "n M"], Float64[np.ndarray, " n"]]:
        """Of items against the new vectors, then against the fitted ones, infinite where those are gone."""
        own = self.vectors(numbers)
        old, slack = self.fitted.prepared.scores(own)
        old[:, self._gone] = np.inf
        new, other = self.fitted.prepared.between(own, self._new)
        return np.concatenate([new, old], axis=1), np.maximum(slack, other)

    def _search_whole(self) -> None:
        whole = np.concatenate([self.delta.probe, self.delta.patched(self.fitted.vectors)])
        with_farthest = bool(len(self.fitted.farthest))
        near = search(whole, whole, self.fitted.metric, self.length, self.fitted.budget, farthest=with_farthest)
        self._keys, self._farthest = to_keys(near.distances, self.numbers[near.indices]), near.farthest
        self._relisted = self.numbers
        self._at[self.numbers] = np.arange(len(self.numbers))

    def _patch(self) -> None:
        fitted, news, everybody = self.fitted, self._news, self._everybody()
        last = fitted.keys[:, -1] if fitted.keys.shape[1] < len(fitted) else np.full(len(fitted), NOBODY - 1)
        if not len(news):
            self._of_news = np.zeros((0, len(everybody)), np.float32), np.zeros(0)
            none = np.zeros(0, np.int64)
            self._insert(none, none, np.zeros((0, self.length), np.int64), last)
            return
        scores, slack = self._of_news = self._scores(news)
        # who may be among the nearest of each new item: twice the slack, for two estimates are compared
        near = scores <= (smallest(scores, self.length) + 2 * slack)[:, None]
        limit = fitted.prepared.of_distances(to_distances(fitted.keys[:, -1]), 1)
        limit[last == NOBODY - 1] = np.inf  # all are listed: whoever is new is, too
        # and who may have to take the new item into its own list, however far it is from there
        near[:, len(news) :] |= scores[:, len(news) :] <= limit + slack[:, None]
        near[:, len(news) :][:, self._gone] = False  # as they were fitted; as they are now they stand in front
        i, j = places(near)
        distances = self.pairs(news[i], everybody[j])
        lists = padded(i, to_keys(distances, everybody[j]), len(news))[:, : self.length]
        old = j >= len(news)  # pairs with items that were fitted: each may take the new one in
        row, entering = everybody[j[old]] - 1, to_keys(distances[old], news[i[old]])
        into = entering < last[row]
        self._insert(row[into], entering[into], lists, last)

    def _insert(
        self, rows: Int[np.ndarray, " t"], entering: Int[np.ndarray, " t"], lists: Keys, last: Int[np.ndarray, " G"]
    ) -> None:
        """Lists of the new items are there; those of the others lose who is gone and gain who enters."""
        fitted = self.fitted
        gone = np.zeros(self.count, bool)
        gone[self._gone + 1] = True
        others = np.unique(np.concatenate([fitted.listing(self._gone), rows]))
        others = others[~gone[others + 1]]
        stay = fitted.keys[others]
        stay[gone[to_numbers(stay)]] = NOBODY
        whole = np.concatenate([stay, padded(np.searchsorted(others, rows), entering, len(others))], axis=1)
        whole.sort(axis=1)
        # a list that lost more than its spare places ends before its last fitted key does: between the two may stand
        # somebody whom it never held
        short = np.flatnonzero(whole[:, self.length - 1] > last[others])
        result = whole[:, : self.length]
        for part in self._portions(short):
            result[part] = self._searched(others[part] + 1)
        self._keys = np.concatenate([lists, result])
        self._relisted = np.concatenate([self._news, others + 1])
        self._at[self._relisted] = np.arange(len(self._relisted))

    def _searched(self, numbers: Numbers) -> Keys:
        scores, slack = self._scores(numbers)
        i, j = places(scores <= (smallest(scores, self.length) + 2 * slack)[:, None])
        near = self._everybody()[j]
        return padded(i, to_keys(self.pairs(numbers[i], near), near), len(numbers))[:, : self.length]
