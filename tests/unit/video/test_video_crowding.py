"""Boxes of several people, and boxes of which a part is hidden."""

import numpy as np
import pytest

from gaitprint.video.tracking.box_motion import BoxMotion
from gaitprint.video.tracking.crowding import completed, crowds, mix_up_hidden, spread_within
from gaitprint.video.tracking.matching import Found, reunion_gains
from gaitprint.video.tracking.track import Track


def boxes(*found) -> np.ndarray:
    return np.array(found, np.float32).reshape(-1, 4)


ANNA, BEN, CLEO = (100, 50, 140, 150), (150, 60, 190, 150), (400, 50, 440, 150)


def test_one_box_around_two_is_a_crowd_and_one_around_one_is_none() -> None:
    assert crowds(boxes(ANNA, BEN, CLEO), boxes((98, 50, 192, 151), CLEO)) == {0: [0, 1]}
    assert crowds(boxes(ANNA, BEN), boxes(ANNA, BEN)) == {}
    # somebody small before somebody tall: the box is the tall one's, and nothing says that there are two
    assert crowds(boxes(ANNA, (110, 100, 130, 150)), boxes(ANNA)) == {}
    assert crowds(boxes(ANNA), boxes((98, 50, 192, 151))) == {}
    assert crowds(boxes(ANNA, BEN), boxes()) == {}


def test_people_of_a_crowd_stand_at_its_sides_and_between() -> None:
    crowd = boxes((90, 40, 210, 150))[0]
    placed = spread_within(crowd, boxes(BEN, (120, 30, 160, 130), ANNA))
    assert placed.tolist() == [[170, 60, 210, 150], [120, 40, 160, 140], [90, 50, 130, 150]]
    narrow = spread_within(boxes((100, 60, 130, 140))[0], boxes(ANNA, (101, 50, 141, 150)))
    assert narrow[:, 2] - narrow[:, 0] == pytest.approx([40, 40])
    assert narrow[0].tolist() == [100, 50, 140, 150]
    assert narrow[1].tolist() == [90, 50, 130, 150]


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        ((102, 50, 120, 150), (102, 50, 142, 150)),
        ((124, 50, 141, 150), (101, 50, 141, 150)),
        ((100, 51, 140, 110), (100, 51, 140, 151)),
        ((100, 50, 118, 100), (100, 50, 140, 150)),
        ((108, 50, 132, 150), None),
        ((100, 50, 138, 148), None),
        ((95, 50, 145, 150), None),
    ],
    ids=["right", "left", "below", "right and below", "legs closed", "hardly", "legs open"],
)
def test_what_is_hidden_at_one_side_is_where_it_was_expected(found, whole) -> None:
    box, hidden = completed(boxes(found)[0], boxes(ANNA)[0])
    assert hidden == (whole is not None)
    assert box.tolist() == list(whole or found)


def track(box, colour: int | None = None) -> Track:
    colours = None if colour is None else np.sqrt(np.eye(48, dtype=np.float32)[colour])
    return Track(BoxMotion(0.8, 4.0).begin(boxes(box)[0]), 0.9, 0.0, 0.0, colours, number=1)


def test_who_is_behind_somebody_is_mixed_up_with_them() -> None:
    front, behind, apart = track(ANNA), track((105, 60, 142, 150)), track(CLEO)
    behind.seen = False
    mix_up_hidden([front, behind, apart])
    assert [front.mixed, behind.mixed, apart.mixed] == [True, True, False]
    apart.seen = False
    mix_up_hidden([behind, apart])
    assert not apart.mixed


def test_looks_tell_who_came_out_where() -> None:
    red, blue = track(ANNA, 0), track(BEN, 1)
    found = Found(boxes(ANNA, BEN), np.ones(2, np.float32), (blue.colours, red.colours))
    chosen = np.arange(2)
    assert not reunion_gains([red, blue], chosen, found, 0.2, 0.35).any()
    red.mixed = blue.mixed = True
    gains = reunion_gains([red, blue], chosen, found, 0.2, 0.35)
    assert gains[0, 1] + gains[1, 0] > gains[0, 0] + gains[1, 1]
    unknown = Found(found.boxes, found.scores, (None, None))
    gains = reunion_gains([red, blue], chosen, unknown, 0.2, 0.35)
    assert gains[0, 0] + gains[1, 1] > gains[0, 1] + gains[1, 0]
    far = Found(boxes(CLEO), np.ones(1, np.float32), (red.colours,))
    assert not reunion_gains([red, blue], np.arange(1), far, 0.2, 0.35).any()
