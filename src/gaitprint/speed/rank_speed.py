"""What rank-1 networks reach on a store, and what each of them takes of a processor by every back end."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import DataError
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.experiments.identification import identify
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.exported.card import Precision
from gaitprint.exported.ranks import RankAgreement, rank_agreement
from gaitprint.inference.backend_choice import TORCH
from gaitprint.inference.embed_plan import Unit
from gaitprint.inference.engine import Embedder
from gaitprint.inference.memory_budget import ALONE
from gaitprint.inference.timing import take_turns
from gaitprint.processor import processor_name
from gaitprint.speed.eight_bits import FULL, REDUCED, Computed
from gaitprint.store import SequenceSet, Subset
from gaitprint.types import SequenceRecord

MOST = 500
"""Sequences of a sample, where nobody says how many: minutes on one core for a network of full size."""
Way = tuple[str, str, Precision]
"""A network and a back end, by their names, and what it computes in."""
_Vectors = Float32[np.ndarray, "_N _D"]


@dataclass(frozen=True)
class RankSpeed(Computed):
    """One network by one back end; in 8 bits, `ranks` are those of the sample."""

    rank1: float
    """Mean over probe sets, percent."""
    interval: Interval | None
    """Of it, 95 %, over subjects."""
    milliseconds: float
    """A sequence, from its pixels to its vector, one at a time; the mean."""


@dataclass(frozen=True)
class Sample:
    """Which sequences of a store were measured."""

    dataset: str
    drawn: bool
    """Whether its walkers are drawn, and no people."""
    sequences: int
    of_sequences: int
    subjects: int
    of_subjects: int

    def describe(self) -> str:
        """For people."""
        counts = (self.subjects, self.of_subjects, "subjects"), (self.sequences, self.of_sequences, "sequences")
        return ", ".join(f"{n} {what}" if n == of else f"{n} of {of} {what}" for n, of, what in counts)


@dataclass(frozen=True)
class RankSpeedReport:
    """What was measured, of whom, and on which machine."""

    points: tuple[RankSpeed, ...]
    sample: Sample
    protocol: str
    threads: int
    warnings: tuple[str, ...]
    processor: str = field(default_factory=processor_name)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "points": [point.to_dict() for point in self.points]}


def sampled(sequences: SequenceSet, most: int, generator: np.random.Generator) -> SequenceSet:
    """Whole subjects, drawn until the next one's sequences would be more than `most`; two at least.

    Raises:
        DataError: fewer than two subjects are known.
    """
    counts: dict[str, int] = {}
    for record in sequences.records:
        if record.subject is not None:
            counts[record.subject] = counts.get(record.subject, 0) + 1
    if len(counts) < 2:
        raise DataError(f"rank-1 takes two subjects or more, found {len(counts)}: choose others with --subjects")
    names = sorted(counts)
    order = [names[i] for i in generator.permutation(len(names))]
    totals = np.cumsum([counts[name] for name in order])
    kept = frozenset(order[: max(2, int(np.searchsorted(totals, most, side="right")))])
    return Subset(sequences, lambda record: record.subject in kept)


def measure_ranks(
    embedders: Mapping[Way, Embedder],
    sequences: SequenceSet,
    said: Mapping[str, object],
    request: EvaluationRequest,
    progress: Callable[[int, int, str], None],
) -> tuple[tuple[RankSpeed, ...], tuple[str, ...]]:
    """Embed every sequence alone, by each in turn, and measure what comes of it; the points and what must be said.

    Args:
        embedders: what embeds, for as many threads as torch uses; with one in 8 bits that of torch in full precision.
        said: of the data, for the embeddings' settings.
        request: protocol and comparison.
        progress: called with (sequences done, sequences in all, what is done).

    Raises:
        GaitprintError: see `Embedder.plan` and `identify`.
    """
    (plan, *_) = [embedder.plan(sequences, ALONE) for embedder in embedders.values()]
    vectors: dict[Way, list[_Vectors]] = {way: [] for way in embedders}
    seconds = dict.fromkeys(embedders, 0.0)
    for number, unit in enumerate(plan.units):
        if number == 0:
            _embed(embedders, unit, sequences)  # what a first call does besides
        found, taken = _embed(embedders, unit, sequences)
        for way in embedders:
            vectors[way].append(found[way])
            seconds[way] += taken[way]
        progress(number + 1, len(plan.units), "embedding")
    points: list[RankSpeed] = []
    warnings: dict[str, None] = {}
    # all rows before any figure, for those of 8 bits are held against the network's
    rows = {way: plan.assemble(vectors[way], embedder.layout.width) for way, embedder in embedders.items()}
    for way, embedder in embedders.items():
        network, backend, precision = way
        made = embedder.embeddings(rows[way], sequences)
        report = identify(request, replace(made, settings={**made.settings, **said}))
        warnings |= dict.fromkeys(report.warnings)
        figures = (report.mean, report.interval, 1000 * seconds[way] / len(plan.units))
        ranks = _ranks(rows, way, sequences.records)
        points.append(RankSpeed(network, backend, *figures, precision=precision, ranks=ranks))
    return tuple(points), tuple(warnings)


def _ranks(rows: Mapping[Way, _Vectors], way: Way, records: tuple[SequenceRecord, ...]) -> RankAgreement | None:
    """How well those of 8 bits agree with the network as it is."""
    network, _, precision = way
    return rank_agreement(rows[network, TORCH, FULL], rows[way], records) if precision == REDUCED else None


def _embed(
    embedders: Mapping[Way, Embedder], unit: Unit, sequences: SequenceSet
) -> tuple[dict[Way, _Vectors], dict[Way, float]]:
    """Vectors of one sequence by each in turn, and the seconds of each."""
    batch, found = unit.read(sequences), {}

    def embed(way: Way) -> None:
        found[way] = embedders[way].batch(batch)

    taken = take_turns({way: partial(embed, way) for way in embedders}, 1)
    return found, {way: seconds for way, (seconds,) in taken.items()}
