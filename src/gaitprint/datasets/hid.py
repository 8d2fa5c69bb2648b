"""HID, the competition in human identification at a distance, as processed by the field's reference toolkit."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.components import Component
from gaitprint.datasets._competition import SPLITS
from gaitprint.datasets._layout import FoundSequence, Split
from gaitprint.datasets._miniature import figure, write_array
from gaitprint.datasets._splits import choose_split
from gaitprint.datasets._tree import Level, Tree, walk
from gaitprint.sources import Files
from gaitprint.types import SequenceRecord

TREE = Tree("HID", (Level("subject", "0001"), Level("video", "8a3f09"), Level("view", "default", "default")))


@dataclass(frozen=True)
class HidSettings:
    """HID has no settings."""


class Hid:
    """The trees `<id>/<video>/default` and, for the probes, `probe/<video>/default` or `<video>/probe/default`."""

    title = "HID: the yearly competition, 500 subjects to train on in the first editions; free for its entrants"
    splits = tuple(SPLITS)
    protocols: tuple[str, ...] = ("hid", "hid-draws")

    def __init__(self, settings: HidSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`. The condition is the video's id; the subject of a probe is None."""
        found = []
        for leaf in walk(files, TREE):
            upper, lower, view = leaf.names
            subject, video = (
                (None, lower if upper == "probe" else upper) if "probe" in (upper, lower) else (upper, lower)
            )
            found.append(FoundSequence(SequenceRecord("/".join(leaf.names), subject, video, view), leaf.place))
        return found

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """The first editions' 500 training subjects; "all-test" for later editions, which bring none."""
        return choose_split("HID", name, SPLITS, subjects)

    def write_miniature(self, root: Path) -> None:
        """Two subjects to train on, two with one gallery video, and two probes."""
        for number in (0, 1):
            for video in ("8a3f09", "91cc02"):
                write_array(Path(root) / f"{number:04d}" / video / "default", figure(number), video)
        for number in (500, 501):
            write_array(Path(root) / f"{number:04d}" / f"5b{number}" / "default", figure(number))
            write_array(Path(root) / "probe" / f"77{number}" / "default", figure(number))


component = Component(HidSettings, Hid)
