"""Curves as SVG text that follows a page's light or dark colours, and as PNG files.

Matplotlib's object interface only: no global figure, no window.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gaitprint.atomic_files import atomic_file
from gaitprint.errors import ShapeError
from gaitprint.report._drawing import DASHES, INK, SERIES, STYLE, label, line_style, marker, tidy, to_svg
from gaitprint.report.values import CmcCurve, HistoryEntry


def cmc_figure(curve: CmcCurve, floor: float | None = None) -> str:
    """SVG text of the curves, rank on x, percent on y from `floor` up; None: from just below this curve."""
    with mpl.rc_context(STYLE):
        return to_svg(_cmc(curve, cmc_floor([curve]) if floor is None else floor))


def cmc_floor(curves: Sequence[CmcCurve]) -> float:
    """Percent at which the axes of all these curves begin, so that they can be compared."""
    drawn = [v for c in curves for v in (*c.series.values(), *(low for low, _ in c.bands.values()))]
    lowest = min((float(np.nanmin(v)) for v in drawn if np.isfinite(v).any()), default=100.0)
    # at least five percent below the lowest value, on a multiple of five
    return float(max(0.0, 5 * np.floor(lowest / 5) - 5))


def training_figure(history: Sequence[HistoryEntry]) -> str:
    """SVG text of loss and share of non-zero triplets over iterations.

    Raises:
        ShapeError: an empty history.
    """
    with mpl.rc_context(STYLE):
        return to_svg(_training(history))


def write_training_figure(path: Path, history: Sequence[HistoryEntry]) -> None:
    """Write the training curves as a PNG file of 1160 x 800 pixels, whole or not at all.

    Raises:
        ShapeError: an empty history.
        DataError: the folder cannot be written to.
    """
    with mpl.rc_context(STYLE), atomic_file(path) as stream:
        figure = _training(history)
        FigureCanvasAgg(figure)
        figure.savefig(stream, format="png", dpi=200, facecolor="white")


def heat_colour(value: float, low: float, high: float) -> tuple[str, str]:
    """Background and text colour of a heat map's cell; the text always has a contrast of 4.5 or more.

    The colours (viridis) are the same on light and dark pages.
    """
    share = 0.5 if high <= low else min(max((value - low) / (high - low), 0.0), 1.0)
    red, green, blue, _ = mpl.colormaps["viridis"](share)
    luminance = sum(w * _linear(c) for w, c in ((0.2126, red), (0.7152, green), (0.0722, blue)))
    # Against black the contrast is (L + 0.05) / 0.05, against white 1.05 / (L + 0.05): they meet at L = 0.179.
    text = "#000000" if luminance > 0.179 else "#ffffff"
    return "#" + "".join(f"{round(255 * c):02x}" for c in (red, green, blue)), text


def _cmc(curve: CmcCurve, floor: float) -> Figure:
    figure = Figure(figsize=(4.7, 3.9), layout="constrained")
    axes = figure.add_subplot()
    for i, (name, values) in enumerate(curve.series.items()):
        ranks = np.arange(1, len(values) + 1)
        if name in curve.bands:
            low, high = curve.bands[name]
            # Where nobody errs the interval is what so few people can rule out: drawn, it reads as a fall of the curve.
            colour = SERIES[i % len(SERIES)]
            axes.fill_between(ranks, low, high, where=values < 100, color=colour, alpha=0.13, linewidth=0)
        axes.plot(
            ranks,
            values,
            **line_style(i),
            marker=marker(i),
            markersize=4,
            linewidth=1.8,
            label=label(name),
        )
    axes.set_ylim(floor, 101)
    axes.set_xlabel("rank k")
    axes.set_ylabel("right within the first k, %")
    longest = max(len(values) for values in curve.series.values())
    axes.set_xticks(range(1, longest + 1) if longest <= 10 else [1, *range(5, longest + 1, 5)])
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    tidy(axes)
    return figure


def _training(history: Sequence[HistoryEntry]) -> Figure:
    if not history:
        raise ShapeError("training curves need at least one line of history, found none: train for longer")
    figure = Figure(figsize=(5.8, 4.0), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for axes, names in ((top, ("loss", "triplet", "softmax")), (bottom, ("active_share", "accuracy"))):
        drawn = _lines(axes, history, names) + (axes is bottom and _validation(axes, history))
        if drawn:
            axes.legend(loc="upper right", frameon=False, fontsize=8.5)
        tidy(axes)
        for iteration, _rate in _resets(history):
            axes.axvline(iteration, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
    for iteration, rate in _resets(history):
        top.annotate(
            f"learning rate {rate:g}", (iteration, 1.01), xycoords=("data", "axes fraction"), fontsize=8,
            ha="center", va="bottom", color=INK,
        )  # fmt: skip
    top.set_ylabel("loss")
    top.set_ylim(bottom=0)
    bottom.set_ylim(0, 1.02)
    bottom.set_ylabel("share")
    bottom.set_xlabel("iteration")
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return figure


def _lines(axes: Axes, history: Sequence[HistoryEntry], names: tuple[str, ...]) -> int:
    """Draw each value that the history has; a log without a classifier has no softmax loss and no accuracy."""
    labels = {"active_share": "non-zero triplets", "triplet": "triplet loss", "softmax": "softmax loss"}
    drawn = 0
    for i, name in enumerate(names):
        points = [(e["iteration"], e[name]) for e in history if e.get(name) is not None]
        if not points or (name == "triplet" and not any(e.get("softmax") is not None for e in history)):
            continue
        x, y = zip(*points, strict=True)
        smooth = _running_mean(np.asarray(y, float), max(1, len(points) // 60))
        if len(points) >= 120:
            axes.plot(x, y, color=SERIES[i], linewidth=0.5, alpha=0.25)
        axes.plot(
            x, smooth, color=SERIES[i], linestyle=DASHES[i], linewidth=1.6, label=labels.get(name, name),
            marker="o" if len(points) == 1 else None,
        )  # fmt: skip
        drawn += 1
    return drawn


def _validation(axes: Axes, history: Sequence[HistoryEntry]) -> bool:
    """Mark rank-1 on the subjects held out, percent in the history, wherever the run looked at them."""
    points = [(e["iteration"], y / 100) for e in history if (y := e.get("validation_rank1")) is not None]
    if points:
        places, values = zip(*points, strict=True)
        axes.plot(
            places, values, color=SERIES[2], linestyle=DASHES[2], marker="o", markersize=4, label="rank-1, held out"
        )
    return bool(points)


def _running_mean(values: Float64[np.ndarray, " T"], window: int) -> Float64[np.ndarray, " T"]:
    """Each value's mean with those before it, `window` in all where there are so many: single batches are noisy."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    means: Float64[np.ndarray, " T"] = (sums[ends] - sums[starts]) / (ends - starts)
    return means


def _resets(history: Sequence[HistoryEntry]) -> list[tuple[float, float]]:
    """Iterations at which the learning rate fell by half or more after having stood still, with the new rate."""
    rates = [(float(e["iteration"] or 0), e.get("learning_rate")) for e in history]
    known = [(iteration, float(rate)) for iteration, rate in rates if rate is not None]
    # a cosine or a warm-up changes at every step: a reset comes after two equal rates
    triples = zip(known, known[1:], known[2:], strict=False)
    return [now for first, before, now in triples if first[1] == before[1] and 2 * now[1] <= before[1] > 0]


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
