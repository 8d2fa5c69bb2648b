"""What every segmenter promises, whoever wrote it."""

import numpy as np

from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of
from gaitprint.testing.video_scenes import FIRST, INFO, frames, known
from gaitprint.video.contracts import Segmenter, SegmenterSession
from gaitprint.video.frames import VideoFrame
from gaitprint.video.people import Box, Detections, PersonMask, TrackedPerson


def check_segmenter(name: str) -> None:
    """Try all that a segmenter owes; see `gaitprint.video.contracts.Segmenter`.

    How well it cuts people out is not asked: the clip shows a figure that some segmenters take for one, and others do
    not.

    Args:
        name: of a segmenter of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no segmenter has that name.
    """
    for about in promises_of("segmenter", name):
        with about.promise("it is built as Segmenter(settings), with settings, needs_foreground and open"):
            segmenter: Segmenter = about.make()
            expect_declares(segmenter, Segmenter, ("settings", "needs_foreground"))
        clip = [(frame, known(mask)) for frame, mask in frames()][FIRST - 3 :]
        with about.promise("it opens for any video, and answers as many masks as there are people, within the frame"):
            session = segmenter.open(INFO)
            expect(isinstance(session, SegmenterSession), f"a {type(session).__name__} that cannot be called")
            found = [_asked(session, frame, detections) for frame, detections in clip]
        with about.promise("frames and foregrounds stay as they are"):
            fresh = [(frame, known(mask)) for frame, mask in frames()][FIRST - 3 :]
            same = all(
                np.array_equal(a.image, b.image) and np.array_equal(p.foreground, q.foreground)  # type: ignore[arg-type]
                for (a, p), (b, q) in zip(clip, fresh, strict=True)
            )
            expect(same, "a changed one")
        with about.promise("equal videos get equal masks, whatever was seen before"):
            again = segmenter.open(INFO)
            for (frame, detections), old in zip(clip, found, strict=True):
                expect(_equal(_asked(again, frame, detections), old), f"others the second time, frame {frame.index}")
        _check_odd_people(about, segmenter, *clip[-1])


def _asked(session: SegmenterSession, frame: VideoFrame, detections: Detections) -> tuple[PersonMask | None, ...]:
    people = tuple(_person(i + 1, box) for i, box in enumerate(detections.boxes))
    masks = session(frame, people, detections)
    _check_masks(frame, len(people), masks)
    return masks


def _check_masks(frame: VideoFrame, count: int, masks: tuple[PersonMask | None, ...]) -> None:
    expect(isinstance(masks, tuple) and len(masks) == count, f"{masks!r:.60} for {count} people")
    rows, columns = frame.image.shape[:2]
    for mask in masks:
        expect(mask is None or isinstance(mask, PersonMask), f"a {type(mask).__name__}")
        if isinstance(mask, PersonMask):
            height, width = mask.pixels.shape
            expect(mask.top + height <= rows and mask.left + width <= columns, "a mask that leaves the frame")


def _check_odd_people(about: Promises, segmenter: Segmenter, frame: VideoFrame, detections: Detections) -> None:
    boxes = (
        ("leaves the frame", [-20, -20, 30, 60]),
        ("is as large as the frame", [0, 0, INFO.width, INFO.height]),
        ("is smaller than a pixel", [10.2, 10.2, 10.4, 10.4]),
        ("lies where nobody is", [1, 1, 12, 20]),
        ("has left the frame", [500, 500, 520, 560]),
    )
    for what, box in boxes:
        with about.promise(f"a box that {what} gets a mask or None"):
            people = (_person(7, np.array(box, np.float32)),)
            _check_masks(frame, 1, segmenter.open(INFO)(frame, people, detections))
    with about.promise("frames without people, and frames on which no detector ran, get an answer"):
        session = segmenter.open(INFO)
        _check_masks(frame, 0, session(frame, (), detections))
        _check_masks(frame, 0, session(frame, (), None))
        _check_masks(frame, 1, session(frame, (_person(1, detections.boxes[0]),), None))


def _person(track: int, box: Box) -> TrackedPerson:
    return TrackedPerson(track, box, 0.9, True)


def _equal(one: tuple[PersonMask | None, ...], two: tuple[PersonMask | None, ...]) -> bool:
    return len(one) == len(two) and all(_equal_masks(a, b) for a, b in zip(one, two, strict=True))


def _equal_masks(one: PersonMask | None, two: PersonMask | None) -> bool:
    if one is None or two is None:
        return one is two
    facts = (one.left, one.top, one.fault) == (two.left, two.top, two.fault)
    return facts and np.array_equal(one.pixels, two.pixels)
