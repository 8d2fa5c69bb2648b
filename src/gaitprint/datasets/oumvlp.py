"""OU-MVLP: 10,307 subjects, two sequences each, fourteen views."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.splits import choose_split
from gaitprint.layouts.tree import Level, Tree, scan_levels, walk
from gaitprint.types import SequenceRecord

VIEWS = tuple(f"{angle:03d}" for angle in (*range(0, 91, 15), *range(180, 271, 15)))
TREE = Tree(
    "OUMVLP",
    (Level("subject", "00001", r"[0-9]{5}"), Level("sequence", "00", "0[01]"), Level("view", "090", "|".join(VIEWS))),
)
RAW = Tree(
    "OUMVLP, raw",
    (
        Level("view and sequence", "Silhouette_090-00", rf"Silhouette_({'|'.join(VIEWS)})-0[01]"),
        Level("subject", "00001", r"[0-9]{5}"),
    ),
)
LAST_OF_TEST = 10307
"""The one odd subject of the test part: with it the parts are 5,153 and 5,154."""


@dataclass(frozen=True)
class OumvlpSettings:
    """OUMVLP has no settings."""


class Oumvlp:
    """The tree `00001/00/090`, or the raw one `Silhouette_090-00/00001`; sequence 01 is the gallery, 00 the probe."""

    title = "OUMVLP: 10,307 subjects, 14 views; on request from Osaka University, for research only"
    splits = ("5153",)
    protocols: tuple[str, ...] = ("oumvlp", "oumvlp-cross-view")
    strictness = 7
    drawn = False

    def __init__(self, settings: OumvlpSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        if not any(folder.startswith("Silhouette_") for folder in files.list().folders):
            return scan_levels(files, TREE)
        sequences = []
        for leaf in walk(files, RAW):
            view, sequence = leaf.names[0].removeprefix("Silhouette_").split("-")
            record = SequenceRecord(f"{leaf.names[1]}/{sequence}/{view}", leaf.names[1], sequence, view)
            sequences.append(FoundSequence(record, leaf.place))
        # the tree is sorted by view first, keys begin with the subject
        return sorted(sequences, key=lambda f: f.record.key)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """The published rule: odd subjects train, even ones and 10307 are tested."""
        return choose_split("OUMVLP", name, {"5153": _trains}, subjects)

    def write_miniature(self, root: Path) -> None:
        """Four subjects, two of either part, both sequences, two views."""
        for subject in ("00001", "00002", "00003", "00004"):
            for sequence in ("00", "01"):
                for view in ("000", "270"):
                    write_array(Path(root) / subject / sequence / view, figure(int(subject)))


def _trains(subject: str) -> bool:
    return int(subject) % 2 == 1 and int(subject) != LAST_OF_TEST


def published_keys() -> frozenset[str]:
    """The keys of the whole grid, 10,307 x 2 x 14; the published set lacks some of them, which nobody has."""
    subjects = (f"{i:05d}" for i in range(1, LAST_OF_TEST + 1))
    return frozenset(f"{s}/{c}/{v}" for s in subjects for c in ("00", "01") for v in VIEWS)


component = Component(OumvlpSettings, Oumvlp)
