"""A plan holds every clip once, in batches that hang on lengths and settings alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from test_inference_engine import embedder, sequences

from gaitprint.inference.clip_averaging import WHOLE, ClipAveraging
from gaitprint.inference.embed_plan import EmbedPlan
from gaitprint.inference.engine import Embedder

AVERAGING = st.builds(ClipAveraging, st.booleans(), st.integers(0, 3), st.integers(1, 6))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), AVERAGING, st.integers(1, 30))
def test_every_clip_is_in_one_unit(lengths, averaging, frames_at_once):
    plan = EmbedPlan(lengths, averaging, frames_at_once)
    held = [clip for unit in plan.units for clip in unit.clips]
    assert sorted(held, key=repr) == sorted(averaging.clips(lengths), key=repr)
    assert [unit.number for unit in plan.units] == list(range(len(plan.units)))
    for unit in plan.units:
        assert {clip.stop - clip.start for clip in unit.clips} == {unit.length}
        assert unit.frames == len(unit.clips) * unit.length
        assert unit.frames <= frames_at_once or len(unit.clips) == 1
    again = EmbedPlan(tuple(lengths), averaging, frames_at_once)
    assert (again.units, again.digest) == (plan.units, plan.digest)
    assert plan.sequences_in(len(held)) == len(lengths)


def test_the_digest_is_of_everything_that_decides_the_units():
    digests = {
        EmbedPlan(*given).digest
        for given in (
            ((3, 4), WHOLE, 600),
            ((4, 3), WHOLE, 600),
            ((3, 4), ClipAveraging(flip=True), 600),
            ((3, 4), ClipAveraging(windows=1), 600),
            ((3, 4), WHOLE, 599),
        )
    }
    assert len(digests) == 5


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), AVERAGING, st.integers(1, 20))
def test_vectors_are_the_means_of_those_of_their_clips(lengths, averaging, frames_at_once):
    plan = EmbedPlan(lengths, averaging, frames_at_once)
    batches = [np.array([[c.row, c.start, c.stop + c.mirrored] for c in unit.clips], np.float32) for unit in plan.units]
    expected = [
        np.mean([[c.row, c.start, c.stop + c.mirrored] for c in averaging.clips(lengths) if c.row == row], axis=0)
        for row in range(len(lengths))
    ]
    assert np.allclose(plan.assemble(batches, 3), expected, atol=1e-6)


def test_units_one_by_one_give_the_bytes_of_all_at_once(one_thread):
    """In any order, from pixels as they travel to another process."""
    data, made = sequences(), embedder()
    for averaging in (WHOLE, ClipAveraging(flip=True, windows=2, frames=3)):
        averaged = Embedder(made.network, made.preprocessing, "weights", {}, averaging=averaging)
        plan = averaged.plan(data, 10)
        batches = {unit.number: averaged.batch(unit.read(data)) for unit in plan.units[::-1]}
        vectors = plan.assemble((batches[n] for n in range(len(batches))), averaged.layout.width)
        assert vectors.tobytes() == averaged.embed(data, 10).vectors.tobytes()
