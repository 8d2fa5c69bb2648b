"""What a killed writer left: how much of it is whole, and whether it was making the same."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.config import build_settings
from gaitprint.errors import ConfigError, DataError
from gaitprint.store._packing import pack, unpack
from gaitprint.store.index import StoredSequence
from gaitprint.store.journal import Decision, Keep, decisions
from gaitprint.store.partition import Partition
from gaitprint.store.plan import StorePlan
from gaitprint.types import SequenceRecord


@dataclass(frozen=True)
class SoundPart:
    """The part of a journal that holds."""

    decided: dict[str, Decision]
    line_bytes: int
    """Of its lines, the first one not counted."""
    end: int
    """Of the data file, bytes."""


Holds = Callable[[str, SequenceRecord | None, str], bool]
"""Says of a key, its record (None for what was left out) and its stamp whether the source is still like that."""


def sound_part(
    lines: Sequence[bytes],
    data: np.ndarray,
    end: int,
    base: Mapping[str, StoredSequence],
    plan: StorePlan,
    holds: Holds,
) -> SoundPart:
    """The decisions up to the first that is damaged or no longer holds, or whose frames are not what it says.

    After a power cut the data file may be shorter than the journal says, or hold zeros: frames are held against their
    checksums. The source may have changed since the writer was killed: each decision is held against it, too.

    Args:
        lines: of the journal, without the first.
        data: the data file's bytes.
        end: where the data of the finished state ends.
        base: rows of the finished state.
        plan: how frames are packed, and their size.
        holds: whether the source is still as it was.
    """
    decided: dict[str, Decision] = {}
    used = 0
    # At the first that does not hold all ends: the frames of those behind it lie behind its frames, which are cut away.
    for decision, count in decisions(lines):
        if isinstance(decision, Keep) and decision.key not in base:
            break
        row = base[decision.key] if isinstance(decision, Keep) else decision
        if not holds(row.key, row.record if isinstance(row, StoredSequence) else None, row.stamp):
            break
        if isinstance(decision, StoredSequence):
            if not _is_whole(decision, data, end, plan):
                break
            end = decision.offset + decision.bytes
        decided[decision.key] = decision
        used += count
    return SoundPart(decided, used, end)


def mapped(path: Path) -> np.ndarray:
    """The bytes of a data file, mapped; none where there is no file."""
    if not path.exists() or path.stat().st_size == 0:
        return np.zeros(0, np.uint8)
    return np.memmap(path, np.uint8, "r")


def begun_alike(root: Path, line: bytes, plan: Mapping[str, Any], generation: int) -> bool:
    """Whether a journal's first line is whole and of this generation.

    Raises:
        DataError: it says that something else is being made.
    """
    if not line.endswith(b"\n") or b"\0" in line:  # after a power cut a file may hold zeros
        return False
    try:
        begun = json.loads(line)
        # without the path: a data set that was moved is the same source as long as its files are
        theirs, ours = begun.get("made_of") or {}, plan.get("made_of") or {}
        if theirs and {**theirs, "source": ""} == {**ours, "source": ""}:
            begun["made_from"] = plan["made_from"]  # moved, or another: each decision is held against the source
        refuse_others(root, "begun", begun, plan)
        return bool(begun["generation"] == generation)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(f"{root} was begun as something else, not as a store: choose another folder") from None


def partition_of(line: bytes) -> Partition | None:
    """The partition that a journal's first line was begun under; one of an earlier version says nothing of it.

    Raises:
        DataError: it is damaged.
    """
    values = json.loads(line).get("partition")
    try:
        partition: Partition | None = (
            None if values is None else build_settings(Partition, values, "the journal's partition")
        )
    except ConfigError as error:
        raise DataError(f"{error}: prepare into a new folder") from None
    return partition


def refuse_others(root: Path, word: str, found: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Raise DataError where what is there is of another data set or other settings: frames would be mixed."""
    theirs, planned = (f"{v['dataset']} with frames of {tuple(v['size'])}, {v['form']}" for v in (found, ours))
    if theirs != planned:
        raise DataError(
            f"{root} was {word} as {theirs}, not {planned}: go on as it was {word}, or choose another folder"
        )
    if found["made_from"] != ours["made_from"]:
        which = _differing(found.get("made_of") or {}, ours.get("made_of") or {})
        raise DataError(
            f"{root} was {word} from another source or under other settings{which}, so frames would be mixed: "
            f"go on as it was {word}, or choose another folder"
        )


def _differing(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """Which source and settings differ, in brackets; nothing where one side does not say what it is made of."""
    if not theirs or not ours:
        return ""
    keys = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]
    return f" ({'; '.join(f'{key}: {_short(theirs.get(key))}, now {_short(ours.get(key))}' for key in keys)})"


def _short(value: Any, limit: int = 100) -> str:
    text = "none said" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _is_whole(row: StoredSequence, data: np.ndarray, end: int, plan: StorePlan) -> bool:
    # frames lie one behind another in the order of the lines, without gaps
    if row.offset != end or row.bytes < 1 or row.offset + row.bytes > len(data):
        return False
    try:
        frames = unpack(data[row.offset : row.offset + row.bytes], plan.form, row.length, plan.size, 0, row.length)
    except ValueError:
        return False
    # `raw` only for its checksum: that is of the frames as they come back, which all forms share
    return len(frames) == row.length and pack(frames, "raw").sha256 == row.sha256
