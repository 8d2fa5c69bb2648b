"""A batch made by several processes is the batch that one of them makes alone."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError, DataError
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.training.prefetch import prefetched
from gaitprint.training.recipe import AugmentationChoice, TrainingSettings
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

PEOPLE = 13
LENGTHS = (9, 3, 14, 1, 6)
CHANGES = tuple(
    AugmentationChoice(name, {"probability": 0.5}).build() for name in ("flip", "rotate", "erase", "part-blur")
)


def crowd():
    """Thirteen people of one to five sequences of noise, shorter and longer than a window."""
    generator = np.random.default_rng(0)
    records, arrays = [], []
    for person in range(PEOPLE):
        for walk in range(1 + person % 5):
            name = f"{person:02d}"
            records.append(SequenceRecord(f"{name}/{walk}", name, "nm-01", "090"))
            arrays.append(generator.integers(0, 256, (LENGTHS[walk], 16, 16), np.uint8))
    return MemorySequences(tuple(records), tuple(arrays))


CROWD = crowd()


def sampler(subjects, sequences, seed=0, rank=0, ranks=1, augmentations=CHANGES, people=CROWD):
    settings = TrainingSettings(subjects=subjects, sequences=sequences, frames=6)
    return BatchSampler(
        people, settings, Preprocessing(16, 4), seed, augmentations=augmentations, rank=rank, ranks=ranks
    )


@given(
    st.sampled_from([(1, 2), (1, 5), (1, 12), (2, 1), (2, 3), (3, 1), (3, 4), (4, 3), (6, 2), (12, 1)]),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
    st.integers(0, 10**6),
    st.sampled_from([(), CHANGES]),
)
def test_the_parts_one_after_another_are_the_batch_of_one(sizes, sequences, seed, iteration, augmentations):
    ranks, share = sizes
    subjects = ranks * share
    whole = sampler(subjects, sequences, seed, augmentations=augmentations).batch(iteration)
    parts = [sampler(subjects, sequences, seed, rank, ranks, augmentations).batch(iteration) for rank in range(ranks)]
    for part in parts:
        assert part.clips.shape == (share * sequences, 1, 6, 16, 8)
        people = part.labels.reshape(share, sequences)
        assert (people == people[:, :1]).all(), "a person is in two processes' parts"
        assert len(set(people[:, 0].tolist())) == share
    assert np.concatenate([part.clips for part in parts]).tobytes() == whole.clips.tobytes()
    assert np.array_equal(np.concatenate([part.labels for part in parts]), whole.labels)


@given(st.integers(0, 5), st.integers(0, 10**6))
def test_a_part_is_the_slice_of_its_rank_and_knows_of_the_whole_draw(rank, iteration):
    alone, one = sampler(12, 3), sampler(12, 3, rank=rank, ranks=6)
    for mine, theirs in zip(one.draw(iteration), alone.draw(iteration), strict=True):
        assert np.array_equal(mine, theirs)
    place = slice(rank * 6, rank * 6 + 6)
    assert np.array_equal(one.batch(iteration).clips, alone.batch(iteration).clips[place])
    assert np.array_equal(one.batch(iteration).labels, alone.batch(iteration).labels[place])
    assert one.subjects == alone.subjects


def test_only_frames_of_the_own_part_are_read():
    asked = []

    class Spied(MemorySequences):
        def frames(self, index, start=0, stop=None):
            asked.append(index)
            return super().frames(index, start, stop)

    people = Spied(CROWD.records, tuple(CROWD.frames(i) for i in range(len(CROWD.records))))
    rows, _ = sampler(6, 2).draw(5)
    for rank in range(3):
        asked.clear()
        sampler(6, 2, rank=rank, ranks=3, people=people).batch(5)
        assert asked == rows[rank * 4 : rank * 4 + 4].tolist()


def test_parts_are_prefetched_and_travel_to_workers_like_batches():
    made = pickle.loads(pickle.dumps(sampler(4, 2, 7, rank=1, ranks=2)))
    whole = sampler(4, 2, 7)
    got = list(prefetched(made, 3, 9))
    assert [iteration for iteration, _ in got] == list(range(3, 9))
    for iteration, batch in got:
        assert np.array_equal(batch.clips, whole.batch(iteration).clips[4:])
        assert np.array_equal(batch.labels, whole.batch(iteration).labels[4:])


@pytest.mark.parametrize(("subjects", "ranks"), [(8, 3), (2, 4), (3, 2), (7, 6)])
def test_people_that_cannot_be_shared_out_are_refused_by_every_process(subjects, ranks):
    message = (
        rf"^{ranks} processes share a batch by whole subjects, training\.subjects is {subjects}: "
        rf"choose a multiple of {ranks}, or another number of processes$"
    )
    for rank in range(ranks):
        with pytest.raises(ConfigError, match=message):
            sampler(subjects, 2, rank=rank, ranks=ranks)


def test_too_few_people_for_the_whole_batch_are_refused_by_every_process():
    message = r"^a batch needs 14 subjects and the training part has 13: lower training\.subjects or give more people$"
    for rank in range(2):  # each of which would have enough for its part
        with pytest.raises(DataError, match=message):
            sampler(14, 2, rank=rank, ranks=2)
