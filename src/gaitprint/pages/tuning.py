"""The page of a tuning."""

from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.report.values import Badge, Cell, Percent, Report, Table
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.tuning.result import FamilyResult, TuneReport

CANDIDATES = 100
"""Of those that all subjects tried, the best so many are shown."""


def tuning_page(report: TuneReport) -> Report:
    """What was taken, what was refused, and all that was tried."""
    facts = report.facts
    shown = (
        ("Subjects", f"{len(facts['subjects'])} ({facts['subjects'][0]} to {facts['subjects'][-1]})"),
        ("Protocol", str(facts["protocol"])),
        ("Folds", f"{facts['repeats']} times {facts['folds']} folds of subjects"),
        ("Who measures", f"galleries of {facts['people_measuring']} people; {facts['people_choosing']} others choose"),
        ("Pipelines tried", str(len(report.candidates))),
        ("Intervals", "95 %, paired, bootstrap over subjects"),
    )
    return Report(
        title=f"Settings chosen: {report.family}",
        subtitle=report.label,
        facts=shown,
        findings=(report.reason, *(family.verdict for family in report.families)),
        warnings=report.warnings,
        tables=(_families(report), _candidates(report)),
        settings={"pipeline": report.pipeline, **facts},
    )


def _families(report: TuneReport) -> Table:
    rows = tuple(_row(family) for family in report.families)
    note = (
        "Rank-1 of subjects under settings that others chose, who share no gallery with them. A row is taken if the "
        "interval of its gain over the last one taken lies above 0. In the last column those who chose measure "
        "themselves: too good."
    )
    columns = (
        "Steps",
        "Rank-1, %",
        "Over plain, points",
        "Over the last taken",
        "Verdict",
        "Chosen",
        "On the choosers, %",
    )
    taken = next(i for i, family in enumerate(report.families) if family.family == report.family)
    highest = report.families.index(report.highest)
    marks = {highest: "highest", taken: "chosen"} if highest != taken else {taken: "chosen, highest"}
    return Table("What each step is worth to others", columns, rows, note, taken, marks)


def _row(family: FamilyResult) -> tuple[Cell, ...]:
    verdict = Badge("start") if family.gain is None else Badge("taken", "good") if family.taken else Badge("refused")
    return (
        family.family,
        Percent(family.figure),
        _points(family.over_plain),
        _points(family.gain),
        verdict,
        Pipeline.from_settings(family.chosen).label,
        f"{family.inside:.1f}",
    )


def _candidates(report: TuneReport) -> Table:
    ordered = sorted(report.candidates, key=lambda c: -c.mean)[:CANDIDATES]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Pipeline.from_settings(c.pipeline).label, c.family, Percent(c.mean)) for c in ordered
    )
    note = (
        f"The highest {len(rows)} of {len(report.candidates)} on all subjects together. These subjects chose among "
        "them, so the figures are too good; what was chosen is decided above, on subjects that did not choose."
    )
    return Table("Pipelines tried", ("Pipeline", "Steps", "Rank-1, %"), rows, note)


def _points(interval: Interval | None) -> str:
    return "—" if interval is None else f"{interval.mean:+.1f} ({interval.low:+.1f} to {interval.high:+.1f})"
