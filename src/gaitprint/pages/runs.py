"""The page of `gaitprint model runs`: a table of the runs, what sets them apart, and their curves in common charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gaitprint.experiments.run_folders import Run
from gaitprint.experiments.run_history import BINS, Column, binned
from gaitprint.report.values import Cell, LineChart, Report, Table


@dataclass(frozen=True)
class _Drawn:
    """A figure of the history and how it is drawn."""

    name: str
    title: str
    unit: str = ""
    factor: float = 1.0
    logarithmic: bool = False
    points: bool = False
    scale: str = ""
    """Figures of one word are drawn over one axis of values."""


FIGURES = (
    _Drawn("loss", "Loss"),
    _Drawn("active_share", "Share of non-zero triplets", "%", 100.0),
    _Drawn("accuracy", "Accuracy of the classifier on its batches", "%", 100.0),
    _Drawn("validation_rank1", "Rank-1 on the subjects held out", "%", points=True),
    _Drawn("learning_rate", "Learning rate", logarithmic=True),
    _Drawn("positive_distance", "Mean distance within a person", scale="distance"),
    _Drawn("negative_distance", "Mean distance between people", scale="distance"),
    _Drawn("gradient_norm", "Norm of the gradient", logarithmic=True),
    _Drawn("clips_per_second", "Clips a second"),
    _Drawn("data_wait", "Waiting for data, an iteration", "ms", 1000.0),
)
OVER = {"iteration": "iterations", "minutes": "minutes of work"}
NOT_SAID = "not given"
SIDE_BY_SIDE = 4
"""Runs whose settings are compared in a column each; of more, every value names its runs."""


def runs_page(
    runs: Sequence[Run],
    names: Sequence[str],
    differences: Mapping[str, tuple[str | None, ...]],
    damaged: Sequence[str],
    over: str,
) -> Report:
    """The page as values."""
    count = f"{len(runs)} training run" + ("" if len(runs) == 1 else "s")
    finished = sum(run.state == "finished" for run in runs)
    warnings = [*damaged, *(f"{name}: {note}" for name, run in zip(names, runs, strict=True) for note in run.notes)]
    if over == "minutes":
        silent = [name for name, run in zip(names, runs, strict=True) if run.elapsed is None]
        warnings += [f"{name}: its history has no clips_per_second, so no curve over minutes" for name in silent]
    tables = [Table("Runs", COLUMNS, tuple(row(n, r) for n, r in zip(names, runs, strict=True)), NOTE)]
    if differences:
        tables.append(compared(differences, names))
    charts = on_one_scale([chart(figure, runs, names, over) for figure in FIGURES])
    return Report(
        title=count,
        subtitle=f"{finished} of {len(runs)} finished; curves over {OVER[over]}",
        warnings=tuple(warnings),
        tables=tuple(tables),
        key=tuple(names),
        curves=tuple(c for c in charts if any(len(y) for _, y in c.series.values())),
        settings=runs[0].settings if len(runs) == 1 else {},
    )


_FIGURES_SHOWN = ("Loss", "Accuracy", "Non-zero triplets", "Best validation", "Minutes")
COLUMNS = ("Run", "Recipe", "Network", "Subjects", "Iterations", *_FIGURES_SHOWN, "Code")
NOTE = (
    "Loss, accuracy and share of non-zero triplets: means of the last 50 iterations. Minutes of work; a curve of many "
    "iterations shows means over short stretches."
)


def row(name: str, run: Run) -> tuple[Cell, ...]:
    """One run's line of the table."""
    subjects = "" if run.subjects is None else str(run.subjects)
    data = f"{subjects} of {run.dataset}" if subjects and run.dataset else subjects or run.dataset
    last = run.last
    return (
        name,
        run.recipe,
        run.network,
        data or "—",
        f"{run.iterations} of {run.planned}, {run.state}",
        f"{last['loss']:.4f}" if "loss" in last else "—",
        f"{100 * last['accuracy']:.1f} %" if "accuracy" in last else "—",
        f"{100 * last['active_share']:.1f} %" if "active_share" in last else "—",
        "—" if run.best is None else f"{run.best[0]:.1f} % at {run.best[1]}",
        "—" if run.minutes is None else f"{run.minutes:.1f}",
        run.code or "—",
    )


def compared(differences: Mapping[str, tuple[str | None, ...]], names: Sequence[str]) -> Table:
    """The settings that differ."""
    title, columns = "What sets them apart", ("Setting", *names)
    if len(names) > SIDE_BY_SIDE:
        rows = [(key, value, ", ".join(who)) for key, value, who in grouped(differences, names)]
        return Table(title, ("Setting", "Value", "Runs"), tuple(rows))
    side = [(key, *(NOT_SAID if v is None else v for v in values)) for key, values in differences.items()]
    return Table(title, columns, tuple(side))


def grouped(
    differences: Mapping[str, tuple[str | None, ...]], names: Sequence[str]
) -> list[tuple[str, str, list[str]]]:
    """A line for each value of each setting, with the runs that have it."""
    lines = []
    for key, values in differences.items():
        for value in dict.fromkeys(values):
            who = [name for name, own in zip(names, values, strict=True) if own == value]
            lines.append((key, NOT_SAID if value is None else value, who))
    return lines


def on_one_scale(charts: Sequence[LineChart]) -> list[LineChart]:
    """The charts of `FIGURES`, those that are to be compared over one axis of values."""
    scaled = list(charts)
    for scale in {figure.scale for figure in FIGURES if figure.scale}:
        places = [i for i, figure in enumerate(FIGURES) if figure.scale == scale]
        values = np.concatenate([y[np.isfinite(y)] for i in places for _, y in charts[i].series.values()])
        if len(values):
            for i in places:
                scaled[i] = replace(charts[i], reach=(float(values.min()), float(values.max())))
    return scaled


def chart(figure: _Drawn, runs: Sequence[Run], names: Sequence[str], over: str) -> LineChart:
    """One figure of all runs."""
    nothing = np.zeros(0)
    places: list[Column | None] = [
        r.columns.get("iteration") if over == "iteration" else None if r.elapsed is None else r.elapsed / 60
        for r in runs
    ]
    # one width for all runs: points of a short run are means over as many iterations as those of a long one
    width = max((float(x.max()) for x in places if x is not None and len(x)), default=0.0) / BINS
    series: dict[str, tuple[Column, Column]] = {}
    for name, run, x in zip(names, runs, places, strict=True):
        y = run.columns.get(figure.name)
        series[name] = (nothing, nothing) if x is None or y is None else binned(x, figure.factor * y, width)
    return LineChart(figure.title, series, over, figure.unit, figure.logarithmic, figure.points)
