"""Which pairs a protocol compares when every pair is a trial of its own: 1:1, and the nearest of many.

The cells of a view-by-view table become one set of pairs: every probe against the gallery of all views, its own view
left out where the protocol leaves identical views out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int

from gaitprint.evaluation.protocol.distance_blocks import checked
from gaitprint.evaluation.protocol.draws import drawn_sides
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import (
    choose_sides,
    compared_pairs,
    require_subjects,
    short_view,
    subject_numbers,
)
from gaitprint.types import Compare, Embeddings, SequenceRecord

PAIRS = 1 << 21
"""Pairs looked at together: bounds what is held beside the distances to some 60 MB."""


@dataclass(frozen=True, eq=False)
class PairSet:
    """Probes and their gallery, as rows of the embeddings; the gallery's rows stand subject by subject."""

    name: str
    probes: Int[np.ndarray, " Q"]
    gallery: Int[np.ndarray, " G"]


@dataclass(frozen=True, eq=False)
class PairBlock:
    """The distances of some probes to the whole gallery."""

    probes: Int[np.ndarray, " q"]
    """Numbers of the probes' subjects."""
    gallery: Int[np.ndarray, " G"]
    """Numbers of the gallery's subjects, ascending."""
    distances: Float32[np.ndarray, "q G"]
    compared: Bool[np.ndarray, "q G"]
    """Pairs that the protocol compares."""


def pair_sets(protocol: Protocol, records: Sequence[SequenceRecord]) -> list[PairSet]:
    """The sets of pairs of a protocol; with drawn galleries one a draw, of the same name.

    Raises:
        ProtocolError: a side is empty, or a sequence to be compared has no subject.
    """
    numbers = subject_numbers(records)
    sets = []
    if protocol.mode == "draws":
        for name in protocol.probes:
            for probes, gallery in drawn_sides(protocol, name, records, numbers):
                sets.append(PairSet(name, probes, _by_subject(gallery, numbers)))
        return sets
    for side in choose_sides(protocol, records):
        require_subjects(protocol, side.name, side.probes, records, "probes")
        require_subjects(protocol, side.name, side.gallery, records, "gallery sequences")
        sets.append(PairSet(side.name, side.probes, _by_subject(side.gallery, numbers)))
    return sets


def pair_blocks(
    pairs: PairSet, protocol: Protocol, embeddings: Embeddings, numbers: Int[np.ndarray, " N"], compare: Compare
) -> Iterator[PairBlock]:
    """Go over all pairs of a set, block by block.

    Raises:
        ShapeError: distances of another shape, or not finite.
    """
    probes, gallery = embeddings.select(pairs.probes), embeddings.select(pairs.gallery)
    left, right = numbers[pairs.probes], numbers[pairs.gallery]
    step = max(1, PAIRS // max(len(right), 1))
    for some, block in checked(compare)(probes, gallery):
        for start in range(0, len(block), step):
            part = block[start : start + step].astype(np.float32, copy=False)
            rows = slice(some.start + start, some.start + start + len(part))
            compared = compared_at_all(protocol, probes.records[rows], gallery.records)
            yield PairBlock(left[rows], right, part, compared)


def compared_at_all(
    protocol: Protocol, probes: Sequence[SequenceRecord], gallery: Sequence[SequenceRecord]
) -> Bool[np.ndarray, "Q G"]:
    """Pairs that a protocol compares (True), identical views left out where it says so."""
    if protocol.mode == "view-by-view":
        if protocol.identical_views:
            return np.ones((len(probes), len(gallery)), bool)
        left, right = ([short_view(protocol, r.view) for r in side] for side in (probes, gallery))
        place = {view: i for i, view in enumerate(dict.fromkeys([*left, *right]))}
        # numbers instead of names: of strings a pairwise comparison takes much longer
        apart = np.array([place[v] for v in left])[:, None] != np.array([place[v] for v in right])[None, :]
        return np.asarray(apart)
    pairs = compared_pairs(protocol, probes, gallery)
    if pairs is None:
        return np.ones((len(probes), len(gallery)), bool)
    return pairs


def _by_subject(rows: Int[np.ndarray, " G"], numbers: Int[np.ndarray, " N"]) -> Int[np.ndarray, " G"]:
    return np.asarray(rows[numbers[rows].argsort(kind="stable")])


Source = Callable[[PairSet], Iterator[PairBlock]]
"""Goes over all pairs of a set; may be asked again."""
