"""How frames become those of a store."""

from dataclasses import dataclass
from typing import get_args

from gaitprint.config import require
from gaitprint.silhouettes.normalize import MAX_SIZE, EdgeRule
from gaitprint.store import Form


@dataclass(frozen=True)
class FrameSettings:
    """To which size frames are normalised, and how they are packed."""

    size: int = 64
    """H in pixels; square frames of that height, or with 10 of 64 columns cut on each side, are taken as normalised
    already, see `take_sequence`. The store has the size of most sequences."""
    edge_rule: EdgeRule = "opengait"
    """See `normalize_sequence`."""
    form: Form = "compact"
    """`compact` and `raw` lose nothing, `bits` keeps black and white only."""

    def __post_init__(self) -> None:
        fits = 16 <= self.size <= MAX_SIZE and self.size % 2 == 0
        wanted = f"even, at least 16 and at most {MAX_SIZE}"
        require(fits, f"size is the height of frames in pixels, {wanted}, found {self.size}")
        require(self.edge_rule in get_args(EdgeRule), _one_of("edge_rule", get_args(EdgeRule), self.edge_rule))
        require(self.form in get_args(Form), _one_of("form", get_args(Form), self.form))


def _one_of(name: str, known: tuple[str, ...], found: object) -> str:
    return f"{name} is one of {', '.join(known)}, found {found!r}"
