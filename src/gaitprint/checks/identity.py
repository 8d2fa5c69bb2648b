"""Walks that look like somebody else's: two people's folders swapped, a folder filed under a wrong name."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int

from gaitprint.checks.appearance import Averages, check_averages
from gaitprint.checks.findings import Finding
from gaitprint.types import SequenceRecord

Walk = tuple[int, str]
"""A subject's number and a condition."""

MIN_VIEWS = 3
"""Views that must agree before a whole walk is doubted, besides being more than half of its views."""
CLEARLY = 0.7
"""The other subject must be nearer than this part of the distance to the own subject."""
NEAR, NEAR_ALONE = 2.0, 1.5
"""And nearer than so many median distances between a subject's walks: of a walk's views each; of a view by itself."""
CONFUSED, CONFUSED_ALONE = 1 / 3, 0.1
"""Shares of a group to which another subject may be nearest; beyond, looks do not tell people apart there."""
MIN_OTHER_WALKS = 2
"""Other walks a subject must have in a view for one of their single sequences to be doubted; one may be the odd one."""
MAX_GROUP = 25_000
"""Sequences of one view and kind that are compared with each other: the time grows with their square."""

_SMALLEST = 1.0
"""Grey levels of 255 (root mean square over pixels): nearer are two pictures that are the same."""
_BLOCK = 2**24


@dataclass(frozen=True)
class Nearest:
    """For every sequence of one view and kind the nearest walk of its own subject and the nearest of another.

    Distances are root mean squares over pixels in grey levels of 255.
    """

    own: Float32[np.ndarray, " n"]
    """To the nearest other walk of the same subject; infinite where there is none."""
    other: Float32[np.ndarray, " n"]
    """To the nearest walk of another subject; infinite where there is none."""
    who: Int[np.ndarray, " n"]
    """That other subject's number."""
    walks: Int[np.ndarray, " n"]
    """How many other walks the same subject has here."""


def suspicious_identities(records: Sequence[SequenceRecord], averages: Averages) -> Iterable[Finding]:
    """Walks (a subject's condition over its views) and single sequences that look like another subject's.

    In each view, walks of one kind (`nm-01` to `nm-06`) are compared by their average silhouettes. A walk is named if
    most of its views, and at least three, see the same other subject clearly nearer than the own one and as near as
    walks of one subject are; a single view is named by itself only where the subject has three walks or more and looks
    tell nearly everybody apart. Where a subject has but two walks of a kind and one is swapped, both are named.

    Not seen: subjects swapped as a whole, kinds of which a subject has one walk, sequences of nobody known. Groups of
    more than `MAX_GROUP` are left out, and a note says so.

    CASIA-B, subjects 001-074, on which the limits were chosen: no walk of 740 and no sequence is named; 0 to 7 in
    10,000 walks where only 1 to 8 of the 11 views are there. Two people's walks swapped by hand are found, with 5 to 11
    views (3 views): nm-03 97 to 100% (95%), cl-01 90 to 97% (77%), bg-01, as bags change between walks, 77 to 81%
    (75%); nm-03 swapped in one view 91%. With 5 subjects a swapped cl-01 is not found, too much of so few looks wrong.
    More than 74 subjects were not tried; more people look alike among them.

    Raises:
        ShapeError: another number of averages than of records.
    """
    check_averages(records, averages)
    names = sorted({r.subject for r in records if r.subject is not None})
    numbers = {name: i for i, name in enumerate(names)}
    walk_of = {i: (numbers[r.subject], r.condition) for i, r in enumerate(records) if r.subject is not None}
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    # by subject: `_nearest` relies on each subject's walks lying together
    for i in sorted(walk_of, key=walk_of.__getitem__):
        groups[records[i].view, kind_of(records[i].condition)].append(i)
    views: Counter[Walk] = Counter()
    votes: dict[Walk, Counter[int]] = defaultdict(Counter)
    alone: list[tuple[str, Walk, int]] = []
    for group in (g for g in groups.values() if len(g) <= MAX_GROUP):
        walks = [walk_of[i] for i in group]
        nearest = _nearest(averages[group], walks)
        # only views in which the subject has another walk of the kind can vote, and count towards the majority
        views.update(walk for walk, own in zip(walks, nearest.own, strict=True) if np.isfinite(own))
        for place in np.flatnonzero(_doubtful(nearest, NEAR, CONFUSED)):
            votes[walks[place]][int(nearest.who[place])] += 1
        single = _doubtful(nearest, NEAR_ALONE, CONFUSED_ALONE) & (nearest.walks >= MIN_OTHER_WALKS)
        alone += [(records[group[p]].key, walks[p], int(nearest.who[p])) for p in np.flatnonzero(single)]
    likes = {walk: counter.most_common(1)[0] for walk, counter in sorted(votes.items())}
    doubted = {walk: who for walk, (who, n) in likes.items() if n >= max(MIN_VIEWS, views[walk] // 2 + 1)}
    if doubted:
        what = f"walks that look like another subject's in most views: {len(doubted)}"
        keys = tuple(f"{names[subject]}/{walk} like {names[who]}" for (subject, walk), who in doubted.items())
        yield Finding("warning", what, "look at them; folders may be swapped or filed under a wrong name", keys)
    rest = tuple(f"{key} like {names[who]}" for key, walk, who in sorted(alone) if walk not in doubted)
    if rest:
        what = f"single sequences that look like another subject's: {len(rest)}"
        yield Finding("warning", what, "look at them; files may be swapped or bodies badly cut out", rest)
    large = sum(len(group) for group in groups.values() if len(group) > MAX_GROUP)
    if large:
        what = f"sequences not compared by their looks: {large}, more than {MAX_GROUP} of one view and kind"
        yield Finding("note", what, "name views and conditions, or examine parts of the data by themselves")


def kind_of(condition: str) -> str:
    """A condition without the number it ends with: `nm` of `nm-01`, nothing of `00`, `day` of `day`."""
    return re.sub(r"-?[0-9]+$", "", condition)


def _doubtful(nearest: Nearest, near: float, confused: float) -> Bool[np.ndarray, " n"]:
    """Where another subject is clearly nearer, in a group where that is rare."""
    known = np.isfinite(nearest.own) & np.isfinite(nearest.other)
    # where another subject is nearest so often, it is the looks that are alike and not the names that are wrong
    if not known.any() or (nearest.other < nearest.own)[known].mean() > confused:
        return np.zeros(len(known), np.bool_)
    clearly = (nearest.other < CLEARLY * nearest.own) & (nearest.own > _SMALLEST)
    usual = float(np.median(nearest.own[known]))
    result: np.ndarray = known & clearly & (nearest.other < near * usual)
    return result


def _nearest(averages: Averages, walks: Sequence[Walk]) -> Nearest:
    """Compare every sequence with every other, in blocks of rows; `walks` stand in the order of subjects."""
    count = len(averages)
    subject = np.array([s for s, _ in walks])
    order = {walk: i for i, walk in enumerate(dict.fromkeys(walks))}
    walk = np.array([order[w] for w in walks])
    first, last = np.searchsorted(subject, subject), np.searchsorted(subject, subject, side="right")
    pictures = averages.reshape(count, -1).astype(np.float32)
    # Centred, or differences of nearly equal pictures drown in the rounding of large squares.
    pictures -= pictures.mean(axis=0)
    squares = np.einsum("nd,nd->n", pictures, pictures)
    nearest_own, other = np.empty(count, np.float32), np.empty(count, np.float32)
    who = np.empty(count, np.int64)
    step = max(1, _BLOCK // count)
    for start in range(0, count, step):
        rows = slice(start, min(start + step, count))
        distance = pictures[rows] @ pictures.T
        # |a - b|^2 = |a|^2 - 2 ab + |b|^2, in place
        distance *= -2
        distance += squares
        distance += squares[rows, None]
        # All walks of the rows' subjects stand in these columns.
        columns = slice(first[rows][0], last[rows][-1])
        part = distance[:, columns]
        mine = subject[rows, None] == subject[columns]
        nearest_own[rows] = np.where(mine & (walk[rows, None] != walk[columns]), part, np.inf).min(axis=1)
        # `part` is a view: the own subject is masked in `distance`, for the search that follows
        part[mine] = np.inf
        nearest = distance.argmin(axis=1)
        other[rows] = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0]
        who[rows] = subject[nearest]
    scale = np.float32(pictures.shape[1])
    many = Counter(s for s, _ in set(walks))
    return Nearest(
        # rounding takes distances of nearly equal pictures below 0
        own=np.sqrt(np.maximum(nearest_own, 0) / scale),
        other=np.sqrt(np.maximum(other, 0) / scale),
        who=who,
        walks=np.array([many[s] - 1 for s, _ in walks]),
    )
