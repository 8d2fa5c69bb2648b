"""An evaluation protocol is data: who is gallery, who is probe, which pairs are excluded, how the figures are averaged.

Ours stand in `presets/protocols/*.toml`; a file of one's own has the same rights.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

from gaitprint.config import build_settings, read_toml, require, require_lists
from gaitprint.errors import ProtocolError, did_you_mean

DEFAULT_PROTOCOL = "casia-b"
"""The protocol that is meant where nobody names one."""


@dataclass(frozen=True)
class Selection:
    """Sequences that meet every criterion given; a criterion left out is met by all.

    Patterns are exact names or shell patterns (`[HL]-scene1-nm-*`), letter case counts.
    """

    conditions: tuple[str, ...] = ()
    """Patterns; one of them must fit."""
    views: tuple[str, ...] = ()
    """Patterns; one of them must fit."""
    subjects: tuple[str, ...] = ()
    """Patterns; one of them must fit. A sequence without a subject fits none."""
    keys: tuple[str, ...] = ()
    """Single sequences, by key or as `<subject>-<condition>-<view>`."""
    keys_from: str = ""
    """The name of a list of keys that is handed over at run time (`PROBE_SET` of a partition file)."""
    labelled: bool | None = None
    """True: only sequences whose subject is known; False: only those whose subject is not."""
    others: bool = False
    """Only sequences that no probe selection takes; for galleries."""

    def __post_init__(self) -> None:
        require_lists(self)
        require(not (self.keys and self.keys_from), "a selection has either `keys` or `keys_from`, found both")


@dataclass(frozen=True)
class ProbeSelection(Selection):
    """Probes, and their own gallery where it is not the protocol's."""

    gallery: Selection | None = None
    """None: the gallery of the protocol."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(not self.others, "`others` is for galleries: a probe selection must say what it takes")


@dataclass(frozen=True)
class Draws:
    """The competition form: from each subject some sequences at random, one of them gallery, the others probes."""

    sequences: int = 10
    """Drawn per subject; a subject with fewer gives all it has, one with a single sequence is left out."""
    gallery: int = 1
    """How many of them are gallery."""
    repetitions: int = 12
    """Independent draws; the figure is their mean, the spread their standard deviation."""
    seed: int = 0
    """Of the draws: part of the protocol, so that all methods meet the same draws."""

    def __post_init__(self) -> None:
        require(self.gallery >= 1, f"draws.gallery is at least 1, found {self.gallery}")
        require(self.sequences > self.gallery, f"draws.sequences exceeds draws.gallery, found {self.sequences}")
        require(self.repetitions >= 1, f"draws.repetitions is at least 1, found {self.repetitions}")
        require(self.seed >= 0, f"draws.seed is not negative, found {self.seed}")


@dataclass(frozen=True)
class Protocol:
    """One evaluation protocol."""

    name: str
    """As people ask for it, for example `casia-b`."""
    title: str
    """One line for people."""
    source: str
    """Where the rules were published."""
    mode: Literal["view-by-view", "pooled", "draws"]
    """view-by-view: a table, probe view x gallery view; pooled: the gallery as one; draws: random galleries."""
    probes: dict[str, ProbeSelection]
    """Named probe selections, in the order of the report; with `draws` the sequences to draw from."""
    gallery: Selection | None = None
    """None: every probe selection brings its own, or the mode is `draws`."""
    draws: Draws = field(default_factory=Draws)
    """Only for the mode `draws`."""
    leave_out_views: tuple[str, ...] = ()
    """Patterns of views that take no part at all."""
    view_mark: str = ""
    """Where views are longer names, the mark behind the part that counts: with `_`, view `03_2` is `03`."""
    exclude: tuple[Literal["same-key", "same-view", "same-subject-and-view", "same-subject-and-condition"], ...] = ()
    """Pairs of probe and gallery item that are not compared (pooled and draws)."""
    identical_views: bool = False
    """Whether the diagonal of the view-by-view table counts in the mean."""
    unmatched: Literal["wrong", "left-out", "both"] = "wrong"
    """Probes whose subject is not in their gallery: wrong, left out, or the first with the second printed as well.
    Average precision always leaves them out."""
    average_over: Literal["probes", "views"] = "probes"
    """Pooled: mean over all probes, or over the means of the probe views. View-by-view is always over views."""
    ranks: tuple[int, ...] = (1, 5, 20)
    """The k of the printed rank-k figures."""
    metrics: tuple[Literal["mAP", "mINP"], ...] = ()
    """Figures beside rank-k: mean average precision, mean inverse negative penalty."""
    cmc_length: int = 20
    """Ranks in the cumulative match curve; at least the largest of `ranks` is kept."""

    def __post_init__(self) -> None:
        require_lists(self)
        where = f"protocol {self.name}"
        require(bool(self.name), "a protocol needs a name")
        require(bool(self.probes), f"{where} needs at least one table [probes.NAME]")
        require(bool(self.ranks) and min(self.ranks) >= 1, f"{where}: ranks are 1 or more, found {self.ranks}")
        require(self.cmc_length >= 1, f"{where}: cmc_length is 1 or more, found {self.cmc_length}")
        galleries = [self.gallery, *(p.gallery for p in self.probes.values())]
        if self.mode == "draws":
            require(not any(galleries), f"{where}: the mode 'draws' draws its gallery, a [gallery] table has no sense")
        for name, probes in self.probes.items():
            has_gallery = self.mode == "draws" or self.gallery is not None or probes.gallery is not None
            require(
                has_gallery, f"{where}: probe selection {name} has no gallery: add [gallery] or [probes.{name}.gallery]"
            )
        if self.mode == "view-by-view":
            require(not self.exclude, f"{where}: `exclude` is for pooled galleries; view by view has `identical_views`")

    @property
    def length(self) -> int:
        """K, the ranks of the cumulative match curve."""
        return max(self.cmc_length, *self.ranks)


def protocol_names() -> list[str]:
    """The names of the protocols that come with the package, sorted."""
    return sorted(f.name.removesuffix(".toml") for f in _presets().iterdir() if f.name.endswith(".toml"))


def load_protocol(name_or_path: str | Path) -> Protocol:
    """A protocol by the name of ours (`casia-b`), or from a TOML file of one's own (`path/to/mine.toml`).

    Raises:
        ProtocolError: no protocol of that name.
        ConfigError: the file is missing or damaged, or has an unknown or wrong setting.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, str) and not text.endswith(".toml"):
        if text not in protocol_names():
            tail = did_you_mean(text, protocol_names())
            raise ProtocolError(f"no protocol is called {text!r}: {tail} (a file of your own ends in .toml)")
        path = _presets() / f"{text}.toml"
    else:
        path = Path(name_or_path)
    protocol: Protocol = build_settings(Protocol, read_toml(path), f"protocol {path.name}")
    return protocol


def with_lists(protocol: Protocol, lists: Mapping[str, Sequence[str]]) -> Protocol:
    """The protocol with every `keys_from` filled from named lists of keys, such as a partition file's `PROBE_SET`.

    Raises:
        ProtocolError: a list the protocol needs is not there, or is empty; or it needs none of those that are given.
    """
    selections = [protocol.gallery, *protocol.probes.values(), *(p.gallery for p in protocol.probes.values())]
    if lists and not any(s is not None and s.keys_from for s in selections):
        raise ProtocolError(
            f"protocol {protocol.name} asks for no list of sequences, found {', '.join(sorted(lists))}: leave --lists "
            "out, or choose a --protocol that does"
        )

    def filled(selection: Selection, where: str) -> dict[str, object]:
        if not selection.keys_from:
            return {}
        keys = tuple(lists.get(selection.keys_from, ()))
        if not keys:
            raise ProtocolError(
                f"{where} of protocol {protocol.name} needs the list {selection.keys_from} of sequence keys, found "
                f"{', '.join(sorted(lists)) or 'no lists'}: hand over the data set's partition file that holds it"
            )
        return {"keys": keys, "keys_from": ""}

    def own(probes: ProbeSelection, name: str) -> ProbeSelection:
        gallery = probes.gallery
        if gallery is not None:
            gallery = dataclasses.replace(gallery, **filled(gallery, f"the gallery of {name}"))  # type: ignore[arg-type]
        return dataclasses.replace(probes, gallery=gallery, **filled(probes, f"the probe selection {name}"))  # type: ignore[arg-type]

    gallery = protocol.gallery
    if gallery is not None:
        gallery = dataclasses.replace(gallery, **filled(gallery, "the gallery"))  # type: ignore[arg-type]
    probes = {name: own(p, name) for name, p in protocol.probes.items()}
    return dataclasses.replace(protocol, gallery=gallery, probes=probes)


def _presets() -> Path:
    return Path(str(files("gaitprint"))) / "presets" / "protocols"
