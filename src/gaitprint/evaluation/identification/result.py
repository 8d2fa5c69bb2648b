"""What an evaluation found: figures in percent, intervals, and the outcome of every probe."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.errors import ProtocolError, did_you_mean
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.protocol.trials import Trials
from gaitprint.evaluation.statistics.bands import Bands
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.types import SequenceRecord


@dataclass(frozen=True)
class Outcome:
    """The outcome of one probe in one gallery."""

    probe: str
    """Key of the probe."""
    row: str
    """The probe's view, or the draw's number, or empty."""
    column: str
    """The gallery's view, or empty for a pooled gallery."""
    counted: bool
    """Whether the cell takes part in the mean (identical views do not)."""
    rank: int
    """Place of the first right item, from 1; 0 where the subject is not in this gallery."""
    right: bool
    """Whether the nearest item is of the probe's subject."""
    right_key: str | None
    """The nearest item of the probe's subject; None where it is not in this gallery."""
    right_distance: float | None
    wrong_key: str | None
    """The nearest item of another subject; None where there is none."""
    wrong_distance: float | None


@dataclass(frozen=True)
class Counts:
    """The amounts of data that a figure rests on."""

    probes: int
    """Distinct probe sequences."""
    gallery: int
    """Gallery sequences; of one draw, where galleries are drawn."""
    subjects: int
    """Subjects among the probes."""
    trials: int
    """Comparisons that count: a probe against one gallery (view by view each probe has several)."""
    unmatched: int
    """Of those, the ones whose subject is not in the gallery."""
    left_out: int
    """Trials that the protocol does not count: the unmatched, where they are left out; else none."""


@dataclass(frozen=True, eq=False)
class ProbeSetResult:
    """The figures of one probe selection: percent, unrounded; NaN is an empty cell that `notes` names."""

    name: str
    row_names: tuple[str, ...]
    """Probe views, or draws, or one empty name."""
    column_names: tuple[str, ...]
    """Gallery views, or one empty name for a pooled gallery."""
    counted: Bool[np.ndarray, "R C"]
    """Cells that count in the means: all but identical views."""
    table: Float64[np.ndarray, "R C K"]
    """Rank-k of every cell, k = 1..K."""
    rows: Float64[np.ndarray, " R"]
    """Rank-1 of each row over its counted cells."""
    mean: float
    """Rank-1: the figure of the protocol."""
    rows_matched: Float64[np.ndarray, " R"]
    """As `rows`, when unmatched probes are left out."""
    mean_matched: float | None
    """Rank-1 when unmatched probes are left out; equals `mean` where the protocol does so or none is unmatched. None
    where all are unmatched."""
    cmc: Float64[np.ndarray, " K"]
    """Cumulative match curve, averaged as `mean` is."""
    precision_rows: Float64[np.ndarray, " R"] | None
    """mAP of each row; None where the protocol does not ask for it."""
    mean_average_precision: float | None
    """mAP over matched probes, None likewise."""
    mean_inverse_penalty: float | None
    """mINP over matched probes, None likewise."""
    chance: float
    """Rank-1 of guessing blindly."""
    interval: Interval | None
    """Of `mean`, by bootstrap over subjects; None with a single subject."""
    spread: float | None
    """Standard deviation of rank-1 over the draws; None where nothing is drawn."""
    counts: Counts
    notes: tuple[str, ...]
    """Empty cells and the like, one sentence each."""
    trials: Trials
    bands: Bands | None = None
    """Intervals of all figures, from the same draws of subjects as `interval`; None with a single subject."""

    @property
    def matrix(self) -> Float64[np.ndarray, "R C"] | None:
        """Rank-1 of every cell [probe view, gallery view]; None for a pooled gallery."""
        return None if self.column_names == ("",) else self.table[:, :, 0]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, empty cells as None."""
        return {
            "name": self.name,
            "rows": list(self.row_names),
            "columns": list(self.column_names),
            "matrix": None if self.matrix is None else [_plain(row) for row in self.matrix],
            "per_row": _plain(self.rows),
            "mean": self.mean,
            "per_row_matched": _plain(self.rows_matched),
            "mean_matched": self.mean_matched,
            "cmc": _plain(self.cmc),
            "mAP_per_row": None if self.precision_rows is None else _plain(self.precision_rows),
            "mAP": self.mean_average_precision,
            "mINP": self.mean_inverse_penalty,
            "chance": self.chance,
            "interval": None if self.interval is None else asdict(self.interval),
            "intervals": None if self.bands is None else self.bands.to_dict(len(self.column_names)),
            "spread": self.spread,
            "counts": asdict(self.counts),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The figures of one protocol, with what made them."""

    protocol: Protocol
    source: str
    """Fingerprint of the embeddings."""
    label: str
    """What made the distances, for people; empty where nobody said."""
    transductive: bool | None
    """Whether the distances looked at all probes together; None where nobody said."""
    results: tuple[ProbeSetResult, ...]
    records: tuple[SequenceRecord, ...]
    """Of the embeddings."""

    def __getitem__(self, name: str) -> ProbeSetResult:
        for result in self.results:
            if result.name == name:
                return result
        known = [r.name for r in self.results]
        raise ProtocolError(f"no probe selection {name!r} was evaluated: {did_you_mean(name, known)}")

    def outcomes(self, name: str) -> Iterator[Outcome]:
        """The outcome of every probe of a probe selection, in every gallery it met."""
        result = self[name]
        trials = result.trials
        for i in range(len(trials)):
            row, column = int(trials.row[i]), int(trials.column[i])
            yield Outcome(
                probe=self.records[trials.probe[i]].key,
                row=result.row_names[row],
                column=result.column_names[column],
                counted=bool(result.counted[row, column]),
                rank=int(trials.rank[i]),
                right=bool(trials.rank[i] == 1),
                right_key=self._key(int(trials.right[i])),
                right_distance=_number(float(trials.right_distance[i])),
                wrong_key=self._key(int(trials.wrong[i])),
                wrong_distance=_number(float(trials.wrong_distance[i])),
            )

    def to_dict(self, outcomes: bool = False) -> dict[str, Any]:
        """Plain values for JSON; with `outcomes` each probe's too, which is long."""
        results = []
        for result in self.results:
            values = result.to_dict()
            if outcomes:
                values["outcomes"] = [asdict(o) for o in self.outcomes(result.name)]
            results.append(values)
        return {
            "protocol": self.protocol.name,
            "title": self.protocol.title,
            "mode": self.protocol.mode,
            "unmatched": self.protocol.unmatched,
            "source": self.source,
            "label": self.label,
            "transductive": self.transductive,
            "unit": "percent",
            "results": results,
        }

    def _key(self, row: int) -> str | None:
        return None if row < 0 else self.records[row].key


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _plain(values: Float64[np.ndarray, " R"]) -> list[float | None]:
    return [_number(float(v)) for v in values]
