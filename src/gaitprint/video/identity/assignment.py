"""Which track is which person, where no two tracks that were seen at the same moment are one person.

What is nearest for each track alone may name one person twice in a frame. The best answer of all tracks together is
found exactly: where all were there at once by the Hungarian algorithm, else as an integer programme (HiGHS).
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

NOBODY = -1
"""In place of a person: nobody known."""
_INCLUSIVE = 1e-9
"""What naming somebody at exactly the largest distance is worth, as a share of that distance: more than silence."""


def assign(
    distances: Float64[np.ndarray, "T S"],
    limit: float,
    groups: Iterable[Sequence[int]],
    weights: Float64[np.ndarray, " T"] | None = None,
) -> Int[np.ndarray, " T"]:
    """Give each track a person or nobody, so that what all lie below the limit is the most that is possible.

    Args:
        distances: of tracks to people; infinite where a person cannot be the answer.
        limit: nobody further away is the answer.
        groups: rows of tracks that were seen at the same moment; any number, they may overlap.
        weights: of the tracks, above 0: how much evidence each rests on; None: alike.

    Returns:
        The column of the person, or `NOBODY`.
    """
    tracks = len(distances)
    rows = _maximal({frozenset(int(i) for i in group) for group in groups})
    # who was seen with whom, also through different groups
    together = np.zeros((tracks, tracks), np.bool_)
    for group in rows:
        together[np.ix_(list(group), list(group))] = True
    gains = (limit - distances + _INCLUSIVE * max(1.0, abs(limit))) * (
        np.ones((tracks, 1)) if weights is None else weights[:, None]
    )
    gains = np.where(distances <= limit, gains, -np.inf)
    # tracks that no chain of encounters joins decide nothing for each other
    count, part = connected_components(csr_array(together), directed=False)
    groups_of: list[list[list[int]]] = [[] for _ in range(count)]
    for group in rows:
        groups_of[part[group[0]]].append(group)
    answer = np.full(tracks, NOBODY, np.int64)
    for number in range(count):
        members = np.flatnonzero(part == number)
        # of k neighbours at most k people are taken, so one of the k + 1 nearest is free and no further one is better
        usable = _nearest(gains[members], np.maximum(1, together[np.ix_(members, members)].sum(axis=1)))
        columns = np.flatnonzero(usable.any(axis=0))
        small = np.where(usable, gains[members], -np.inf)[:, columns]
        place = {int(row): i for i, row in enumerate(members)}
        chosen = _solve(small, [[place[row] for row in group] for group in groups_of[number]])
        answer[members] = np.where(chosen == NOBODY, NOBODY, columns[chosen] if len(columns) else NOBODY)
    return answer


def _maximal(groups: set[frozenset[int]]) -> list[list[int]]:
    """Those with two or more that lie within no other, in order."""
    kept: list[frozenset[int]] = []
    for group in sorted(groups, key=lambda g: (-len(g), sorted(g))):
        if len(group) > 1 and not any(group <= other for other in kept):
            kept.append(group)
    return [sorted(group) for group in kept]


def _nearest(gains: Float64[np.ndarray, "M S"], counts: Int[np.ndarray, " M"]) -> Bool[np.ndarray, "M S"]:
    """The people that are worth most to each track, so many each, of those who are worth anything."""
    order = np.argsort(-gains, axis=1, kind="stable")
    usable = np.zeros(gains.shape, np.bool_)
    for i, count in enumerate(counts):
        usable[i, order[i, :count]] = True
    return np.asarray(usable & np.isfinite(gains))


def _solve(gains: Float64[np.ndarray, "M s"], groups: list[list[int]]) -> Int[np.ndarray, " M"]:
    """The best answer of tracks that hang together."""
    members, people = gains.shape
    if not people:
        return np.full(members, NOBODY, np.int64)
    if members == 1:
        return np.array([int(gains[0].argmax()) if np.isfinite(gains[0]).any() else NOBODY])
    if groups == [list(range(members))]:
        return _hungarian(gains)
    return _programme(gains, groups)


def _hungarian(gains: Float64[np.ndarray, "M s"]) -> Int[np.ndarray, " M"]:
    """All were seen at once: each person is the answer once."""
    members, people = gains.shape
    # a nobody for each track, which costs nothing and gains nothing; what is impossible is worse than all of them
    worst = -1.0 - np.abs(gains[np.isfinite(gains)]).sum()
    whole = np.hstack([np.where(np.isfinite(gains), gains, worst), np.zeros((members, members))])
    _, columns = linear_sum_assignment(whole, maximize=True)
    return np.where(columns < people, columns, NOBODY).astype(np.int64)


def _programme(gains: Float64[np.ndarray, "M s"], groups: list[list[int]]) -> Int[np.ndarray, " M"]:
    """Some were never seen together, and may be one person: a 0 or 1 for each pair that is possible."""
    track, person = np.nonzero(np.isfinite(gains))
    if not len(track):
        return np.full(len(gains), NOBODY, np.int64)
    # one person a track, and one track a person in each group; a line over a single pair limits nothing
    lines = [track == i for i in range(len(gains))]
    lines += [np.isin(track, group) & (person == p) for group in groups for p in np.unique(person)]
    limits = csr_array(np.array([line for line in lines if line.sum() > 1] or [track < 0]).astype(np.float64))
    value = gains[track, person]
    # the usual gap of 0.01 % would let the second best answer pass
    solved = milp(
        -value / max(float(value.max()), 1e-300),
        constraints=LinearConstraint(limits, -np.inf, 1.0),
        integrality=np.ones(len(track)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    answer = np.full(len(gains), NOBODY, np.int64)
    chosen = solved.x > 0.5
    answer[track[chosen]] = person[chosen]
    return answer
