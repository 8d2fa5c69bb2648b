"""How every figure looks, and how it becomes SVG that follows a page's light or dark colours.

Lines are drawn in marked colours, which the finished SVG replaces by `currentColor` and CSS variables with a fallback,
so the text also stands alone.
"""

import hashlib
import io
import re
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK = "#1b1f24"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#b08800", "#4477aa", "#882255", "#666666")
"""Colours that people with any colour vision tell apart (after Okabe and Ito), dark enough for white paper."""
STYLE = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "svg.hashsalt": "gaitprint",
    "text.parse_math": False,
}
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
MARKERS = "osD^vPX*"


def line_style(number: int) -> dict[str, Any]:
    """Colour and dashes of one of many lines, counted from 0: no two of the first 32 are alike."""
    dashes = DASHES[(number + number // len(SERIES)) % len(DASHES)]
    return {"color": SERIES[number % len(SERIES)], "linestyle": dashes}


def marker(number: int) -> str:
    """The mark on one of many lines, counted from 0: lines of one colour have different ones."""
    return MARKERS[(number + number // len(SERIES)) % len(MARKERS)]


def label(name: str) -> str:
    """A line's name for its key: matplotlib leaves out labels that begin with an underscore."""
    return f" {name}" if name.startswith("_") else name


def tidy(axes: Axes) -> None:
    """Leave no frame but the axes, and draw faint lines to read values by."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.7)
    axes.tick_params(length=0)


def to_svg(figure: Figure) -> str:
    """The figure as an <svg> element that follows the page around it."""
    stream = io.StringIO()
    # neither date nor program: equal figures are equal text
    FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None, "Creator": None})
    return _themed(stream.getvalue())


def _themed(svg: str) -> str:
    """Only the <svg> element: colours and letters of the page, ids of its own, the width of its container."""
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    # exact hexadecimal colours, which matplotlib writes as they were given
    svg = svg.replace(INK, "currentColor")
    for i, colour in enumerate(SERIES):
        svg = svg.replace(colour, f"var(--series-{i + 1}, {colour})")
    # several figures stand on one page, where ids must differ; by content, so that equal pages are equal text
    prefix = "f" + hashlib.sha256(svg.encode()).hexdigest()[:8] + "-"
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", svg)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r' (width|height)="[^"]*"', "", opening)
    return f'{opening} style="stroke-linejoin: round" font-family="sans-serif">{rest}'
