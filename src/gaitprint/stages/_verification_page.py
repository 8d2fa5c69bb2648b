"""The page of `gaitprint verify`."""

import dataclasses

import numpy as np

from gaitprint.evaluation.reliability import Reliability
from gaitprint.evaluation.rules import Figure, bound
from gaitprint.evaluation.scores import Scores
from gaitprint.evaluation.verification_result import CalibrationFigures, Verification
from gaitprint.evaluation.verify_settings import VerifySettings
from gaitprint.report.error_curves import DetCurve, Distributions, ReliabilityCurve
from gaitprint.report.values import Cell, Percent, Report, Table
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.stages._pages import SYNTHETIC, badge, dataset_names
from gaitprint.types import Embeddings

BARS = 60
UNITS = (
    "Independent units are subjects, not pairs: n subjects carry no rate below 3/n (rule of three), and a rate is "
    "shown only where at least 30 of them erred (rule of thirty, ISO/IEC 19795-1). Intervals of 95 % by drawing "
    "subjects anew, the gallery as it is."
)


def verification_page(
    found: Verification, data: Embeddings, steps: Pipeline, settings: VerifySettings, warnings: tuple[str, ...]
) -> Report:
    """Everything that was found, as the values of a report."""
    whole = found.whole.equal_error.figure
    names = dataset_names(data.settings)
    facts = [
        *([("Data", " + ".join(SYNTHETIC if n == "synthetic" else n for n in names))] if names else []),
        ("Protocol", f"{found.protocol.title} ({found.protocol.name})"),
        ("Subjects", str(found.subjects)),
        ("Pairs of one person", str(found.whole.same_pairs)),
        ("Pairs of two people", str(found.whole.other_pairs)),
        ("Gallery without strangers", gallery_text(found)),
        ("Strangers", f"{100 * found.share:.3g} % of the subjects, {found.splits} splits"),
        ("Distance", steps.scorer.distance),
        ("Sees all probes", "yes, transductive" if found.transductive else "no"),
    ]
    tables = [_pairs_table(found), _searches_table(found), _threshold_table(found)]
    curves: list[DetCurve | Distributions | ReliabilityCurve] = [_det(found), _distributions(found)]
    if found.calibration is not None:
        tables.append(_calibration_table(found.calibration))
        curves.append(_reliability(found.calibration))
    return Report(
        title=f"Verification: {whole.text()} equal error rate" if whole.value is not None else "Verification",
        subtitle=found.label,
        facts=tuple(facts),
        warnings=warnings,
        tables=tuple(tables),
        curves=tuple(curves),
        settings={
            "pipeline": steps.settings,
            "protocol": found.protocol.name,
            "verify": dataclasses.asdict(settings),
            "embeddings": {"source": data.source, **data.settings},
        },
    )


def gallery_text(found: Verification) -> str:
    """Its size in words; a mean over the splits."""
    return f"{found.gallery.people:.4g} people, {found.gallery.sequences:.0f} sequences"


def cell(figure: Figure) -> Cell:
    """A figure with its bar, or what stands in its place."""
    if figure.value is None or figure.low is None or figure.high is None:
        return figure.short
    return Percent(100.0 * figure.value, 100.0 * figure.low, 100.0 * figure.high)


def _pairs_table(found: Verification) -> Table:
    columns = ["Probes", "Subjects", "Equal error rate, %"]
    columns += [f"FNMR at FMR {100 * p.stated:.3g} %, %" for p in found.whole.misses]
    rows = [
        (s.name, str(s.subjects), *(cell(p.figure) for p in (s.equal_error, *s.misses)), badge(found.transductive))
        for s in found.sets
    ]
    return Table("One to one: error rates of pairs", (*columns, "Sees all probes"), tuple(rows), UNITS)


def _searches_table(found: Verification) -> Table:
    columns = ["Probes"]
    columns += [f"FNIR at FPIR {100 * p.stated:.3g} %, %" for p in found.whole.not_found]
    columns += [f"Rank-{k}, %" for k, _ in found.whole.ranks]
    rows = [
        (s.name, *(cell(p.figure) for p in s.not_found), *(cell(f) for _, f in s.ranks), badge(found.transductive))
        for s in found.sets
    ]
    note = (
        f"In a gallery of {gallery_text(found)}; the figures of a larger one are worse. FNIR: known people who are not "
        "found first within the threshold; ranks are of people, without a threshold."
    )
    return Table("One to many, with strangers", (*columns, "Sees all probes"), tuple(rows), note)


def _threshold_table(found: Verification) -> Table:
    rows = [
        (f"{t.threshold:.5g}", t.why, *(cell(f) for f in (t.false_match, t.false_non_match)),
         *(cell(f) for f in (t.false_positive, t.false_negative)))
        for t in found.thresholds
    ]  # fmt: skip
    columns = ("Accept up to", "Where", "FMR, %", "FNMR, %", "FPIR, %", "FNIR, %")
    note = (
        "Distances of this pipeline and these networks only. FMR: two people taken for one; FNMR: one taken for two; "
        f"FPIR: a stranger for whom somebody is returned among {gallery_text(found)}; FNIR: somebody known who is not."
    )
    return Table("Thresholds", columns, tuple(rows), note)


def _det(found: Verification) -> DetCurve:
    series = {s.name: (s.false_match, s.false_non_match) for s in found.sets}
    return DetCurve("Detection error trade-off", series, bound(found.subjects))


def _distributions(found: Verification) -> Distributions:
    shares = np.array([0.0005, 0.9995])
    ends = np.concatenate([found.same.level(shares), found.other.level(shares)])
    edges = np.linspace(float(ends.min()), float(max(ends.max(), np.nextafter(ends.min(), np.inf))), BARS + 1)

    def bars(scores: Scores) -> np.ndarray:
        below = scores.at_most(edges)
        return np.asarray(100.0 * np.diff(below) / scores.total)

    equal = found.whole.equal_error
    marks = {"equal error": equal.threshold} if equal.figure.value is not None else {}
    series = {"one person": bars(found.same), "two people": bars(found.other)}
    return Distributions("Distances of pairs", edges, series, marks)


def _reliability(made: CalibrationFigures) -> ReliabilityCurve:
    def rows(some: Reliability) -> tuple[np.ndarray, ...]:
        values = [(b.stated, b.observed, b.observed_low, b.observed_high, b.weight) for b in some.bins]
        return tuple(np.array(values, np.float64).T)

    return ReliabilityCurve(
        f"Reliability at a prior of {100 * made.after.prior:.3g} %",
        {made.calibration.method: rows(made.after), "1 - distance / largest": rows(made.before)},
    )


def _calibration_table(made: CalibrationFigures) -> Table:
    tried = f"in {made.folds} folds, nobody on either side was fitted to" if made.folds else "fitted elsewhere"
    largest = float(made.calibration.limit)
    rows = (
        ("the prior alone", f"{made.prior_loss:.4f}", ""),
        ("1 - distance / largest", f"{made.before.log_loss:.4f}", f"{100 * made.before.calibration_error:.1f} %"),
        (f"{made.calibration.method}, {tried}", f"{made.after.log_loss:.4f}",
         f"{100 * made.after.calibration_error:.1f} %"),
    )  # fmt: skip
    note = (
        f"At a prior of {100 * made.after.prior:.3g} % that two walks are of one person; another prior shifts the log "
        f"odds. No likelihood ratio beyond {np.exp(largest):.3g} is stated, which is n/3 for n subjects: "
        "certainty that the subjects cannot carry. The outermost pairs are therefore right more often than stated."
    )
    return Table("Probability of one person", ("Calibration", "Log loss, nats", "Calibration error"), rows, note)
