"""From a data set's name, or `auto`, to its layout and the sequences found."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.archives import Files, Within, is_archive, open_files
from gaitprint.components import component_names, find_component, make_component
from gaitprint.datasets.manifest import MANIFESTS, MINIATURE
from gaitprint.errors import ConfigError, DataError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.layouts.contract import FoundSequence, Layout
from gaitprint.store import Store


@dataclass(frozen=True)
class Found:
    """The layout that fitted and every sequence of it, in key order."""

    dataset: str
    layout: Layout
    files: Files
    sequences: tuple[FoundSequence, ...]
    settings: dict[str, Any]
    """Of the layout."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for what, to understand names: a line each, with how many sequences it concerns."""
        keys: dict[str, list[str]] = defaultdict(list)
        for sequence in self.sequences:
            for note in dict.fromkeys(sequence.notes):
                keys[note].append(sequence.record.key)
        counted = (
            note
            if len(k) == len(self.sequences)
            else f"{note}: {len(k)} of {len(self.sequences)} sequences ({k[0]}{', ...' * (len(k) > 1)})"
            for note, k in keys.items()
        )
        return (*self.files.notes, *counted)


def guesses() -> dict[str, Layout]:
    """The layouts that `auto` tries, the strictest first."""
    layouts: dict[str, Layout] = {name: make_component("dataset", name) for name in component_names("dataset")}
    tried = {name: layout for name, layout in layouts.items() if layout.strictness > 0}
    # the sort is stable: layouts of one strictness stay in the order of names
    return dict(sorted(tried.items(), key=lambda item: -item[1].strictness))


def layout_of(store: Store) -> Layout:
    """The layout a store was prepared from, under the same settings: it knows the published splits.

    Raises:
        ComponentError: the layout is another package's and is not installed here.
        ConfigError: its settings no longer hold.
    """
    # a partition is the store's own; one of an earlier version left its file's name here
    settings = {key: value for key, value in store.layout.items() if key != "partition"}
    layout: Layout = make_component("dataset", store.dataset, settings, where=f"dataset {store.dataset}")
    return layout


def scan(source: Path, choice: LayoutChoice) -> Found:
    """Scan `source` as the named data set; "auto" takes the first published layout that fits.

    A .csv or .parquet file is a manifest of the folder it lies in. Where nothing fits an archive that holds a single
    folder, that folder is taken for its root.

    Raises:
        DataError: the tree is not of that layout, or of none; two sequences share a key.
        ConfigError: settings were given for no named data set, or are wrong.
    """
    source, dataset, settings = Path(source), choice.dataset, choice.own
    if source.suffix.lower() in MANIFESTS:
        if dataset not in ("auto", "manifest"):
            raise ConfigError(f"{source} is a manifest, not a data set {dataset!r}: leave --dataset out")
        return _named(open_files(source.parent), "manifest", {"file": source.name, **settings})
    if dataset == "auto" and settings:
        raise ConfigError(f"the settings {', '.join(settings)} need a named data set (--dataset), not 'auto'")
    if dataset != "auto":
        find_component("dataset", dataset)  # a wrong name is told before a wrong path
    files = open_files(source)
    try:
        return _guessed(files) if dataset == "auto" else _named(files, dataset, settings)
    except DataError:
        top = files.list().folders
        if not is_archive(source) or len(top) != 1:
            raise
        # whoever packs a folder often packs it with its name: the archive then has one folder at its top
        within = Within(files, top[0])
        return _guessed(within) if dataset == "auto" else _named(within, dataset, settings)


def _named(files: Files, dataset: str, settings: Mapping[str, Any]) -> Found:
    layout: Layout = make_component("dataset", dataset, dict(settings), where=f"dataset {dataset}")
    # a dotted name is a module's path and stays as it is
    name = dataset if "." in dataset else dataset.replace("_", "-")
    return Found(name, layout, files, _unique(files, layout.scan(files)), dict(settings))


def _guessed(files: Files) -> Found:
    # a list that lies at the root says what is meant, whatever the folders are called
    if MINIATURE in files.list().files:
        return _named(files, "manifest", {})
    for name in guesses():
        try:
            return _named(files, name, {})
        except DataError as error:
            last = error
    raise DataError(
        f"no published layout fits {files.where} ({last}); for a tree of your own name the data set 'folder' and give "
        "its pattern, such as '{subject}/{condition}/{view}'"
    )


def _unique(files: Files, found: list[FoundSequence]) -> tuple[FoundSequence, ...]:
    seen: dict[str, str] = {}
    for sequence in found:
        key = sequence.record.key
        if key in seen:
            both = f"{files.called(sequence.place)} and {files.called(seen[key])}"
            raise DataError(f"{both} share the key {key!r}: rename one of them")
        seen[key] = sequence.place
    return tuple(found)
