"""Composite clips: settings, and the frames with the truth about each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

from gaitprint.config import require
from gaitprint.datasets.synthetic import walk_once
from gaitprint.synthetic.gait import FRAMES_A_SECOND
from gaitprint.synthetic.solids import Solids
from gaitprint.video.composites.scene import Image, Sensor, cast_shadow, made_up_pillar, made_up_place, overlap_of
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.truth import CompositeFrame, TruePerson
from gaitprint.video.composites.walker import (
    PITCH,
    Clothes,
    DrawnWalker,
    draw_walker,
    dress_in_colours,
    pace_of,
)
from gaitprint.video.frames import VideoFrame
from gaitprint.video.people import PersonMask

_HORIZON = 0.35
"""Share of the frame's height above the ground."""
_LATEST = 1.5
"""Seconds within which all come."""
_REACH = 0.45
"""Half of the widest stride in body heights."""
_CLOTHES = 77
"""Goes into the seed of clothes, so that they are no draws of a body's."""


@dataclass(frozen=True, eq=False)
class _Walker:
    """One person's way through the clip."""

    subject: int
    solids: Solids
    clothes: Clothes
    height: float
    view: float
    place: Float64[np.ndarray, "T 2"]
    """Column and row of the ground below the pelvis, each frame."""


def composite_clip(
    settings: CompositeSettings, generator: np.random.Generator, place: Image | None = None
) -> Iterator[CompositeFrame]:
    """The frames of a clip, one after another.

    Args:
        settings: what is filmed.
        generator: chance of places, paths and noise; an equal one gives the same bytes.
        place: the empty scene, uint8 [height, width, 3], RGB, such as the median of a film; None: a made-up one.

    Raises:
        ConfigError: the place has another size.
    """
    s = settings
    # each purpose draws from its own: another place or pillar changes nobody's way
    for_place, for_walkers, for_post, for_sensor = generator.spawn(4)
    place = made_up_place(s.width, s.height, _HORIZON, for_place) if place is None else place
    wanted = (s.height, s.width, 3)
    require(place.shape == wanted, f"the place must be an image {list(wanted)}, found {list(place.shape)}")
    walkers = sorted(_walkers(s, for_walkers), key=lambda w: w.height)
    post = made_up_pillar(round(s.pillar * s.width), s.height, for_post) if s.pillar else None
    sensor = Sensor(s.width, s.height, s.noise, s.light, for_sensor)
    for index in range(s.frames):
        image, people = _compose(place.copy(), walkers, index, s, post)
        image = sensor.expose(image, index / s.fps)
        image.setflags(write=False)
        yield CompositeFrame(VideoFrame(image, index, index / s.fps), people)


def _walkers(s: CompositeSettings, generator: np.random.Generator) -> list[_Walker]:
    """Everybody, from outside the picture to as far as they come while the clip lasts."""
    heights = generator.permutation(np.linspace(s.smallest, s.largest, len(s.subjects)))
    found = []
    for number, (subject, height) in enumerate(zip(s.subjects, heights, strict=True)):
        clothes = dress_in_colours(np.random.default_rng([s.seed, subject, _CLOTHES]))
        steps = int(np.ceil(s.seconds * FRAMES_A_SECOND)) + 1
        solids = walk_once(s.seed, subject, s.condition, steps)
        side = 1 if number % 2 else -1
        # 270 walks to the right, 90 to the left
        view = 180.0 + side * 90.0 + generator.uniform(-s.turn, s.turn)
        pace = pace_of(solids) * height * FRAMES_A_SECOND
        angle = np.radians(view)
        velocity = pace * np.array([-np.sin(angle), np.cos(angle) * np.sin(np.radians(PITCH))])
        # nearer people are larger, and their feet lower in the picture
        share = 0.5 if s.largest == s.smallest else (height - s.smallest) / (s.largest - s.smallest)
        ground = s.height * (0.72 + 0.24 * share)
        enters = s.empty + generator.uniform(0.0, _LATEST)
        reach = _REACH * height
        border = np.array([-reach if side > 0 else s.width + reach, max(ground, height + 4)])
        times = np.arange(s.frames)[:, None] / s.fps - enters
        found.append(_Walker(subject, solids, clothes, float(height), view, border + times * velocity))
    return found


def _compose(
    image: Image, walkers: list[_Walker], index: int, s: CompositeSettings, post: UInt8[np.ndarray, "H P 3"] | None
) -> tuple[Image, tuple[TruePerson, ...]]:
    """The scene of one frame, and who is in it."""
    moment = index / s.fps * FRAMES_A_SECOND
    drawn = [draw_walker(w.solids, moment, w.view, w.height, w.place[index], w.clothes) for w in walkers]
    if s.shadow:
        for person in drawn:
            cast_shadow(image, person.alpha, (person.left, person.top), s.shadow)
    for person in drawn:
        _paste(image, person)
    cover = np.zeros(image.shape[:2], np.uint8)
    if post is not None:
        left = (s.width - post.shape[1]) // 2
        image[:, left : left + post.shape[1]] = post
        cover[:, left : left + post.shape[1]] = 255
    people = []
    # the nearest first: what they cover is not to be seen of others
    for walker, person in reversed(list(zip(walkers, drawn, strict=True))):
        rows, columns = overlap_of(image.shape, (person.top, person.left), person.alpha.shape)
        whole = person.alpha[rows.start - person.top :, columns.start - person.left :]
        whole = whole[: rows.stop - rows.start, : columns.stop - columns.start]
        if whole.any():
            mask = np.minimum(whole, 255 - cover[rows, columns])
            cover[rows, columns] = np.maximum(cover[rows, columns], whole)
            corner = columns.start, rows.start
            people.append(
                TruePerson(f"{walker.subject:03d}", _box(person), PersonMask(*corner, mask), PersonMask(*corner, whole))
            )
    return image, tuple(reversed(people))


def _paste(image: Image, person: DrawnWalker) -> None:
    rows, columns = overlap_of(image.shape, (person.top, person.left), person.alpha.shape)
    inside = (
        slice(rows.start - person.top, rows.stop - person.top),
        slice(columns.start - person.left, columns.stop - person.left),
    )
    share = person.alpha[inside][:, :, None] / np.float32(255)
    image[rows, columns] = np.rint(image[rows, columns] * (1 - share) + person.colours[inside] * share)


def _box(person: DrawnWalker) -> np.ndarray:
    """Around all pixels of the body."""
    rows, columns = (np.flatnonzero(person.alpha.any(axis=axis)) for axis in (1, 0))
    corners = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    return np.array(corners, np.float32) + np.array([person.left, person.top] * 2, np.float32)
