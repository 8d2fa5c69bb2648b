"""Frames come back as they were; a damaged blob is an error and never a crash."""

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from store_examples import frames, record, shown

from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ArtefactError, ShapeError
from gaitprint.store import Form, Store, StorePlan, StoreWriter, pack
from gaitprint.store._packing import CHUNK, MAX_PIXELS, unpack

FORMS = get_args(Form)


def _blob(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def _random(length: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Half of it black, as silhouettes are, the rest any value."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, 256, (length, *size)) * rng.integers(0, 2, (length, *size))).astype(np.uint8)


@given(
    st.sampled_from(FORMS),
    st.integers(1, 3 * CHUNK + 1),
    st.tuples(st.integers(1, 13), st.integers(1, 13)),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_every_window_is_the_slice_of_what_was_packed(form: Form, length, size, seed, data) -> None:
    original = _random(length, size, seed)
    packed = pack(original, form)
    expected = shown(form, original)
    assert (packed.length, packed.size) == (length, size)
    start = data.draw(st.integers(0, length))
    stop = data.draw(st.integers(start, length))
    found = unpack(_blob(packed.blob), form, length, size, start, stop)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected[start:stop])
    assert not found.flags.writeable or not found.size


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_all_windows_at_the_borders_of_chunks(form: Form, length: int) -> None:
    original = _random(length, (5, 3))
    blob = _blob(pack(original, form).blob)
    expected = shown(form, original)
    for start in range(length + 1):
        for stop in range(start, length + 1):
            np.testing.assert_array_equal(unpack(blob, form, length, (5, 3), start, stop), expected[start:stop])


def test_the_threshold_of_bits_is_between_127_and_128() -> None:
    original = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    found = unpack(_blob(pack(original, "bits").blob), "bits", 1, (16, 16), 0, 1)
    assert found.reshape(-1).tolist() == [0] * 128 + [255] * 128


def test_the_checksum_is_that_of_the_frames_that_come_back() -> None:
    original = _random(11, (6, 7))
    lossless, raw, bits = (pack(original, form).sha256 for form in ("compact", "raw", "bits"))
    assert lossless == raw == pack(shown("compact", original), "raw").sha256
    assert bits == pack(shown("bits", original), "raw").sha256 != raw


def test_views_that_are_not_contiguous_are_packed_as_they_look() -> None:
    original = _random(20, (8, 6))[::-1, ::2, ::-2]
    for form in FORMS:
        found = unpack(_blob(pack(original, form).blob), form, 20, (4, 3), 0, 20)
        np.testing.assert_array_equal(found, shown(form, original))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.zeros((0, 2, 3), np.uint8), "walk: .* at least one frame"),
        (np.zeros((2, 3), np.uint8), "walk: .* found uint8"),
        (np.zeros((2, 2, 3), np.float32), "walk: .* found float32"),
        (np.broadcast_to(np.uint8(0), (1, 2, MAX_PIXELS)), "walk: frames have at most"),
    ],
)
def test_what_are_no_frames_is_not_packed(bad: np.ndarray, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        pack.__wrapped__(bad, "compact", "walk")  # without the check of shapes that the tests put before it


def test_silhouettes_of_walkers_take_a_small_part_of_their_bytes() -> None:
    settings = SyntheticSettings(subjects=3, frames=60, conditions=("nm-01",), views=("000", "090"))
    made = [f for _, f in walkers(settings)]
    pixels = sum(f.size for f in made)
    compact, raw, bits = (sum(len(pack(f, form).blob) for f in made) for form in ("compact", "raw", "bits"))
    assert raw == pixels
    assert compact < pixels / 8
    assert bits < compact / 2


@pytest.mark.parametrize("form", ["compact", "bits"])
def test_every_damaged_byte_is_noticed_or_gives_frames_of_the_right_shape(form: Form) -> None:
    original = _random(2 * CHUNK + 3, (6, 5))
    blob = pack(original, form).blob
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = {"frames": 0, "refused": 0}
    for place in range(len(blob)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            bad = bytearray(blob)
            bad[place] ^= flip
            try:
                found = unpack(_blob(bytes(bad)), form, len(original), (6, 5), 0, len(original))
            except ValueError as error:
                outcomes["refused" if str(error).isprintable() else "refused in several lines"] += 1
            else:
                assert found.shape == original.shape
                outcomes["frames"] += 1
    assert outcomes["refused"] > len(blob) // 4
    assert outcomes["frames"] + outcomes["refused"] == 4 * len(blob)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 2**16, "kilobytes: no damaged size is believed"


@pytest.mark.parametrize("form", FORMS)
def test_a_blob_of_any_other_length_is_refused(form: Form) -> None:
    original = _random(2 * CHUNK + 3, (6, 5))
    blob = pack(original, form).blob
    for length in [*range(len(blob)), len(blob) + 1, len(blob) + 4]:
        with pytest.raises(ValueError):  # noqa: PT011 - several reasons
            unpack(_blob((blob + b"\0\0\0\0")[:length]), form, len(original), (6, 5), 0, len(original))


@pytest.mark.parametrize("said", [True, False])
def test_a_chunk_that_unpacks_to_more_is_not_unpacked(said: bool) -> None:
    compressor = zstandard.ZstdCompressor(write_content_size=said)
    bomb = compressor.compress(bytes(2**26))
    blob = _blob(np.array([len(bomb)], "<u4").tobytes() + bomb)
    with pytest.raises(ValueError, match="a chunk is not of 30 bytes"):
        unpack(blob, "compact", 1, (6, 5), 0, 1)


def test_the_store_names_the_damaged_sequence(tmp_path: Path) -> None:
    with StoreWriter(tmp_path, StorePlan("folder", (4, 3))) as writer:
        for i in range(3):
            writer.add(record(i), frames(i))
    row = Store.open(tmp_path).row(1)
    data = bytearray((tmp_path / "frames.bin").read_bytes())
    data[row.offset : row.offset + row.bytes] = bytes(row.bytes)
    (tmp_path / "frames.bin").write_bytes(bytes(data))
    store = Store.open(tmp_path)
    for place in (1, -2):
        with pytest.raises(
            ArtefactError, match=r"^001/nm-01/é1 in .* is damaged .* --fix` and prepare the store again$"
        ):
            store.frames(place)
    np.testing.assert_array_equal(store.frames(2), frames(2))


@pytest.mark.parametrize("form", FORMS)
def test_many_threads_read_the_same(tmp_path: Path, form: Form) -> None:
    original = [_random(25, (16, 11), seed) for seed in range(4)]
    with StoreWriter(tmp_path, StorePlan("folder", (16, 11), form=form)) as writer:
        for i in range(4):
            writer.add(record(i), original[i])
    store = Store.open(tmp_path)
    expected = [shown(form, f) for f in original]

    def read(job: int) -> bool:
        rng = np.random.default_rng(job)
        same = True
        for _ in range(60):
            i, start = int(rng.integers(4)), int(rng.integers(20))
            same &= np.array_equal(store.frames(i, start, start + 9), expected[i][start : start + 9])
        return same

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(read, range(32))) == [True] * 32
