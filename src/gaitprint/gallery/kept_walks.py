"""Silhouettes kept beside vectors, where a gallery keeps them: shown to people, and embedded anew by another model.

A walk belongs to a sample, to a probe of the log or to a negative, and goes where that goes: its `owner` says which, as
in "sample:12".
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from gaitprint.arguments import shown
from gaitprint.errors import AbsentError, ArtefactError, ConfigError, DataError
from gaitprint.gallery.contract import Reader, Writer
from gaitprint.gallery.journal import Edit, read_fact
from gaitprint.gallery.walk_packing import pack_walk, unpack_walk
from gaitprint.store import SequenceSet
from gaitprint.types import Frames, Silhouettes

KEEP = "keep_walks"
"""A fact: "1" where walks are kept."""
SAMPLE, PROBE, NEGATIVE = "sample", "probe", "negative"
OWNERS = {SAMPLE: "samples", PROBE: "probes", NEGATIVE: "negatives"}
"""Kinds of owners, and the tables of their rows."""
GivenFrames = SequenceSet | Sequence[Frames | Silhouettes]
"""The silhouettes of walks, in the order of their vectors."""
FramesOf = Callable[[int], Frames]
_AT_ONCE = 500


def owner(kind: str, row: int) -> str:
    """Whose a walk is, as its row says it."""
    return f"{kind}:{row}"


def owner_of(text: str) -> tuple[str, int]:
    """The kind and the row of an owner."""
    kind, _, row = text.partition(":")
    return kind, int(row)


def given_frames(value: GivenFrames | None, count: int) -> FramesOf | None:
    """How to come by the frames of the walk at a place; None: nobody has them.

    Raises:
        ConfigError: no silhouettes. DataError: of another number of walks.
    """
    if value is None:
        return None
    whole = isinstance(value, SequenceSet)
    if not whole and (isinstance(value, str | bytes | np.ndarray) or not isinstance(value, Sequence)):
        raise ConfigError(f"silhouettes are a store or a list of frames, one a walk, found {shown(value)}")
    found = len(value.records) if isinstance(value, SequenceSet) else len(value)
    if found != count:
        raise DataError(f"{count} walks came with the silhouettes of {found}: give one each, in the same order")

    def frames(place: int) -> Frames:
        if isinstance(value, SequenceSet):
            return value.frames(place)
        given = value[place]
        return given.frames if isinstance(given, Silhouettes) else given

    return frames


def keeps_walks(reader: Reader) -> bool:
    """Whether the gallery keeps walks."""
    return read_fact(reader, KEEP) == "1"


def walk_row(kind: str, row: int, frames: Frames) -> dict[str, Any]:
    """The row of a walk that is to be kept."""
    data, digest = pack_walk(frames)
    return {"owner": owner(kind, row), "frames": data, "sha256": digest}


def copy_walk(made: Edit, source: tuple[str, int], to: tuple[str, int]) -> None:
    """Keep for another owner the walk of one, where it has one."""
    for data, digest in made.writer.rows("walks", ["frames", "sha256"], ("owner", "=", owner(*source))):
        made.insert("walks", {"owner": owner(*to), "frames": data, "sha256": digest})


def read_walk(reader: Reader, kind: str, row: int) -> Frames:
    """The frames that were kept, as they were given.

    Raises:
        DataError: there is none. ArtefactError: it is damaged.
    """
    found = reader.rows("walks", ["frames", "sha256"], ("owner", "=", owner(kind, row)))
    if not found:
        if not reader.rows(OWNERS[kind], ["id"], ("id", "=", row)):
            raise AbsentError(f"the gallery has no {kind} {row}: `gaitprint gallery show` and `log` list what it has")
        why = "it came as a vector" if keeps_walks(reader) else "the gallery was made without --keep-walks"
        raise AbsentError(f"{kind} {row} has no kept walk: {why}")
    data, digest = found[0]
    return unpack_walk(data, digest, f"the walk of {kind} {row}")


def with_walks(reader: Reader, kind: str, rows: Iterable[int]) -> set[int]:
    """Which of these rows have a walk."""
    return {owner_of(text)[1] for _, text in _of(reader, kind, rows)}


def forget_walks(writer: Writer, kind: str, rows: Iterable[int]) -> set[int]:
    """Take out the walks of rows, and what was made of them; the numbers of the walks."""
    found = _of(writer, kind, rows)
    for number, text in found:
        writer.delete("walks", ("id", "=", number))
        writer.delete("fresh", ("owner", "=", text))
    return {number for number, _ in found}


def _of(reader: Reader, kind: str, rows: Iterable[int]) -> list[tuple[int, str]]:
    owners, found = [owner(kind, row) for row in rows], list[tuple[int, str]]()
    for start in range(0, len(owners), _AT_ONCE):
        found += [(n, o) for n, o in reader.rows("walks", ["id", "owner"], ("owner", "in", owners[start:][:_AT_ONCE]))]
    return found


def walk_problems(reader: Reader) -> list[str]:
    """Walks that are damaged, or nobody's, a line each."""
    problems, there = list[str](), {k: {r for (r,) in reader.rows(t, ["id"])} for k, t in OWNERS.items()}
    for number, text in reader.rows("walks", ["id", "owner"]):
        kind, row = owner_of(text)
        if row not in there.get(kind, ()):
            problems.append(f"walk {number}: {kind} {row}, whose it is, is missing")
            continue
        try:
            read_walk(reader, kind, row)
        except ArtefactError as error:
            problems.append(str(error))
    return problems
