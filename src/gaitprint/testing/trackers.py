"""What every tracker promises, whoever wrote it."""

from collections.abc import Sequence

import numpy as np

from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of
from gaitprint.video.contracts import Tracker, TrackerSession
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Detections, TrackUpdate

INFO = VideoInfo(320, 240, 25.0, None)
STEP = 0.04
_COLOURS = np.array([[200, 40, 40], [40, 40, 200], [30, 160, 60]], np.uint8)

Scene = Sequence[tuple[VideoFrame, Detections | None]]


def check_tracker(name: str) -> None:
    """Try all that a tracker owes; see `gaitprint.video.contracts.Tracker`.

    Args:
        name: of a tracker of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no tracker has that name.
    """
    for about in promises_of("tracker", name):
        with about.promise("it is built as Tracker(settings), with settings, memory and open"):
            tracker: Tracker = about.make()
            expect_declares(tracker, Tracker, ("settings", "memory"))
            expect(tracker.memory >= 0, f"memory {tracker.memory}")
            expect(isinstance(tracker.open(INFO), TrackerSession), "a session without update and correct")
        _check_one_walker(about, tracker)
        _check_answers(about, tracker)
        _check_order(about, tracker)
        _check_gaps(about, tracker)
        _check_endings(about, tracker)


def walkers(frames: int, people: int = 1, start: int = 0, every: int = 1) -> list[tuple[VideoFrame, Detections | None]]:
    """Coloured boxes that walk side by side, one above the other, and what a perfect detector says of each frame.

    Args:
        frames: how many there are.
        people: how many walk, up to 3.
        start: number of the first frame; earlier frames of the same walk lie before it.
        every: the detector runs on each so-manieth frame.
    """
    scene: list[tuple[VideoFrame, Detections | None]] = []
    for index in range(start, start + frames):
        image = np.full((INFO.height, INFO.width, 3), 120, np.uint8)
        boxes = np.array([[20 + 1.2 * index, 8 + 78 * i, 44 + 1.2 * index, 68 + 78 * i] for i in range(people)])
        for (left, top, right, bottom), colour in zip(boxes.astype(int), _COLOURS, strict=False):
            image[top:bottom, left:right] = colour
        image.setflags(write=False)
        found = Detections(boxes.astype(np.float32).reshape(-1, 4), np.full(people, 0.9, np.float32))
        scene.append((VideoFrame(image, index, index * STEP), None if index % every else found))
    return scene


def _followed(tracker: Tracker, scene: Scene) -> list[TrackUpdate]:
    session = tracker.open(INFO)
    return [session.update(frame, found) for frame, found in scene]


def _check_one_walker(about: Promises, tracker: Tracker) -> None:
    with about.promise("a walker who is found in every frame is one track, number 1, seen where they are"):
        scene = walkers(75)
        for (_, found), update in list(zip(scene, _followed(tracker, scene), strict=True))[25:]:
            expect([p.track for p in update.people] == [1], f"tracks {[p.track for p in update.people]}")
            (person,) = update.people
            expect(person.seen and 0 <= person.score <= 1, f"seen {person.seen}, score {person.score}")
            off = 0.0 if found is None else float(np.abs(person.box - found.boxes[0]).max())
            expect(off < 10, f"a box that is {off:.0f} pixels off")


def _check_answers(about: Promises, tracker: Tracker) -> None:
    scene = walkers(60, 3)
    before = [(frame.image.tobytes(), found.boxes.tobytes()) for frame, found in scene if found]
    updates = _followed(tracker, scene)
    with about.promise("frames and detections stay as they are"):
        expect(before == [(frame.image.tobytes(), found.boxes.tobytes()) for frame, found in scene if found], "others")
    with about.promise("people come by track, each once, and no more are seen than were found"):
        for update in updates:
            numbers = [p.track for p in update.people]
            expect(numbers == sorted(set(numbers)), f"tracks {numbers}")
            expect(sum(p.seen for p in update.people) <= 3, f"{len(numbers)} people of 3 detections")
    with about.promise("boxes are float32 [4] with left < right and top < bottom"):
        for box in (p.box for update in updates for p in update.people):
            expect(box.shape == (4,) and box.dtype == np.float32, f"{box.dtype} {list(box.shape)}")
            expect(np.isfinite(box).all() and (box[2:] > box[:2]).all(), f"{box.tolist()}")
    with about.promise("tracks are numbered from 1 in the order of appearance"):
        expect([p.track for p in updates[-1].people] == [1, 2, 3], f"{[p.track for p in updates[-1].people]}")


def _check_order(about: Promises, tracker: Tracker) -> None:
    scene = walkers(50, 3)
    wanted = [_text(update) for update in _followed(tracker, scene)]
    with about.promise("the same frames and detections, the same answers, whatever other sessions saw"):
        session, other = tracker.open(INFO), tracker.open(INFO)
        for (frame, found), text in zip(scene, wanted, strict=True):
            other.update(frame, Detections(np.array([[5, 5, 90, 200]], np.float32), np.ones(1, np.float32)))
            expect(_text(session.update(frame, found)) == text, f"others in frame {frame.index}")
    with about.promise("the order of detections means nothing"):
        turned = [(frame, _reordered(found, frame.index)) for frame, found in scene]
        expect([_text(update) for update in _followed(tracker, turned)] == wanted, "other answers in another order")


def _check_gaps(about: Promises, tracker: Tracker) -> None:
    with about.promise("in frames without a detector nobody is missed, ends or comes"):
        scene = walkers(90, 3, every=3)
        updates = _followed(tracker, scene)
        for (_, found), last, update in list(zip(scene[1:], updates, updates[1:], strict=False))[45:]:
            if found is None:
                same = [(p.track, p.seen) for p in last.people] == [(p.track, p.seen) for p in update.people]
                expect(same and not update.ended, "others than in the frame before")
        expect([p.track for p in updates[-1].people] == [1, 2, 3], f"{[p.track for p in updates[-1].people]} at last")
    with about.promise("unknown tracks, and people elsewhere, are left alone by correct()"):
        session, plain = tracker.open(INFO), tracker.open(INFO)
        for frame, found in walkers(40):
            update = session.update(frame, found)
            session.correct(99, np.array([0, 0, 20, 50], np.float32))
            for person in update.people:
                session.correct(person.track, np.array([280, 200, 300, 239], np.float32))
            expect(_text(update) == _text(plain.update(frame, found)), f"other answers in frame {frame.index}")


def _check_endings(about: Promises, tracker: Tracker) -> None:
    """One walker goes, nobody is there for longer than the tracker remembers, then another one comes."""
    seconds = tracker.memory + 2
    empty = [
        (VideoFrame(f.image, f.index, 50 * STEP + seconds * i / 60), d)
        for i, (f, d) in enumerate(walkers(60, 0, start=50))
    ]
    late = [(VideoFrame(f.image, f.index + 110, f.seconds + 50 * STEP + seconds), d) for f, d in walkers(50)]
    updates = _followed(tracker, [*walkers(50), *empty, *late])
    with about.promise("who is away for longer than `memory` has ended, once, and is reported no more"):
        ended = [number for update in updates[:110] for number in update.ended]
        expect(ended == [1], f"ended {ended}")
        expect(not updates[109].people, "people in an empty scene")
    with about.promise("a number is never given again"):
        expect([p.track for p in updates[-1].people] == [2], f"{[p.track for p in updates[-1].people]} after track 1")


def _reordered(found: Detections | None, seed: int) -> Detections | None:
    if found is None:
        return None
    order = np.random.default_rng(seed).permutation(len(found))
    return Detections(found.boxes[order], found.scores[order], found.foreground)


def _text(update: TrackUpdate) -> str:
    people = [(p.track, p.box.tolist(), p.score, p.seen) for p in update.people]
    return f"{people} {update.ended}"
