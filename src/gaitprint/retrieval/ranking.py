"""What a search answers: for each probe its nearest gallery sequences, as a value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from jaxtyping import Float

from gaitprint.errors import ShapeError
from gaitprint.retrieval.knn.neighbors import nearest
from gaitprint.tables import Columns, data_frame
from gaitprint.types import SequenceRecord


@dataclass(frozen=True)
class Match:
    """One gallery sequence as an answer to a probe."""

    place: int
    """1 is the nearest."""
    key: str
    subject: str | None
    distance: float
    """Of the pipeline; small is alike."""


@dataclass(frozen=True)
class Ranking(Sequence[tuple[Match, ...]]):
    """The matches of every probe, nearest first: `ranking[0][0]` is the first probe's nearest."""

    probes: tuple[SequenceRecord, ...]
    matches: tuple[tuple[Match, ...], ...]
    """One tuple a probe."""

    def __post_init__(self) -> None:
        if len(self.probes) != len(self.matches):
            raise ShapeError(f"{len(self.probes)} probes came with {len(self.matches)} lists of matches: one each")

    def __len__(self) -> int:
        return len(self.matches)

    @overload
    def __getitem__(self, index: int) -> tuple[Match, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> "Ranking": ...
    def __getitem__(self, index: int | slice) -> "tuple[Match, ...] | Ranking":
        if isinstance(index, slice):
            return Ranking(self.probes[index], self.matches[index])
        return self.matches[index]

    def __iter__(self) -> Iterator[tuple[Match, ...]]:
        return iter(self.matches)

    def to_columns(self) -> Columns:
        """List every match with its probe: probe, probe_subject, place, key, subject, distance."""
        rows = [(probe, match) for probe, some in zip(self.probes, self.matches, strict=True) for match in some]
        return {
            "probe": [probe.key for probe, _ in rows],
            "probe_subject": [probe.subject for probe, _ in rows],
            "place": [match.place for _, match in rows],
            "key": [match.key for _, match in rows],
            "subject": [match.subject for _, match in rows],
            "distance": [match.distance for _, match in rows],
        }

    def to_frame(self) -> Any:
        """Make a pandas data frame of `to_columns`.

        Raises:
            ConfigError: pandas is not installed.
        """
        return data_frame(self.to_columns())


def ranking(
    distances: Float[np.ndarray, "Q G"],
    probes: Sequence[SequenceRecord],
    gallery: Sequence[SequenceRecord],
    top: int,
) -> Ranking:
    """Rank the gallery for every probe, ties in gallery order; `top` matches each, or all where there are fewer."""
    rows = nearest(distances, top)
    matches = tuple(
        tuple(
            Match(place + 1, gallery[g].key, gallery[g].subject, float(distances[q, g])) for place, g in enumerate(row)
        )
        for q, row in enumerate(rows)
    )
    return Ranking(tuple(probes), matches)
