"""Names of tracks while a video is gone through."""

import itertools

import numpy as np
import pytest

from gaitprint.errors import DataError, ShapeError
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord
from gaitprint.video.identity.acceptance import accept_by_gallery, accept_within
from gaitprint.video.identity.identifier import Identifier
from gaitprint.video.identity.known_people import KnownPeople
from gaitprint.video.identity.track_identity import NO_WINDOW, TOO_FAR, TrackIdentity

PLACES = {"anna": 0.0, "ben": 10.0, "cleo": 20.0}
LAYOUT = PartLayout(((1, 2),))


def rows(places: list[float], names: list[str | None]) -> Embeddings:
    records = tuple(SequenceRecord(f"{i}", name, "", "") for i, name in enumerate(names))
    return Embeddings(np.array([[p, 0.0] for p in places], np.float32), records, LAYOUT, "made-up")


def window(place: float) -> Embeddings:
    return rows([place], [None])


def identifier(limit: float = 3.0, calibrated: bool = False) -> Identifier:
    known = KnownPeople.of(
        rows(list(PLACES.values()), list(PLACES)), Pipeline.from_settings({"scorer": {"name": "euclidean"}})
    )
    line = Calibration("logistic", np.array([0.0, 4.0]), np.array([2.0, -2.0]), 6.0)
    return Identifier(known, accept_within(limit), line if calibrated else None)


def test_each_track_has_its_own_answer_and_nobody_fits_the_stranger() -> None:
    who = identifier()
    for frame in range(5):
        who.see([1, 2, 3], frame / 25)
    who.add(1, window(19.0), 30)
    who.add(2, window(1.0), 30)
    who.add(3, window(6.0), 30)
    cleo, anna, stranger = who.answers()
    assert (cleo.subject, anna.subject, stranger.subject) == ("cleo", "anna", None)
    assert (cleo.distance, cleo.runner_up, cleo.margin) == (1.0, "ben", 8.0)
    assert (stranger.nearest, stranger.distance, stranger.reason, stranger.name) == ("ben", 4.0, TOO_FAR, "unknown")
    assert anna.seconds == (0.0, 4 / 25)
    assert (anna.windows, anna.frames) == (1, 30)
    assert cleo.probability is None
    assert cleo.to_dict()["reason"] is None


def test_who_was_seen_beside_somebody_is_somebody_else() -> None:
    who = identifier(limit=20.0)
    who.see([1, 2], 0.0)
    who.add(1, window(1.0), 30)
    who.add(2, window(2.0), 30)
    assert [a.subject for a in who.answers()] == ["anna", "ben"]
    assert who.answers()[1].nearest == "anna"
    assert who.answers()[1].margin == -6.0
    apart = identifier(limit=20.0)
    apart.see([1], 0.0)
    apart.see([2], 9.0)
    apart.add(1, window(1.0), 30)
    apart.add(2, window(2.0), 30)
    assert [a.subject for a in apart.answers()] == ["anna", "anna"]


def test_a_person_who_is_taken_leaves_nobody() -> None:
    who = identifier()
    who.see([1, 2], 0.0)
    who.add(1, window(1.0), 30)
    who.add(2, window(2.0), 30)
    assert [(a.subject, a.reason) for a in who.answers()] == [
        ("anna", ""),
        (None, "anna is track 1, seen at the same moment"),
    ]
    # the same where the first has gone for good
    assert who.close(1).subject == "anna"
    assert [(a.subject, a.reason) for a in who.answers()] == [(None, "anna is track 1, seen at the same moment")]
    with pytest.raises(DataError, match="track 1 has not been seen, or was closed"):
        who.close(1)


def test_answers_change_as_windows_come_and_confidence_grows() -> None:
    who = identifier(calibrated=True)
    who.see([7], 0.0)
    assert who.answers()[0].reason == NO_WINDOW
    assert who.answers()[0].distance is None
    sure = []
    for count in range(1, 6):
        who.see([7], float(count))
        who.add(7, window(1.0), 30)
        (answer,) = who.answers()
        assert answer.subject == "anna"
        assert answer.windows == count
        assert answer.seconds == (0.0, float(count))
        sure.append(answer.probability)
    assert all(a < b for a, b in itertools.pairwise(sure))
    assert sure[-1] < 1
    who.add(7, window(10.0), 900)
    assert who.answers()[0].subject == "ben"


def test_longer_evidence_outweighs_a_single_window() -> None:
    who = identifier()
    who.see([1, 2], 0.0)
    for _ in range(6):
        who.add(1, window(1.2), 30)
    who.add(2, window(1.0), 30)
    assert [a.subject for a in who.answers()] == ["anna", None]


@pytest.mark.parametrize("seed", range(5))
def test_numbers_of_tracks_mean_nothing(seed: int) -> None:
    generator = np.random.Generator(np.random.PCG64(seed))
    places, order = generator.uniform(-5, 25, 6), generator.permutation(6)
    answers = []
    for numbers in (np.arange(6), order):
        who = identifier(limit=6.0)
        for a, b, c in ((0, 1, 2), (2, 3, 4), (1, 4, 5)):
            who.see([int(numbers[i]) for i in (a, b, c)], float(a))
        for i in generator.permutation(6):
            who.add(int(numbers[i]), window(float(places[i])), 30)
        by_track = {a.track: a.subject for a in who.answers()}
        answers.append([by_track[int(n)] for n in numbers])
    assert answers[0] == answers[1]


def test_strangers_on_tracks_are_named_no_more_often_than_stated() -> None:
    generator = np.random.Generator(np.random.PCG64(3))
    people = 80
    centres = generator.standard_normal((people + 400, 6)).astype(np.float32)
    layout = PartLayout(((1, 6),))
    records = tuple(SequenceRecord(f"{i}", f"{i:03}", "", "") for i in range(people))
    known = KnownPeople.of(
        Embeddings(centres[:people], records, layout, "made-up"),
        Pipeline.from_settings({"scorer": {"name": "euclidean"}}),
    )
    acceptance = accept_by_gallery(known, 0.1)
    assert not acceptance.reason
    named = []
    for start in range(0, 400, 2):
        who = Identifier(known, acceptance)
        who.see([0, 1], 0.0)
        for track in (0, 1):
            for _ in range(3):
                seen = centres[people + start + track] + 0.2 * generator.standard_normal(6).astype(np.float32)
                who.add(track, Embeddings(seen[None], (records[0],), layout, "made-up"), 30)
        named += [a.subject is not None for a in who.answers()]
    # 80 strangers set the distance: within four standard errors of both samples
    assert np.mean(named) <= 0.1 + 4 * np.sqrt(0.09 * (1 / 80 + 1 / 400))


def test_what_is_refused() -> None:
    who = identifier()
    with pytest.raises(DataError, match="track 4 has not been seen"):
        who.add(4, window(0.0), 30)
    who.see([4], 0.0)
    with pytest.raises(DataError, match="one vector of one frame or more, found 1 of 0"):
        who.add(4, window(0.0), 0)
    with pytest.raises(ShapeError, match="has a name or a reason"):
        TrackIdentity(1, None, None, None, None, None, None, 0, 0, (0.0, 0.0))
