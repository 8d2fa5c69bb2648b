"""The keys of one foreign configuration: read with their types checked, and each accounted for exactly once."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, Literal

from gaitprint.config import require
from gaitprint.errors import ConfigError

Outcome = Literal["used", "changed", "unused", "assumed"]
"""used: the recipe does what the key says. changed: it does something near, which the text names. unused: it does not,
and the text says why. assumed: the key is not in the file, and the toolkit's own value was taken."""

_SHOWN = 60


@dataclass(frozen=True)
class KeyNote:
    """What became of one key."""

    key: str
    """Its place, such as `trainer_cfg.sampler.batch_size` or `loss_cfg[0].margin`."""
    outcome: Outcome
    """See `Outcome`."""
    text: str
    """The setting it became, or the reason and the way out."""


class Account:
    """The leaves of a configuration by their place, and a note for each that has been dealt with.

    A leaf is a value, a list of values, or an empty table or list. Places are unambiguous: a key that is no plain word
    is quoted in them.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._nodes: dict[str, Any] = {}
        self._leaves: list[str] = []
        for place, value, leaf in _walk(config, ""):
            self._nodes[place] = value
            if leaf:
                self._leaves.append(place)
        self._open = set(self._leaves)
        self._notes: dict[str, KeyNote] = {}
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._known.add(key)
        return key in self._nodes

    @property
    def keys(self) -> tuple[str, ...]:
        """The places of all leaves, in the order of the file."""
        return tuple(self._leaves)

    def require_table(self, key: str) -> None:
        """Refuse anything but a table at `key`; missing or empty is fine."""
        value = self._nodes.get(key)
        require(value is None or isinstance(value, dict), f"{key} is a table, found {shown(value)}")

    def tables(self, key: str) -> list[str]:
        """The places of the tables at `key`: of the one there, or of those in a list; empty where it is missing.

        Raises:
            ConfigError: something else is there.
        """
        value_there = self._nodes.get(key)
        if value_there is None or isinstance(value_there, dict):
            return [key] if value_there else []
        places = [f"{key}[{i}]" for i in range(len(value_there))] if isinstance(value_there, list) else []
        good = isinstance(value_there, list) and all(isinstance(v, dict) for v in value_there)
        require(good, f"{key} is a table or a list of tables, found {shown(value_there)}")
        return [place for place, value in zip(places, value_there, strict=True) if value]

    def raw(self, key: str) -> Any:
        """The value at `key`, of any type; None where it is missing."""
        return self._read(key, None)

    def number(self, key: str, default: float) -> float:
        """A finite number. Text such as 1e-4, which is no number in YAML 1.1, counts as one."""
        raw = self._read(key, default)
        value = _number(raw)
        if value is None:
            raise ConfigError(f"{key} is a number, found {shown(raw)}")
        return float(value)

    def whole(self, key: str, default: int) -> int:
        """A whole number; 80000.0 and 8e4 are such."""
        raw = self._read(key, default)
        value = _number(raw)
        if value is None or abs(value) >= 2**63 or value != int(value):
            raise ConfigError(f"{key} is a whole number below 2**63, found {shown(raw)}")
        return int(value)

    def wholes(self, key: str, default: tuple[int, ...]) -> list[int]:
        """A list of whole numbers."""
        value = self._read(key, list(default))
        good = isinstance(value, list) and all(
            isinstance(v, int) and not isinstance(v, bool) and abs(v) < 2**63 for v in value
        )
        require(good, f"{key} is a list of whole numbers, found {shown(value)}")
        return list(value)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._read(key, default)
        if not isinstance(value, bool):
            raise ConfigError(f"{key} is true or false, found {shown(value)}")
        return value

    def word(self, key: str, default: str) -> str:
        """A text."""
        value = self._read(key, default)
        if not isinstance(value, str):
            raise ConfigError(f"{key} is a word, found {shown(value)}")
        return value

    def settle(self, key: str, outcome: Outcome, text: str) -> None:
        """Say what became of the leaf at `key`; where the file has none there, the toolkit's own value was assumed."""
        self._known.add(key)
        if key in self._open:
            self._open.remove(key)
            self._notes[key] = KeyNote(key, outcome, text)
        # there is nothing to account for where a key is missing and would have changed nothing
        elif key not in self._nodes and outcome != "unused":
            self._notes[key] = KeyNote(key, "assumed", text)

    def agree(self, key: str, same: bool, text: str) -> None:
        """Say of the leaf at `key`, if there is one, what holds here whatever it says: used if it says the same."""
        self._known.add(key)
        if key in self._open:
            self.settle(key, "used" if same else "changed", text)

    def settle_below(self, place: str, text: str) -> None:
        """Say for every leaf at or below `place` that is still open why it is unused."""
        for key in [
            k for k in self._leaves if k in self._open and (k == place or k.startswith((f"{place}.", f"{place}[")))
        ]:
            self.settle(key, "unused", text)

    def close(self) -> tuple[KeyNote, ...]:
        """A note for every leaf, in the order of the file, then those on what was assumed."""
        for key in [k for k in self._leaves if k in self._open]:
            near = get_close_matches(key, self._known - set(self._leaves), n=1, cutoff=0.9)
            hint = f"; is it meant to be {near[0]}?" if near else ""
            empty = self._nodes[key] in (None, {}, [])
            self.settle(key, "unused", "empty" if empty else f"a key that this converter does not know{hint}")
        return tuple(self._notes[k] for k in self._leaves) + tuple(
            note for note in self._notes.values() if note.outcome == "assumed"
        )

    def _read(self, key: str, default: Any) -> Any:
        self._known.add(key)
        return self._nodes.get(key, default)


def shown(value: Any) -> str:
    """A value in an error: short, on one line."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _number(raw: Any) -> int | float | None:
    """Read a finite number within the range of floats; None where the raw value is none."""
    # a bool is an int in Python, and no number in a configuration
    if not isinstance(raw, int | float | str) or isinstance(raw, bool):
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    if not isfinite(value):
        return None
    # a whole number as it is: floats hold those above 2**53 only in part
    return raw if isinstance(raw, int) else value


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any, bool]]:
    if isinstance(value, dict) and value:
        items = [(_join(place, str(key)), inner) for key, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        items = [(f"{place}[{i}]", inner) for i, inner in enumerate(value)]
    else:
        yield place, value, True
        return
    yield place, value, False
    for inner_place, inner in items:
        yield from _walk(inner, inner_place)


def _join(place: str, key: str) -> str:
    word = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)
    return f"{place}.{word}" if place else word
