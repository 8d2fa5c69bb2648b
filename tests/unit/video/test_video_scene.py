"""The empty scene of a fixed camera: what stands before it, shadows, standing people, ghosts, light."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from gaitprint.components import make_component
from gaitprint.testing.video_scenes import FIRST, HEIGHT, INFO, WIDTH, empty_room, figure, frames
from gaitprint.video.bodies import body_scores, pieces_of
from gaitprint.video.frames import VideoFrame
from gaitprint.video.people import Detections, TrackedPerson
from gaitprint.video.scene import Scene, SceneRules

RULES = SceneRules(100, 5.0, 3.0, 0.55, 0.04, warm_up=20, patience=400, flood=0.5)
BODY = figure(FIRST + 20)
ROOM = empty_room().astype(np.float32)


def shown(mask: np.ndarray | None, seed: int, light: float | np.ndarray = 1.0) -> np.ndarray:
    """The room in some light, somebody dark where the mask is, and noise."""
    image = ROOM * light
    if mask is not None:
        image = np.where(mask[:, :, None] > 0, np.float32(25), image)
    noisy = image + np.random.default_rng(seed).normal(0, 2, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def warmed(rules: SceneRules = RULES, mask: np.ndarray | None = None) -> Scene:
    scene = Scene(rules)
    for seed in range(30):
        found = scene.foreground(shown(mask, seed))
        assert scene.warm or not found.any()
    return scene


def share(found: np.ndarray, mask: np.ndarray) -> float:
    """Intersection over union."""
    a, b = found > 0, mask > 0
    return float((a & b).sum() / max(1, (a | b).sum()))


def test_somebody_who_comes_in_is_found_and_nothing_else() -> None:
    scene = warmed()
    assert np.count_nonzero(scene.foreground(shown(None, 90))) < 20
    assert share(scene.foreground(shown(BODY, 91)), BODY) > 0.9


def test_a_shadow_is_no_body() -> None:
    shadow = np.ones((HEIGHT, WIDTH, 1), np.float32)
    cv2.ellipse(shadow, (110, 100), (30, 6), 0, 0, 360, 0.7, -1)
    image = shown(BODY, 92, shadow)
    assert share(warmed().foreground(image), BODY) > 0.9
    without = warmed(replace(RULES, darkest=1.0))
    assert share(without.foreground(image), BODY) < 0.85, "shadows belong to people where it is asked for"


def test_somebody_who_stands_still_stays_and_is_scene_in_the_end() -> None:
    scene = warmed(replace(RULES, patience=200))
    for seed in range(100, 260):
        found = scene.foreground(shown(BODY, seed))
    assert share(found, BODY) > 0.9, "longer than the scene's memory"
    for seed in range(260, 360):
        found = scene.foreground(shown(BODY, seed))
    assert np.count_nonzero(found) < 20, "longer than its patience"


def test_what_was_there_at_the_beginning_leaves_no_ghost() -> None:
    scene = warmed(mask=BODY)
    counts = [np.count_nonzero(scene.foreground(shown(None, seed))) for seed in range(400, 460)]
    assert counts[0] > 500
    assert counts[-1] < 20
    assert scene.ghosts >= 1


def test_somebody_who_walks_is_no_ghost() -> None:
    scene = warmed()
    for index in range(FIRST, FIRST + 60):
        mask = figure(index)
        found = scene.foreground(shown(mask, index + 500))
        if index < FIRST + 50:  # then the picture's border cuts them
            assert share(found, mask) > 0.85
    assert scene.ghosts == 0


@pytest.mark.parametrize("step", [0.9, 1.15])
def test_the_light_of_the_whole_picture_may_change(step: float) -> None:
    scene = warmed()
    found = [scene.foreground(shown(BODY, 600 + i, step)) for i in range(5)][-1]
    assert share(found, BODY) > 0.85
    assert scene.resets == 0


def test_a_flood_is_noticed_and_the_scene_learned_anew() -> None:
    scene = warmed()
    other = empty_room(7).astype(np.float32)
    for seed in range(700, 740):
        noisy = other + np.random.default_rng(seed).normal(0, 2, other.shape)
        found = scene.foreground(np.clip(noisy, 0, 255).astype(np.uint8))
        assert np.count_nonzero(found) < 0.5 * found.size, "a flood is nobody"
    assert scene.resets == 1
    assert scene.warm
    assert np.count_nonzero(found) < 20


def test_one_bad_frame_is_no_new_scene() -> None:
    scene = warmed()
    assert not scene.foreground(255 - shown(None, 800)).any()
    assert scene.resets == 0
    assert share(scene.foreground(shown(BODY, 801)), BODY) > 0.9


def test_a_detector_says_how_often_the_light_changed() -> None:
    session = make_component("detector", "background").open(INFO)
    images = [shown(None, i) for i in range(40)] + [255 - shown(None, i) for i in range(40, 50)]
    for index, image in enumerate(images):
        session(VideoFrame(image, index, index / 25))
    assert session.notes == ("the light or the camera changed 1 times: the scene was learned anew",)


def test_boxes_are_those_of_the_figure() -> None:
    session = make_component("detector", "background").open(INFO)
    for frame, mask in frames():
        found = session(frame)
        if not FIRST + 3 <= frame.index < FIRST + 45:
            continue
        x, y, width, height = cv2.boundingRect(mask)
        best = int(found.scores.argmax())
        assert np.abs(found.boxes[best] - (x, y, x + width, y + height)).max() <= 3
        assert found.scores[best] > 0.5


def test_pieces_have_boxes_and_areas_of_their_own() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[2:12, 3:7] = 255
    mask[5:9, 20:28] = 255
    pieces = pieces_of(mask)
    assert pieces.areas[1:].tolist() == [40, 32]
    assert pieces.boxes[1:].tolist() == [[3, 2, 7, 12], [20, 5, 28, 9]]
    scores = body_scores(pieces.boxes[1:], pieces.areas[1:])
    assert scores[0] == 1
    assert scores[1] == 0


def person(track: int, *box: float) -> TrackedPerson:
    return TrackedPerson(track, np.array(box, np.float32), 0.9, True)


def segmented(mask: np.ndarray, *people: TrackedPerson) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Fault and place of each mask; "none" where there is none."""
    session = make_component("segmenter", "foreground").open(INFO)
    frame = VideoFrame(np.zeros((*mask.shape, 3), np.uint8), 0, 0.0)
    found = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), mask)
    for cut in session(frame, people, found):
        yield ("none", ()) if cut is None else (cut.fault, (cut.left, cut.top, *cut.pixels.shape))


def test_faults_have_names() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:100, 30:50] = 255  # whole
    mask[0:70, 70:90] = 255  # at the top border
    mask[40:60, 110:118] = 255  # low
    said = list(
        segmented(mask, person(1, 30, 20, 50, 100), person(2, 70, 0, 90, 70), person(3, 110, 40, 118, 60),
                  person(4, 130, 20, 150, 90))
    )  # fmt: skip
    assert said == [
        ("", (30, 20, 80, 20)),
        ("cut by the frame's border", (70, 0, 70, 20)),
        ("too small", (110, 40, 20, 8)),
        ("none", ()),
    ]


def test_a_piece_of_two_people_is_said_of_both() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:100, 30:75] = 255
    said = [fault for fault, _ in segmented(mask, person(1, 30, 20, 50, 100), person(2, 55, 20, 75, 100))]
    assert said == ["merged with another track"] * 2


def test_a_neighbour_s_piece_is_left_out() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[20:100, 30:50] = 255
    mask[30:40, 52:56] = 255
    [(fault, place)] = segmented(mask, person(1, 30, 20, 56, 100))
    assert (fault, place) == ("", (30, 20, 80, 20))
