"""Answer files of competitions: checked before a byte is written, whole or not there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitprint.atomic_files import write_text
from gaitprint.errors import DataError, ProtocolError
from gaitprint.evaluation.protocol.distance_blocks import checked
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.selection import choose_sides
from gaitprint.types import Distances, Embeddings, SequenceRecord

HEADERS = ("label", "subjectID")
"""Second columns that organisers of HID have asked for, the usual one first."""
GREW_RANKS = 20
"""Subjects per line of a GREW answer."""


@dataclass(frozen=True)
class Answers:
    """For each probe the subjects of its nearest gallery items, nearest first; a subject may come up again."""

    probes: tuple[str, ...]
    """Names of the probes, as the organisers list them."""
    subjects: tuple[tuple[str, ...], ...]
    known: frozenset[str]
    """All subjects of the gallery."""


def answer_probes(
    embeddings: Embeddings,
    protocol: Protocol,
    distances: Distances,
    *,
    top: int = 1,
) -> Answers:
    """Name the subjects of a protocol's probes, whose own subjects need not be known.

    Raises:
        ProtocolError: the protocol has several probe selections or draws, a side is empty, the gallery has unlabelled
            sequences, or fewer than `top` sequences.
    """
    if protocol.mode == "draws" or len(protocol.probes) != 1:
        raise ProtocolError(
            f"answers need a protocol with one probe selection and no draws, {protocol.name} is not one"
        )
    side = choose_sides(protocol, embeddings.records)[0]
    probes, gallery = embeddings.select(side.probes), embeddings.select(side.gallery)
    if len(gallery) < top:
        raise ProtocolError(f"{top} nearest gallery sequences were asked for, the gallery holds {len(gallery)}")
    subjects = [r.subject for r in gallery.records if r.subject is not None]
    if len(subjects) < len(gallery):
        raise ProtocolError(f"{len(gallery) - len(subjects)} gallery sequences of {protocol.name} have no subject")
    blocks = (block.argsort(axis=1, kind="stable")[:, :top] for _, block in checked(distances.compare)(probes, gallery))
    # a stable sort: equal distances keep the gallery's order, as in `rank_probes`
    order = np.concatenate(list(blocks))
    ranked = tuple(tuple(subjects[i] for i in row) for row in order)
    return Answers(tuple(video_name(r) for r in probes.records), ranked, frozenset(subjects))


def video_name(record: SequenceRecord) -> str:
    """The organisers' name of a probe: the innermost level of its folder that is not `default`."""
    return record.condition if record.view == "default" else record.view


def check_header(header: str) -> None:
    """Raise DataError unless a HID file's second column is one of `HEADERS`."""
    if header not in HEADERS:
        raise DataError(f"the second column of a HID answer is 'label' or 'subjectID', found {header!r}")


def write_hid_answer(
    path: Path,
    probe_keys: Sequence[str],
    subject_ids: Sequence[str],
    *,
    expected_probes: Collection[str],
    known_ids: Collection[str],
    header: str = HEADERS[0],
) -> None:
    """Write a HID answer, `videoID,label` (first editions: `videoID,subjectID`), in the order given.

    Raises:
        DataError: a probe is missing, strange or there twice, an id is unknown, or the file cannot be written.
    """
    check_header(header)
    _check_probes(probe_keys, expected_probes)
    _check_lengths(probe_keys, subject_ids)
    _check_ids(subject_ids, known_ids)
    rows = [f"{probe},{subject}" for probe, subject in zip(probe_keys, subject_ids, strict=True)]
    write_text(path, "\n".join([f"videoID,{header}", *rows]) + "\n")


def write_grew_answer(
    path: Path,
    probe_keys: Sequence[str],
    ranked_ids: Sequence[Sequence[str]],
    *,
    expected_probes: Collection[str],
    known_ids: Collection[str],
) -> None:
    """Write a GREW answer: `videoId,rank1,..,rank20`, ids as whole numbers without leading zeros.

    Raises:
        DataError: as for HID; or a line has not 20 ids, or an id is no number.
    """
    _check_probes(probe_keys, expected_probes)
    _check_lengths(probe_keys, ranked_ids)
    for probe, ids in zip(probe_keys, ranked_ids, strict=True):
        if len(ids) != GREW_RANKS:
            raise DataError(f"a GREW answer has {GREW_RANKS} ids a probe, {probe!r} has {len(ids)}: rank {GREW_RANKS}")
    flat = [i for ids in ranked_ids for i in ids]
    _check_ids(flat, known_ids)
    for name in sorted(set(flat)):
        if not (name.isascii() and name.isdigit()):
            raise DataError(f"GREW ids are whole numbers such as '00012', found {name!r}: is this GREW's gallery?")
    header = ",".join(["videoId", *(f"rank{k}" for k in range(1, GREW_RANKS + 1))])
    # the organisers compare numbers: 00012 is 12 there
    rows = [",".join([probe, *(str(int(i)) for i in ids)]) for probe, ids in zip(probe_keys, ranked_ids, strict=True)]
    write_text(path, "\n".join([header, *rows]) + "\n")


def _check_probes(probes: Sequence[str], expected: Collection[str]) -> None:
    seen: set[str] = set()
    for name in probes:
        if name in seen:
            raise DataError(f"probe {name!r} is answered twice: every probe needs exactly one line")
        if not name or any(c in name for c in ',"\r\n'):
            raise DataError(f"probe name {name!r} cannot stand in a comma-separated file")
        seen.add(name)
    missing, strange = sorted(set(expected) - seen), sorted(seen - set(expected))
    if missing:
        raise DataError(f"{len(missing)} of {len(set(expected))} probes have no answer ({missing[0]}, ...): embed them")
    if strange:
        raise DataError(f"{len(strange)} answered probes are not in the expected list ({strange[0]}, ...)")


def _check_lengths(probes: Sequence[str], answers: Sequence[object]) -> None:
    if len(probes) != len(answers):
        raise DataError(f"{len(probes)} probes came with {len(answers)} answers: one each is needed")


def _check_ids(ids: Sequence[str], known: Collection[str]) -> None:
    unknown = sorted(set(ids) - set(known))
    if unknown:
        raise DataError(f"{len(unknown)} answered ids are not in the gallery ({unknown[0]!r}, ...): zeros matter")
