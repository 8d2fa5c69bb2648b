"""CCPG: 200 subjects who change clothes, in full, above, below, or take a bag; indoors and outdoors."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.splits import choose_split, first
from gaitprint.layouts.tree import Level, Tree, scan_levels

TREE = Tree(
    "CCPG",
    (
        Level("subject", "000", r"[0-9]{3}"),
        Level("clothes", "U0_D0", r"U[0-9]_D[0-9](_BG)?"),
        Level("camera", "01_0", r"[0-9]+(_[0-9]+)*"),
    ),
    silhouettes=r".*-aligned-sils",
    usual="{leaf}-aligned-sils.pkl",
)


@dataclass(frozen=True)
class CcpgSettings:
    """CCPG has no settings."""


class Ccpg:
    """The tree `000/U0_D0/01_0`: upper clothes, lower clothes and a bag; the camera and the take."""

    title = "CCPG: 200 subjects in seven sets of clothes, ten cameras; on request from its authors, for research only"
    splits: tuple[str, ...] = ("100",)
    protocols: tuple[str, ...] = ("ccpg",)
    strictness = 6
    drawn = False

    def __init__(self, settings: CcpgSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        return scan_levels(files, TREE)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """Subjects 000-099 train, 100-199 are tested."""
        return choose_split("CCPG", name, {"100": first(99)}, subjects)

    def write_miniature(self, root: Path) -> None:
        """Two subjects of either part, two sets of clothes, two cameras; the four files of a leaf."""
        for number in (0, 1, 100, 101):
            for clothes in ("U0_D0", "U1_D1"):
                for camera in ("01_0", "02_0"):
                    leaf = Path(root) / f"{number:03d}" / clothes / camera
                    write_array(leaf, figure(number), f"{camera}-aligned-sils")
                    write_array(leaf, figure(number, height=128, width=128), f"{camera}-sils")
                    write_array(leaf, np.zeros((6, 3, 8, 8), np.uint8), f"{camera}-rgbs")


component = Component(CcpgSettings, Ccpg)
