"""Which columns of a manifest are meant, and what its cells say: what can be told is taken, and said."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gaitprint.errors import DataError, did_you_mean
from gaitprint.layouts.similar_names import loosely, trimmed

PATH = "path"
_NEAR = 0.75
"""Of `difflib`: `subjct` and `views` are near, `age` is not near `key`."""
_SHOWN = 6
_WORDS = re.compile(r"[^\W\d_]+?(?=[A-Z][a-z])|[^\W\d_]+")


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and what was done to it."""

    text: str
    notes: tuple[str, ...] = ()


def choose_columns(
    where: str, header: Sequence[str], wanted: Mapping[str, str]
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The column of every field, None where there is none, and what is to be said about the choice.

    A name that differs from the wanted one in spaces and capitals alone is taken. One that is nearly the wanted one
    (`subject_id`, `subjct`) may be something else, so it is neither taken nor passed over.

    Args:
        where: the manifest.
        header: its columns.
        wanted: by field, what its column is called; "" for none.

    Raises:
        DataError: no column of paths, or of a name that was asked for; one that may or may not be meant.
    """
    chosen: dict[str, str | None] = {}
    notes = []
    # a column that is asked for by its exact name belongs to that field, and is no near miss of another
    left = [c for c in header if c and c not in wanted.values()]
    for field, name in wanted.items():
        alike = [c for c in left if loosely(c) == loosely(name)] if name else []
        if name in header or not name:
            chosen[field] = name or None
            notes += [f"{where}: the column {c!r} is not read, for there is {name!r}" for c in alike]
        elif len(alike) > 1:
            raise DataError(f"{where}: {' and '.join(map(repr, alike))} both may be the column {name!r}: rename one")
        elif alike:
            chosen[field] = alike[0]
            notes.append(f"{where}: the column {alike[0]!r} is read as {name!r}")
        else:
            _refuse_near(where, field, name, [c for c in left if c not in chosen.values()], header)
            chosen[field] = None
    unread = [repr(c) for c in left if c not in chosen.values()]
    if chosen["subject"] is None and wanted["subject"]:
        names = ", ".join(unread[:_SHOWN])
        way = f"; if one of {names} says who walks, `--dataset manifest --set subject=` and its name"
        notes.append(f"{where}: there is no column {wanted['subject']!r}, so nobody is known{way if unread else ''}")
    lacking = [name for field, name in wanted.items() if field in ("condition", "view") and name and not chosen[field]]
    if unread and lacking:
        names_unread = ", ".join(unread[:_SHOWN]) + ", ..." * (len(unread) > _SHOWN)
        notes.append(
            f"{where}: without the column {' or '.join(map(repr, lacking))} all are 'default'; not read: {names_unread}"
        )
    return chosen, tuple(notes)


def read_cell(row: Mapping[str, str], column: str | None, missing: Collection[str]) -> Cell:
    """A cell without the white space around it; empty where it holds a word that programs write for an empty one."""
    cell = "" if column is None else row.get(column) or ""  # a column may have no name: that of row numbers
    text = trimmed(cell)
    if text in missing:
        return Cell("", (f"{text!r} in the column {column!r} is read as an empty cell",))
    if text != cell:
        return Cell(text, (f"white space around names in the column {column!r} is left out",))
    return Cell(text)


def _refuse_near(where: str, field: str, name: str, left: Sequence[str], header: Sequence[str]) -> None:
    if field == PATH or name != field:
        hint = "the first line names the columns, such as path,subject,condition,view"
        if any(c in ("subject", "condition", "view") for c in map(loosely, header)):
            hint = f"if one of them is meant, `--dataset manifest --set {field}=` and its name"
        raise DataError(f"{where} has no column {name!r}: {did_you_mean(name, [c for c in header if c])} ({hint})")
    # `subject_id` and `SubjectName` hold the word, and are far from it by `difflib`, which comes second
    words = [c for c in left if loosely(name) in map(loosely, _WORDS.findall(c))]
    near = words or [c for c in left if get_close_matches(loosely(name), [loosely(c)], 1, _NEAR)]
    if near:
        raise DataError(
            f"{where} has no column {name!r}, but {near[0]!r}: rename it, or say `--dataset manifest --set "
            f"{field}={near[0]}`; where it is something else, `--set {field}=` for no such column"
        )
