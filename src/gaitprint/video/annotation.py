"""Drawing on a frame who is who: a box, a name and how sure it is; or only outlines, or people blurred."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.video.chain import Moment, Sighting
from gaitprint.video.identity.track_identity import NO_WINDOW, UNKNOWN, TrackIdentity
from gaitprint.video.lettering import ABOVE, BELOW, known_letters, lettered

Image = UInt8[np.ndarray, "H W 3"]
Picture = Literal["video", "blurred", "outlines"]
"""What is below the names: the video, the video with its people made unrecognisable, or nothing but their outlines."""

_NAMED, _UNKNOWN, _WAITING = (24, 140, 72), (176, 92, 12), (96, 96, 104)
"""Red, green, blue of boxes: somebody known, nobody known, too early to say."""
_PAPER, _INK = (24, 26, 30), (255, 255, 255)
_PATCHES = 8
"""Patches across a blurred person."""


@dataclass(frozen=True)
class AnnotationSettings:
    """How people are drawn."""

    picture: Picture = "video"
    """See `Picture`."""
    text: float = 0.0
    """Height of letters in pixels; 0: a thirtieth of the frame's height, at least 12."""

    def __post_init__(self) -> None:
        settle_fields(self)
        known = ("video", "blurred", "outlines")
        require(self.picture in known, f"picture is {', '.join(known)}, found {self.picture!r}")
        require(0 <= self.text <= 1000, f"letters are 0 to 1000 pixels high, found {self.text}")


def annotate_frame(
    moment: Moment, identities: Mapping[int, TrackIdentity], settings: AnnotationSettings = AnnotationSettings()
) -> Image:
    """A new picture of a frame with everybody in it who is seen, and what is said of them.

    Args:
        moment: the frame and its people.
        identities: by track; who has none is drawn by number.
        settings: how people are drawn.
    """
    image = moment.frame.image
    seen = [s for s in moment.people if s.person.seen]
    if settings.picture == "outlines":
        canvas = np.empty_like(image)
        canvas[:] = _PAPER
    else:
        canvas = image.copy()
    if settings.picture == "blurred":
        for sighting in seen:
            _blur(canvas, sighting)
    for sighting in seen:
        answer = identities.get(sighting.person.track)
        colour = _colour(answer)
        if settings.picture == "outlines":
            _outline(canvas, sighting, colour)
        _frame(canvas, sighting, colour, answer_text(sighting.person.track, answer), settings.text)
    return canvas


def answer_text(track: int, answer: TrackIdentity | None) -> str:
    """What is written at a person, such as "anna 87 %", "unknown" or "3 ..." while there is nothing to go by.

    Letters that the font does not know lose their accents, or become question marks.
    """
    if answer is None or answer.reason == NO_WINDOW:
        return f"{track} ..."
    if answer.subject is None:
        return f"{track} {UNKNOWN}"
    sure = f"{answer.distance:.2f}" if answer.probability is None else f"{100 * answer.probability:.0f} %"
    return f"{known_letters(answer.subject)} {sure}"


def _colour(answer: TrackIdentity | None) -> tuple[int, int, int]:
    if answer is None or answer.reason == NO_WINDOW:
        return _WAITING
    return _UNKNOWN if answer.subject is None else _NAMED


def _inside(sighting: Sighting, canvas: Image) -> tuple[int, int, int, int]:
    """The person's box, cut by the frame."""
    height, width = canvas.shape[:2]
    left, top, right, bottom = sighting.person.box.tolist()
    return max(0, round(left)), max(0, round(top)), min(width, round(right)), min(height, round(bottom))


def _blur(canvas: Image, sighting: Sighting) -> None:
    """Make a person a few coarse patches; a wide margin, for boxes are seldom exact."""
    left, top, right, bottom = _inside(sighting, canvas)
    margin = (bottom - top) // 8
    height, width = canvas.shape[:2]
    rows = slice(max(0, top - margin), min(height, bottom + margin))
    columns = slice(max(0, left - margin), min(width, right + margin))
    piece = canvas[rows, columns]
    if piece.size:
        small = (
            max(1, _PATCHES * piece.shape[1] // max(piece.shape[:2])),
            max(1, _PATCHES * piece.shape[0] // max(piece.shape[:2])),
        )
        coarse = cv2.resize(piece, small, interpolation=cv2.INTER_AREA)
        canvas[rows, columns] = cv2.resize(coarse, piece.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def _outline(canvas: Image, sighting: Sighting, colour: tuple[int, int, int]) -> None:
    mask = sighting.mask
    if mask is None:
        return
    # a border of background closes outlines that touch the edge of the piece
    solid = np.pad((mask.pixels > 127).astype(np.uint8), 1)
    lines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(mask.left - 1, mask.top - 1))
    cv2.drawContours(canvas, lines, -1, tuple(min(255, c + 60) for c in colour), 2, cv2.LINE_AA)


def _frame(canvas: Image, sighting: Sighting, colour: tuple[int, int, int], text: str, height: float) -> None:
    """The box and the words above it, or inside where there is no room above."""
    left, top, right, bottom = _inside(sighting, canvas)
    letters = height or max(12.0, canvas.shape[0] / 30)
    thick = max(1, round(letters / 8))
    cv2.rectangle(canvas, (left, top), (right, bottom), colour, thick, cv2.LINE_AA)
    words, below = lettered(text, letters)
    tall, wide = words.shape
    margin = max(2, thick * 2)
    high = round((ABOVE + BELOW) * letters) + margin
    x = min(max(0, left), max(0, canvas.shape[1] - wide - 2 * margin))
    y = top if top >= high else min(canvas.shape[0], top + high)
    cv2.rectangle(canvas, (x, y - high), (x + wide + 2 * margin, y), colour, -1)
    line = y - round(BELOW * letters) - margin // 2
    _ink(canvas, words, x + margin, line + below - tall)


def _ink(canvas: Image, words: UInt8[np.ndarray, "h w"], left: int, top: int) -> None:
    """Lay ink where the words are; what would be outside is left out."""
    top = max(0, top)
    piece = canvas[top : top + words.shape[0], left : left + words.shape[1]]
    share = words[: piece.shape[0], : piece.shape[1], None] / 255.0
    piece[:] = np.rint(share * _INK + (1 - share) * piece).astype(np.uint8)
