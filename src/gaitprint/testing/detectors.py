"""What every detector of people promises, whoever wrote it."""

import numpy as np

from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of
from gaitprint.testing.video_scenes import INFO, frames
from gaitprint.video.contracts import Detector, DetectorSession
from gaitprint.video.frames import VideoFrame
from gaitprint.video.people import Detections


def check_detector(name: str) -> None:
    """Try all that a detector owes; see `gaitprint.video.contracts.Detector`.

    How well it finds people is not asked: the clip shows a figure that some detectors take for one, and others do not.

    Args:
        name: of a detector of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no detector has that name.
    """
    for about in promises_of("detector", name):
        with about.promise("it is built as Detector(settings), with settings, interval and open"):
            detector: Detector = about.make()
            expect_declares(detector, Detector, ("settings", "interval"))
            expect(
                isinstance(detector.interval, int | float) and 0 <= detector.interval <= 60,
                f"interval is {detector.interval!r}, not seconds",
            )
        clip = [frame for frame, _ in frames()]
        with about.promise("it opens for any video, and its session answers each frame with Detections"):
            session = detector.open(INFO)
            expect(isinstance(session, DetectorSession), f"a {type(session).__name__} that cannot be called")
            before = [frame.image.copy() for frame in clip]
            found = [session(frame) for frame in clip]
            for frame, detections in zip(clip, found, strict=True):
                _check_answer(frame, detections)
        with about.promise("frames stay as they are"):
            expect(all(np.array_equal(f.image, b) for f, b in zip(clip, before, strict=True)), "a changed one")
        with about.promise("equal videos get equal answers, whatever was seen before"):
            again = detector.open(INFO)
            same = all(_equal(again(frame), old) for frame, old in zip(clip, found, strict=True))
            expect(same, "other answers the second time")
        _check_odd_frames(about, detector)


def _check_answer(frame: VideoFrame, detections: Detections) -> None:
    expect(isinstance(detections, Detections), f"a {type(detections).__name__}")
    rows, columns = frame.image.shape[:2]
    foreground = detections.foreground
    expect(foreground is None or foreground.shape == (rows, columns), "a foreground of another size than the frame's")
    # a box may leave the frame, but something of it is in it
    boxes = detections.boxes
    within = (boxes[:, 0] < columns) & (boxes[:, 1] < rows) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
    expect(within.all(), f"a box outside the frame {boxes[~within][:1].tolist()}")


def _check_odd_frames(about: Promises, detector: Detector) -> None:
    with about.promise("plain frames of any size get an answer: black, white, tall, wide, a few pixels"):
        for shape, grey in (((120, 160), 0), ((120, 160), 255), ((200, 40), 90), ((40, 200), 90), ((3, 5), 90)):
            session = detector.open(INFO)
            for index in range(3):
                frame = VideoFrame(np.full((*shape, 3), grey, np.uint8), index, index / 25)
                _check_answer(frame, session(frame))


def _equal(one: Detections, two: Detections) -> bool:
    same = np.array_equal(one.boxes, two.boxes) and np.array_equal(one.scores, two.scores)
    if one.foreground is None or two.foreground is None:
        return same and one.foreground is two.foreground
    return same and np.array_equal(one.foreground, two.foreground)
