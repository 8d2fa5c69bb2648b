"""From sequences to embeddings: whole sequences through a network, batched where they are equally long."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from gaitprint.errors import DataError
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.storage import sha256_json
from gaitprint.store import SequenceSet
from gaitprint.types import Embeddings, PartLayout

FRAMES_AT_ONCE = 600
"""Frames of one batch, a bound on memory: about 0.5 GB for the largest network."""


class Embedder:
    """One trained network with the preprocessing it was trained with.

    Sequences are batched only with others of equal length, so that no padding exists that could leak into a maximum
    over time: a sequence embeds alike alone and in a batch.
    """

    def __init__(
        self, network: nn.Module, preprocessing: Preprocessing, digest: str, facts: dict[str, Any], device: str = "cpu"
    ) -> None:
        self.network = network.to(device).eval()
        self.preprocessing, self.device, self.facts = preprocessing, device, facts
        layout = network.layout
        assert isinstance(layout, PartLayout)
        self.layout = layout
        self.source = sha256_json(["embedding", digest, preprocessing.__dict__])

    @torch.inference_mode()
    def clips(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N D"]:
        """Vectors of clips of one length, all frames used."""
        batch = torch.from_numpy(clips[:, None]).to(self.device)
        parts = self.network(batch).embedding
        vectors = parts.float().flatten(1).cpu().numpy()
        return np.ascontiguousarray(vectors)

    def embed(
        self,
        sequences: SequenceSet,
        frames_at_once: int = FRAMES_AT_ONCE,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Embeddings:
        """One vector a sequence, in the order of `sequences.records`, from all its frames.

        Args:
            frames_at_once: bound on the frames of a batch; the vectors do not depend on it beyond rounding.
            progress: called with (sequences done, sequences in all).

        Raises:
            DataError: there is no sequence.
        """
        records = sequences.records
        if not records:
            raise DataError("there is no sequence to embed: check the selection of subjects, conditions and views")
        vectors = np.empty((len(records), self.layout.width), np.float32)
        done = 0
        for rows in _equal_lengths(sequences.lengths, frames_at_once):
            clips = np.stack([to_clip(sequences.frames(i), self.preprocessing) for i in rows])
            vectors[rows] = self.clips(clips)
            done += len(rows)
            progress(done, len(records))
        settings: dict[str, object] = {"networks": [self.facts], "data": sequences.fingerprint}
        return Embeddings(vectors, records, self.layout, self.source, settings)


def _equal_lengths(lengths: tuple[int, ...], frames_at_once: int) -> Iterator[list[int]]:
    """Rows grouped by length, no group beyond `frames_at_once` frames (but at least one sequence)."""
    groups: dict[int, list[int]] = {}
    for row, length in enumerate(lengths):
        groups.setdefault(length, []).append(row)
    for length in sorted(groups):
        size = max(1, frames_at_once // length)
        rows = groups[length]
        for start in range(0, len(rows), size):
            yield rows[start : start + size]
