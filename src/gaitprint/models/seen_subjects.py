"""Whom the weights of a network have seen: its card remembers everybody, through fine-tuning and conversion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

How = Literal["trained", "chose"]
"""People trained the weights, or were held out and chose the best of them."""
MOST = 1_000_000
"""People that one entry may name: a damaged card must not fill the memory."""


@dataclass(frozen=True)
class Seen:
    """People of one data set whom weights have seen."""

    how: How
    dataset: str
    """Name of the layout; ids mean something in their data set alone."""
    store: str
    """Fingerprint of the store, "" where nobody kept it."""
    origin: str
    """Fingerprint of what the store was made from: it stays the same when the store is brought up to date."""
    subjects: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a card."""
        return {**vars(self), "subjects": shortened(self.subjects)}


@dataclass(frozen=True)
class SeenSubjects:
    """Everybody whom weights have seen, as far as anybody knows."""

    people: tuple[Seen, ...] = ()
    unknown: tuple[str, ...] = ()
    """Why there may be more of them: in words, such as what the weights were imported from."""

    def __add__(self, other: "SeenSubjects") -> "SeenSubjects":
        """What either of them remembers, each once."""
        return SeenSubjects(
            tuple(dict.fromkeys((*self.people, *other.people))), tuple(dict.fromkeys((*self.unknown, *other.unknown)))
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a card."""
        return {"people": [seen.to_dict() for seen in self.people], "unknown": list(self.unknown)}


def seen_subjects_from(values: Any) -> SeenSubjects:
    """What `SeenSubjects.to_dict` gave; of anything else, nobody knows."""
    try:
        people = [_seen_from(entry) for entry in values["people"]]
        if not _are_text(values["unknown"]):
            raise TypeError("a reason is no text")
        return SeenSubjects(tuple(people), tuple(values["unknown"]))
    except (KeyError, TypeError, ValueError):
        return SeenSubjects(unknown=("what it says of them is damaged",))


def seen_subjects(training: Mapping[str, Any]) -> SeenSubjects:
    """Whom weights have seen, by what their card says of their training; early cards know their own training alone."""
    if "seen" in training:
        return seen_subjects_from(training["seen"])
    if "imported" in training:
        return SeenSubjects(unknown=(f"imported from {training['imported']}",))
    subjects, dataset = training.get("subjects"), training.get("dataset")
    if not isinstance(dataset, str) or not isinstance(subjects, list) or not _are_text(subjects):
        return SeenSubjects(unknown=("its card does not say",))
    # a card of an earlier version names the weights it went on from and not whom those have seen
    start = training.get("start", "")
    before = () if start == "scratch" else (f"it went on from the weights {str(start)[:12]!r}",)
    return SeenSubjects(tuple(Seen("trained", name, "", "", ids) for name, ids in _by_set(dataset, subjects)), before)


def shortened(names: Sequence[str]) -> list[Any]:
    """Ids in order; three or more numbers of one width at equal steps are one entry: the first, the last, the step.

    >>> shortened(["001", "002", "003", "007", "anna"])
    [['001', '003', 1], '007', 'anna']
    """
    entries: list[Any] = []
    place = 0
    while place < len(names):
        stop, step = place + 1, 0
        while stop < len(names) and _is_next(names, place, stop, step):
            step = int(names[stop]) - int(names[stop - 1])
            stop += 1
        if stop - place > 2:
            entries.append([names[place], names[stop - 1], step])
        else:
            stop = place + 1
            entries.append(names[place])
        place = stop
    return entries


def lengthened(entries: Sequence[Any]) -> tuple[str, ...]:
    """The ids of `shortened`.

    Raises:
        TypeError, ValueError: they are none.
    """
    names: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            names.append(entry)
            continue
        first, last, step = entry
        # `len` of a range costs nothing, so a hostile run is refused before it is written out
        run = range(int(first), int(last) + 1, step)
        if len(first) != len(last) or len(run) + len(names) > MOST:
            raise ValueError("no run of ids")
        names += [f"{i:0{len(first)}d}" for i in run]
    return tuple(names)


def _is_next(names: Sequence[str], start: int, place: int, step: int) -> bool:
    one, other = names[place - 1], names[place]
    # of one width, or zeros in front would be lost on the way back
    alike = len(one) == len(other) and all(n.isascii() and n.isdigit() for n in (one, other))
    return alike and int(other) > int(one) and (place == start + 1 or int(other) - int(one) == step)


def _seen_from(entry: Any) -> Seen:
    dataset, store, origin = (entry[name] for name in ("dataset", "store", "origin"))
    if not _are_text([dataset, store, origin]) or isinstance(entry["subjects"], str):
        raise TypeError("a name is no text")
    return Seen(
        "chose" if entry["how"] == "chose" else "trained", dataset, store, origin, lengthened(entry["subjects"])
    )


def _are_text(names: Sequence[object]) -> bool:
    return all(isinstance(name, str) for name in names)


def _by_set(dataset: str, subjects: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Of several sets `a+b`, whose subjects are called `a/001` and `b#2/001`, each by itself."""
    if "+" not in dataset:
        return [(dataset, tuple(subjects))]
    parts: dict[str, list[str]] = {}
    for subject in subjects:
        name, _, own = subject.partition("/")
        parts.setdefault(name.partition("#")[0], []).append(own)
    return [(name, tuple(ids)) for name, ids in parts.items()]
