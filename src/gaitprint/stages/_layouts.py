"""From a data set's name, or `auto`, to its layout and the sequences found."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.components import component_names, find_component
from gaitprint.datasets._layout import FoundSequence, Layout
from gaitprint.errors import ConfigError, DataError
from gaitprint.store import Store

GUESSES = ("casia-b", "casia-e", "oumvlp", "gait3d", "grew", "hid", "opengait")
"""The layouts tried by `auto`, the strictest first."""


@dataclass(frozen=True)
class Found:
    """The layout that fitted and every sequence of it, in key order."""

    dataset: str
    layout: Layout
    sequences: tuple[FoundSequence, ...]


def layout_of(store: Store) -> Layout:
    """The layout a store was prepared from, under the same settings: it knows the splits.

    Raises:
        ComponentError: the layout is another package's and is not installed here.
        ConfigError: its settings no longer hold.
    """
    layout: Layout = find_component("dataset", store.dataset).make(store.layout, where=f"dataset {store.dataset}")
    return layout


def scan(source: Path, dataset: str, settings: Mapping[str, Any]) -> Found:
    """Scan `source` as the named data set; `auto` takes the first published layout that fits.

    Raises:
        DataError: the tree is not of that layout, or of none; two sequences share a key.
        ConfigError: settings were given for no named data set, or are wrong.
    """
    if dataset != "auto":
        layout: Layout = find_component("dataset", dataset).make(dict(settings), where=f"dataset {dataset}")
        # a dotted name is a module's path and stays as it is
        return Found(dataset if "." in dataset else dataset.replace("_", "-"), layout, _unique(layout.scan(source)))
    if settings:
        raise ConfigError(f"the settings {', '.join(settings)} need a named data set (--dataset), not 'auto'")
    if not source.is_dir():
        raise DataError(f"expected a data set's folder at {source}, found nothing: check the path")
    for name in (n for n in GUESSES if n in component_names("dataset")):
        layout = find_component("dataset", name).make({})
        try:
            return Found(name, layout, _unique(layout.scan(source)))
        except DataError as error:
            last = error
    raise DataError(
        f"no published layout fits {source} ({last}); for a tree of your own name the data set 'folder' and give "
        "its pattern, such as '{subject}/{condition}/{view}'"
    )


def _unique(found: list[FoundSequence]) -> tuple[FoundSequence, ...]:
    seen: dict[str, Path] = {}
    for sequence in found:
        other = seen.setdefault(sequence.record.key, sequence.path)
        if other is not sequence.path:
            raise DataError(f"{sequence.path} and {other} share the key {sequence.record.key!r}: rename one of them")
    return tuple(found)
