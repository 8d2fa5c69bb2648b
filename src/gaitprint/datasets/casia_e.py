"""CASIA-E: 1,014 subjects, 26 views, heights and scenes; its public form and the competition's."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.competition import SPLITS, is_competition, scan_competition
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.splits import choose_split, first
from gaitprint.layouts.tree import Level, Tree, scan_levels

TREE = Tree(
    "CASIA-E",
    (
        Level("subject", "001", r"[0-9]{3,4}"),
        Level("condition", "H-scene1-nm-1", r"[HL]-scene(1|2|3|3_s)-(nm|bg|cl)-[0-9]+"),
        Level("view", "090", r"[0-9]{3}"),
    ),
)
RULES = {"200": first(200), **SPLITS}


@dataclass(frozen=True)
class CasiaESettings:
    """CASIA-E has no settings."""


class CasiaE:
    """The tree `001/H-scene1-nm-1/090` (camera height, scene, clothing, take), or the competition's three folders.

    View 270 is scanned like any other; leaving it out is the protocol's business.
    """

    title = "CASIA-E: 1,014 subjects, 26 views, 3 scenes; on request from CASIA, for research only"
    splits = tuple(RULES)
    protocols: tuple[str, ...] = ("casia-e", "hid", "hid-draws")
    strictness = 8
    drawn = False

    def __init__(self, settings: CasiaESettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        if is_competition(files):
            return scan_competition(files)
        return scan_levels(files, TREE)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """The public 200/814 by default; "500" is the competition's, where subjects are numbered 0000-0499."""
        return choose_split("CASIA-E", name, RULES, subjects)

    def write_miniature(self, root: Path) -> None:
        """Two subjects of either part, one gallery and one probe condition, two views and the one left out."""
        for subject in ("001", "200", "201", "1014"):
            for condition in ("H-scene1-nm-1", "L-scene3_s-cl-2"):
                for view in ("000", "090", "270"):
                    write_array(Path(root) / subject / condition / view, figure(int(subject)))


component = Component(CasiaESettings, CasiaE)
