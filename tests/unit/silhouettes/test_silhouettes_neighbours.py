"""Neighbours of what only looks like silhouettes: colours as bright, void borders, padding, specks, batches, lists."""

import cv2
import numpy as np
import pytest

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import DataError, SilhouetteWarning
from gaitprint.silhouettes.arrays import as_frames
from gaitprint.silhouettes.images import decode_image
from gaitprint.silhouettes.looks import ADVICE, LOOKS_BESIDE, LOOKS_LABELLED, LOOKS_SHORT, LOOKS_TURNED, looks
from gaitprint.silhouettes.reading import load_frames
from gaitprint.silhouettes.taking import take_sequence

COLOURS = [
    ("white on blue", (255, 255, 255), (255, 0, 0)),
    ("blue on white", (255, 0, 0), (255, 255, 255)),
    ("green on red", (0, 128, 0), (0, 0, 128)),
    ("red on green", (0, 0, 128), (0, 128, 0)),
    ("pink on purple", (128, 128, 192), (128, 64, 128)),
    ("light on blue", (255, 200, 200), (255, 100, 100)),
    ("red on black", (0, 0, 255), (0, 0, 0)),
]
"""Blue, green, red."""


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    """A walker from the side, uint8 [24, 64, 64], 0 and 255."""
    settings = SyntheticSettings(subjects=1, frames=24, conditions=("nm-01",), views=("090",))
    return np.stack(
        [np.where(np.asarray(frames) > 127, np.uint8(255), np.uint8(0)) for _, frames in walkers(settings)]
    )[0]


@pytest.fixture
def images(walk) -> np.ndarray:
    """The same in images, uint8 [24, 160, 200], not normalised."""
    large = np.stack([cv2.resize(frame, (120, 120), interpolation=cv2.INTER_NEAREST) for frame in walk])
    return np.pad(large, ((0, 0), (20, 20), (40, 40)))


@pytest.mark.parametrize(("body", "around"), [case[1:] for case in COLOURS], ids=[case[0] for case in COLOURS])
def test_bodies_of_any_colour_on_any_colour(walk, body, around):
    coloured = np.where(walk[..., None] > 0, np.uint8(body), np.uint8(around))
    of_files = [decode_image(cv2.imencode(".png", image)[1].tobytes(), "mask.png") for image in coloured]
    for frames in (of_files, list(as_frames(coloured, "walk")), list(as_frames(coloured[..., ::-1], "walk"))):
        assert np.array_equal(take_sequence(frames).frames, walk)


def test_the_largest_label_is_never_lost_behind_a_brighter_one(walk):
    """Maps of PASCAL VOC have the person in 15 and a border of 255."""
    border = np.stack([cv2.dilate(frame, np.ones((3, 3), np.uint8)) - frame for frame in walk])
    for label in (1, 15, 100):
        with pytest.raises(DataError, match=f"the values are 0, {label}, 255, the largest thing is {label}"):
            take_sequence(list(np.where(border > 0, border, walk // 255 * np.uint8(label))))


def test_labels_are_areas_and_soft_edges_are_none(walk):
    ground = walk.copy()
    ground[:, -6:] = np.maximum(ground[:, -6:], 180)
    assert LOOKS_LABELLED in take_sequence(list(ground)).remarks
    band = np.stack([np.maximum(frame, cv2.dilate(frame, np.ones((5, 5), np.uint8)) // 255 * 128) for frame in walk])
    assert LOOKS_LABELLED in take_sequence(list(band)).remarks
    small = [cv2.resize(frame, (16, 16), interpolation=cv2.INTER_AREA) // 64 * 64 for frame in walk]
    soft = np.stack([cv2.copyMakeBorder(frame, 24, 24, 24, 24, cv2.BORDER_CONSTANT) for frame in small])
    assert 3 <= len(np.unique(soft)) <= 8
    assert LOOKS_LABELLED not in take_sequence(list(soft)).remarks


def test_frames_of_noise_alone_hold_nobody(images):
    noise = np.random.default_rng(0).integers(0, 5, images.shape).astype(np.uint8)
    alone, among = take_sequence(list(images)), take_sequence(list(np.concatenate([images, noise])))
    assert np.array_equal(among.frames, alone.frames)


@pytest.mark.parametrize("value", [0, 255])
def test_padding_says_nothing_of_the_axes(images, value):
    padded = np.concatenate([images, np.full((3 * len(images), *images.shape[1:]), value, np.uint8)])
    said: list[str] = []
    assert np.array_equal(as_frames(padded, "walk", said.append), padded)
    assert said == []


def test_what_makes_the_box_besides_the_body_is_said_however_small(images):
    specks, line = images.copy(), images.copy()
    specks[::4, 3, 7] = 255
    line[:, -1] = 255
    for frames in (specks, line):
        remarks = take_sequence(list(frames)).remarks
        assert LOOKS_SHORT in remarks
        assert LOOKS_TURNED not in remarks
    assert take_sequence(list(images)).remarks == ()


def test_somebody_or_something_beside_is_said(walk, images):
    logo = walk.copy()
    logo[:, 2:10, 2:10] = 255
    pair = np.maximum(images, np.roll(images, 80, axis=2))
    for frames in (logo, pair):
        assert take_sequence(list(frames)).remarks == (LOOKS_BESIDE,)
    assert looks(walk) == ()
    assert LOOKS_BESIDE in ADVICE


def test_arrays_in_batches_lists_and_buffers(walk, images):
    colours = [np.repeat(frame[None], 3, axis=0) for frame in walk]
    ragged = np.empty(len(walk), object)
    for i, frame in enumerate(walk):
        ragged[i] = np.pad(frame, i)
    hidden = np.ma.masked_array(np.full_like(images, 255), images == 0)
    for given in (walk[None], walk[None, None], walk[None, :, None], colours):
        assert np.array_equal(gp.load_silhouettes(given).frames, walk)
    assert len(gp.load_silhouettes(ragged).frames) == len(walk)
    assert np.array_equal(gp.load_silhouettes(hidden).frames, gp.load_silhouettes(images).frames)


def test_colours_in_front_of_images_of_several_sizes(images):
    several = [np.pad(frame, ((i, 0), (0, 0))) for i, frame in enumerate(images)]
    given = [np.repeat(frame[None], 3, axis=0) for frame in several]
    assert np.array_equal(gp.load_silhouettes(given).frames, gp.load_silhouettes(several).frames)


def test_frames_laid_out_in_rows_are_no_image(walk):
    with pytest.raises(DataError, match=r"one image of 24 x 4096 pixels: .* reshape\(T, H, W\)"):
        gp.load_silhouettes(walk.reshape(24, -1))


@pytest.mark.parametrize("low", [-1, -8])
def test_the_limit_that_is_advised_parts_body_and_background(walk, low):
    values = np.where(walk > 0, 8.0, low) if low == -8 else -(walk > 0).astype(np.int8)
    with pytest.raises(DataError, match="such as masks > ") as caught:
        gp.load_silhouettes(values)
    limit = float(str(caught.value).rsplit("> ", 1)[1])
    assert np.array_equal(take_sequence(list(as_frames(values > limit, "walk"))).frames, walk)


def test_images_without_a_number_among_numbered_ones_are_no_frames(walk, tmp_path):
    for i, frame in enumerate(walk):
        cv2.imwrite(str(tmp_path / f"{i:03d}.png"), frame)
    cv2.imwrite(str(tmp_path / "GEI.png"), walk.mean(axis=0))
    cv2.imwrite(str(tmp_path / "preview.jpg"), walk[0] // 2 + 60)
    said: list[str] = []
    assert np.array_equal(np.stack(load_frames(tmp_path, said.append)), walk)
    assert said == ["files beside the images were passed over: GEI.png, preview.jpg"]
    with pytest.warns(SilhouetteWarning, match=r"GEI\.png"):
        gp.load_silhouettes(tmp_path)


def test_names_of_letters_alone_are_frames(walk, tmp_path):
    for name, frame in zip("abcdefgh", walk, strict=False):
        cv2.imwrite(str(tmp_path / f"{name}.png"), frame)
    cv2.imwrite(str(tmp_path / "i1.png"), walk[8])
    assert len(load_frames(tmp_path)) == 9
