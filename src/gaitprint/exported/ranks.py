"""The gate of an 8-bit export: the ranks of walkers stay what they are in full precision."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import ArtefactError
from gaitprint.exported.equality import Runner
from gaitprint.exported.trial import Trial
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.types import SequenceRecord

AGREEMENT, RANK_1_CHANGE = 99.0, 0.2
"""Per cent of nearest neighbours at least, and points of rank-1 at most."""


@dataclass(frozen=True)
class RankAgreement:
    """Every sequence is a probe, the others but those of the same walk its gallery; Euclid."""

    sequences: int
    agreement: float
    """Per cent of the probes whose nearest neighbour is the same."""
    exact: float
    """Rank-1 in per cent, in full precision."""
    reduced: float
    """Likewise, in the other."""

    @property
    def passes(self) -> bool:
        """Whether both are near enough."""
        # differences of per cents are rounded
        return self.agreement >= AGREEMENT and abs(self.reduced - self.exact) <= RANK_1_CHANGE + 1e-9

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def describe(self) -> str:
        """Half a line."""
        return (
            f"{self.agreement:.1f} % of the nearest neighbours of {self.sequences} sequences agree, rank-1 "
            f"{self.exact:.1f} -> {self.reduced:.1f}"
        )


def rank_agreement(
    exact: Float32[np.ndarray, "N D"], reduced: Float32[np.ndarray, "N D"], records: Sequence[SequenceRecord]
) -> RankAgreement:
    """Compare the ranks that two networks give the same sequences."""
    _, walks = np.unique([f"{r.subject}\n{r.condition}" for r in records], return_inverse=True)
    subjects = np.array([str(r.subject) for r in records])
    nearest = []
    for vectors in (exact, reduced):
        distances = flat_euclidean(vectors, vectors)
        distances[walks[:, None] == walks[None]] = np.inf
        nearest.append(distances.argmin(axis=1))
    first, second = nearest
    right = [100 * float(np.mean(subjects[found] == subjects)) for found in nearest]
    return RankAgreement(len(records), 100 * float(np.mean(first == second)), *right)


def check_ranks(
    exact: Float32[np.ndarray, "N D"], run: Runner, trial: Trial, where: str, tick: Callable[[], None]
) -> RankAgreement:
    """How well ranks agree, where that is well enough.

    Args:
        exact: the vectors of the trial's clips in full precision.
        run: the network in 8 bits.
        where: what runs it, for the error.
        tick: called after every clip.

    Raises:
        ArtefactError: it is not.
    """
    found = rank_agreement(exact, vectors_of(run, trial, tick), trial.records)
    if not found.passes:
        raise ArtefactError(
            f"nothing is written: with 8 bits in {where}, on {trial.source}, {found.describe()}; it takes "
            f"{AGREEMENT:g} % and {RANK_1_CHANGE} points: calibrate on your own store (--calibration), or omit --int8"
        )
    return found


def vectors_of(run: Runner, trial: Trial, tick: Callable[[], None]) -> Float32[np.ndarray, "N D"]:
    """A vector a clip of those that are ranked."""
    vectors = []
    for clip in trial.clips:
        vectors.append(run(clip).reshape(-1))
        tick()
    return np.stack(vectors)
