"""Error rates as columns, a rate a row. The names are those of the report's CSV files."""

from typing import Any

from gaitprint.evaluation.statistics.sample_size import ErrorRate
from gaitprint.evaluation.verification.result import Verification
from gaitprint.tables import Columns, as_columns

RATES = ("probe_set", "figure", "stated_percent", "percent", "low_percent", "high_percent", "threshold", "subjects",
         "erring", "carried", "reason")  # fmt: skip


def rate_columns(verification: Verification) -> Columns:
    """List the error rates: EER, FNMR at each FMR, FNIR at each FPIR, and searches of known people."""
    rows: list[tuple[Any, ...]] = []
    for s in verification.sets:
        figures: list[tuple[str, float | None, ErrorRate, float | None]] = []
        figures.append(("EER", None, s.equal_error.figure, s.equal_error.threshold))
        figures += [("FNMR at FMR", p.stated, p.figure, p.threshold) for p in s.misses]
        figures += [("FNIR at FPIR", p.stated, p.figure, p.threshold) for p in s.not_found]
        figures += [(f"rank-{k} of people", None, figure, None) for k, figure in s.ranks]
        for name, stated, figure, threshold in figures:
            ends = [None if v is None else 100.0 * v for v in (stated, figure.value, figure.low, figure.high)]
            counted = (figure.subjects, figure.erring, figure.carried, figure.reason)
            rows.append((s.name, name, *ends, threshold, *counted))
    return as_columns(RATES, rows)
