"""One figure of several runs in one chart, wide enough to be read on a phone."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from gaitprint.report._drawing import DASHES, SERIES, STYLE, line_style, tidy, to_svg
from gaitprint.report.values import LineChart


def line_chart(chart: LineChart) -> str:
    """SVG text of the chart; its lines are named by the page's key, in the same colours and dashes."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.7, 3.0), layout="constrained")
        axes = figure.add_subplot()
        for i, (x, y) in enumerate(chart.series.values()):
            shown = np.isfinite(y) & (y > 0 if chart.logarithmic else True)
            marker = "o" if chart.points or shown.sum() == 1 else None
            axes.plot(x[shown], y[shown], **line_style(i), linewidth=1.5, marker=marker, markersize=3.5)
        if chart.logarithmic:
            _logarithmic(axes, [y for _, y in chart.series.values()])
        if chart.reach is not None:
            # only the axis of values: the places stay those of the lines
            axes.update_datalim([(axes.dataLim.x0, end) for end in chart.reach], updatex=False)
            axes.autoscale_view()
        axes.set_xlabel(chart.x_label)
        axes.set_ylabel(chart.y_label)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=chart.x_label == "iteration", min_n_ticks=1))
        tidy(axes)
        return to_svg(figure)


def _logarithmic(axes: Axes, values: Sequence[Float[np.ndarray, " _"]]) -> None:
    """Powers of ten as plain numbers; over few of them also their doubles and halves."""
    shown = np.concatenate([v[np.isfinite(v) & (v > 0)] for v in values])
    if not len(shown):
        return
    axes.set_yscale("log")
    narrow = shown.max() <= 100 * shown.min()
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,), numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def spoken_chart(chart: LineChart) -> str:
    """What the chart says, for those who cannot see it: where every run begins and ends."""
    parts = []
    for name, (x, y) in chart.series.items():
        places, values = x[np.isfinite(y)], y[np.isfinite(y)]
        if len(values):
            parts.append(f"{name}: from {values[0]:.4g} to {values[-1]:.4g} at {chart.x_label} {places[-1]:.4g}")
    return f"{chart.title}. {'; '.join(parts) or 'No values'}."


def key_style(number: int) -> str:
    """CSS of a line of the page's key, as `line_chart` draws the run of this number."""
    style = line_style(number)
    place = SERIES.index(style["color"])
    dashes = DASHES.index(style["linestyle"])
    pattern = ("none", "7.5 3", "2.2 2.2", "9 3 2.2 3")[dashes]
    return f"stroke: var(--series-{place + 1}); stroke-dasharray: {pattern}"
