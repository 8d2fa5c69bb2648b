"""How usual the distances of a comparison are: learnt from other people's pairs of the same kind."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from gaitprint.evaluation.verification.likelihood import Likelihood, learn_likelihood
from gaitprint.explanation.pair_explanation import Strips
from gaitprint.retrieval.distances.contributions import PartSum, part_contributions
from gaitprint.types import Embeddings, SequenceRecord

FEWEST = 6
"""People of whom there must be two walks of the kind."""
MOST = 3000
"""Pairs of either kind that are looked at."""


@dataclass(frozen=True, eq=False)
class LikelihoodRatio:
    """What a comparison's distances say, beside those of others."""

    strips: Float64[np.ndarray, "S 3"]
    """log10 of the likelihood ratio of each strip and both ends of its 95% interval; above 0: one person."""
    whole: Float64[np.ndarray, " 3"]
    """Of the whole distance. The strips depend on each other: theirs do not add up to it."""
    kind: str
    """Which pairs it was learnt from."""
    likelihood: Likelihood


def likelihood_ratios(
    embeddings: Embeddings,
    strips: Strips,
    part_sum: PartSum,
    probe: SequenceRecord,
    other: SequenceRecord,
    found: Float64[np.ndarray, " S"],
    generator: np.random.Generator,
) -> LikelihoodRatio | None:
    """How usual a comparison's strips are; None where there are too few people to say.

    Learnt from walks of other people than the two, seen from the same two views and under the same two kinds of
    condition; where there are fewer than `FEWEST` such people, under the same conditions from any views, and else from
    all pairs.
    """
    chosen = _chosen(embeddings.records, probe, other, generator)
    if chosen is None:
        return None
    kind, pairs, people = chosen
    parts = part_contributions(
        embeddings.vectors[pairs[:, 0]], embeddings.vectors[pairs[:, 1]], embeddings.layout, part_sum
    )
    columns = strips.summed(parts.T).T
    # the last column is the whole distance, learnt as one more strip
    columns = np.concatenate([columns, columns.sum(axis=1, keepdims=True)], axis=1)
    learnt = learn_likelihood(columns, people[:, 0] == people[:, 1], people, generator)
    at = learnt.at(np.append(found, found.sum()))
    return LikelihoodRatio(at[:-1], at[-1], kind, learnt)


def condition_kind(condition: str) -> str:
    """A condition without the number of its take.

    >>> condition_kind("nm-05")
    'nm'
    """
    return re.sub(r"[-_]?\d+$", "", condition)


def _chosen(
    records: tuple[SequenceRecord, ...], probe: SequenceRecord, other: SequenceRecord, generator: np.random.Generator
) -> tuple[str, Int[np.ndarray, "M 2"], Int[np.ndarray, "M 2"]] | None:
    """The narrowest kind of which there are enough pairs: its name, the pairs' rows, and their people's numbers."""
    subjects = {r.subject for r in records if r.subject is not None} - {probe.subject, other.subject}
    code = {subject: i for i, subject in enumerate(sorted(subjects))}
    # both people of the comparison are left out: a ratio learnt from their own walks would be about them
    who = np.array([code.get(r.subject or "", -1) for r in records])
    for kind, sees in _kinds(probe, other):
        left, right = (np.flatnonzero(_fit(records, sees(r), sees) & (who >= 0)) for r in (probe, other))
        pairs = _pairs(left, right, who, generator)
        people = who[pairs]
        same = people[:, 0] == people[:, 1]
        # the narrowest kind with enough people: pairs of other views or clothes are farther apart, and would flatter
        if len(np.unique(people[same])) >= FEWEST and not same.all():
            return kind, pairs, np.unique(people, return_inverse=True)[1].reshape(people.shape)
    return None


See = Callable[[SequenceRecord], tuple[str, ...]]


def _kinds(probe: SequenceRecord, other: SequenceRecord) -> tuple[tuple[str, See], ...]:
    conditions = " and ".join(dict.fromkeys(condition_kind(r.condition) or "any" for r in (probe, other)))
    views = " and ".join(dict.fromkeys(r.view or "any" for r in (probe, other)))
    return (
        (f"walks in {conditions} from {views}", lambda r: (condition_kind(r.condition), r.view)),
        (f"walks in {conditions} from all views", lambda r: (condition_kind(r.condition),)),
        ("all walks, in any condition and from any view", lambda r: ()),
    )


def _fit(records: tuple[SequenceRecord, ...], seen: tuple[str, ...], sees: See) -> Bool[np.ndarray, " N"]:
    return np.array([sees(r) == seen for r in records])


def _pairs(
    left: Int[np.ndarray, " L"],
    right: Int[np.ndarray, " R"],
    who: Int[np.ndarray, " N"],
    generator: np.random.Generator,
) -> Int[np.ndarray, "M 2"]:
    """Pairs of different walks: of each person all, or drawn where there are many; of two people as many as `MOST`."""
    people = np.intersect1d(who[left], who[right])
    parts = [np.empty((0, 2), np.int64)]
    for person in people:
        one, other = left[who[left] == person], right[who[right] == person]
        pairs = np.stack(np.meshgrid(one, other, indexing="ij"), axis=-1).reshape(-1, 2)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        most = max(1, MOST // len(people))
        parts.append(pairs if len(pairs) <= most else pairs[generator.choice(len(pairs), most, replace=False)])
    if len(left) and len(right):
        # drawn with return: of two people there are many more pairs than are looked at
        two = np.stack([generator.choice(left, MOST), generator.choice(right, MOST)], axis=1)
        parts.append(two[who[two[:, 0]] != who[two[:, 1]]])
    return np.concatenate(parts)
