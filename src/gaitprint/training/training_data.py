"""Which sequences a run learns from, and which it is looked at with while it learns."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from gaitprint.errors import ConfigError
from gaitprint.ingest.store_selection import StoreSelection, span_of
from gaitprint.models.seen_subjects import How, Seen, SeenSubjects
from gaitprint.provenance.seen_in_stores import seen_subjects_of_stores
from gaitprint.provenance.seen_warnings import Place
from gaitprint.store import ConcatSequences, SequenceSet, Store, Subset

SAMPLE = 3
"""Walks that are read to know one store in another form."""
WHITE = 127
"""What is above it is white in the form of black and white."""


def training_sets(stores: Sequence[Store], selection: StoreSelection) -> SequenceSet:
    """The training part of one store, or those of several as one set in which nobody is in two.

    Raises:
        GaitprintError: the split or a subject is unknown, nobody is left, frames differ in size, or the same people
            are in two stores and would be learnt as others than themselves.
    """
    parts = [training_part(store, selection) for store in stores]
    if len(parts) == 1:
        return parts[0]
    for (one, part), (other, further) in combinations(zip(stores, parts, strict=True), 2):
        _check_apart(one, part, other, further)
    return ConcatSequences(dict(zip(_names(stores), parts, strict=True)))


def seen_in(stores: Sequence[Store], subjects: Sequence[str], how: How) -> SeenSubjects:
    """Subjects of `training_sets` as a network's card remembers them: each by the name it has in its own store."""
    return seen_subjects_of_stores(stores, _names(stores), subjects, how)


def training_part(store: Store, selection: StoreSelection) -> SequenceSet:
    """The sequences to train on: of the named subjects, or the training side of the data set's split; good ones only.

    Raises:
        GaitprintError: the split or a subject is unknown, or nobody is left.
    """
    part = selection.choose(store, "train")
    if not part.records:
        present = sorted({r.subject for r in store.records if r.subject is not None})
        raise ConfigError(
            f"nobody to train on: the store holds {span_of(present)}, none of the training split; "
            "name some with --subjects"
        )
    return part


def hold_out(part: SequenceSet, count: int) -> tuple[SequenceSet, SequenceSet | None]:
    """The part without `count` of its subjects, spread evenly over their order, and those; None where it is 0.

    Raises:
        ConfigError: fewer than two subjects would be left to train on.
    """
    if count == 0:
        return part, None
    subjects = sorted({r.subject for r in part.records if r.subject is not None})
    if len(subjects) - count < 2:
        raise ConfigError(
            f"training.held_out is {count} of {len(subjects)} training subjects: at least two must be left to train on"
        )
    # middles of `count` equal stretches
    places = np.linspace(0, len(subjects), count, endpoint=False) + len(subjects) / (2 * count)
    aside = {subjects[int(i)] for i in places}
    return Subset(part, lambda r: r.subject not in aside), Subset(part, lambda r: r.subject in aside)


def _check_apart(one: Store, part: SequenceSet, other: Store, further: SequenceSet) -> None:
    """Raise ConfigError where somebody is in both: joined, each name is a person of its own."""
    here, there = ({r.subject: None for r in p.records} for p in (part, further))
    # names alone prove nothing, for every set has an 001: then frames are compared
    both = [s for s in here if s in there]
    place, known = Place.of(one), Seen("trained", other.dataset, other.fingerprint, other.head.made_from, ())
    what: str
    names: Sequence[str | None]
    what, names = "people", both
    if not (both and place.holds(known)):
        frames = {row.sha256 for row in one.rows if row.subject in here}
        same = [row.key for row in other.rows if row.subject in there and row.sha256 in frames]
        what, names = "frames", same or _same_walks(one, other, both)
    if names:
        raise ConfigError(
            f"{one.root} and {other.root} hold the same {what} ({len(names)}: {names[0]}{', ...' * (len(names) > 1)}): "
            "everybody there would be learnt as two people; name one store, or prepare them without the same people "
            "(--subjects)"
        )


def _same_walks(one: Store, other: Store, people: Sequence[str | None]) -> list[str]:
    """Walks of one key and one outline: the other store may be this one in black and white. A few are read."""
    if one.size != other.size or one.form == other.form:
        return []
    place = {row.key: i for i, row in enumerate(one.rows) if row.subject in people}
    common = [(place[row.key], i) for i, row in enumerate(other.rows) if row.key in place]
    sample = common[:: max(1, len(common) // SAMPLE)]
    return [
        other.records[i].key for here, i in sample if np.array_equal(one.frames(here) > WHITE, other.frames(i) > WHITE)
    ]


def _names(stores: Sequence[Store]) -> list[str]:
    """What each of several stores is called where they are joined: its data set, numbered where it comes again."""
    names: list[str] = []
    for store in stores:
        again = sum(name.partition("#")[0] == store.dataset for name in names)
        names.append(f"{store.dataset}#{again + 1}" if again else store.dataset)
    return names
