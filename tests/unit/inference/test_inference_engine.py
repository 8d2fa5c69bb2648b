"""A sequence embeds alike alone, in a batch, in any order, and on every run."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.errors import DataError
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.inference.engine import Embedder
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.store import MemorySequences, Subset
from gaitprint.types import SequenceRecord

SETTINGS = {
    "gaitgl": {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16},
    "gaitgl-authors": {"form": "competition", "channels": [2, 3, 4, 5], "height": 16},
    "gaitmask": {"channels": [2, 3, 4], "height": 16},
}
PLAIN = Preprocessing(16, 4)
LENGTHS = (3, 1, 5, 2, 4, 3, 12, 1, 5, 7, 2, 4, 3)


def embedder(name="gaitgl", digest="weights"):
    made = find_component("network", name.split("-")[0]).make(
        SETTINGS[name], classes=None, generator=torch.Generator().manual_seed(1)
    )
    return Embedder(made, PLAIN, digest, {"network": name})


def sequences(lengths=LENGTHS, seed=0):
    generator = np.random.default_rng(seed)
    arrays = tuple(generator.integers(0, 256, (n, 16, 16), dtype=np.uint8) for n in lengths)
    records = tuple(SequenceRecord(f"{i:02d}", f"{i % 3}" if i % 4 else None, "", "") for i in range(len(lengths)))
    return MemorySequences(records, arrays)


@pytest.mark.parametrize("name", sorted(SETTINGS))
@pytest.mark.parametrize("frames", [0, 1, 6, 10, 600])
def test_alone_is_as_in_a_batch_of_any_size(name, frames):
    data, made = sequences(), embedder(name)
    together = made.embed(data, int(frames * made.bytes_a_frame))
    assert together.records == data.records
    assert together.layout == made.layout
    for i, record in enumerate(data.records):
        with torch.no_grad():
            clip = torch.from_numpy(to_clip(data.frames(i), PLAIN))[None, None]
            alone = made.network(clip).embedding.flatten().numpy()
        error = np.linalg.norm(together.vectors[i] - alone) / np.linalg.norm(alone)
        assert error < 1e-6, (record.key, error)


@settings(max_examples=10)
@given(st.permutations(range(len(LENGTHS))), st.integers(1, 40))
def test_the_order_of_sequences_is_the_order_of_vectors(order, frames):
    data, made = sequences(), embedder()
    moved = MemorySequences(tuple(data.records[i] for i in order), tuple(data.frames(i) for i in order))
    expected, found = made.embed(data), made.embed(moved, int(frames * made.bytes_a_frame))
    assert found.records == tuple(data.records[i] for i in order)
    assert np.allclose(found.vectors, expected.vectors[order], rtol=1e-5, atol=1e-6)


def test_every_run_writes_the_same_bytes(tmp_path, one_thread):
    for i in range(3):
        save_embeddings(tmp_path / f"{i}", embedder("gaitmask").embed(sequences()))
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_all_frames_count():
    data = sequences((9,))
    whole = embedder().embed(data).vectors
    shorter = MemorySequences(data.records, (data.frames(0)[:6],))
    assert not np.allclose(embedder().embed(shorter).vectors, whole)


def test_the_network_is_put_into_evaluation():
    made = embedder("gaitmask")
    assert not made.network.training  # a mask drawn here would be an error: no generator is given
    trained = find_component("network", "gaitmask").make(
        {**SETTINGS["gaitmask"], "trunk_norm": "batch"}, classes=None, generator=torch.Generator().manual_seed(0)
    )
    trained.train()
    before = {k: v.clone() for k, v in trained.state_dict().items()}
    Embedder(trained, PLAIN, "x", {}).embed(sequences())
    assert all(torch.equal(v, before[k]) for k, v in trained.state_dict().items())


def test_progress_counts_to_the_end():
    calls = []
    made = embedder()
    made.embed(sequences(), int(6 * made.bytes_a_frame), lambda done, total: calls.append((done, total)))
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})
    assert calls[-1] == (len(LENGTHS), len(LENGTHS))
    assert {total for _, total in calls} == {len(LENGTHS)}
    assert len(calls) > len(set(LENGTHS))


def test_no_sequence_is_an_error():
    with pytest.raises(DataError, match="there is no sequence to embed: check the selection"):
        embedder().embed(Subset(sequences(), lambda r: False))


def test_the_source_covers_weights_and_preprocessing_and_nothing_else():
    data = sequences()
    base = embedder()
    assert base.embed(data).source == base.embed(sequences(seed=1)).source == embedder().source
    other = embedder(digest="other weights")
    coarse = Embedder(base.network, Preprocessing(16, 2), "weights", {})
    assert len({base.source, other.source, coarse.source}) == 3
    facts = base.embed(data).settings
    assert facts == {"networks": [{"network": "gaitgl"}], "data": data.fingerprint}
