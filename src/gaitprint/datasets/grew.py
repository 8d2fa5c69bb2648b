"""GREW: 26,000 subjects in the wild; the probes of the test part have no published identity."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.splits import choose_split
from gaitprint.layouts.tree import Level, Tree, walk
from gaitprint.types import SequenceRecord

TREE = Tree(
    "GREW",
    (
        Level("subject", "00001train", r"[0-9]{5}(train)?|probe"),
        Level("part", "00", r"0[0-3]"),
        Level("video", "4XPn5Z28"),
    ),
)


@dataclass(frozen=True)
class GrewSettings:
    """GREW has no settings."""


class Grew:
    """The trees `00001train/00/<video>`, `00001/01/<video>` (gallery 01 and 02) and `probe/03/<video>`."""

    title = "GREW: 26,000 subjects in the wild; on request from its authors, for research only"
    splits = ("20000",)
    protocols: tuple[str, ...] = ("grew", "grew-test")
    strictness = 3
    drawn = False

    def __init__(self, settings: GrewSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`. The subject of a probe is None."""
        sequences = []
        for leaf in walk(files, TREE):
            subject, part, video = leaf.names
            record = SequenceRecord("/".join(leaf.names), None if subject == "probe" else subject, part, video)
            sequences.append(FoundSequence(record, leaf.place))
        return sequences

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """Subjects whose folder ends in `train` train; '00001train' and '00001' are two people."""
        return choose_split("GREW", name, {"20000": lambda subject: subject.endswith("train")}, subjects)

    def write_miniature(self, root: Path) -> None:
        """Two subjects of either part and two probes."""
        for number in (1, 2):
            for video in ("4XPn5Z28", "5TXe8svE"):
                write_array(Path(root) / f"{number:05d}train" / "00" / video, figure(number))
            write_array(Path(root) / f"{number:05d}" / "01" / f"79XJefi{number}", figure(number + 3))
            write_array(Path(root) / f"{number:05d}" / "02" / f"t16VLaQ{number}", figure(number + 3))
            write_array(Path(root) / "probe" / "03" / f"etaGVnW{number}", figure(number + 3))


component = Component(GrewSettings, Grew)
