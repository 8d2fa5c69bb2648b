"""Sequences of many lengths embed together as they do alone."""

from collections import defaultdict

import numpy as np
import pytest
import torch

from gaitprint.inference.backend_choice import available
from gaitprint.inference.engine import Embedder
from gaitprint.models.making import make_network
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.types import SequenceRecord

NETWORKS = {
    "gaitgl": {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16},
    "gaitmask": {"channels": [2, 3, 4], "height": 16},
}
LONGEST = 300
SETS = 500
"""By every back end, half of them by either network."""
TOLERANCE = 1e-6
"""Of a vector's largest value: some roundings of float32, 6e-8 each; sums over few channels collect no more."""


def one_of_each_length() -> MemorySequences:
    """Sequences of 1 to 300 frames of noise."""
    rng = np.random.default_rng(0)
    frames = tuple((255 * (rng.random((n, 16, 16)) > 0.5)).astype(np.uint8) for n in range(1, LONGEST + 1))
    return MemorySequences(tuple(SequenceRecord(str(i), None, "", "") for i in range(LONGEST)), frames)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("backend", available())
def test_500_sets_of_lengths_embed_together_as_alone(backend, name):
    network = make_network(name, NETWORKS[name], None, torch.Generator().manual_seed(0))
    embedder, data = Embedder(network, Preprocessing(16, 3), "", {}, backend=backend), one_of_each_length()
    rng = np.random.default_rng(1)
    alone = [embedder.embed(MemorySequences((data.records[i],), (data.frames(i),))).vectors[0] for i in range(LONGEST)]
    batched = defaultdict(int)
    for _ in range(SETS // len(NETWORKS)):
        chosen = rng.integers(0, LONGEST, rng.integers(1, 13)).tolist()
        # half of the sets hold lengths twice: those are what is batched
        chosen += chosen[: rng.integers(0, 1 + len(chosen))] if rng.random() < 0.5 else []
        records = tuple(SequenceRecord(str(i), None, "", "") for i in range(len(chosen)))
        memory = int(rng.integers(1, 1200) * embedder.bytes_a_frame)
        sequences = MemorySequences(records, tuple(data.frames(i) for i in chosen))
        for unit in embedder.plan(sequences, memory).units:
            batched[len(unit.clips) > 1] += 1
        for i, vector in zip(chosen, embedder.embed(sequences, memory).vectors, strict=True):
            assert np.abs(vector - alone[i]).max() <= TOLERANCE * np.abs(alone[i]).max()
    assert min(batched[True], batched[False]) > 50, "sets of sequences that are together, and of those alone"
