"""The page of `gaitprint eval verify`."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from gaitprint.evaluation.statistics.sample_size import MARK, bound
from gaitprint.evaluation.verification.reliability import Reliability
from gaitprint.evaluation.verification.result import CalibrationFigures, SetFigures, Verification
from gaitprint.evaluation.verification.scores import Scores
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.pages.verification_tables import gallery_text, pairs_table, searches_table, threshold_table
from gaitprint.provenance.dataset_names import spoken_datasets
from gaitprint.report.error_curves import DetCurve, Distributions, ReliabilityCurve
from gaitprint.report.values import Report, Table
from gaitprint.types import Embeddings

BARS = 60


def verification_page(
    verification: Verification,
    data: Embeddings,
    request: EvaluationRequest,
    settings: VerifySettings,
    warnings: tuple[str, ...],
) -> Report:
    """Everything that was found, as the values of a report."""
    whole = verification.whole.equal_error.figure
    names = spoken_datasets(data.settings)
    facts = [
        *([("Data", names)] if names else []),
        ("Protocol", f"{verification.protocol.title} ({verification.protocol.name})"),
        ("Subjects", str(verification.subjects)),
        ("Pairs of one person", str(verification.whole.same_pairs)),
        ("Pairs of two people", str(verification.whole.other_pairs)),
        ("Gallery without strangers", gallery_text(verification)),
        ("Strangers", f"{100 * verification.share:.3g} % of the subjects, {verification.splits} splits"),
        ("Distance", request.steps.scorer.distance),
        ("Sees all probes", "yes, transductive" if verification.transductive else "no"),
    ]
    tables = [pairs_table({"": verification}), searches_table({"": verification}), threshold_table(verification)]
    curves: list[DetCurve | Distributions | ReliabilityCurve] = [
        det_curve("Detection error trade-off", {s.name: s for s in verification.sets}, verification.subjects),
        distributions(verification),
    ]
    if verification.calibration is not None:
        tables.append(_calibration_table(verification.calibration))
        curves.append(_reliability(verification.calibration))
    title = f"Verification: {whole.text().removesuffix(MARK).strip()} equal error rate"
    return Report(
        title=title if whole.carried else f"{title} of too few subjects",
        subtitle=verification.label,
        facts=tuple(facts),
        warnings=warnings,
        tables=tuple(tables),
        curves=tuple(curves),
        settings={
            "pipeline": request.steps.settings,
            "protocol": verification.protocol.name,
            "verify": {**dataclasses.asdict(settings), "seed": request.seed, "resamples": request.resamples},
            "embeddings": {"source": data.source, **data.settings},
        },
    )


def det_curve(title: str, sets: Mapping[str, SetFigures], subjects: int) -> DetCurve:
    """Both error rates against each other, with the equal error rate and the points asked for marked."""
    return DetCurve(
        title,
        {name: (s.false_match, s.false_non_match, s.det_carried) for name, s in sets.items()},
        bound(subjects),
        {name: _det_points(s) for name, s in sets.items()},
    )


def _det_points(figures: SetFigures) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False match and false non-match rates to be marked, and whether the subjects carry them."""
    equal = figures.equal_error.figure
    points = [(p.reached, p.figure.value, p.figure.carried) for p in figures.misses]
    rates = np.array([(x, y, carried) for x, y, carried in (*points, (equal.value, equal.value, equal.carried))
                      if y is not None], np.float64).reshape(-1, 3)  # fmt: skip
    return rates[:, 0], rates[:, 1], rates[:, 2] > 0


def distributions(verification: Verification, title: str = "Distances of pairs") -> Distributions:
    """How often each distance occurs, of one person's pairs and of two people's; the outermost are cut off."""
    # a few outliers would leave all bars in one corner
    shares = np.array([0.0005, 0.9995])
    ends = np.concatenate([verification.same.level(shares), verification.other.level(shares)])
    # two edges must differ, even where all distances are equal
    edges = np.linspace(float(ends.min()), float(max(ends.max(), np.nextafter(ends.min(), np.inf))), BARS + 1)

    def bars(scores: Scores) -> np.ndarray:
        below = scores.at_most(edges)
        return np.asarray(100.0 * np.diff(below) / scores.total)

    marks = {"equal error": verification.whole.equal_error.threshold}
    series = {"one person": bars(verification.same), "two people": bars(verification.other)}
    return Distributions(title, edges, series, marks)


def _reliability(figures: CalibrationFigures) -> ReliabilityCurve:
    def rows(reliability: Reliability) -> tuple[np.ndarray, ...]:
        values = [(b.stated, b.observed, b.observed_low, b.observed_high, b.weight) for b in reliability.bins]
        return tuple(np.array(values, np.float64).T)

    return ReliabilityCurve(
        f"Reliability at a prior of {100 * figures.after.prior:.3g} %",
        {figures.calibration.method: rows(figures.after), "1 - distance / largest": rows(figures.before)},
    )


def _calibration_table(figures: CalibrationFigures) -> Table:
    tried = f"tried on people it was not fitted on, {figures.folds} folds" if figures.folds else "fitted elsewhere"
    largest = float(figures.calibration.limit)
    rows = (
        ("the prior alone", f"{figures.prior_loss:.4f}", ""),
        ("1 - distance / largest", f"{figures.before.log_loss:.4f}", f"{100 * figures.before.calibration_error:.1f} %"),
        (f"{figures.calibration.method}, {tried}", f"{figures.after.log_loss:.4f}",
         f"{100 * figures.after.calibration_error:.1f} %"),
    )  # fmt: skip
    note = (
        f"At a prior of {100 * figures.after.prior:.3g} % that two walks are of one person; another prior shifts the "
        f"log odds. No likelihood ratio beyond {np.exp(largest):.3g} is stated, which is n/3 for n subjects: "
        "so few subjects cannot show more certainty. The outermost pairs are therefore right more often than stated."
    )
    return Table("Probability of one person", ("Calibration", "Log loss, nats", "Calibration error"), rows, note)
