"""Calibrate a gallery: search for people who are not in it, and see how near they come."""

from collections.abc import Iterator

import numpy as np

from gaitprint.errors import DataError
from gaitprint.gallery.calibration import CALIBRATION, GalleryCalibration, Measured, make_calibration, packed
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.index import Index
from gaitprint.gallery.journal import change, read_fact, write_fact
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.search import Comparing
from gaitprint.gallery.vectors import read_templates
from gaitprint.types import Embeddings, SequenceRecord

_MOST_SEARCHES = 2000
"""Walks that are searched for, at most: more change the distance no more than chance does."""
_Stranger = tuple[str, Embeddings, int | None]
"""Who, one walk of theirs, and the id under which they are known and not searched."""


def calibrate(
    gallery: OpenGallery, strangers: Embeddings | None, per_1000: float, known_share: float = 0.5
) -> GalleryCalibration:
    """Measure how near strangers come, and keep the distance that few enough of them reach.

    Args:
        gallery: with people.
        strangers: walks of people who are not enrolled; None: each known person in turn, searched among the others.
        per_1000: false alarms per 1,000 strangers.
        known_share: how many of those who are asked about are enrolled: the prior of probabilities.

    Raises:
        DataError: nobody to search for, or somebody known among the strangers. ConfigError: no such rate.
    """
    with gallery.searching(strangers) as (reader, comparing, index):
        # one moment for all searches: somebody who is enrolled meanwhile would change what is measured
        people = index.people()
        unknown = _known(reader, comparing, index) if strangers is None else _others(index, strangers)
        nearest, pairs, who = list[float](), list[float](), set[str]()
        for number, (name, walk, own) in enumerate(unknown):
            hits = index.search(reader, walk, 1, without=own)
            # none where everybody was left out, or the gallery is empty
            nearest += [hit.distance for hit in hits]
            # for one to one: some person, another one each time
            some = people[(number * 7919) % len(people)] if people else -1
            if some != own:
                pairs += [hit.distance for hit in index.search(reader, walk, 1, only=some)]
            who.add(name)
        to_own, own_people, share = _to_their_own(reader, comparing, index)
    made = make_calibration(
        Measured(nearest, pairs, to_own, own_people, share),
        per_1000,
        strangers=len(who),
        origin="gallery" if strangers is None else "strangers",
        people=len(people),
        known_share=known_share,
    )
    with change(gallery.engine, "calibrate", undoable=False) as done:
        if read_fact(done.writer, "source") != comparing.source:
            raise DataError("the gallery went over to another model meanwhile: calibrate again")
        write_fact(done.writer, CALIBRATION, packed(made))
        done.details = {"per_1000": per_1000, "strangers": len(who), "people": len(people)}
    return made


def _to_their_own(reader: Reader, comparing: Comparing, index: Index) -> tuple[list[float], int, float]:
    """How near walks of the known, each without itself, come to others of their own where nobody else is nearer.

    Returns:
        The distances, of how many people, and in which share of the searches.
    """
    own: dict[int, list[int]] = {}
    for sample, person in index.samples():
        own.setdefault(person, []).append(sample)
    several = [(sample, person) for sample, person in index.samples() if len(own[person]) > 1]
    found, who, searched = list[float](), set[int](), _spread(len(several))
    for i in searched:
        sample, person = several[i]
        walk = read_walk(reader, comparing, index.digest(sample), sample)
        rest = [s for s in own[person] if s != sample]
        vectors = read_templates(reader, rest, [index.digest(s) for s in rest], comparing.layout.width)
        distance = float(comparing.distances(walk, vectors).min())
        others = index.search(reader, walk, 1, without=person)
        if not others or distance < others[0].distance:
            found.append(distance)
            who.add(person)
    return found, len(who), len(found) / max(len(searched), 1)


def _others(index: Index, strangers: Embeddings) -> Iterator[_Stranger]:
    # removed people, too: they come back, and were no strangers
    names = set(index.names.values())
    known = next((r.subject for r in strangers.records if r.subject in names), None)
    if known is not None:
        raise DataError(f"{known!r} is enrolled and among the strangers: strangers are other people, leave them out")
    for i in _spread(len(strangers)):
        # those without a name count as one person: nobody says of how many they are
        yield strangers.records[i].subject or "", strangers.select([i]), None


def _known(reader: Reader, comparing: Comparing, index: Index) -> Iterator[_Stranger]:
    samples = index.samples()
    if len({person for _, person in samples}) < 2:
        raise DataError("fewer than two people are enrolled, so nobody is a stranger to anybody: give --strangers")
    for i in _spread(len(samples)):
        sample, person = samples[i]
        yield str(person), read_walk(reader, comparing, index.digest(sample), sample), person


def read_walk(reader: Reader, comparing: Comparing, digest: bytes, sample: int) -> Embeddings:
    """A sample as a probe."""
    vectors = read_templates(reader, [sample], [digest], comparing.layout.width)
    return Embeddings(vectors, (SequenceRecord(f"sample {sample}", None, "", ""),), comparing.layout, comparing.source)


def _spread(count: int) -> list[int]:
    """Which walks are searched with: all, or so many, evenly spread."""
    if not count:
        return []
    return sorted({int(i) for i in np.linspace(0, count - 1, min(count, _MOST_SEARCHES)).round()})
