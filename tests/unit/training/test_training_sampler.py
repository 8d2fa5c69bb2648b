"""Batches are a function of seed and iteration, and hold what the method says."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import component_names
from gaitprint.errors import ConfigError, DataError
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.training.history import cut_history, read_history
from gaitprint.training.prefetch import AHEAD, prefetched
from gaitprint.training.recipe import AugmentationChoice, TrainingSettings
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

PLAIN = Preprocessing(size=16, cut=0)
COUNTS = {"carl": 5, "anna": 2, "dora": 1, "bert": 4}
LENGTHS = (9, 3, 14, 1, 20)


def counting(subjects=COUNTS):
    """Frame number t of row r is filled with the value 20 r + t, but for one white pixel at the top left."""
    records, arrays = [], []
    for subject, count in subjects.items():
        for walk in range(count):
            row, length = len(records), LENGTHS[walk]
            frames = (
                np.zeros((length, 16, 16), np.uint8) + (20 * row + np.arange(length, dtype=np.uint8))[:, None, None]
            )
            frames[:, 0, 0] = 255
            records.append(SequenceRecord(f"{subject}/{walk}", subject, "nm-01", "090"))
            arrays.append(frames)
    return MemorySequences(tuple(records), tuple(arrays))


def sampler(seed=0, augmentations=(), **settings):
    given_settings = {"subjects": 3, "sequences": 3, "frames": 6, **settings}
    return BatchSampler(counting(), TrainingSettings(**given_settings), PLAIN, seed, augmentations=augmentations)


def built(name, **settings):
    return AugmentationChoice(name, settings).build()


def test_labels_are_places_in_the_sorted_list_of_subjects():
    made = sampler()
    assert made.subjects == ("anna", "bert", "carl", "dora")
    seen = set()
    for iteration in range(30):
        rows, labels = made.draw(iteration)
        for row, label in zip(rows, labels, strict=True):
            assert made.sequences.records[row].subject == made.subjects[label]
        seen |= set(labels.tolist())
    assert seen == {0, 1, 2, 3}


@given(st.integers(0, 2**32 - 1), st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 6))
def test_subjects_once_and_sequences_again_only_where_too_few(seed, iteration, P, K):
    made = sampler(seed, subjects=P, sequences=K)
    rows, labels = made.draw(iteration)
    assert len(rows) == len(labels) == P * K
    blocks = labels.reshape(P, K)
    assert (blocks == blocks[:, :1]).all()
    assert len(set(blocks[:, 0].tolist())) == P
    for label, block in zip(blocks[:, 0], rows.reshape(P, K), strict=True):
        if COUNTS[made.subjects[label]] >= K:
            assert len(set(block.tolist())) == K


def test_every_sequence_comes_up_and_too_few_are_drawn_with_replacement():
    made = sampler(subjects=4, sequences=4)
    drawn = np.concatenate([made.draw(i)[0] for i in range(60)])
    assert set(drawn.tolist()) == set(range(12))
    anna = [tuple(sorted(made.draw(i)[0][made.draw(i)[1] == 0].tolist())) for i in range(60)]
    assert {len(set(rows)) for rows in anna} == {1, 2}  # 5, 6 of 4 draws each: sometimes one sequence four times


def test_order_depends_on_seed_and_iteration_alone():
    a, b = sampler(5), sampler(5)
    forwards = [a.batch(i) for i in range(6)]
    backwards = [b.batch(i) for i in reversed(range(6))][::-1]
    for one, other in zip(forwards, backwards, strict=True):
        assert np.array_equal(one.clips, other.clips)
        assert np.array_equal(one.labels, other.labels)
    assert any(not np.array_equal(x.clips, y.clips) for x, y in pairwise(forwards))
    other_seed = [sampler(6).batch(i) for i in range(6)]
    assert any(not np.array_equal(x.clips, y.clips) for x, y in zip(forwards, other_seed, strict=True))


def test_the_same_row_twice_in_a_batch_shows_different_windows():
    frames = np.arange(200, dtype=np.uint8)[:, None, None] + np.zeros((1, 16, 16), np.uint8)
    only = MemorySequences(tuple(SequenceRecord(s, s, "nm-01", "090") for s in "ab"), (frames, frames))
    made = BatchSampler(only, TrainingSettings(subjects=2, sequences=4, frames=5), PLAIN, 0)
    starts = made.batch(0).clips[:, 0, 0, 5, 5]
    assert len(set(starts.tolist())) > 4


@pytest.mark.parametrize("rule", ["opengait", "authors"])
def test_windows_are_contiguous_and_repeat_cyclically(rule):
    made = sampler(subjects=4, sequences=4, window_rule=rule)
    phases = {}
    for iteration in range(40):
        rows, _ = made.draw(iteration)
        batch = made.batch(iteration)
        assert batch.clips.shape == (16, 1, 6, 16, 16)
        assert batch.clips.dtype == np.float32
        for row, clip in zip(rows, batch.clips[:, 0], strict=True):
            length = made.sequences.lengths[row]
            numbers = np.rint(clip[:, 5, 5] * 255).astype(int) - 20 * row
            assert 0 <= numbers[0] < length
            assert [int(n) for n in numbers] == [(int(numbers[0]) + t) % length for t in range(6)]
            if length >= 6:
                assert numbers[-1] == numbers[0] + 5
            phases.setdefault(length, set()).add(int(numbers[0]))
    assert phases[9] == {0, 1, 2, 3}
    assert phases[3] == {0}  # 3 divides 6: one place for the window to start
    assert phases[1] == {0}


def test_short_sequences_start_where_the_rule_says():
    # 3 frames, a window of 4: repeated twice, the window fits at 0, 1 and 2
    for rule, expected in (("opengait", {0, 1, 2}), ("authors", {0})):
        made = sampler(subjects=4, sequences=4, frames=4, window_rule=rule)
        starts = set()
        for iteration in range(40):
            rows, _ = made.draw(iteration)
            clips = made.batch(iteration).clips
            starts |= {
                round(float(c[0, 0, 5, 5]) * 255) - 20 * r
                for r, c in zip(rows, clips, strict=True)
                if made.sequences.lengths[r] == 3
            }
        assert starts == expected


def test_mirroring_turns_whole_clips_at_its_rate_and_changes_no_window():
    plain, half, every = (
        sampler(augmentations=a) for a in ((), (built("flip", probability=0.5),), (built("flip", probability=1.0),))
    )
    flipped = []
    for iteration in range(40):
        a, b, c = plain.batch(iteration).clips, half.batch(iteration).clips, every.batch(iteration).clips
        assert np.array_equal(c, a[..., ::-1])
        for x, y in zip(a, b, strict=True):
            turned = np.array_equal(y, x[..., ::-1])
            assert turned or np.array_equal(y, x)
            flipped.append(turned)
    assert 0.4 < np.mean(flipped) < 0.6


def test_augmentations_are_applied_in_order_by_a_generator_of_the_clip():
    heard = []

    class Halved:
        settings, drawn, frames_alike = None, False, True

        def __call__(self, clip, generator):
            heard.append(generator.random())
            return clip / np.float32(2)

    class Lighter(Halved):
        def __call__(self, clip, generator):
            heard.append(generator.random())
            return clip + np.float32(0.25)

    made = sampler(3, augmentations=(Halved(), Lighter()))
    assert np.array_equal(made.batch(2).clips, sampler(3).batch(2).clips / np.float32(2) + np.float32(0.25))
    expected = []
    for place in range(len(made.draw(2)[0])):
        generator = np.random.default_rng([3, 2, 2, place])
        expected += [generator.random(), generator.random()]
    assert heard == expected


@pytest.mark.parametrize("name", component_names("augmentation"))
def test_augmented_batches_are_a_function_of_seed_and_iteration(name):
    noise = np.random.default_rng(0).integers(0, 256, (2, 8, 16, 16), np.uint8)
    sequences = MemorySequences(tuple(SequenceRecord(s, s, "nm-01", "090") for s in "ab"), tuple(noise))
    settings = TrainingSettings(subjects=2, sequences=2, frames=4)
    choice = built(name, probability=0.5)
    one, other, plain = (
        BatchSampler(sequences, settings, PLAIN, 4, augmentations=a) for a in ((choice,), (choice,), ())
    )
    forwards = [one.batch(i).clips for i in range(4)]
    backwards = [other.batch(i).clips for i in reversed(range(4))][::-1]
    assert all(np.array_equal(x, y) for x, y in zip(forwards, backwards, strict=True))
    changed = [
        not np.array_equal(x, y) for i in range(4) for x, y in zip(forwards[i], plain.batch(i).clips, strict=True)
    ]
    assert 0 < np.mean(changed) < 1


def test_refusals():
    with pytest.raises(
        DataError, match=r"a batch needs 5 subjects and the training part has 4: lower training\.subjects"
    ):
        sampler(subjects=5)
    strangers = MemorySequences((SequenceRecord("x/1", None, "nm-01", "090"),), (np.ones((2, 16, 16), np.uint8),))
    with pytest.raises(DataError, match="1 training sequences name no subject, the first is 'x/1'"):
        BatchSampler(strangers, TrainingSettings(), PLAIN, 0)
    for seed in (-1, 2**32):
        with pytest.raises(ConfigError, match=f"a seed is from 0 to 4294967295, found {seed}"):
            sampler(seed)
    sampler(2**32 - 1).batch(0)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (4, 4), (0, 1), (0, AHEAD), (2, 11)])
def test_prefetching_changes_nothing(start, end):
    made = sampler()
    got = list(prefetched(made, start, end))
    assert [i for i, _ in got] == list(range(start, end))
    for iteration, batch in got:
        assert np.array_equal(batch.clips, made.batch(iteration).clips)
        assert np.array_equal(batch.labels, made.batch(iteration).labels)


def test_a_batch_that_fails_says_so_and_leaves_no_thread_waiting():
    made = sampler()
    good = made.batch
    made.batch = lambda i: good(i) if i < 2 else 1 / 0
    got = prefetched(made, 0, 50)
    assert next(got)[0] == 0
    assert next(got)[0] == 1
    with pytest.raises(ZeroDivisionError):
        next(got)


def test_history_is_cut_where_a_kill_took_it_back(tmp_path):
    path = tmp_path / "run" / "history.jsonl"
    cut_history(path, 3)
    assert read_history(path) == []
    lines = [f'{{"iteration": {i}, "loss": {i}.5}}' for i in range(1, 7)]
    path.write_text("\n".join(lines) + '\n{"iteration": 7, "lo')
    cut_history(path, 4)
    assert path.read_text() == "\n".join(lines[:4]) + "\n"
    assert read_history(path)[-1] == {"iteration": 4, "loss": 4.5}
    path.write_text("\n".join(lines) + '\n{"iteration": 7, "lo')
    cut_history(path, 9)
    assert path.read_text() == "\n".join(lines) + "\n"


def test_settings_do_not_leak_between_samplers():
    base = TrainingSettings(subjects=3, sequences=3, frames=6)
    longer = BatchSampler(counting(), replace(base, frames=9), PLAIN, 0)
    assert np.array_equal(longer.draw(3)[0], sampler().draw(3)[0])
