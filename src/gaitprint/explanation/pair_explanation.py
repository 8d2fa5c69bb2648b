"""One probe against one other walk: the distance by strips of the body and by moments, in frames' own rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from torch import nn

from gaitprint.errors import ConfigError
from gaitprint.explanation.additive_scorer import AdditiveScorer
from gaitprint.explanation.attribution import Explanation, Observed, explain, explainable, observe
from gaitprint.inference.engine import Embedder
from gaitprint.models.part_rows import STRIDE, PartRows
from gaitprint.types import Frames, SequenceRecord

STRIPS = 16
"""Strips that a body is shown in, at most: four rows of 64 each."""
REGIONS = (
    (0.13, "head"), (0.19, "neck"), (0.32, "shoulders"), (0.42, "chest"), (0.51, "waist, elbows"),
    (0.60, "hips, hands"), (0.74, "thighs"), (0.80, "knees"), (0.93, "shins"), (1.01, "feet"),
)  # fmt: skip
"""Where on a standing body, as shares of the height from the top: roughly, for people differ and coats hide."""

Walk = tuple[SequenceRecord, Frames, Sequence[Observed]]
"""Who walks, the frames, and what each network saw in them."""


@dataclass(frozen=True, eq=False)
class Strips:
    """Horizontal strips of a frame, and which part belongs to which."""

    edges: Int[np.ndarray, " _"]
    """First rows of the strips, and the row after the last."""
    of_part: Int[np.ndarray, " P"]
    """Of each part, over all networks in their order, the strip that holds the middle of its band."""
    seen: Int[np.ndarray, "S 2"]
    """All rows that can change a strip."""
    frames_seen: int
    """Frames that can change what one moment says."""
    stride: int = STRIDE
    """Frames that one moment is made of."""

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the strips: roughly the region of the body that the middle lies in."""
        middles = (self.edges[:-1] + self.edges[1:]) / 2 / self.edges[-1]
        return tuple(next(name for end, name in REGIONS if middle < end) for middle in middles)

    def summed(self, parts: Float64[np.ndarray, " P *rest"]) -> Float64[np.ndarray, " S *rest"]:
        """Parts' contributions as strips'."""
        result = np.zeros((len(self), *parts.shape[1:]))
        np.add.at(result, self.of_part, parts)
        return result


@dataclass(frozen=True, eq=False)
class PairExplanation:
    """A probe and another walk, in pieces that add up to `total`."""

    role: str
    """What the other is to the probe: "right one", "wrong one", "other"."""
    probe: SequenceRecord
    other: SequenceRecord
    scorer: AdditiveScorer
    distance: float
    total: float
    """What the pieces add up to: the distance itself, or its square."""
    strips: Float64[np.ndarray, " S"]
    moments: Float64[np.ndarray, "S A B"]
    """By strip, moment of the probe and moment of the other."""
    probe_won: Float64[np.ndarray, " A"]
    """The share of the probe's features that comes from each of its moments."""
    other_won: Float64[np.ndarray, " B"]
    probe_frames: Frames
    other_frames: Frames


def strips_of(embedders: Sequence[Embedder]) -> Strips:
    """The strips that the parts of some networks together make.

    Raises:
        ConfigError: a network of which nobody said where its parts are, or networks with other moments.
    """
    rows = [part_rows(e.network, e.preprocessing.height) for e in embedders]
    strides = sorted({r.stride for r in rows})
    if len(strides) > 1:
        frames = " and ".join(map(str, strides))
        raise ConfigError(f"networks are explained together where their moments are of as many frames, found {frames}")
    size = embedders[0].preprocessing.size
    # no more strips than parts of one map: a strip without a part would show nothing
    count = min(STRIPS, *(len(r.band) // 2 for r in rows))
    bands, fields = (
        np.concatenate([_in_frames(getattr(r, name), e) for r, e in zip(rows, embedders, strict=True)])
        for name in ("band", "field")
    )
    edges = np.round(np.arange(count + 1) * size / count).astype(np.int64)
    # the middle decides: bands of networks of other heights may cross an edge
    of_part = np.searchsorted(edges, bands.mean(axis=1), side="right") - 1
    seen = np.array([[fields[of_part == s, 0].min(), fields[of_part == s, 1].max()] for s in range(count)])
    return Strips(edges, of_part, seen, max(r.frames_seen for r in rows), strides[0])


def part_rows(network: nn.Module, rows: int) -> PartRows:
    """Which rows the parts of a network are about, for clips of so many rows.

    Raises:
        ConfigError: the network does not say it.
    """
    described = explainable(network).part_rows(rows)
    if described is None:
        raise ConfigError(
            f"explaining needs to know which rows a part is about, and {type(network).__module__} does not say it: "
            "give the network a method part_rows, see PartNetwork"
        )
    return described


def seen_by(embedders: Sequence[Embedder], frames: Frames, fusion: str) -> list[Observed]:
    """What all networks made of a walk, as `fuse` puts it together."""
    seen = [observe(e, frames) for e in embedders]
    return [o.at_unit_length() for o in seen] if fusion == "unit" and len(seen) > 1 else seen


def explain_pair(
    strips: Strips,
    role: str,
    probe: Walk,
    other: Walk,
    scorer: AdditiveScorer,
) -> PairExplanation:
    """A probe against another walk; each is its record, its frames, and what was seen in them."""
    explanation: Explanation = explain(probe[2], other[2], scorer.part_sum)
    return PairExplanation(
        role, probe[0], other[0], scorer, explanation.distance, explanation.total,
        strips.summed(explanation.parts), strips.summed(explanation.moments),
        _won(probe[2]), _won(other[2]), probe[1], other[1],
    )  # fmt: skip


def frame_of(moment: int, length: int, stride: int = STRIDE) -> int:
    """The middle one of a moment's frames; a walk too short for the stride was repeated."""
    return (stride * moment + stride // 2) % length


def _won(seen: Sequence[Observed]) -> Float64[np.ndarray, " S"]:
    return np.asarray(np.mean([o.shares.mean(axis=(0, 1)) for o in seen], axis=0))


def _in_frames(rows: Int[np.ndarray, "P 2"], embedder: Embedder) -> Int[np.ndarray, "P 2"]:
    return rows * embedder.preprocessing.reduce
