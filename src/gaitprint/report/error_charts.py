"""DET plot, distributions of distances and reliability diagram as SVG text that follows a page's colours."""

from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import ndtri

from gaitprint.report._drawing import INK, SERIES, STYLE, label, line_style, marker, tidy, to_svg
from gaitprint.report.error_curves import DetCurve, Distributions, ReliabilityCurve

TICKS = (0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_TOP = 0.8
"""No rate above is drawn: nobody works there."""
BELOW = 30.0
"""The DET plot goes on below the least rate that the subjects can show, down to this part of it."""
DASHED = (0, (4, 2.5))

ErrorCurve = DetCurve | Distributions | ReliabilityCurve


def error_chart(curve: ErrorCurve) -> str:
    """SVG text of the figure."""
    with mpl.rc_context(STYLE):
        keyed = 0.2 * len(curve.series) if isinstance(curve, DetCurve) else 0.0  # its key stands below, a line a name
        figure = Figure(figsize=(4.7, 3.9 + keyed), layout="constrained")
        axes = figure.add_subplot()
        if isinstance(curve, DetCurve):
            _det(figure, axes, curve)
        elif isinstance(curve, Distributions):
            _distributions(figure, axes, curve)
        else:
            _reliability(axes, curve)
        tidy(axes)
        return to_svg(figure)


def spoken_error_chart(curve: ErrorCurve) -> str:
    """What the figure says, for those who cannot see it."""
    if isinstance(curve, DetCurve):
        parts = [
            f"{name}: from {100 * y[0]:.3g} % missed at {100 * x[0]:.3g} % false matches to {100 * y[-1]:.3g} % at "
            f"{100 * x[-1]:.3g} %"
            + ("" if carried.all() else ", partly of too few subjects" if carried.any() else ", of too few subjects")
            for name, (x, y, carried) in curve.series.items()
            if len(x)
        ]
    elif isinstance(curve, Distributions):
        middle = (curve.edges[:-1] + curve.edges[1:]) / 2.0
        parts = [f"{name}: most often near {middle[int(v.argmax())]:.4g}" for name, v in curve.series.items()]
    else:
        parts = [
            f"{name}: {100 * o:.0f} % observed where {100 * s:.0f} % is stated"
            for name, (stated, observed, *_) in curve.series.items()
            for s, o in zip(stated, observed, strict=True)
        ]
    return f"{curve.title}. {'; '.join(parts) or 'No values'}."


def _det(figure: Figure, axes: Axes, curve: DetCurve) -> None:
    lowest = curve.least / BELOW
    low, high = float(ndtri(min(lowest, 0.4))), float(ndtri(_TOP))
    drawn = False
    for i, (name, (x, y, carried)) in enumerate(curve.series.items()):
        use = (x >= lowest) & (x <= _TOP) & (y >= lowest) & (y <= _TOP)
        # NaN parts a line: 0 and 1 lie at infinity on this scale
        at, missed = ndtri(np.where(use, x, np.nan)), ndtri(np.where(use, y, np.nan))
        colour = SERIES[i % len(SERIES)]
        text = label(name) if use.any() else f"{label(name)} (no errors to draw)"
        axes.plot(at, _only(missed, ~carried), color=colour, linewidth=1.2, linestyle=DASHED)
        mark = marker(i)
        axes.plot(at, _only(missed, carried), color=colour, linewidth=1.8, marker=mark, markevery=[], label=text)
        for x, y, sure in zip(*curve.points.get(name, ()), strict=True):
            if not (lowest <= x <= _TOP and lowest <= y <= _TOP):
                continue  # at the plot's edge it would be read as a rate that it is not
            axes.plot(
                float(ndtri(x)),
                float(ndtri(y)),
                mark,
                color=colour,
                markersize=5,
                markerfacecolor=colour if sure else "none",
            )
        drawn = drawn or bool((use & ~carried).any())
    axes.plot([low, high], [low, high], color=INK, linewidth=0.7, linestyle=(0, (1, 3)))
    if drawn:
        axes.plot([], [], color=INK, linewidth=1.2, linestyle=DASHED, label="dashed, hollow: too few subjects")
    ticks = [t for t in TICKS if lowest * 0.999 <= t <= _TOP]
    names = [f"{100 * t:g}" for t in ticks]
    axes.set_xticks([float(ndtri(t)) for t in ticks], names)
    axes.set_yticks([float(ndtri(t)) for t in ticks], names)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.7)
    axes.set_xlabel("false match rate, %")
    axes.set_ylabel("false non-match rate, %")
    narrow = max(map(len, curve.series), default=0) <= 12
    figure.legend(loc="outside lower center", ncols=3 if narrow else 1, frameon=False, fontsize=8.5)


def _only(values: Float[np.ndarray, " K"], use: Bool[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """The values to be used and those beside them, so that two lines meet; the others are not drawn."""
    # one value on either side belongs to both lines, or a gap would stand between solid and dashed
    near = use | np.append(use[1:], False) | np.append(False, use[:-1])
    return np.where(near, values, np.nan)


def _distributions(figure: Figure, axes: Axes, curve: Distributions) -> None:
    for i, (name, values) in enumerate(curve.series.items()):
        axes.stairs(values, curve.edges, color=SERIES[i], linewidth=1.4, label=label(name), **_dashed(i))
        axes.stairs(values, curve.edges, color=SERIES[i], fill=True, alpha=0.15)
    top = 1.1 * axes.get_ylim()[1]  # room for the marks' names
    for i, (name, place) in enumerate(curve.marks.items()):
        axes.axvline(place, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
        side = "left" if place < (curve.edges[0] + curve.edges[-1]) / 2.0 else "right"
        name = f" {name} "
        axes.annotate(name, (place, top * (0.97 - 0.07 * i)), fontsize=8, ha=side, va="top", color=INK)
    axes.set_xlabel("distance")
    axes.set_ylabel("share of these pairs, %")
    axes.set_ylim(0, top)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)


def _reliability(axes: Axes, curve: ReliabilityCurve) -> None:
    axes.plot([0, 100], [0, 100], color=INK, linewidth=0.7, linestyle=(0, (1, 3)))
    for i, (name, (stated, observed, low, high, weight)) in enumerate(curve.series.items()):
        ends = np.abs(np.stack([observed - low, high - observed])) * 100.0
        style = line_style(i)
        axes.errorbar(100.0 * stated, 100.0 * observed, yerr=ends, **style, linewidth=1.4, capsize=2, label=label(name))
        axes.scatter(100.0 * stated, 100.0 * observed, s=8.0 + 160.0 * weight, color=style["color"], alpha=0.6)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 101)
    axes.set_xlabel("stated probability, %")
    axes.set_ylabel("pairs of one person, %")
    axes.legend(loc="upper left", frameon=False, fontsize=8.5)


def _dashed(number: int) -> dict[str, Any]:
    """The second outline is dashed, so that colour alone tells nothing."""
    return {"linestyle": "-" if number == 0 else (0, (5, 2))}
