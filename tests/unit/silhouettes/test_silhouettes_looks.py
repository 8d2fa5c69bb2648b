"""What only looks like silhouettes is mended and said, or refused in one line; what is right is never touched."""

import cv2
import numpy as np
import pytest

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import DataError, ShapeError, SilhouetteWarning
from gaitprint.silhouettes.appearance import mend_frames
from gaitprint.silhouettes.arrays import OPACITY, as_frames
from gaitprint.silhouettes.images import decode_image
from gaitprint.silhouettes.looks import (
    ADVICE,
    LOOKS_FULL,
    LOOKS_HOLLOW,
    LOOKS_SHORT,
    LOOKS_SHUFFLED,
    LOOKS_STILL,
    LOOKS_TURNED,
    LOOKS_WIDE,
    looks,
)
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.silhouettes.taking import take_sequence
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store
from gaitprint.types import SequenceRecord, Silhouettes

CONDITIONS = ("nm-01", "bg-01", "cl-01")


@pytest.fixture(scope="module")
def drawn() -> list[np.ndarray]:
    """Walkers of 48 frames, from the side, the front and in between."""
    settings = SyntheticSettings(subjects=6, frames=48, conditions=CONDITIONS, views=("000", "054", "090"))
    return [np.asarray(frames) for _, frames in walkers(settings)]


@pytest.fixture
def walk(drawn) -> np.ndarray:
    return drawn[1][:20]


def raw(frames: np.ndarray, height: int = 120) -> list[np.ndarray]:
    """The same bodies in images of 160 x 200, not normalised."""
    shown = []
    for frame in frames:
        body = cv2.resize(frame, (height, height), interpolation=cv2.INTER_CUBIC)
        image = np.zeros((160, 200), np.uint8)
        image[20 : 20 + height, 40 : 40 + height] = body
        shown.append(image)
    return shown


def test_good_silhouettes_stay_as_they_are(drawn):
    for frames in drawn:
        taken = take_sequence(list(frames))
        assert taken.remarks == ()
        assert np.array_equal(taken.frames, frames)
        said: list[str] = []
        assert np.array_equal(as_frames(frames, "walk", said.append), frames)
        assert said == []


def test_raw_ones_are_normalised_with_nothing_changed_before(walk):
    images = raw(walk)
    said: list[str] = []
    assert all(np.array_equal(a, b) for a, b in zip(mend_frames(images, said.append), images, strict=True))
    assert said == []


HALF = np.uint8(127)
SAME = [
    ("0 and 1", lambda f: (f > HALF).astype(np.uint8), "masks of 0 and 1 are taken"),
    ("0 and 2", lambda f: (f > HALF).astype(np.uint8) * 2, "masks of 0 and 2 are taken"),
    ("0 and 128", lambda f: (f > HALF).astype(np.uint8) * 128, "masks of 0 and 128 are taken"),
    ("bool", lambda f: f > HALF, None),
    ("0.0 and 1.0", lambda f: (f > HALF).astype(np.float64), None),
    ("0.0 and 255.0", lambda f: (f > HALF).astype(np.float32) * 255, None),
    ("uint16 to 65535", lambda f: (f > HALF).astype(np.uint16) * 65535, None),
    ("int64 of 0 and 1", lambda f: (f > HALF).astype(np.int64), "masks of 0 and 1 are taken"),
    ("black on white", lambda f: np.where(f > HALF, np.uint8(0), np.uint8(255)), "black bodies on white are inverted"),
    ("time last", lambda f: ((f > HALF) * np.uint8(255)).transpose(1, 2, 0), "time was the last axis"),
    ("a channel", lambda f: np.where(f > HALF, np.uint8(255), np.uint8(0))[..., None], None),
    ("a channel in front", lambda f: np.where(f > HALF, np.uint8(255), np.uint8(0))[:, None], None),
    ("grey as colours", lambda f: np.repeat(np.where(f > HALF, np.uint8(255), np.uint8(0))[..., None], 3, 3), None),
    ("red", lambda f: (f > HALF)[..., None] * np.array([128, 0, 0], np.uint8), "brightest channel"),
    ("black frames", lambda f: np.pad((f > HALF) * np.uint8(255), ((3, 9), (0, 0), (0, 0))), "12 of 32 frames"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_what_can_be_told_becomes_the_same_walk_and_is_said(walk, change, words, tmp_path):
    plain = np.where(walk > HALF, np.uint8(255), np.uint8(0))
    if words is None:
        found = gp.load_silhouettes(change(walk))  # warnings are errors here
    else:
        with pytest.warns(SilhouetteWarning) as warned:
            found = gp.load_silhouettes(change(walk))
        assert any(words in str(warning.message) for warning in warned)
    assert np.array_equal(found.frames, plain)
    # prepare and the doctor say the same of the same file
    leaf = tmp_path / "data/001/nm-01/090"
    leaf.mkdir(parents=True)
    np.save(leaf / "090.npy", change(walk))
    report = prepare(tmp_path / "data", tmp_path / "store")
    assert np.array_equal(Store.open(tmp_path / "store").frames(0), plain)
    said = [warning for _, warning in report.warned]
    findings = [f.what for f in doctor(tmp_path / "data").findings if f.severity == "note"]
    for lines in (said, findings):
        assert any(words in line for line in lines) if words else not any("taken" in line for line in lines)


REFUSED = [
    ("a photograph", lambda f: (f // 2 + 60).astype(np.uint8), "look like photographs"),
    ("labels of several", lambda f: (f > 0).astype(np.uint8) * (1 + np.arange(64) // 32).astype(np.uint8), "labels"),
    ("dark", lambda f: (f // 3).astype(np.uint8), "no pixel is brighter than 85"),
    ("below zero", lambda f: f.astype(np.int16) - 255, "from -255 to 0"),
    ("too bright", lambda f: f.astype(np.float32) * 3, "from 0 to 765"),
    ("not finite", lambda f: np.where(f > 0, np.nan, 0.0), "not finite"),
    ("black", lambda f: f * np.uint8(0), "are black"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_cannot_is_refused_in_one_line(walk, change, words, tmp_path):
    with pytest.raises(DataError, match=words) as caught:
        gp.load_silhouettes(change(walk))
    assert "\n" not in str(caught.value)
    leaf = tmp_path / "data/001/nm-01/090"
    leaf.mkdir(parents=True)
    np.save(leaf / "090.npy", change(walk))
    with pytest.raises(DataError, match=words):
        prepare(tmp_path / "data", tmp_path / "store")
    ((_, reason),) = doctor(tmp_path / "data").unusable
    assert words in reason


def test_noise_of_jpeg_does_not_make_the_box(walk):
    images = raw(np.where(walk > HALF, np.uint8(255), np.uint8(0)))
    noisy = [image.copy() for image in images]
    for image in noisy:
        image[5, 20:60] = 9
        image[150:155, 100] = 40
    clean, found = take_sequence(images), take_sequence(noisy)
    difference = np.abs(found.frames.astype(int) - clean.frames.astype(int))
    assert difference.mean() < 2, "soft edges alone: they are darker than noise"
    assert np.abs(found.boxes - clean.boxes).max() <= 6
    assert np.abs(normalize_sequence(noisy).boxes - clean.boxes).max() > 10, "without it the noise decides"
    assert found.remarks[0] == "grey noise around the body, up to 40 of 255, was taken off in 20 of 20 frames"


def test_a_soft_edge_is_no_noise(walk):
    images = [cv2.GaussianBlur(image, (5, 5), 0) for image in raw(walk)]
    said: list[str] = []
    assert all(np.array_equal(a, b) for a, b in zip(mend_frames(images, said.append), images, strict=True))
    assert said == []


def test_time_stays_first_where_it_is(drawn):
    for frames in drawn:
        for part in (frames[:12], frames[:, :, 10:54], frames):
            said: list[str] = []
            assert np.array_equal(as_frames(part, "walk", said.append), part)
            assert said == []


def test_upside_down_and_shuffled_are_warned_of(drawn):
    order = np.random.default_rng(0)
    for frames in drawn:
        assert looks(frames) == ()
    shuffled = [frames[order.permutation(len(frames))] for frames in drawn]
    assert sum(LOOKS_SHUFFLED in looks(frames) for frames in shuffled) > 0.8 * len(drawn)
    turned = sum(LOOKS_TURNED in looks(frames[:, ::-1]) for frames in drawn)
    assert turned > 0.8 * len(drawn)
    assert looks(np.full((9, 64, 64), 255, np.uint8)) == (LOOKS_FULL,)


def test_the_doctors_advice_cures(drawn, tmp_path):
    leaf = tmp_path / "data/001/nm-01/090"
    leaf.mkdir(parents=True)
    np.save(leaf / "090.npy", drawn[1][:, ::-1])
    found = [f for f in doctor(tmp_path / "data").findings if LOOKS_TURNED in f.what]
    assert [f.severity for f in found] == ["warning"]
    assert "turn the images the right way up" in found[0].advice
    np.save(leaf / "090.npy", np.load(leaf / "090.npy")[:, ::-1])
    assert [f for f in doctor(tmp_path / "data").findings if LOOKS_TURNED in f.what] == []


def test_silhouettes_made_in_memory_are_held_to_it_too(walk, tmp_path):
    record = SequenceRecord("mine", "001", "nm-01", "090")
    with pytest.raises(ShapeError, match="mine: a body is 255, found 1 at most: multiply the masks by 255"):
        Silhouettes((walk > HALF).astype(np.uint8), record)
    for frames, words in ((255 - walk, "inverted"), (walk // 2 + 60, "photographs")):
        with pytest.raises(DataError, match=f"^mine: .*{words}"):
            gp.embed(Silhouettes(frames.astype(np.uint8), record), tmp_path / "no-model.safetensors")


def test_the_size_of_most_decides_and_not_the_first(walk, tmp_path):
    for i in range(8):
        leaf = tmp_path / f"data/{i:03d}/nm-01/090"
        leaf.mkdir(parents=True)
        np.save(leaf / "090.npy", walk[:, :, 10:54] if i in (0, 4) else walk)
    report = prepare(tmp_path / "data", tmp_path / "store")
    assert (report.size, report.sequences) == ((64, 64), 6)
    assert [key for key, _ in report.quarantined] == ["000/nm-01/090", "004/nm-01/090"]
    report.check_most_kept()
    np.save(tmp_path / "data/001/nm-01/090/090.npy", walk[:, :, 10:54])
    np.save(tmp_path / "data/002/nm-01/090/090.npy", walk[:, :, 10:54])
    with pytest.raises(DataError, match=r"holds 4 sequences of 64 x .. pixels and 4 sequences of 64 x"):
        prepare(tmp_path / "data", tmp_path / "other")


def test_where_most_were_left_out_it_is_an_error(walk, tmp_path):
    for i in range(4):
        leaf = tmp_path / f"data/{i:03d}/nm-01/090"
        leaf.mkdir(parents=True)
        np.save(leaf / "090.npy", walk if i == 0 else walk // 2 + np.uint8(60))
    report = prepare(tmp_path / "data", tmp_path / "store")
    with pytest.raises(DataError, match=r"^3 of 4 sequences were left out, .*look like photographs"):
        report.check_most_kept()


def test_one_array_is_the_same_walk_in_a_store_and_in_memory(walk, tmp_path):
    """64 x 50 is no shape of normalised frames: both crop, scale and centre it."""
    leaf = tmp_path / "data/001/nm-01/090"
    leaf.mkdir(parents=True)
    for frames in (walk[:, :, 7:57], walk[:, :, 10:54], walk):
        np.save(leaf / "090.npy", frames)
        prepare(tmp_path / "data", tmp_path / f"store-{frames.shape[2]}")
        stored = Store.open(tmp_path / f"store-{frames.shape[2]}").frames(0)
        assert np.array_equal(gp.load_silhouettes(frames).frames, stored)
        assert np.array_equal(gp.load_silhouettes(leaf / "090.npy").frames, stored)


MIXED = [
    ("some black on white", lambda f: np.concatenate([255 - f[:5], f[5:]]), "inverted in 5 of 20 frames"),
    ("most black on white", lambda f: np.concatenate([255 - f[:15], f[15:]]), "inverted in 15 of 20 frames"),
    ("some of 0 and 1", lambda f: np.concatenate([f[:5] // 255, f[5:]]), "taken as 0 and 255 in 5 of 20 frames"),
    ("white frames", lambda f: np.concatenate([f, np.full_like(f[:4], 255)]), "4 of 24 frames are white all over"),
    ("light grey", lambda f: np.rint(f * 0.8).astype(np.uint8), "masks of 0 and 204"),
    ("two labels", lambda f: 1 + f // 255, "masks of 1 and 2"),
    ("viridis", lambda f: 84 + (f // 255) * 169, "masks of 84 and 253"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in MIXED], ids=[case[0] for case in MIXED])
def test_single_frames_are_looked_at_too(walk, change, words):
    plain = np.where(walk > HALF, np.uint8(255), np.uint8(0))
    taken = take_sequence(list(change(plain)))
    assert np.array_equal(taken.frames, plain)
    assert any(words in remark for remark in taken.remarks)


def test_a_soft_body_that_is_not_white_is_stretched(walk):
    taken = take_sequence(list(np.rint(walk * 0.8).astype(np.uint8)))
    assert taken.remarks == ("no pixel is brighter than 204, which is taken as 255",)
    assert np.abs(taken.frames.astype(int) - walk).max() <= 1


def test_people_cut_out_of_photographs_are_refused(walk):
    clothes = cv2.resize(np.random.default_rng(0).integers(30, 230, (16, 16)).astype(np.uint8), (64, 64))
    for frames in (np.minimum(walk, clothes), np.repeat(walk.mean(axis=0).astype(np.uint8)[None], 20, axis=0)):
        with pytest.raises(DataError, match=r"the bodies are not white: \d+% of them is grey"):
            take_sequence(list(frames))


def test_time_in_the_middle_is_told_by_the_body(walk):
    images = np.stack(raw(np.where(walk > HALF, np.uint8(255), np.uint8(0))))
    for frames in (images[:, :, 50:130], np.concatenate([walk, walk, walk])[:, :, 4:60]):
        said: list[str] = []
        assert np.array_equal(as_frames(frames.transpose(1, 0, 2), "walk", said.append), frames)
        assert len(said) == 1
        assert "time was the middle axis" in said[0]
        assert np.array_equal(as_frames(frames, "walk"), frames)


def test_what_is_no_walker_is_warned_of(drawn):
    for frames in drawn:
        assert LOOKS_WIDE in looks(frames.transpose(0, 2, 1))
        assert LOOKS_HOLLOW in looks(np.stack([cv2.Canny(frame, 50, 150) for frame in frames]))
        assert looks(np.repeat(frames[:1], 20, axis=0)) == (LOOKS_STILL,)
        images = raw(frames, 90)
        for image in images:
            image[157:, :3] = 255  # a speck in a corner
        assert LOOKS_SHORT in take_sequence(images).remarks
    assert {LOOKS_WIDE, LOOKS_HOLLOW, LOOKS_STILL, LOOKS_SHORT} <= set(ADVICE)


TRANSPARENT = [
    ("white", lambda m: np.dstack([np.full((*m.shape, 3), 255, np.uint8), m])),
    ("black", lambda m: np.dstack([np.zeros((*m.shape, 3), np.uint8), m])),
    ("photograph", lambda m: np.dstack([np.arange(m.size * 3).reshape(*m.shape, 3).astype(np.uint8), m])),
]


@pytest.mark.parametrize("colour", [case[1] for case in TRANSPARENT], ids=[case[0] for case in TRANSPARENT])
def test_masks_of_transparency(walk, colour):
    said: list[str] = []
    image = decode_image(cv2.imencode(".png", colour(walk[0]))[1].tobytes(), "mask.png", said.append)
    assert np.array_equal(image, walk[0])
    assert said == [OPACITY]
    said.clear()
    assert np.array_equal(as_frames(np.stack([colour(f) for f in walk]), "walk", said.append), walk)
    assert said == [OPACITY]


def test_images_that_are_opaque_or_of_16_bits(walk):
    said: list[str] = []
    mask = walk[0]
    opaque = np.dstack([mask, mask, mask, np.full_like(mask, 255)])
    for image in (opaque, np.dstack([mask, mask, mask, mask]), mask.astype(np.uint16), mask.astype(np.uint16) * 257):
        found = decode_image(cv2.imencode(".png", image)[1].tobytes(), "mask.png", said.append)
        assert np.array_equal(found, mask)
    assert said == []
