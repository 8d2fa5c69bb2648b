"""Names on a picture: letters of all alphabets that the font has, at the place of whom they belong to."""

import numpy as np
import pytest

from gaitprint.video.annotation import AnnotationSettings, annotate_frame, answer_text
from gaitprint.video.chain import Moment, Sighting
from gaitprint.video.frames import VideoFrame
from gaitprint.video.identity.track_identity import TrackIdentity
from gaitprint.video.lettering import known_letters, lettered
from gaitprint.video.people import TrackedPerson

INK = 255


def answer(name: str, probability: float | None = None) -> TrackIdentity:
    return TrackIdentity(1, name, 0.5, None, probability, None, name, 1, 30, (0.0, 1.0), "")


def drawn(name: str, left: float = 100.0, top: float = 90.0, height: float = 0.0) -> np.ndarray:
    """A grey picture of 320 x 240 pixels with one person."""
    frame = VideoFrame(np.full((240, 320, 3), 120, np.uint8), 0, 0.0)
    person = TrackedPerson(1, np.array([left, top, left + 60, top + 120], np.float32), 1.0, True)
    moment = Moment(frame, None, (Sighting(person, None),))
    return annotate_frame(moment, {1: answer(name)}, AnnotationSettings(text=height))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Željko Ångström", "Željko Ångström"),
        ("Z\u030celjko", "Željko"),  # two signs for one letter
        ("Ελένη Жук", "Ελένη Жук"),
        ("小明", "??"),
        ("two\nlines\t", "two?lines?"),
        ("\uff21nna", "Anna"),  # wide letters of East Asian keyboards
    ],
)
def test_letters_keep_their_accents_where_the_font_has_them(name: str, shown: str) -> None:
    assert known_letters(name) == shown
    assert answer_text(1, answer(name, 0.87)) == f"{shown} 87 %"
    assert answer_text(1, answer(name)) == f"{shown} 0.50"


def test_accents_are_drawn() -> None:
    plain, accented = (lettered(text, 20.0)[0] for text in ("Zeljko", "Željko"))
    assert accented.shape[0] > plain.shape[0]
    assert lettered("g", 20.0)[1] > 0 == lettered("a", 20.0)[1]
    rows, _ = lettered("H", 40.0)[0].shape
    assert abs(rows - 40) <= 2  # hinted to whole pixels


def test_a_name_stands_above_its_person_or_inside_where_there_is_no_room() -> None:
    def inked(image: np.ndarray) -> tuple[int, int, int, int]:
        rows, columns = np.nonzero((image == INK).all(axis=2))
        return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())

    left, top, right, bottom = inked(drawn("Žofie"))
    assert 100 <= left < right
    assert 60 < top < bottom < 90
    left, top, right, bottom = inked(drawn("Žofie", top=3.0))
    assert 3 <= top < bottom < 40
    _, _, right, _ = inked(drawn("Žofie", left=300.0))
    assert right < 320


@pytest.mark.parametrize("height", [12.0, 300.0, 1000.0])
def test_words_that_do_not_fit_are_cut(height: float) -> None:
    image = drawn("a name that is far too long for such a small picture", height=height)
    assert image.shape == (240, 320, 3)
    assert (image != 120).any()
