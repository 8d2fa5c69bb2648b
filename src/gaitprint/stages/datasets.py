"""The layouts there are, for `gaitprint data list`."""

from dataclasses import dataclass

from gaitprint.components import component_names, make_component
from gaitprint.layouts.contract import Layout


@dataclass(frozen=True)
class DatasetInfo:
    """What one layout says of itself."""

    name: str
    """As `prepare --dataset` wants it."""
    title: str
    splits: tuple[str, ...]
    """The usual one first."""
    protocols: tuple[str, ...]
    """Of evaluation, the usual one first; none where they are one's own to choose."""


def list_datasets() -> tuple[DatasetInfo, ...]:
    """Every layout of this package, by name."""
    infos = []
    for name in component_names("dataset"):
        layout: Layout = make_component("dataset", name)
        infos.append(DatasetInfo(name, layout.title, layout.splits, layout.protocols))
    return tuple(infos)
