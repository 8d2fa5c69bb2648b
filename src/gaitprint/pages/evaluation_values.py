"""What evaluations say, put into the plain values of a report."""

from collections.abc import Mapping, Sequence

import numpy as np

from gaitprint.checks.names import odd_names
from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.evaluation.statistics.intervals import Interval
from gaitprint.provenance.seen_warnings import familiar_warnings
from gaitprint.report.values import Badge, HeatMap, Percent
from gaitprint.types import Embeddings

FEW_SUBJECTS = 20
SYNTHETIC = "synthetic walkers, not people"


def percent(value: float | None, interval: Interval | None = None) -> Percent:
    """A figure and its interval as a cell; NaN and None are empty."""
    if value is None or not np.isfinite(value):
        return Percent(None)
    if interval is None:
        return Percent(value)
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
    if names := dataset_names(embeddings.settings):
        facts.insert(0, ("Data", " + ".join(SYNTHETIC if n == "synthetic" else n for n in names)))
    if isinstance(networks, list) and networks:
        facts.insert(0, ("Networks", " + ".join(_network(n) for n in networks)))
    return facts


def dataset_names(settings: Mapping[str, object]) -> list[str]:
    """The data sets that embeddings say they come from, each once; fused ones hold their parts' settings."""
    networks = settings.get("networks")
    parts = [s for s in networks if isinstance(s, Mapping)] if isinstance(networks, list) else []
    own = settings.get("dataset")
    inner = [name for part in parts for name in dataset_names(part)]
    return list(dict.fromkeys([*([own] if isinstance(own, str) else []), *inner]))


def people_warnings(embeddings: Sequence[Embeddings]) -> list[str]:
    """Of whom the figures are: walkers that are drawn, people whom a network has seen, or who may be one person."""
    odd = dict.fromkeys(f"{f.what} ({f.named()}): {f.advice}." for e in embeddings for f in odd_names(e.records))
    return [*synthetic_warnings(embeddings), *familiar_warnings(embeddings), *(s[0].upper() + s[1:] for s in odd)]


def synthetic_warnings(embeddings: Sequence[Embeddings]) -> list[str]:
    """Drawn walkers must never be taken for people."""
    if not any("synthetic" in dataset_names(e.settings) for e in embeddings):
        return []
    return ["Synthetic walkers are not people: these figures say nothing about how well anybody is recognised."]


def data_warnings(evaluations: Sequence[Evaluation]) -> list[str]:
    """What a reader must know: listed sequences that are not there, empty cells, unmatched probes, few subjects."""
    found: dict[str, None] = {}
    for evaluation in evaluations:
        found |= {f"{note}.": None for note in absent_notes(evaluation.protocol, evaluation.records)}
        for result in evaluation.results:
            for note in (*result.notes, *_unmatched(evaluation, result)):
                found[f"{result.name}: {note}."] = None
    subjects = max(r.counts.subjects for e in evaluations for r in e.results)
    if subjects < FEW_SUBJECTS:
        people = "subject" if subjects == 1 else "subjects"
        found[f"Only {subjects} {people}: figures and intervals say little about other people."] = None
    return list(found)


def chance_warnings(label: str, evaluation: Evaluation) -> list[str]:
    """An alarm for figures near blind guessing: one sentence, or none."""
    near = [r for r in evaluation.results if r.chance < 50 and r.mean < 2 * r.chance]
    if not near:
        return []
    figures = ", ".join(f"{r.name} {r.mean:.1f} %" for r in near)
    chances = sorted({f"{r.chance:.1f}" for r in near}, key=float)
    return [
        f"{label}: {figures}, near blind guessing ({' or '.join(chances)} %): the network has learnt nothing, "
        "or its vectors and records do not belong together."
    ]


def _unmatched(evaluation: Evaluation, result: ProbeSetResult) -> list[str]:
    counts = result.counts
    if not counts.unmatched:
        return []
    if counts.left_out:
        return [f"{counts.unmatched} of {counts.trials} comparisons have no right item in the gallery and are left out"]
    without = "" if result.mean_matched is None else f"; without them the figure is {result.mean_matched:.1f} %"
    share = f"{counts.unmatched} of {counts.trials} comparisons have no right item in the gallery and count as wrong"
    return [share + (without if evaluation.protocol.unmatched == "both" else "")]


def _network(facts: object) -> str:
    if isinstance(facts, dict):
        if isinstance(facts.get("networks"), list):
            return " + ".join(_network(n) for n in facts["networks"])
        return str(facts.get("title") or facts.get("network") or "unnamed")
    return str(facts)
