"""A report as one HTML file that needs nothing else: no network, no scripts, figures inside."""

import base64
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gaitprint.atomic_files import check_writable, write_text
from gaitprint.errors import ConfigError
from gaitprint.report.body_figures import panel_figure
from gaitprint.report.contact_sheets import encode_png
from gaitprint.report.error_charts import ErrorCurve, error_chart, spoken_error_chart
from gaitprint.report.figures import cmc_figure, cmc_floor, heat_colour, training_figure
from gaitprint.report.line_charts import key_style, line_chart, spoken_chart
from gaitprint.report.panels import spoken_panel
from gaitprint.report.values import Badge, CmcCurve, Curve, HeatMap, LineChart, Percent, Report, Strip, TrainingCurve


def write_report(path: Path, report: Report) -> None:
    """Write the whole page, or nothing.

    Raises:
        DataError: the folder cannot be written to.
    """
    write_text(path, render_report(report))


def check_report_place(path: Path) -> None:
    """Find out before long work whether a page can be written at `path`.

    Raises:
        ConfigError: the name does not end in .html: some other file could be meant, and would be lost.
        DataError: the folder cannot be written to.
    """
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"a report is an HTML page: its name ends in .html, found {str(path)!r}")
    check_writable(path)


def render_report(report: Report) -> str:
    """The page's HTML; the same report gives the same text."""
    # autoescape is what keeps names of files out of the markup; figures alone are marked as safe, and made here
    environment = Environment(
        loader=PackageLoader("gaitprint.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["percent"] = lambda cell: isinstance(cell, Percent)
    environment.tests["badge"] = lambda cell: isinstance(cell, Badge)
    low, high = _range(report.heatmaps)
    cells = [cell for table in (*report.tables, *report.details) for row in table.rows for cell in row]
    floor = cmc_floor([c for c in report.curves if isinstance(c, CmcCurve)])
    return environment.get_template("report.html.j2").render(
        report=report,
        version=version("gaitprint"),
        panels=[(p, Markup(panel_figure(p)), spoken_panel(p)) for p in report.panels],  # noqa: S704
        heatmaps=[_heat_view(h, low, high) for h in report.heatmaps],
        scale={"low": low, "high": high, "stops": [heat_colour(float(s), 0.0, 1.0)[0] for s in np.linspace(0, 1, 9)]},
        bars=any(isinstance(cell, Percent) and cell.value is not None for cell in cells),
        whiskers=any(isinstance(cell, Percent) and cell.low is not None for cell in cells),
        key=[(name, key_style(i)) for i, name in enumerate(report.key)],
        curves=[(c, Markup(_figure(c, floor)), _spoken(c), not isinstance(c, TrainingCurve)) for c in report.curves],  # noqa: S704
        image=_data_url,
        settings=list(_flat(report.settings)),
    )


def _figure(curve: Curve, floor: float) -> str:
    if isinstance(curve, ErrorCurve):
        return error_chart(curve)
    if isinstance(curve, LineChart):
        return line_chart(curve)
    return cmc_figure(curve, floor) if isinstance(curve, CmcCurve) else training_figure(curve.history)


def _spoken(curve: Curve) -> str:
    """What the figure says, for those who cannot see it."""
    if isinstance(curve, ErrorCurve):
        return spoken_error_chart(curve)
    if isinstance(curve, LineChart):
        return spoken_chart(curve)
    if isinstance(curve, CmcCurve):
        ends = "; ".join(
            f"{name}: {values[0]:.1f} % at rank 1, {values[-1]:.1f} % at rank {len(values)}"
            for name, values in curve.series.items()
        )
        return f"{curve.title}. {ends}."
    first, last = curve.history[0], curve.history[-1]
    return f"{curve.title}. Loss from {first['loss']:.4g} to {last['loss']:.4g} at iteration {last['iteration']}."


def _range(heatmaps: tuple[HeatMap, ...]) -> tuple[float, float]:
    """One colour range for all heat maps of a page, so that they can be compared: tens around all values."""
    # over all maps together, and on tens: colours of one page mean one thing
    finite = [v[np.isfinite(v)] for v in (h.shown() for h in heatmaps)]
    values = np.concatenate(finite) if finite else np.zeros(0)
    if values.size == 0:
        return 0.0, 100.0
    low, high = 10 * np.floor(values.min() / 10), 10 * np.ceil(values.max() / 10)
    if high == low:
        low = max(low - 10, 0.0)
        high = low + 10
    return float(low), float(high)


def _heat_view(heatmap: HeatMap, low: float, high: float) -> dict[str, object]:
    shown = heatmap.shown()
    rows = []
    for r, label in enumerate(heatmap.row_labels):
        cells = []
        for c, column in enumerate(heatmap.column_labels):
            if heatmap.excluded_diagonal and label == column:
                cells.append({"text": "—", "kind": "excluded", "title": "left out: identical views", "style": ""})
            else:
                cells.append(_heat_cell(float(shown[r, c]), low, high, _heat_title(heatmap, r, c)))
        rows.append(
            {"label": label, "cells": cells, "mean": _heat_cell(_mean(shown[r]), low, high, f"mean of {label}")}
        )
    columns = [_heat_cell(_mean(shown[:, c]), low, high, f"mean of {n}") for c, n in enumerate(heatmap.column_labels)]
    means = np.array([_mean(row) for row in shown])
    return {"map": heatmap, "rows": rows, "columns": columns, "mean": _heat_cell(_mean(means), low, high, "mean")}


def _heat_title(heatmap: HeatMap, row: int, column: int) -> str:
    """Name a cell, with its interval."""
    said = f"{heatmap.row_labels[row]} against {heatmap.column_labels[column]}"
    if heatmap.low is None or heatmap.high is None or np.isnan(heatmap.low[row, column]):
        return said
    return f"{said}, 95 % interval {heatmap.low[row, column]:.1f} to {heatmap.high[row, column]:.1f}"


def _heat_cell(value: float, low: float, high: float, title: str) -> dict[str, str]:
    if not np.isfinite(value):
        return {"text": "empty", "kind": "empty", "title": f"{title}: nothing to count", "style": ""}
    background, ink = heat_colour(value, low, high)
    return {"text": f"{value:.1f}", "kind": "value", "title": title, "style": f"background:{background};color:{ink}"}


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _data_url(strip: Strip) -> str:
    return "data:image/png;base64," + base64.b64encode(encode_png(strip.image)).decode("ascii")


def _flat(values: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as lines `a.b.c`, value."""
    lines: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, list | tuple) and any(isinstance(v, Mapping) for v in value):
            value = {str(i): v for i, v in enumerate(value)}
        if isinstance(value, Mapping) and value:
            lines += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple):
            lines.append((f"{prefix}{key}", ", ".join(map(str, value))))
        else:
            lines.append((f"{prefix}{key}", str(value)))
    return lines
