"""From sequences to embeddings: whole sequences through a network, batched where they are equally long."""

import logging
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float32
from torch import nn

from gaitprint.atomic_files import sha256_json
from gaitprint.backends import ClipStream
from gaitprint.devices import DEVICE, card_memory
from gaitprint.errors import ConfigError, DataError
from gaitprint.inference.backend_choice import TORCH
from gaitprint.inference.clip_averaging import WHOLE, ClipAveraging
from gaitprint.inference.cut_windows import CutWindows
from gaitprint.inference.embed_plan import ClipBatch, EmbedPlan, Unit
from gaitprint.inference.memory_budget import bytes_a_frame, frames_within, usual_memory
from gaitprint.inference.numerics import FLOAT32
from gaitprint.inference.running import STREAMING, Runner, open_runner, streaming
from gaitprint.inference.walk_stream import WHOLE_WALK, Sliding, WalkStream
from gaitprint.memory import check_room
from gaitprint.models.making import part_layout
from gaitprint.models.view_offsets import NO_OFFSETS, ViewOffsets
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import SequenceSet
from gaitprint.texts import listing
from gaitprint.types import Embeddings, SequenceRecord

_LOG = logging.getLogger(__name__)

LONG = 6000
"""Frames of a sequence that is asked about before it is embedded."""


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
        backend: str = TORCH,
        precision: str = FLOAT32,
    ) -> None:
        self.network = network.to(device).eval()
        self.backend, self.precision = backend, precision
        self._run = open_runner(self.network, backend, device, precision)
        self._runners = {backend: self._run}
        self.preprocessing, self.device, self.averaging = preprocessing, device, averaging
        self.offsets = NO_OFFSETS
        made_by = {} if averaging.plain else {"averaging": asdict(averaging)}
        if precision != FLOAT32:
            made_by["precision"] = {"computed": precision}
        self.facts = {**facts, **made_by}
        self.layout = part_layout(network)
        # everything that changes a vector, and nothing else: equal sources may be compared, device and batch size are
        # not in it
        self.source = sha256_json(["embedding", digest, preprocessing.__dict__, *made_by.values()])

    def clips(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N D"]:
        """Vectors of clips of one length, all frames used."""
        return np.ascontiguousarray(self._run(clips).reshape(len(clips), -1))

    def computed_by(self, run: Runner, precision: str) -> "Embedder":
        """The same network, of which something else computes the part features.

        Args:
            precision: what it computes in; part of the vectors' source.
        """
        other = copy(self)
        # no runners: a stream by an exact back end would carry the source of what is not
        other._run, other._runners, other.precision = run, {}, precision
        other.facts = {**self.facts, "precision": {"computed": precision}}
        other.source = sha256_json([self.source, "computed", precision])
        return other

    def subtracting(self, offsets: ViewOffsets) -> "Embedder":
        """The same network, from whose vectors what their views add is taken away; `digest` has to tell them apart."""
        other = copy(self)
        other.offsets = offsets
        return other

    def embed(
        self,
        sequences: SequenceSet,
        memory: int | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Embeddings:
        """One vector a sequence, in the order of `sequences.records`, from all its frames.

        Args:
            memory: see `plan`; the vectors do not depend on it beyond rounding.
            progress: called with (sequences done, sequences in all).

        Raises:
            DataError: there is no sequence.
            RoomError: one is so long that the network's features of it would not fit into memory.
        """
        plan = self.plan(sequences, memory)
        done = 0

        def computed() -> Iterator[Float32[np.ndarray, "_N _D"]]:
            nonlocal done
            for unit in plan.units:
                yield self.batch(unit.read(sequences))
                done += len(unit.clips)
                progress(plan.sequences_in(done), len(sequences.records))

        return self.embeddings(plan.assemble(computed(), self.layout.width), sequences)

    def plan(self, sequences: SequenceSet, memory: int | None = None) -> EmbedPlan:
        """What has to be computed.

        Args:
            memory: bytes that what is computed together may take, about; `ALONE`: one clip at a time; None: the usual,
                by this machine.

        Raises:
            DataError: there is no sequence.
            RoomError: one is so long that the network's features of it would not fit into memory.
        """
        if not sequences.records:
            raise DataError("there is no sequence to embed: check the selection of subjects, conditions and views")
        memory = usual_memory(self.device) if memory is None else memory
        plan = EmbedPlan(sequences.lengths, self.averaging, frames_within(memory, self.bytes_a_frame))
        self._check_room(plan.units[-1], sequences)
        return plan

    def batch(self, batch: ClipBatch) -> Float32[np.ndarray, "N D"]:
        """Vectors of a unit's clips, from their pixels."""
        clips = np.stack([to_clip(frames, self.preprocessing) for frames in batch.frames])
        mirrored = np.array(batch.mirrored)
        clips[mirrored] = clips[mirrored, :, :, ::-1]
        return self.clips(clips)

    def embeddings(self, vectors: Float32[np.ndarray, "N D"], sequences: SequenceSet) -> Embeddings:
        """Vectors with their records and where they come from."""
        return self._rows(vectors, sequences.records, sequences.fingerprint)

    def stream(self, record: SequenceRecord, sliding: Sliding = WHOLE_WALK, backend: str = STREAMING) -> WalkStream:
        """Open a walk that arrives frame by frame, of which nothing is kept that later frames do not need.

        Args:
            record: whose walk it is.
            sliding: which windows are embedded; the whole walk where not given.
            backend: what computes. Streams of one embedder share it, and so one thread.

        Raises:
            ConfigError: a back end that takes whole walks only, windows that are averaged, or that there are not.
        """
        if self.averaging.windows:
            raise ConfigError("a stream cannot spread windows over a walk without end: load the model without windows")
        window, stride = sliding.window, sliding.stride
        streams: list[ClipStream] = []
        for _ in range(2 if self.averaging.flip else 1):
            if sliding.cut:
                streams.append(CutWindows(self._opened_by(backend), window, stride))
            else:
                streams.append(streaming(self.network, backend, self._opened_by).stream(window, stride))
        return WalkStream(streams, self.preprocessing, record, self._rows, sliding)

    def _opened_by(self, backend: str) -> Runner:
        """What computes by another back end, too; opened once."""
        if backend not in self._runners:
            device = self.device if backend == TORCH else DEVICE
            self._runners[backend] = open_runner(self.network, backend, device, self.precision)
        return self._runners[backend]

    def _rows(
        self, vectors: Float32[np.ndarray, "N D"], records: tuple[SequenceRecord, ...], fingerprint: str
    ) -> Embeddings:
        settings: dict[str, object] = {"networks": [self.facts], "data": fingerprint}
        if unknown := self.offsets.unknown(records):
            _LOG.warning("the model knows no offset of %s: nothing is subtracted there", listing(unknown))
        return Embeddings(self.offsets.subtract(vectors, records), records, self.layout, self.source, settings)

    def _check_room(self, longest: Unit, sequences: SequenceSet) -> None:
        frames = longest.length
        if frames > LONG:
            key = sequences.records[longest.clips[0].row].key
            what, way_out = (
                f"embedding {key}, {frames} frames at once,",
                "cut the sequence, or average over windows of it",
            )
            check_room(frames * self.bytes_a_frame, what, way_out, card_memory(self.device))

    @cached_property
    def bytes_a_frame(self) -> float:
        """Memory at the peak for each frame that is computed together."""
        frame = self.preprocessing.height, self.preprocessing.width
        return bytes_a_frame(self.network, frame, self.device)
