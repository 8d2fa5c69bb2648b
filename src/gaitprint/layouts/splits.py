"""Choosing a published split by name and cutting it down to the subjects that are there."""

from collections.abc import Callable, Iterable, Mapping

from gaitprint.errors import DataError, did_you_mean
from gaitprint.layouts.contract import Split

Trains = Callable[[str], bool | None]
"""Says of a subject: True, it trains; False, it is tested; None, it is in neither part."""


def choose_split(layout: str, name: str | None, rules: Mapping[str, Trains], subjects: Iterable[str]) -> Split:
    """Cut `subjects` in two by the named rule; None takes the first rule.

    Raises:
        DataError: no rule of that name.
    """
    chosen = next(iter(rules)) if name is None else name
    if chosen not in rules:
        raise DataError(f"{layout} has no split {chosen!r}: {did_you_mean(chosen, rules)}")
    parts: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for subject in sorted(set(subjects)):
        parts[rules[chosen](subject)].append(subject)
    return Split(tuple(parts[True]), tuple(parts[False]))


def first(last: int, without: frozenset[int] = frozenset()) -> Trains:
    """The rule by which subjects 1 to `last` train, but for some, and later ones are tested."""

    def trains(subject: str) -> bool | None:
        number = int(subject) if subject.isascii() and subject.isdigit() else last + 1
        return None if number in without else number <= last

    return trains
