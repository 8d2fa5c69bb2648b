"""Who walks and who stands, sits or exercises: told by the way of the box and by the steps of the legs."""

import math

import cv2
import numpy as np
import pytest

from gaitprint.datasets.synthetic import walk_once
from gaitprint.errors import ConfigError
from gaitprint.silhouettes.normalize import NormalizedSequence, normalize_sequence
from gaitprint.silhouettes.quality import measure
from gaitprint.video.composites.walker import draw_walker, dress_in_colours
from gaitprint.video.tracklets import STANDS, TrackletCollector, TrackletSettings
from gaitprint.video.walking import bobbing, leg_swing, speed_in_picture, walks

FPS, TALL = 25, 100.0
LEAST = TrackletSettings().speed


def filmed(view: float, ahead: float = 0.0, count: int = 60, subject: int = 1, steps: bool = True) -> list[np.ndarray]:
    """Frames of 400 x 200 pixels with a walker who moves by `ahead` pixels a frame, or stands in mid-step."""
    solids, clothes = walk_once(0, subject, "nm-02", count), dress_in_colours(np.random.default_rng(0))
    made = []
    for t in range(count):
        place = np.array([80.0 + ahead * t, 160.0])
        drawn = draw_walker(solids, float(t) if steps else 3.0, view, TALL, place, clothes)
        frame = np.zeros((200, 400), np.uint8)
        frame[drawn.top : drawn.top + len(drawn.alpha), drawn.left : drawn.left + drawn.alpha.shape[1]] = drawn.alpha
        made.append(frame)
    return made


def shaken(frames: list[np.ndarray], pixels: int = 1) -> list[np.ndarray]:
    """The same with the place and outline of each mask off by chance, as those of a segmenter are."""
    rng = np.random.default_rng(1)
    shifts = rng.integers(-pixels, pixels + 1, (len(frames), 2))
    grown = [cv2.dilate(f, np.ones((3, 3), np.uint8)) if rng.random() < 0.5 else f for f in frames]
    return [np.roll(f, tuple(s), (0, 1)) for f, s in zip(grown, shifts, strict=True)]


def jumping_jacks(count: int = 75) -> list[np.ndarray]:
    """Arms overhead and legs apart, then both together, once a second."""
    made = []
    for t in range(count):
        wide = 0.5 - 0.5 * math.cos(2 * math.pi * t / FPS)
        frame, lift = np.zeros((200, 400), np.uint8), round(6 * math.sin(math.pi * wide))
        top = 60 - lift
        cv2.circle(frame, (200, top + 8), 8, 255, -1)
        cv2.rectangle(frame, (188, top + 16), (212, top + 55), 255, -1)
        for side in (-1, 1):
            angle = math.radians(20 + 140 * wide)
            hand = (round(200 + side * (12 + 35 * math.sin(angle))), round(top + 20 + 35 * math.cos(angle)))
            cv2.line(frame, (200 + side * 12, top + 20), hand, 255, 7)
            cv2.line(frame, (200 + side * 6, top + 55), (round(200 + side * (8 + 25 * wide)), top + 100), 255, 9)
        made.append(frame)
    return made


def judged(frames: list[np.ndarray], fps: float = FPS) -> tuple[bool, NormalizedSequence]:
    made = normalize_sequence(frames)
    period = measure(made.frames, made.boxes, frames[0].shape[:2]).period
    return walks(made.frames, made.boxes, np.arange(len(frames)) / fps, period, LEAST), made


@pytest.mark.parametrize("subject", [1, 2, 3])
@pytest.mark.parametrize(("count", "fps"), [(15, 25), (60, 25), (24, 10)])
def test_who_crosses_the_picture_walks_and_who_stands_does_not(subject: int, count: int, fps: int) -> None:
    # 0.7 body heights a second
    crossing = shaken(filmed(90.0, 0.7 * TALL / fps, count, subject))
    assert judged(crossing, fps)[0]
    assert not judged(shaken(filmed(90.0, 0.0, count, subject, steps=False)), fps)[0]


@pytest.mark.parametrize("view", [0.0, 90.0, 180.0, 270.0])
def test_steps_on_the_spot_are_walking(view: float) -> None:
    walks_on, made = judged(shaken(filmed(view, subject=2)))
    assert speed_in_picture(made.boxes, np.arange(60) / FPS) < LEAST
    assert walks_on


def test_exercises_are_no_walking_though_legs_move_in_time() -> None:
    walks_on, made = judged(jumping_jacks())
    assert leg_swing(made.frames) > 0.1
    assert not walks_on


def test_who_comes_nearer_grows_and_does_not_bob() -> None:
    seconds = np.arange(40) / FPS
    height = 100 * np.exp(0.2 * seconds)
    boxes = np.stack([0 * height, 0 * height, height / 2, height], axis=1).round().astype(np.int32)
    assert bobbing(boxes, seconds) < 0.01
    boxes[::2, 3] += 20
    assert bobbing(boxes, seconds) > 0.05


def test_speed_is_that_of_the_feet_in_body_heights_a_second() -> None:
    seconds = np.cumsum(np.where(np.arange(200) % 2, 0.02, 0.06))  # uneven times
    x = np.rint(1000 * seconds).astype(np.int32)
    boxes = np.stack([x, 0 * x, 0 * x + 300, 0 * x + 1000], axis=1)
    assert speed_in_picture(boxes, seconds) == pytest.approx(1.0, abs=0.03)  # whole pixels, medians of five
    boxes[:150, 0] = 500  # six of eight seconds: what is done most of the time counts
    assert speed_in_picture(boxes, seconds) == 0.0
    assert math.isnan(speed_in_picture(boxes[:1], seconds[:1]))


def test_a_stretch_of_a_stander_is_left_out_unless_asked_for() -> None:
    from test_video_extract import body, moment

    for speed, reason in ((LEAST, STANDS), (0.0, "")):
        collector = TrackletCollector(TrackletSettings(frames=10, height=40.0, speed=speed))
        for i in range(30):
            assert not list(collector.add(moment(i, i / 25, (1, body()))))
        [stretch] = collector.finish()
        assert stretch.reason == reason
        assert stretch.quality is not None
    with pytest.raises(ConfigError, match="body heights a second"):
        TrackletSettings(speed=-1.0)
