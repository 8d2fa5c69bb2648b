"""Tables of error rates, of one pipeline or of several beside each other."""

from collections.abc import Mapping, Sequence

from gaitprint.evaluation.statistics.sample_size import NOBODY, ErrorRate, legend
from gaitprint.evaluation.verification.result import Verification
from gaitprint.pages.evaluation_values import badge
from gaitprint.report.values import Cell, Percent, Table

UNITS = "Subjects are counted, not pairs; intervals of 95 % by drawing subjects anew, the gallery as it is."

BY_SET = ", by probe set"


def gallery_text(verification: Verification) -> str:
    """Say the size of the gallery, a mean over the splits."""
    return f"{verification.gallery.people:.4g} people, {verification.gallery.sequences:.0f} sequences"


def cell(figure: ErrorRate) -> Cell:
    """A figure with its bar, marked where the subjects do not carry it."""
    if figure.value is None or figure.low is None or figure.high is None:
        return NOBODY
    return Percent(100.0 * figure.value, 100.0 * figure.low, 100.0 * figure.high, figure.reason)


def noted(note: str, rows: Sequence[Sequence[Cell]], subjects: int) -> str:
    """The note below a table, with the mark's meaning where a row holds one."""
    marked = any(isinstance(cell, Percent) and cell.uncarried for row in rows for cell in row)
    return f"{note} {legend(subjects)}" if marked else note


def pairs_table(verified: Mapping[str, Verification], whole: bool = False, folded: bool = False) -> Table:
    """Error rates of pairs, of every pipeline (by its name, empty where there is one) and probe selection.

    `whole` leaves the single probe selections out; a `folded` table says in its title that it has them.
    """
    first = next(iter(verified.values()))
    columns = ["Probes", "Subjects", "Equal error rate, %"]
    columns += [f"FNMR in % at FMR {100 * p.stated:.3g} %" for p in first.whole.misses]
    rows = [
        (_named(name, s.name), str(s.subjects), *(cell(p.figure) for p in (s.equal_error, *s.misses)),
         badge(verification.transductive))
        for name, verification in verified.items()
        for s in (verification.sets[-1:] if whole else verification.sets)
    ]  # fmt: skip
    title = "One to one: error rates of pairs" + (BY_SET if folded else "")
    return Table(title, (*columns, "Sees all probes"), tuple(rows), noted(UNITS, rows, first.subjects), folded=folded)


def searches_table(verified: Mapping[str, Verification], whole: bool = False, folded: bool = False) -> Table:
    """Error rates of searches with strangers, likewise."""
    first = next(iter(verified.values()))
    columns = ["Probes"]
    columns += [f"FNIR in % at FPIR {100 * p.stated:.3g} %" for p in first.whole.not_found]
    columns += [f"Rank-{k}, %" for k, _ in first.whole.ranks]
    rows = [
        (_named(name, s.name), *(cell(p.figure) for p in s.not_found), *(cell(f) for _, f in s.ranks),
         badge(verification.transductive))
        for name, verification in verified.items()
        for s in (verification.sets[-1:] if whole else verification.sets)
    ]  # fmt: skip
    note = (
        f"In a gallery of {gallery_text(first)}; the figures of a larger one are worse. FNIR: known people who are not "
        "found first within the threshold; ranks are of people, without a threshold."
    )
    title = "One to many, with strangers" + (BY_SET if folded else "")
    return Table(title, (*columns, "Sees all probes"), tuple(rows), noted(note, rows, first.subjects), folded=folded)


def threshold_table(verification: Verification, name: str = "", folded: bool = False) -> Table:
    """What each threshold does, of one pipeline."""
    rows = [
        (f"{t.threshold:.5g}", t.why, *(cell(f) for f in (t.false_match, t.false_non_match)),
         *(cell(f) for f in (t.false_positive, t.false_negative)))
        for t in verification.thresholds
    ]  # fmt: skip
    columns = ("Accept up to", "Where", "FMR, %", "FNMR, %", "FPIR, %", "FNIR, %")
    note = (
        "Distances of this pipeline and these networks only. FMR: two people taken for one; FNMR: one taken for two; "
        f"FPIR: a stranger for whom somebody is returned among {gallery_text(verification)}; FNIR: somebody known "
        "who is not."
    )
    title = f"Thresholds: {name}" if name else "Thresholds"
    return Table(title, columns, tuple(rows), noted(note, rows, verification.subjects), folded=folded)


def _named(name: str, probes: str) -> str:
    return f"{name}: {probes}" if name else probes
