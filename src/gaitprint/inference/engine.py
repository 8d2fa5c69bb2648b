"""From sequences to embeddings: whole sequences through a network, batched where they are equally long."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from gaitprint.atomic_files import sha256_json
from gaitprint.devices import DEVICE, card_memory
from gaitprint.errors import DataError
from gaitprint.inference.clip_averaging import WHOLE, Clip, ClipAveraging
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.memory import check_room
from gaitprint.models.making import part_layout
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import SequenceSet
from gaitprint.types import Embeddings

_LOG = logging.getLogger(__name__)
LONG, SHORT = 6000, 16
"""Frames: of a sequence that is asked about before it is embedded, and of the clip by which memory is measured."""


class Embedder:
    """One trained network with the preprocessing it was trained with.

    Sequences are batched only with others of equal length, so that no padding exists that could leak into a maximum
    over time: a sequence embeds alike alone and in a batch. Where clips are averaged, the vector is the mean of theirs.
    """

    def __init__(
        self,
        network: nn.Module,
        preprocessing: Preprocessing,
        digest: str,
        facts: dict[str, Any],
        device: str = DEVICE,
        averaging: ClipAveraging = WHOLE,
    ) -> None:
        self.network = network.to(device).eval()
        self.preprocessing, self.device, self.averaging = preprocessing, device, averaging
        self.facts = facts if averaging.plain else {**facts, "averaging": asdict(averaging)}
        self.layout = part_layout(network)
        identity = ["embedding", digest, preprocessing.__dict__]
        # everything that changes a vector, and nothing else: equal sources may be compared, device and batch size are
        # not in it
        self.source = sha256_json(identity if averaging.plain else [*identity, asdict(averaging)])

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
        frames_at_once: int = EmbedSettings.frames_at_once,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Embeddings:
        """One vector a sequence, in the order of `sequences.records`, from all its frames.

        Args:
            frames_at_once: bound on the frames of a batch; the vectors do not depend on it beyond rounding.
            progress: called with (sequences done, sequences in all).

        Raises:
            DataError: there is no sequence.
            RoomError: one is so long that the network's features of it would not fit into memory.
        """
        records = sequences.records
        if not records:
            raise DataError("there is no sequence to embed: check the selection of subjects, conditions and views")
        clips = list(self.averaging.clips(sequences.lengths))
        counts = np.bincount([clip.row for clip in clips], minlength=len(records))
        self._check_room(max(clips, key=lambda clip: clip.stop - clip.start), sequences)
        vectors = np.zeros((len(records), self.layout.width), np.float32)
        done = 0
        for batch in _equal_lengths(clips, frames_at_once):
            batch_vectors = self.clips(np.stack([self._pixels(sequences, clip) for clip in batch]))
            rows = [clip.row for clip in batch]
            if len(clips) == len(records):
                vectors[rows] = batch_vectors
            else:
                # a batch may hold several clips of one sequence: `+=` with repeated rows would add one of them only
                np.add.at(vectors, rows, batch_vectors / counts[rows, None].astype(np.float32))
            done += len(batch)
            _LOG.debug("%d of %d clips, the last of %d frames", done, len(clips), batch[-1].stop - batch[-1].start)
            progress(done * len(records) // len(clips), len(records))
        settings: dict[str, object] = {"networks": [self.facts], "data": sequences.fingerprint}
        return Embeddings(vectors, records, self.layout, self.source, settings)

    def _check_room(self, longest: Clip, sequences: SequenceSet) -> None:
        frames = longest.stop - longest.start
        if frames > LONG:
            key = sequences.records[longest.row].key
            what, way_out = (
                f"embedding {key}, {frames} frames at once,",
                "cut the sequence, or average over windows of it",
            )
            check_room(frames * self._bytes_a_frame(), what, way_out, card_memory(self.device))

    @torch.inference_mode()
    def _bytes_a_frame(self) -> float:
        """At the peak: twice what goes in and comes out of the layer that has most, on a short clip."""
        most = [0]

        def see(_: nn.Module, inputs: tuple[object, ...], outputs: object) -> None:
            both = (*inputs, *(outputs if isinstance(outputs, tuple) else (outputs,)))
            most[0] = max(most[0], sum(x.nbytes for x in both if isinstance(x, torch.Tensor)))

        hooks = [layer.register_forward_hook(see) for layer in self.network.modules() if not list(layer.children())]
        shape = (1, SHORT, self.preprocessing.height, self.preprocessing.width)
        try:
            self.clips(np.zeros(shape, np.float32))
        finally:
            for hook in hooks:
                hook.remove()
        return 2 * most[0] / SHORT

    def _pixels(self, sequences: SequenceSet, clip: Clip) -> Float32[np.ndarray, "T H W"]:
        pixels = to_clip(sequences.frames(clip.row, clip.start, clip.stop), self.preprocessing)
        return pixels[:, :, ::-1] if clip.mirrored else pixels


def _equal_lengths(clips: Sequence[Clip], frames_at_once: int) -> Iterator[list[Clip]]:
    """Clips grouped by length, no group beyond `frames_at_once` frames (but at least one clip)."""
    groups: dict[int, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.stop - clip.start, []).append(clip)
    for length in sorted(groups):
        size = max(1, frames_at_once // length)
        group = groups[length]
        for start in range(0, len(group), size):
            yield group[start : start + size]
