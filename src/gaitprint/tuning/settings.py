"""What `tune` is asked for beyond what every measurement is."""

from dataclasses import dataclass, replace

from gaitprint.arguments import settle_fields
from gaitprint.tuning.grids import Grid


@dataclass(frozen=True)
class TuneSettings:
    """Who chooses, who measures, and how finely is looked."""

    folds: int = 2
    """Of subjects; of two, either half chooses for the other."""
    repeats: int = 5
    """How often subjects are cut anew."""
    split: str | None = None
    """Which split says who is tested; None: the usual one."""
    test_subjects: bool = False
    """Let test subjects choose, and say so."""
    equal_numbers: bool = False
    """Every subject of the test has as many probes as every other, as a competition promises: also try expansion that
    supposes it. Where it is not so, such settings do harm."""
    grid: Grid = Grid()
    """How finely to look."""

    def __post_init__(self) -> None:
        settle_fields(self)

    @property
    def grid_tried(self) -> Grid:
        """The grid with what equal numbers of probes allow."""
        if not self.equal_numbers:
            return self.grid
        return replace(self.grid, max_probes_ratio=tuple(sorted({*self.grid.max_probes_ratio, 1.0})))
