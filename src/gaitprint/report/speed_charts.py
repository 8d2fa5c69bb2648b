"""How fast networks embed, and what rank-1 that buys, as PNG files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import Bbox

from gaitprint.atomic_files import atomic_file
from gaitprint.errors import ShapeError
from gaitprint.report._drawing import SERIES, STYLE, label, line_style, marker, tidy

_SMALL, _FAINT = 8.5, 0.35
_Side = Literal["left", "center", "right"]


@dataclass(frozen=True)
class SpeedLine:
    """One back end over lengths of clips."""

    frames: tuple[int, ...]
    milliseconds: tuple[float, ...]
    """A clip, half of the rounds took less."""
    high: tuple[float, ...]
    """95 of 100 took less."""
    share: tuple[float | None, ...]
    """Of the machine's matrix rate, 0..1."""

    def __post_init__(self) -> None:
        if not self.frames or len({len(row) for row in (self.frames, self.milliseconds, self.high, self.share)}) != 1:
            raise ShapeError(f"a line of speeds has figures for each of its lengths, found {self}")


@dataclass(frozen=True)
class RankPoint:
    """What one network by one back end takes and finds."""

    network: str
    backend: str
    milliseconds: float
    """A sequence."""
    rank1: float
    """Percent."""
    interval: tuple[float, float] | None
    """Of it, 95 %."""

    def __post_init__(self) -> None:
        if not self.milliseconds > 0:
            raise ShapeError(f"a point takes a time above 0, found {self}")


def write_speed_chart(path: Path, networks: Mapping[str, Mapping[str, SpeedLine]], title: str) -> None:
    """Write a column of two charts a network, time above and share of the matrix rate below, whole or not at all.

    Args:
        networks: back ends and their lines by network.

    Raises:
        DataError: the folder cannot be written to.
    """
    backends = list(dict.fromkeys(name for lines in networks.values() for name in lines))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(max(5.0, 0.9 + 2.5 * len(networks)), 5.6), layout="constrained")
        charts = figure.subplots(2, len(networks), squeeze=False, sharex="col", sharey="row", height_ratios=(3, 2))
        for (above, below), (network, lines) in zip(charts.T, networks.items(), strict=True):
            for name, line in lines.items():
                _speed_lines(above, below, line, backends.index(name))
            above.set_title(network, fontsize=9.5)
            below.set_xlabel("frames of a clip")
            below.set_xticks(sorted({n for line in lines.values() for n in line.frames}))
            below.margins(x=0.12)
            tidy(above)
            tidy(below)
        above, below = charts[:, 0]
        above.set_ylabel("milliseconds a sequence")
        above.set_yscale("log")
        _plain_numbers(above, "y")
        below.set_ylabel("of the matrix rate, %")
        below.set_ylim(bottom=0)
        handles = [_key(i, name) for i, name in enumerate(backends)]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=_SMALL)
        figure.suptitle(title, fontsize=10)
        _write(path, figure)


def write_rank_chart(path: Path, points: Sequence[RankPoint], title: str) -> None:
    """Write rank-1 over milliseconds a sequence, a point for each network and back end, whole or not at all.

    Raises:
        DataError: the folder cannot be written to.
    """
    backends = list(dict.fromkeys(point.backend for point in points))
    networks = dict.fromkeys(point.network for point in points)
    colours = {name: SERIES[i % len(SERIES)] for i, name in enumerate(networks)}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for point in points:
            _rank_point(axes, point, colours[point.network], backends.index(point.backend))
        axes.set_xscale("log")
        axes.margins(x=0.18, y=0.12)
        _plain_numbers(axes, "x")
        axes.set_xlabel("milliseconds a sequence")
        axes.set_ylabel("rank-1, %")
        keys = [Line2D([], [], color=colour, linewidth=3, label=label(name)) for name, colour in colours.items()]
        figure.legend(handles=keys, loc="outside lower center", ncols=min(4, len(keys)), frameon=False, fontsize=_SMALL)
        figure.suptitle(title, fontsize=10)
        tidy(axes)
        _label_points(figure, axes, [(p, colours[p.network]) for p in points])
        _write(path, figure)


def _write(path: Path, figure: Figure) -> None:
    with atomic_file(path) as stream:
        FigureCanvasAgg(figure)
        figure.savefig(stream, format="png", dpi=200, facecolor="white")


def _key(number: int, name: str) -> Line2D:
    return Line2D([], [], **line_style(number), marker=marker(number), markersize=4, label=label(name))


def _speed_lines(above: Axes, below: Axes, line: SpeedLine, number: int) -> None:
    style: dict[str, Any] = {**line_style(number), "marker": marker(number), "markersize": 4, "linewidth": 1.6}
    above.plot(line.frames, line.milliseconds, **style)
    if len(line.frames) > 1:
        above.fill_between(line.frames, line.milliseconds, line.high, color=style["color"], alpha=0.13, linewidth=0)
    known = [(n, 100 * share) for n, share in zip(line.frames, line.share, strict=True) if share is not None]
    if known:
        below.plot(*zip(*known, strict=True), **style)


def _rank_point(axes: Axes, point: RankPoint, colour: str, number: int) -> None:
    if point.interval is not None:
        axes.plot([point.milliseconds] * 2, point.interval, color=colour, linewidth=1.2, alpha=_FAINT)
    axes.plot([point.milliseconds], [point.rank1], color=colour, marker=marker(number), markersize=6, linestyle="none")


def _plain_numbers(axes: Axes, which: str) -> None:
    """A logarithmic axis with 1, 2, 5, 10 and so on."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _label_points(figure: Figure, axes: Axes, points: Sequence[tuple[RankPoint, str]]) -> None:
    """The back end beside each point, where it covers no other label and no point as far as there is such a place."""
    figure.draw_without_rendering()
    places = axes.transData.transform([(p.milliseconds, p.rank1) for p, _ in points])
    taken: list[Bbox] = []
    for point, colour in points:
        made = axes.annotate(
            label(point.backend), (point.milliseconds, point.rank1), (0, 0),
            textcoords="offset points", va="center", fontsize=_SMALL, color=colour,
        )  # fmt: skip
        clashes = []
        for place in _AROUND:
            box = _moved(made, place)
            clashes.append(sum(box.overlaps(other) for other in taken) + sum(box.contains(*at) for at in places))
            if not clashes[-1]:
                break
        taken.append(_moved(made, _AROUND[clashes.index(min(clashes))]))


def _moved(text: Annotation, place: tuple[int, int, _Side]) -> Bbox:
    """Move a label beside its point, and answer the pixels that it covers."""
    x, y, side = place
    text.xyann = (x, y)
    text.set_horizontalalignment(side)
    return text.get_window_extent()


_SIDES: tuple[tuple[int, _Side], ...] = ((0, "center"), (7, "left"), (-7, "right"))
_AROUND = tuple((x, sign * y, side) for y in (9, 19, 29, 39) for x, side in _SIDES for sign in (1, -1))
"""Offsets in points at which a label is tried, the nearest first."""
