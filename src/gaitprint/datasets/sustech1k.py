"""SUSTech1K: 1,050 subjects filmed by a camera and a LiDAR at once, in twelve views and many conditions."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.partition import partition_split, partition_splits
from gaitprint.layouts.tree import Level, Tree, scan_levels

LEVELS = (
    Level("subject", "0000", r"[0-9]{4}"),
    Level("condition", "00-nm", r"[0-9]{2}(-[a-z]{2})+"),
    Level("view", "000", r"[0-9]{3}(-[a-z]+)?"),
)
SILHOUETTES = {
    "camera": (r"[0-9]{2}-(?!sync-).*-Camera-Sils_aligned", "06-{leaf}-Camera-Sils_aligned.pkl"),
    "camera-sync": (r"[0-9]{2}-sync-.*-Camera-Sils_aligned", "14-sync-{leaf}-Camera-Sils_aligned.pkl"),
    "lidar": (r"[0-9]{2}-(?!sync-).*-LiDAR-PCDs_sils", "02-{leaf}-LiDAR-PCDs_sils.pkl"),
    "lidar-sync": (r"[0-9]{2}-sync-.*-LiDAR-PCDs_sils", "10-sync-{leaf}-LiDAR-PCDs_sils.pkl"),
}
"""Pattern and usual name of the files of silhouettes among the sixteen of a leaf."""


@dataclass(frozen=True)
class Sustech1kSettings:
    """Settings that choose one of a leaf's sixteen files, and name the partition file."""

    silhouettes: Literal["camera", "camera-sync", "lidar", "lidar-sync"] = "camera"
    """Of the camera (30 frames a second), of the camera at the LiDAR's 10, or the LiDAR's points projected."""
    partition: str = ""
    """The published JSON file: 250 training and 800 test subjects in no order that a rule could give."""


class Sustech1k:
    """The tree `0000/00-nm/000`; a condition is the number of the walk and what is special about it."""

    title = "SUSTech1K: 1,050 subjects, camera and LiDAR, 12 views; on request from SUSTech, for research only"
    protocols: tuple[str, ...] = ("sustech1k",)
    strictness = 5
    drawn = False

    def __init__(self, settings: Sustech1kSettings) -> None:
        self.settings = settings
        self.splits: tuple[str, ...] = partition_splits(settings.partition)

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        tree = Tree("SUSTech1K", LEVELS, *SILHOUETTES[self.settings.silhouettes])
        return scan_levels(files, tree)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """The published parts, from the partition file; see `Layout.split`."""
        return partition_split("SUSTech1K", self.settings.partition, name, subjects)

    def write_miniature(self, root: Path) -> None:
        """Three subjects, two conditions, two views; four of the sixteen files in each leaf."""
        for number in range(3):
            for condition in ("00-nm", "01-bg"):
                for view in ("000", "090"):
                    leaf = Path(root) / f"{number:04d}" / condition / view
                    write_array(leaf, figure(number), f"06-{view}-Camera-Sils_aligned")
                    write_array(leaf, figure(number)[::3], f"14-sync-{view}-Camera-Sils_aligned")
                    write_array(leaf, figure(number + 3), f"02-{view}-LiDAR-PCDs_sils")
                    write_array(leaf, np.zeros((6, 64, 64), np.uint8), f"05-{view}-Camera-RGB_raw")


component = Component(Sustech1kSettings, Sustech1k)
