"""Query expansion by neighbour lists: all probes together, or of one probe and of an edit only the means it changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Int

from gaitprint.retrieval.bases.recompute import RecomputedTransform
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.derived_embeddings import derive
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.neighbour_lists import NeighbourLists, Numbers
from gaitprint.retrieval.incremental.patched_graph import PatchedNeighbours
from gaitprint.retrieval.knn.mutual import mutual_mask
from gaitprint.types import Embeddings

Means = Callable[
    [Float32[np.ndarray, "m D"], Float32[np.ndarray, "m K D"], Bool[np.ndarray, "m K"]], Float32[np.ndarray, "m D"]
]
"""What items become: their vectors, their members' vectors, and which of the members count."""


@dataclass(frozen=True)
class ListExpansion:
    """What every round does: who is averaged with whom, and how."""

    metric: Metric
    k: int
    """Neighbours of an item."""
    means: Means
    include_self: bool = False
    """Whether an item stands in its own list, and is one of the k."""
    mutual: bool = False
    """Whether only those members count that list the item, too."""

    @property
    def length(self) -> int:
        """Places of a list, the item itself among them."""
        return self.k if self.include_self else self.k + 1

    def expanded(self, union: PatchedNeighbours, numbers: Numbers, budget: ComputeBudget) -> Float32[np.ndarray, "m D"]:
        """What items of a union become, a portion after another."""
        result = np.empty((len(numbers), union.fitted.vectors.shape[1]), np.float32)
        rows = budget.rows(24.0 * result.shape[1] * (self.k + 1))
        for start in range(0, len(numbers), rows):
            result[start : start + rows] = self._portion(union, numbers[start : start + rows])
        return result

    def touched(self, union: PatchedNeighbours) -> Numbers:
        """Items that may become something else than was fitted, in their order: some more do no harm.

        All news are among them, so a probe comes first.
        """
        relisted, fitted = union.relisted, union.fitted
        before = fitted.listed(np.clip(relisted - 1, 0, len(fitted) - 1))  # whoever is new has no list before
        after = union.lists(relisted)[:, : self.length]
        moved = (before != after).any(axis=1) if before.shape == after.shape else np.ones(len(relisted), bool)
        touched = np.zeros(union.count, bool)
        if self.mutual:  # who left or came in is no longer, or newly, mutual
            touched[before[moved].ravel()] = True
            touched[after[moved].ravel()] = True
        touched[relisted[moved | union.changed(after).any(axis=1)]] = True
        return np.asarray(union.numbers[touched[union.numbers] | union.changed(union.numbers)])

    def _portion(self, union: PatchedNeighbours, numbers: Numbers) -> Float32[np.ndarray, "m D"]:
        members = union.lists(numbers)[:, : self.length]
        use = np.ones(members.shape, bool)
        if self.mutual:
            use = mutual_mask(lambda asked: without_self(union.lists(asked)[:, : self.length], asked), members, numbers)
        if not self.include_self:
            hidden = self_mask(members, numbers)
            members, use = drop(members, hidden), drop(use, hidden)
        near = union.vectors(members.ravel()).reshape(*members.shape, union.fitted.vectors.shape[1])
        return self.means(union.vectors(numbers), near, use)


@dataclass(frozen=True)
class ExpansionRound:
    """One round of expansion of a gallery."""

    rule: ListExpansion
    lists: NeighbourLists
    vectors: Float32[np.ndarray, "G D"]
    """The gallery expanded by itself; with fewer items than a list has places, as it was."""

    @classmethod
    def of(cls, rule: ListExpansion, vectors: Float32[np.ndarray, "G D"], budget: ComputeBudget) -> "ExpansionRound":
        """Search the gallery, and expand all of it."""
        lists = NeighbourLists.of(vectors, rule.metric, rule.length, budget)
        if len(vectors) < rule.length:
            return cls(rule, lists, vectors)
        nothing = GalleryDelta.edit(np.zeros(0, np.int64), vectors[:0])
        union = PatchedNeighbours(lists, nothing)
        return cls(rule, lists, rule.expanded(union, union.numbers, budget))

    def apply(self, delta: GalleryDelta) -> GalleryDelta:
        """The probe and the items it changes, after the round."""
        union = PatchedNeighbours(self.lists, delta)
        numbers = self.rule.touched(union)
        expanded = self.rule.expanded(union, numbers, self.lists.budget)
        return delta.answered(expanded[0], self.vectors, numbers[1:] - 1, expanded[1:])

    def commit(self, delta: GalleryDelta) -> tuple["ExpansionRound", GalleryDelta]:
        """The round of the edited gallery, and what the edit becomes after it."""
        union = PatchedNeighbours(self.lists, delta)
        lists = union.committed()
        vectors = lists.vectors
        if len(lists) >= lists.length:
            numbers = self.rule.touched(union)
            whole = np.empty((union.count - 1, vectors.shape[1]), np.float32)
            whole[: len(self.lists)] = self.vectors
            whole[numbers - 1] = self.rule.expanded(union, numbers, lists.budget)
            vectors = whole[union.numbers - 1]
        return ExpansionRound(self.rule, lists, vectors), delta.carried(self.vectors, vectors)


@dataclass(frozen=True)
class FittedExpansion(RecomputedTransform):
    """Rounds of expansion, each on what the one before made. All probes together need none of them: `transform`."""

    rule: ListExpansion
    rounds: int
    committed: tuple[ExpansionRound, ...] = ()
    """The rounds, where they are known."""

    @cached_property
    def fitted(self) -> tuple[ExpansionRound, ...]:
        """Made when the first probe comes by itself."""
        if self.committed:
            return self.committed
        vectors, rounds = self.before.vectors, []
        for _ in range(self.rounds):
            rounds.append(ExpansionRound.of(self.rule, vectors, self.budget))
            vectors = rounds[-1].vectors
        return tuple(rounds)

    @cached_property
    def gallery(self) -> Embeddings:
        """The gallery after all rounds."""
        return derive(self.before, self.fitted[-1].vectors, self.step)

    def apply(self, delta: GalleryDelta) -> GalleryDelta:
        """The probe and the items it changes, after all rounds."""
        for one in self.fitted:
            delta = one.apply(delta)
        return delta

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> tuple["FittedExpansion", GalleryDelta]:
        """Commit the edit to every round."""
        rounds = []
        for one in self.fitted:
            committed, delta = one.commit(delta)
            rounds.append(committed)
        return replace(self, before=gallery, committed=tuple(rounds)), delta


def self_mask(lists: Int[np.ndarray, "n K"], numbers: Int[np.ndarray, " n"]) -> Bool[np.ndarray, "n K"]:
    """Where items stand in their own lists; one hidden behind its duplicates gives up the last place instead."""
    own = lists == numbers[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(own)


def drop(values: np.ndarray, mask: Bool[np.ndarray, "n K"]) -> np.ndarray:
    """Rows without the one place that the mask names in each."""
    return np.asarray(values[~mask].reshape(len(values), values.shape[1] - 1))


def without_self(lists: Int[np.ndarray, "n K"], numbers: Int[np.ndarray, " n"]) -> Int[np.ndarray, "n k"]:
    """Lists of others."""
    return drop(lists, self_mask(lists, numbers))
