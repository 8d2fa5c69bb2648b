"""One to one: how often two people are taken for one (FMR) and one person for two (FNMR), at every threshold.

A pair is accepted where its distance is at most the threshold. Every pair that the protocol compares is a trial; what
the trials promise about other people is counted in subjects (`sample_size`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int
from scipy.special import ndtr, ndtri

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.verification.pairs import PairSet, Source
from gaitprint.evaluation.verification.scores import Counter, Scores


@dataclass(frozen=True, eq=False)
class PairRates:
    """Both rates (shares, 0..1) at every threshold that changes one of them, ascending."""

    thresholds: Float32[np.ndarray, " K"]
    false_match: Float64[np.ndarray, " K"]
    """FMR: share of pairs of two subjects that are accepted."""
    false_non_match: Float64[np.ndarray, " K"]
    """FNMR: share of pairs of one subject that are not."""
    same_pairs: int
    other_pairs: int

    def equal_error(self) -> tuple[float, float]:
        """The threshold where both rates meet, and the equal error rate; between two thresholds along their line."""
        first = int(np.searchsorted(self.false_match - self.false_non_match, 0.0))
        before = (0.0, 1.0) if first == 0 else (self.false_match[first - 1], self.false_non_match[first - 1])
        rate = crossing(before[0], before[1], float(self.false_match[first]), float(self.false_non_match[first]))
        near = first
        # of the two thresholds around the crossing the one at which the rates are closer
        if first and before[1] - before[0] < self.false_match[first] - self.false_non_match[first]:
            near = first - 1
        return float(self.thresholds[near]), rate

    def threshold_for(self, false_match: float) -> float:
        """The largest threshold whose FMR is at most `false_match`; below all distances where none is."""
        place = int(np.searchsorted(self.false_match, false_match, side="right")) - 1
        if place < 0:
            return float(np.nextafter(self.thresholds[0], np.float32(-np.inf)))
        return float(self.thresholds[place])


def crossing(a: float, b: float, c: float, d: float) -> float:
    """The height where the line from a to c meets that from b to d, with a < b and c >= d."""
    share = (b - a) / ((b - a) + (c - d))
    return float(a + share * (c - a))


def pair_rates(same: Scores, other: Scores) -> PairRates:
    """The whole curve from the distances that occur.

    Raises:
        ProtocolError: no pair of one subject, or none of two.
    """
    if not same.total or not other.total:
        raise ProtocolError(
            f"error rates need pairs of one subject and pairs of two, found {same.total} and {other.total}: "
            "select more subjects or more sequences of each"
        )
    thresholds = np.union1d(same.distance, other.distance)
    false_match = other.at_most(thresholds) / other.total
    missed = 1.0 - same.at_most(thresholds) / same.total
    return PairRates(thresholds, false_match, missed, same.total, other.total)


def survey(sets: Sequence[PairSet], source: Source) -> dict[str, tuple[Scores, Scores]]:
    """Distances of one subject's pairs and of two subjects', of each named set and, under "", of all together."""
    counters: dict[str, tuple[Counter, Counter]] = {}
    for pairs in sets:
        same, other = counters.setdefault(pairs.name, (Counter(), Counter()))
        for block in source(pairs):
            same_subject = block.probes[:, None] == block.gallery[None, :]
            same.add(block.distances[same_subject & block.compared])
            other.add(block.distances[~same_subject & block.compared])
    every = (Counter(), Counter())
    for both in counters.values():
        for total, part in zip(every, both, strict=True):
            total.join(part)
    return {name: (a.scores(), b.scores()) for name, (a, b) in {**counters, "": every}.items()}


def threshold_grid(
    surveyed: Mapping[str, tuple[Scores, Scores]], also: Sequence[float] = (), points: int = 96
) -> Float32[np.ndarray, " K"]:
    """Thresholds at which subjects are counted one by one.

    They stand where either rate takes values that are evenly spaced on a normal quantile scale, as a DET plot is drawn,
    from one pair to all but one.

    Args:
        surveyed: of `survey`.
        also: further thresholds.
        points: for each rate.
    """
    require(points >= 2, f"a grid has 2 thresholds or more, found {points}")
    parts = [np.asarray(also, np.float32)]
    for scores in (s for both in surveyed.values() for s in both):
        # one pair of all, on the normal scale
        edge = float(ndtri(min(0.4, 1.0 / scores.total)))
        parts.append(scores.level(ndtr(np.linspace(edge, -edge, points))))
        parts.append(scores.distance[[0, -1]])
    return np.unique(np.concatenate(parts))


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs by subject, and by the interval between two thresholds that their distance falls into.

    Column k holds distances above threshold k - 1 and at most threshold k; the last one those above all.
    """

    thresholds: Float32[np.ndarray, " K"]
    same: Int[np.ndarray, "S L"]
    """Pairs of each subject with itself; L is K + 1."""
    other: Int[np.ndarray, "S F L"]
    """Pairs that each subject has with subjects of each fold, on either side: every pair stands here twice."""

    @property
    def touching(self) -> Int[np.ndarray, "S L"]:
        """Pairs of two subjects that each subject is part of."""
        return np.asarray(self.other.sum(axis=1))


def count_pairs(
    sets: Sequence[PairSet], source: Source, thresholds: Float32[np.ndarray, " K"], folds: Int[np.ndarray, " S"]
) -> dict[str, PairCounts]:
    """Count all pairs by subject; of each named set, and under "" of all together. `folds` is each subject's."""
    subjects, parts, width = len(folds), int(folds.max(initial=0)) + 1, len(thresholds) + 1
    totals: dict[str, tuple[Int[np.ndarray, " A"], Int[np.ndarray, " B"]]] = {}
    for pairs in sets:
        same, other = totals.setdefault(
            pairs.name, (np.zeros(subjects * width, np.int64), np.zeros(subjects * parts * width, np.int64))
        )
        for block in source(pairs):
            place = np.searchsorted(thresholds, block.distances)
            same_subject = block.probes[:, None] == block.gallery[None, :]
            left = np.broadcast_to(block.probes[:, None], place.shape)
            right = np.broadcast_to(block.gallery[None, :], place.shape)
            some = same_subject & block.compared
            same += np.bincount(left[some] * width + place[some], minlength=len(same))
            some = ~same_subject & block.compared
            a, b, place = left[some], right[some], place[some]
            # at both of its people, each with the other's fold: leaving out a fold then leaves out its pairs on
            # either side
            other += np.bincount((a * parts + folds[b]) * width + place, minlength=len(other))
            other += np.bincount((b * parts + folds[a]) * width + place, minlength=len(other))
    shaped = {
        name: PairCounts(thresholds, a.reshape(subjects, width), b.reshape(subjects, parts, width))
        for name, (a, b) in totals.items()
    }
    every = list(shaped.values())
    joined = PairCounts(thresholds, sum_of([c.same for c in every]), sum_of([c.other for c in every]))
    return {**shaped, "": joined}


def sum_of(parts: Sequence[Int[np.ndarray, "*A"]]) -> Int[np.ndarray, "*A"]:
    """The sum of arrays of one shape, added one by one."""
    # `sum` would begin at the integer 0 and copy every time
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total
