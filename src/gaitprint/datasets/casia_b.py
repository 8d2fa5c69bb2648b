"""CASIA-B: 124 subjects, ten conditions, eleven views; raw silhouettes, aligned images or processed arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.splits import choose_split, first
from gaitprint.layouts.tree import Level, Tree, scan_levels

SUBJECTS = tuple(f"{i:03d}" for i in range(1, 125))
CONDITIONS = tuple(f"{kind}-{i:02d}" for kind, last in (("bg", 2), ("cl", 2), ("nm", 6)) for i in range(1, last + 1))
VIEWS = tuple(f"{angle:03d}" for angle in range(0, 181, 18))
TREE = Tree(
    "CASIA-B",
    (
        Level("subject", "001", r"[0-9]{3}"),
        Level("condition", "nm-01", "|".join(CONDITIONS)),
        Level("view", "090", "|".join(VIEWS)),
    ),
)
RULES = {"74": first(74), "73": first(74, without=frozenset({5})), "62": first(62), "24": first(24)}


@dataclass(frozen=True)
class CasiaBSettings:
    """CASIA-B has no settings."""


class CasiaB:
    """The tree `001/nm-01/090`, with images (320 x 240 raw, or aligned) or one processed array in the leaf."""

    title = "CASIA-B: 124 subjects, 11 views, bags and coats; on request from CASIA, for research only"
    splits = tuple(RULES)
    protocols: tuple[str, ...] = ("casia-b", "casia-b-cross-view")
    strictness = 9
    drawn = False

    def __init__(self, settings: CasiaBSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        return scan_levels(files, TREE)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """Subjects 1-74 train by default; "73" leaves 005 out, whose sequences are damaged in some copies."""
        return choose_split("CASIA-B", name, RULES, subjects)

    def write_miniature(self, root: Path) -> None:
        """Four subjects, two of either part, four conditions, two views."""
        for subject in ("001", "002", "075", "076"):
            for condition in ("nm-01", "nm-05", "bg-01", "cl-01"):
                for view in ("000", "090"):
                    write_array(Path(root) / subject / condition / view, figure(int(subject)))


def published_keys() -> frozenset[str]:
    """The keys of all 124 x 10 x 11 sequences; no copy is known to hold a usable silhouette for each of them."""
    return frozenset(f"{s}/{c}/{v}" for s in SUBJECTS for c in CONDITIONS for v in VIEWS)


component = Component(CasiaBSettings, CasiaB)
