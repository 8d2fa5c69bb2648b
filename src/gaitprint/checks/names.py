"""Names of people, conditions and views that are probably not what was meant: one thing under two names, or nobody."""

import re
from collections.abc import Iterable, Sequence

from gaitprint.checks.findings import Finding
from gaitprint.datasets.manifest import ManifestSettings
from gaitprint.layouts.similar_names import look_alikes, trimmed
from gaitprint.types import SequenceRecord

_WORDS = [word for word in ManifestSettings().missing if word.isalpha()]
_EMPTY = frozenset(form for word in _WORDS for form in (word, word.lower(), word.upper()))
"""Not `Nan` and `Na`, who are people."""
_NOBODY = frozenset(("unknown", "unk", "undefined", "missing", "nobody", "?", "??", "???", "...", "-1", "n.a.", "n/a"))


def odd_names(records: Sequence[SequenceRecord]) -> Iterable[Finding]:
    """What to look at in the names of sequences; all stay as they are."""
    people = {r.subject for r in records if r.subject is not None}
    for what, why, names in (
        ("subjects", "one person under two names counts as two people", people),
        ("conditions", "what is one condition under two names is compared with itself", {r.condition for r in records}),
        ("views", "what is one view under two names is compared with itself", {r.view for r in records}),
    ):
        groups = look_alikes(names)
        if groups:
            shown = tuple(" and ".join(f"{name!a}" if _deceives(name, group) else repr(name) for name in group)
                          for group in groups)  # fmt: skip
            yield Finding("warning", f"{what} whose names look alike: {len(groups)}", f"check them; {why}", shown)
        padded = tuple(repr(name) for name in sorted(names) if trimmed(name) != name)
        if padded:
            yield Finding(
                "warning", f"{what} with white space around their names: {len(padded)}", "rename them", padded
            )
    words = tuple(repr(name) for name in sorted(people) if name in _EMPTY or name.casefold() in _NOBODY)
    if words:
        what = f"subjects named as programs and people write an empty cell: {len(words)}"
        yield Finding("warning", what, "if nobody is called so, say whom the sequences show, or nobody", words)
    floats = tuple(repr(name) for name in sorted(people) if re.fullmatch(r"\d+\.0", name))
    if floats:
        what = f"subjects named as programs write numbers: {len(floats)}"
        yield Finding("warning", what, "zeros in front may be lost; keep the column of ids as text", floats)


def _deceives(name: str, group: Sequence[str]) -> bool:
    """Whether letters of other alphabets make it look the same, so that only their numbers show the difference."""
    return not name.isascii() and len({n.casefold() for n in group}) > 1
