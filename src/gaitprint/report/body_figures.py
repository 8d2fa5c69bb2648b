"""Silhouettes in coloured strips with bars beside them, and moments of two walks over their time lines."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import Float64, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from gaitprint.atomic_files import atomic_file
from gaitprint.report._drawing import INK, SERIES, STYLE, tidy, to_svg
from gaitprint.report.panels import BodyBands, Moments, Panel, TimeLine, ratio_text

APART, PALE, ALIKE = SERIES[1], "#ececec", SERIES[0]
"""Orange and blue: told apart with any colour vision, and in grey by what stands beside them."""
_TONES = LinearSegmentedColormap.from_list("gaitprint-tones", [APART, PALE, ALIKE])
_NIGHT = np.array([0.09, 0.11, 0.14])
"""Behind the bodies, on light and dark pages."""
_WIDTH, _TALL, _MOMENTS = 4.7, 3.3, 5.3
"""Inches: the width of a figure, bodies at most, and the height of a figure of moments."""
_AROUND, _TITLE = 1.0, 0.25
"""Inches above and below bodies, and for a title in a picture."""
_NAMES, _BARS, _GAP = 0.85, 1.2, 0.1
"""Inches for the regions' names, for the bars at least, and between bodies."""
_FAINT = 26
"""Less, a tenth of white, is no body: in the mean of a walk, what few frames hold."""
_MARGIN = 2
"""Columns kept beside the body."""
_RATIOS = (-3, -2, -1, 0, 1, 2, 3)
_LETTERS = "ABCDEFGH"


def panel_figure(panel: Panel) -> str:
    """SVG text of a panel, wide enough to be read on a phone."""
    with mpl.rc_context(STYLE):
        if isinstance(panel, BodyBands):
            height = _tall(panel) + _AROUND
            figure = Figure(figsize=(_WIDTH, height))
            _draw_bands(figure, panel, height)
        else:
            figure = Figure(figsize=(_WIDTH, _MOMENTS), layout="constrained")
            _draw_moments(figure, panel)
        return to_svg(figure)


def write_bodies(path: Path, panels: tuple[Panel, ...]) -> None:
    """Write the bodies among the panels side by side as a PNG file on white, whole or not at all.

    Raises:
        DataError: the folder cannot be written to.
    """
    with mpl.rc_context(STYLE), atomic_file(path) as stream:
        bodies = [panel for panel in panels if isinstance(panel, BodyBands)]
        height = max(map(_tall, bodies)) + _AROUND + _TITLE
        figure = Figure(figsize=(len(bodies) * _WIDTH, height))
        FigureCanvasAgg(figure)
        for place, panel in zip(figure.subfigures(1, len(bodies), squeeze=False)[0], bodies, strict=True):
            place.suptitle(panel.title, fontsize=9.5, x=0.01, ha="left")
            _draw_bands(place, panel, height)
        figure.savefig(stream, format="png", dpi=150, facecolor="white")


def tinted(
    frame: UInt8[np.ndarray, "H W"], edges: Int[np.ndarray, " _"], tones: Float64[np.ndarray, " S"]
) -> UInt8[np.ndarray, "H W 3"]:
    """A silhouette, its body in the colours of its strips, on near-black; a dark row parts two strips."""
    colours = _TONES((np.clip(tones, -1, 1) + 1) / 2)[:, :3]
    # a colour a row of the frame
    rows = np.repeat(colours, np.diff(edges), axis=0)
    body = frame[:, :, None].astype(np.float64) / 255
    return np.asarray(np.round(255 * (body * rows[:, None] + (1 - body) * _NIGHT)), np.uint8)


def body_columns(frames: list[UInt8[np.ndarray, "H W"]]) -> slice:
    """The columns that hold all bodies, with a margin; all columns where there is none."""
    used = np.flatnonzero(np.max([f.max(axis=0) for f in frames], axis=0) >= _FAINT)
    if not len(used):
        return slice(0, frames[0].shape[1])
    return slice(max(0, int(used[0]) - _MARGIN), int(used[-1]) + 1 + _MARGIN)


def _draw_bands(figure: Figure | SubFigure, panel: BodyBands, height: float) -> None:
    """Bodies as tall as the bars beside them, so that a strip and its bar lie in one line."""
    columns = body_columns([frame for _, frame in panel.bodies])
    tall = _tall(panel)
    wide = (columns.stop - columns.start) / panel.bodies[0][1].shape[0]
    left, bottom = 0.05, 0.55
    for label, frame in panel.bodies:
        axis = figure.add_axes(_placed(left, bottom, tall * wide, tall, height))
        _body(axis, tinted(frame, panel.edges, panel.tones)[:, columns])
        for edge in panel.edges[1:-1]:
            axis.axhline(edge - 0.5, color="#000000", linewidth=0.35, alpha=0.6)
        axis.set_title(label, fontsize=8)
        left += tall * wide + _GAP
    bars = figure.add_axes(_placed(left, bottom, _WIDTH - _NAMES - left, tall, height))
    # rows count from the top, and pixel 0 reaches from -0.5 to 0.5
    bars.set_ylim(panel.edges[-1] - 0.5, -0.5)
    _bars(bars, panel)


def _tall(panel: BodyBands) -> float:
    """Inches of the bodies, so that all of them and the bars have room."""
    columns = body_columns([frame for _, frame in panel.bodies])
    wide = (columns.stop - columns.start) / panel.bodies[0][1].shape[0]
    count = len(panel.bodies)
    return float(min(_TALL, (_WIDTH - _NAMES - _BARS - count * _GAP) / (count * wide)))


def _placed(left: float, bottom: float, width: float, tall: float, height: float) -> tuple[float, float, float, float]:
    """Inches as shares of the figure."""
    return left / _WIDTH, bottom / height, width / _WIDTH, tall / height


def _body(axis: Axes, picture: UInt8[np.ndarray, "H W 3"]) -> None:
    axis.imshow(picture, interpolation="nearest", aspect="equal")
    axis.spines[:].set_visible(False)
    axis.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)


def _bars(axis: Axes, panel: BodyBands) -> None:
    middles, heights = (panel.edges[:-1] + panel.edges[1:] - 1) / 2, np.diff(panel.edges)
    colours = [APART if tone < 0 else ALIKE for tone in panel.tones]
    axis.barh(middles, panel.values, heights - 0.8, color=colours, linewidth=0)
    extent = [np.abs(panel.values).max(initial=panel.reach)]
    if panel.low is not None and panel.high is not None:
        axis.hlines(middles, panel.low, panel.high, color=INK, linewidth=0.9)
        extent += [np.abs(panel.low).max(), np.abs(panel.high).max()]
    most = 1.06 * max(extent) or 1.0
    axis.set_xlim(-most if panel.ends[0] else min(0.0, 1.06 * float(panel.values.min())), most)
    axis.axvline(0, color=INK, linewidth=0.8)
    for middle, name in _regions(panel):
        axis.annotate(
            name, (1.0, middle), xycoords=("axes fraction", "data"), fontsize=7.5, va="center", ha="left",
            xytext=(3, 0), textcoords="offset points",
        )  # fmt: skip
    if panel.ratios:
        axis.xaxis.set_major_locator(FixedLocator([r for r in _ratio_ticks(most) if abs(r) <= most]))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ratio_text(value)))
    else:
        axis.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.tick_params(labelleft=False, left=False, labelsize=8, length=0)
    axis.set_xlabel(panel.axis, fontsize=8)
    for text, place, side, colour in zip(panel.ends, (0.0, 1.0), ("left", "right"), panel.end_colours, strict=True):
        axis.annotate(
            text, (place, 1.0), xycoords="axes fraction", fontsize=7.5, ha=side, va="bottom", fontweight="bold",
            color=APART if colour == "apart" else ALIKE, xytext=(0, 13 if side == "left" else 3),
            textcoords="offset points",
        )  # fmt: skip
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.grid(axis="x", color=INK, alpha=0.15, linewidth=0.7)
    axis.set_axisbelow(True)


def _ratio_ticks(most: float) -> list[float]:
    """Powers of ten, with 1/3 and 3 where there is room for them."""
    thirds = [-np.log10(3), np.log10(3)] if most <= 1.3 else []
    return sorted([*(float(r) for r in _RATIOS), *thirds])


def _regions(panel: BodyBands) -> list[tuple[float, str]]:
    """Middle row and name of every run of strips that share a name."""
    regions: list[tuple[float, str]] = []
    start = 0
    for i in range(1, len(panel.names) + 1):
        if i == len(panel.names) or panel.names[i] != panel.names[start]:
            regions.append((float(panel.edges[start] + panel.edges[i] - 1) / 2, panel.names[start]))
            start = i
    return regions


def _draw_moments(figure: Figure | SubFigure, panel: Moments) -> None:
    count = max(len(panel.meetings), 1)
    grid = figure.add_gridspec(4, count, height_ratios=(1.5, 1.5, 1, 1))
    columns = body_columns([f for m in panel.meetings for f in m.frames]) if panel.meetings else slice(0, 0)
    for i, meeting in enumerate(panel.meetings):
        for row, (frame, number) in enumerate(zip(meeting.frames, meeting.numbers, strict=True)):
            axis = figure.add_subplot(grid[row, i])
            _body(axis, tinted(frame, panel.edges, meeting.tones)[:, columns])
            axis.set_xlabel(f"frame {number}", fontsize=7.5, labelpad=1)
            if row == 0:
                axis.set_title(f"{_LETTERS[i]}: {meeting.label}", fontsize=8)
            if i == 0:
                axis.set_ylabel(panel.lines[row].label, fontsize=7.5)
    for row, line in enumerate(panel.lines):
        axis = figure.add_subplot(grid[2 + row, :])
        _time_line(axis, line, [m.numbers[row] for m in panel.meetings])
        low, high = panel.reach
        ends = [float(end) for each in panel.lines for end in (*each.values, *each.won)]
        axis.set_ylim(1.1 * min(low, *ends, 0.0), 1.25 * max(high, *ends))


def _time_line(axis: Axes, line: TimeLine, marked: list[int]) -> None:
    colours = [APART if value > won else ALIKE for value, won in zip(line.values, line.won, strict=True)]
    axis.bar(line.places, line.values, 2.4, color=colours, linewidth=0)
    axis.step(line.places, line.won, where="mid", color=INK, linewidth=0.9)
    axis.axhline(0, color=INK, linewidth=0.6)
    for letter, number in zip(_LETTERS, marked, strict=False):
        nearest = int(np.abs(line.places - number).argmin())
        height = max(float(line.values[nearest]), float(line.won[nearest]))
        axis.annotate(
            letter, (line.places[nearest], height), fontsize=8, ha="center", va="bottom", fontweight="bold",
            xytext=(0, 1), textcoords="offset points",
        )  # fmt: skip
    axis.set_xlabel(f"frame of {line.label}", fontsize=8)
    axis.set_ylabel("%", fontsize=8)
    axis.tick_params(labelsize=7.5)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    axis.yaxis.set_major_locator(MaxNLocator(nbins=3))
    tidy(axis)
