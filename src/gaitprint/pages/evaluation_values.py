"""What evaluations say, put into the plain values of a report."""

import numpy as np

from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.provenance.dataset_names import spoken_datasets
from gaitprint.report.values import Badge, HeatMap, Percent
from gaitprint.types import Embeddings


def percent(value: float | None, interval: Interval | None = None) -> Percent:
    """A figure and its interval as a cell; NaN and None are empty."""
    if value is None or not np.isfinite(value):
        return Percent(None)
    if interval is None:
        return Percent(value)
    # ends may leave 0..100 by a last bit
    return Percent(value, max(interval.low, 0.0), min(interval.high, 100.0))


def badge(transductive: bool) -> Badge:
    """Whether all probes are seen at once, as a pill."""
    return Badge("transductive", "caution") if transductive else Badge("inductive")


def heat_maps(evaluation: Evaluation, title: str) -> tuple[HeatMap, ...]:
    """One map a probe set; none for a pooled gallery or draws."""
    maps = []
    for result in evaluation.results:
        if result.matrix is None:
            continue
        diagonal = not evaluation.protocol.identical_views
        ends = None if result.bands is None else result.bands.table
        maps.append(
            HeatMap(
                f"{title}: {result.name}",
                result.row_names,
                result.column_names,
                result.matrix,
                diagonal,
                low=None if ends is None else ends.low.reshape(result.matrix.shape),
                high=None if ends is None else ends.high.reshape(result.matrix.shape),
            )
        )
    return tuple(maps)


def data_facts(evaluation: Evaluation, embeddings: Embeddings) -> list[tuple[str, str]]:
    """Protocol and amounts of data."""
    counts = [r.counts for r in evaluation.results]
    networks = embeddings.settings.get("networks")
    facts = [
        ("Protocol", f"{evaluation.protocol.title} ({evaluation.protocol.name})"),
        ("Subjects", str(max(c.subjects for c in counts))),
        ("Probe sequences", " · ".join(f"{r.name} {r.counts.probes}" for r in evaluation.results)),
        ("Gallery sequences", " · ".join(sorted({str(c.gallery) for c in counts}))),
        ("Comparisons counted", str(sum(c.trials - c.left_out for c in counts))),
        ("Intervals", "95 %, bootstrap over subjects"),
    ]
    if names := spoken_datasets(embeddings.settings):
        facts.insert(0, ("Data", names))
    if isinstance(networks, list) and networks:
        facts.insert(0, ("Networks", " + ".join(_network(n) for n in networks)))
    return facts


def _network(facts: object) -> str:
    if isinstance(facts, dict):
        if isinstance(facts.get("networks"), list):
            return " + ".join(_network(n) for n in facts["networks"])
        return str(facts.get("title") or facts.get("network") or "unnamed")
    return str(facts)
