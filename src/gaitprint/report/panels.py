"""Values of figures that show silhouettes in strips: where on the body, and when."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int, UInt8

from gaitprint.errors import ShapeError


@dataclass(frozen=True, eq=False)
class BodyBands:
    """Silhouettes side by side in coloured strips, and a bar for each strip beside them."""

    title: str
    note: str
    """What the bars are, in a sentence or two."""
    bodies: tuple[tuple[str, UInt8[np.ndarray, "H W"]], ...]
    edges: Int[np.ndarray, " _"]
    """First rows of the strips, and the row after the last."""
    names: tuple[str, ...]
    """Where on the body each strip is, in a word; neighbours may share one."""
    values: Float64[np.ndarray, " S"]
    """Lengths of the bars."""
    tones: Float64[np.ndarray, " S"]
    """Colours from -1 (orange, apart) over 0 (pale) to 1 (blue, alike)."""
    axis: str
    """What the values are, with their unit."""
    ends: tuple[str, str] = ("", "")
    """What lies to the left and to the right."""
    end_colours: tuple[Literal["apart", "alike"], Literal["apart", "alike"]] = ("apart", "alike")
    low: Float64[np.ndarray, " S"] | None = None
    """Ends of the values' intervals."""
    high: Float64[np.ndarray, " S"] | None = None
    ratios: bool = False
    """The values are log10 of ratios: their ticks read 1/10, 1, 10."""
    reach: float = 0.0
    """How far the axis goes at least, to either side where values go to both."""

    def __post_init__(self) -> None:
        lengths = {len(self.edges) - 1, len(self.names), len(self.values), len(self.tones)}
        lengths |= {len(ends) for ends in (self.low, self.high) if ends is not None}
        if len(lengths) != 1 or not self.bodies:
            raise ShapeError(f"panel {self.title!r} needs a body and one value a strip, found {sorted(lengths)} strips")


@dataclass(frozen=True, eq=False)
class Meeting:
    """One moment of each of two walks that meet in the same features."""

    frames: tuple[UInt8[np.ndarray, "H W"], UInt8[np.ndarray, "H W"]]
    numbers: tuple[int, int]
    """Of the frames, from 1."""
    tones: Float64[np.ndarray, " S"]
    """Colours of the strips, as above."""
    label: str
    """For example its share of the distance."""


@dataclass(frozen=True, eq=False)
class TimeLine:
    """What each moment of a walk brings."""

    label: str
    places: Float64[np.ndarray, " M"]
    """Numbers of the moments' middle frames, from 1."""
    values: Float64[np.ndarray, " M"]
    """Percent of the distance; below 0 where a moment brings the walks nearer."""
    won: Float64[np.ndarray, " M"]
    """Percent of the walk's features that come from the moment."""


@dataclass(frozen=True, eq=False)
class Moments:
    """When two walks are apart: pairs of moments as silhouettes, and both time lines."""

    title: str
    note: str
    edges: Int[np.ndarray, " _"]
    meetings: tuple[Meeting, ...]
    lines: tuple[TimeLine, TimeLine]
    reach: tuple[float, float] = (0.0, 0.0)
    """From where to where both axes go at least, percent: the same for all that are to be compared."""


Panel = BodyBands | Moments


def spoken_panel(panel: Panel) -> str:
    """What the figure says, for those who cannot see it."""
    if isinstance(panel, Moments):
        parts = [f"{m.label}: frame {m.numbers[0]} against frame {m.numbers[1]}" for m in panel.meetings]
        return f"{panel.title}. {'; '.join(parts)}."
    order = np.argsort(panel.values, kind="stable")
    # three lowest and three highest, none twice even where there are fewer than six
    shown = [int(i) for i in (*order[:3], *order[:2:-1][:3])]
    rows = [f"rows {panel.edges[i] + 1} to {panel.edges[i + 1]} ({panel.names[i]}) {_said(panel, i)}" for i in shown]
    return f"{panel.title}. {panel.axis}: {'; '.join(dict.fromkeys(rows))}."


def _said(panel: BodyBands, strip: int) -> str:
    value = float(panel.values[strip])
    return ratio_text(value) if panel.ratios else f"{value:.3g}"


def ratio_text(log10: float) -> str:
    """A ratio as people say it.

    >>> ratio_text(0.30103), ratio_text(-1.0)
    ('2', '1/10')
    """
    ratio = 10 ** abs(log10)
    text = f"{ratio:.1f}".removesuffix(".0") if ratio < 9.95 else f"{ratio:.0f}"
    return text if log10 >= 0 or text == "1" else f"1/{text}"
