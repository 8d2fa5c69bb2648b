"""A gallery through a grant of some cameras: exactly what they saw, in every answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_people import drawn

import gaitprint as gp
from gaitprint.errors import AbsentError, DataError, GrantError
from gaitprint.gallery.granted import GrantedGallery

YARD, BOTH, DOOR = range(3), range(3, 4), range(4, 6)
"""Whom the cameras saw; ids are one more."""


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[gp.Gallery]:
    with gp.Gallery.create(tmp_path / "g", retention_days=3.0) as made:
        for camera, people, takes in (
            ("yard", YARD, range(2)),
            ("yard", BOTH, range(1)),
            ("door", BOTH, range(1, 2)),
            ("door", DOOR, range(2)),
        ):
            made.enroll(drawn(people, takes), gp.WalkDetails(camera=camera))
        made.calibrate(drawn(range(500, 800), range(1)))
        made.identify(drawn(range(1), range(5, 6)), camera="yard")
        made.identify(drawn(range(4, 5), range(5, 6)), camera="door")
        yield made


@pytest.fixture
def door(gallery: gp.Gallery) -> GrantedGallery:
    return gallery.granted(["door"])


def test_only_what_the_cameras_saw_is_there(gallery: gp.Gallery, door: GrantedGallery) -> None:
    assert [(p.id, p.samples) for p in door.people()] == [(4, 1), (5, 2), (6, 2)]
    assert [(p.id, p.samples) for p in gallery.granted().people()] == [(i, 2) for i in range(1, 7)]
    assert [s.camera for s in door.show(4)[1]] == ["door"]
    assert [p.camera for p in door.log()] == ["door"]
    assert [p.camera for p in door.log(drawn(range(1), range(5, 6)))] == ["door"]
    gallery.remove(1, 5)
    assert [p.id for p in door.people(removed=True)] == [5]
    with pytest.raises(AbsentError, match="nobody of the id 1"):
        door.show(1)
    with pytest.raises(AbsentError, match="nobody of the id 1"):
        door.verify(drawn(range(1), range(5, 6)), 1)


def test_searches_compare_with_what_the_cameras_saw(gallery: gp.Gallery, door: GrantedGallery) -> None:
    walks = drawn(range(6), range(5, 6))
    answers = door.identify(walks, 6, (), "door", False)
    assert [a.name for a in answers] == ["unknown"] * 3 + ["003", "004", "005"]
    assert {c.person for a in answers for c in a.candidates} == {4, 5, 6}
    assert [a.person for a in gallery.granted().identify(walks, 1, (), "", False)] == [1, 2, 3, 4, 5, 6]
    both = walks.select([3])
    assert {door.verify(both, 4).sample} == {s.id for s in door.show(4)[1]}
    assert door.identify_again(2, 1).person == 5
    for ask in (lambda: door.identify_again(1, 1), lambda: door.decide(1, 5, True), lambda: door.probe_walk(1)):
        with pytest.raises(AbsentError, match="no probe 1"):
            ask()
    with pytest.raises(GrantError, match="'yard' is not granted"):
        door.identify(walks, 1, (), "yard", False)


def test_only_people_who_are_all_visible_are_changed(gallery: gp.Gallery, door: GrantedGallery) -> None:
    before = gallery.check().digest
    own, other = door.show(5)[1][0].id, gallery.show(1)[1][0].id
    for deed in (
        lambda who: door.rename(who, "Anna"),
        lambda who: door.tag(who, ["staff"], []),
        lambda who: door.set_basis(who, basis="consent"),
        lambda who: door.merge(5, [who]),
        lambda who: door.merge(who, [5]),
        lambda who: door.split(who, [own], "Berta"),
        lambda who: door.move([own], who),
        lambda who: door.remove([who]),
        lambda who: door.restore([who]),
        lambda who: door.purge([who], (), False, False, False),
        lambda who: door.decide(2, who, False),
    ):
        with pytest.raises(GrantError, match="walks of other cameras"):
            deed(4)
        with pytest.raises(AbsentError, match="nobody of the id 1"):
            deed(1)
    for deed in (
        lambda: door.move([other], 5),
        lambda: door.remove([], [other]),
        lambda: door.restore([], [other]),
        lambda: door.purge([], [other], False, False, False),
        lambda: door.walk(other),
    ):
        with pytest.raises(AbsentError, match=f"no sample {other}"):
            deed()
    for deed in (
        lambda: door.undo(None),
        lambda: door.purge([5], (), True, False, False),
        lambda: door.decide(2, 5, False, stranger=True),
    ):
        with pytest.raises(GrantError, match="concerns all cameras"):
            deed()
    assert gallery.check().digest == before


def test_people_of_the_cameras_are_put_right(gallery: gp.Gallery, door: GrantedGallery) -> None:
    assert door.rename(5, "Anna").name == "Anna"
    assert door.tag(5, ["staff"], []).tags == ("staff",)
    assert door.set_basis(5, expires="2099-12-31").expires == "2099-12-31"
    assert door.merge(5, [6]).samples == 4
    new = door.split(5, [door.show(5)[1][-1].id], "Berta")
    assert door.move([door.show(5)[1][-1].id], new.id).samples == 2
    door.remove([new.id])
    door.restore([new.id])
    assert door.decide(2, 5, True).startswith("noted")
    assert door.kept_walks([1, 2]) == set()
    assert door.purge([new.id], (), False, False, False).done
    assert gallery.granted().undo(None)[1] == "confirm"


def test_a_confirmed_walk_is_of_the_camera_that_saw_it(gallery: gp.Gallery, door: GrantedGallery) -> None:
    [answer] = door.identify(drawn(range(60, 61), range(1)), 1, (), "door", True)
    assert answer.probe is not None
    assert "enrolled as sample" in door.decide(answer.probe, 5, True)
    assert [s.camera for s in gallery.show(5)[1]] == ["door"] * 3


def test_enrolling_tells_nothing_of_others(gallery: gp.Gallery, door: GrantedGallery) -> None:
    details = gp.WalkDetails(camera="door")
    report = door.enroll(drawn(range(4, 8), range(2, 3)), details)
    assert (len(report.enrolled), report.people) == (4, 2)
    for people in (YARD, BOTH):
        with pytest.raises(GrantError, match="cameras"):
            door.enroll(drawn(people, range(3, 4)), details)
    with pytest.raises(GrantError, match="'' is not granted"):
        door.enroll(drawn(range(9, 10)), gp.WalkDetails())
    walk = drawn(YARD, range(1)).select([0])
    copied = gp.Embeddings(walk.vectors, (gp.SequenceRecord("mine", "new", "", ""),), walk.layout, walk.source)
    assert [r.reason for r in door.enroll(copied, details).rejects] == ["it equals the walk of somebody"]
    near = gp.Embeddings(walk.vectors * 1.0001, (gp.SequenceRecord("near", "new", "", ""),), walk.layout, walk.source)
    assert door.enroll(near, details).notes == ()
    with pytest.raises(GrantError, match="'id:1' is taken"):
        door.enroll(
            gp.Embeddings(near.vectors, (gp.SequenceRecord("x", "id:1", "", ""),), near.layout, "drawn"), details
        )


def test_nothing_is_visible_without_a_camera(gallery: gp.Gallery) -> None:
    nobody = gallery.granted([])
    assert (nobody.people(), nobody.log()) == ([], [])
    assert nobody._cameras == frozenset()
    with pytest.raises(DataError):
        nobody.show(1)
