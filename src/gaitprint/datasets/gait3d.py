"""Gait3D: 4,000 subjects in a supermarket, 39 cameras."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.partition import partition_split, partition_splits
from gaitprint.layouts.tree import Level, Tree, scan_levels

TREE = Tree(
    "Gait3D",
    (
        Level("subject", "0002", r"[0-9]{4}"),
        Level("camera and video", "camid33_videoid2", r"camid[0-9]+_videoid[0-9]+"),
        Level("sequence", "seq0", r"seq[0-9]+"),
    ),
)


@dataclass(frozen=True)
class Gait3dSettings:
    """The setting that names the partition file."""

    partition: str = ""
    """The published JSON file: 3,000 training and 1,000 test subjects in no order that a rule could give."""


class Gait3d:
    """The tree `0002/camid33_videoid2/seq0`."""

    title = "Gait3D: 4,000 subjects, 39 cameras in a supermarket; on request from its authors, for research only"
    protocols: tuple[str, ...] = ("gait3d",)
    strictness = 4
    drawn = False

    def __init__(self, settings: Gait3dSettings) -> None:
        self.settings = settings
        self.splits: tuple[str, ...] = partition_splits(settings.partition)

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        return scan_levels(files, TREE)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """The published parts, from the partition file; see `Layout.split`."""
        return partition_split("Gait3D", self.settings.partition, name, subjects)

    def write_miniature(self, root: Path) -> None:
        """Four subjects, two videos, two sequences."""
        for number in range(2, 6):
            for video in ("camid1_videoid2", "camid33_videoid2"):
                for sequence in ("seq0", "seq1"):
                    write_array(Path(root) / f"{number:04d}" / video / sequence, figure(number))


component = Component(Gait3dSettings, Gait3d)
