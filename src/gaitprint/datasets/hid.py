"""HID, the competition in human identification at a distance: as given out, or as others rearrange it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.competition import (
    LAST,
    NAMED,
    SPLITS,
    VIDEO,
    VIEW,
    is_competition,
    is_probes,
    probe_folders,
    scan_competition,
)
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.splits import choose_split
from gaitprint.layouts.tree import Level, Tree, walk
from gaitprint.types import SequenceRecord

TREE = Tree("HID", (Level("subject", "0001"), VIDEO, Level("view", VIEW, VIEW)))
BESIDE_PROBES = Tree("HID", (Level("subject", "0001"), VIDEO, LAST))
"""Two levels alone could be anything; beside a folder of probes they are this."""


@dataclass(frozen=True)
class HidSettings:
    """The setting that chooses the probes."""

    probes: str = ""
    """The folder of probes to take, such as `probe_phase1`, where there are several."""


class Hid:
    """The competition's folders, or the trees `<id>/<video>` and, for the probes, `probe/<video>` or `<video>/probe`.

    In each video the frames may lie in a folder `default`, and do where no folder of probes is at the top.
    """

    title = "HID: the yearly competition, 500 subjects to train on in the first editions; free for its entrants"
    splits = tuple(SPLITS)
    protocols: tuple[str, ...] = ("hid", "hid-draws")
    strictness = 2
    drawn = False

    def __init__(self, settings: HidSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`. The condition is the video's id; the subject of a probe is None."""
        if is_competition(files):
            return scan_competition(files, NAMED, self.settings.probes)
        taken = probe_folders(files.list().folders, self.settings.probes)
        sequences = []
        for leaf in walk(files, BESIDE_PROBES if taken else TREE):
            upper, lower = leaf.names[:2]
            if is_probes(upper) and upper not in taken:
                continue
            subject, video = (
                # three trees in one: probe/<video>, <video>/probe, and <id>/<video>
                (None, lower) if is_probes(upper) else (None, upper) if is_probes(lower) else (upper, lower)
            )
            sequences.append(FoundSequence(SequenceRecord("/".join(leaf.names), subject, video, VIEW), leaf.place))
        return sequences

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
