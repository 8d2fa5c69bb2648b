"""What people ask of such products, each row that the gallery answers with a test of its number."""

import json
from pathlib import Path

import numpy as np
import pytest
from drawn_people import answers, calibrated, drawn, filled

import gaitprint as gp
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.gallery.records import Reject


def test_ask_01_a_stranger_is_unknown_and_so_is_everybody_before_calibration(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    [before] = gallery.identify(drawn(range(1), range(5, 6)))
    assert (before.person, before.name) == (None, "unknown")
    assert "not calibrated" in before.reason
    assert before.candidates[0].name == "000", "who is nearest is said all the same"
    gallery.calibrate(drawn(range(500, 800), range(1)))
    known = gallery.identify(drawn(range(6), range(5, 6)))
    assert [a.name for a in known] == [f"{p:03d}" for p in range(6)]
    assert all(a.margin is not None and a.margin > 0 for a in known)
    assert all(a.candidates[0].false_alarms is not None and a.candidates[0].false_alarms <= 10 for a in known)
    others = gallery.identify(drawn(range(900, 1100), range(1)))
    named = [a for a in others if a.person is not None]
    assert len(named) <= 8, "200 other strangers, 2 expected"
    assert all(a.reason == "nobody known is near enough" for a in others if a.person is None)


def test_ask_02_the_threshold_is_false_alarms_per_1000_of_the_sites_own_strangers(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    strangers = drawn(range(500, 800), range(1))
    strict, loose = gallery.calibrate(strangers, per_1000=10.0), gallery.calibrate(strangers, per_1000=100.0)
    assert strict.threshold < loose.threshold
    nearest = np.array([a.candidates[0].distance for a in gallery.identify(strangers)], np.float32)
    assert (nearest <= strict.threshold).sum() == 3
    assert (nearest <= loose.threshold).sum() == 30
    assert loose.false_alarms(loose.threshold) == 100.0
    assert "per 1,000 strangers" in strict.text()
    assert not strict.reason
    assert "300 strangers" in gallery.calibrate(drawn(range(500, 550), range(1))).reason
    itself = gallery.calibrate()
    assert (itself.origin, itself.strangers) == ("gallery", 6)
    for wrong in (0.0, 1000.0, -1.0, float("nan")):
        with pytest.raises(ConfigError, match="between 0 and 1,000"):
            gallery.calibrate(strangers, per_1000=wrong)
    with pytest.raises(DataError, match="'003' is enrolled and among the strangers"):
        gallery.calibrate(drawn(range(3, 9)))


def test_ask_03_hundreds_at_once_go_on_where_they_were_and_report_the_rejects(tmp_path: Path) -> None:
    gallery, walks = gp.Gallery.create(tmp_path / "g"), drawn(range(150))
    gallery.enroll(walks.select(range(120)))
    wrong = drawn(range(200, 203), range(1))
    records = (*walks.records, gp.SequenceRecord("nobody", None, "", ""), gp.SequenceRecord("zero", "z", "", ""))
    records += (gp.SequenceRecord("twin", "other", "", ""), gp.SequenceRecord("000/0", "000", "", ""))
    added = np.concatenate([wrong.vectors[:1], np.zeros((1, 12), np.float32), walks.vectors[:1], wrong.vectors[1:2]])
    mixed = gp.Embeddings(np.concatenate([walks.vectors, added]), records, walks.layout, walks.source)
    seen: list[tuple[int, int]] = []
    report = gallery.enroll(
        mixed, rejects=[Reject("bad", "too short")], progress=lambda done, total: seen.append((done, total))
    )
    assert (len(report.enrolled), report.people, report.already) == (180, 90, 120)
    reasons = {r.key: r.reason for r in report.rejects}
    assert set(reasons) == {"bad", "nobody", "zero", "twin", "000/0"}
    assert "no name" in reasons["nobody"]
    assert "zero" in reasons["zero"]
    assert "equals the walk '000/0' of id:1" in reasons["twin"]
    assert "another walk of this key" in reasons["000/0"]
    assert seen[-1] == (304, 304)
    assert len(gallery.people()) == 150
    json.dumps(report.to_dict())


def test_ask_04_a_person_is_verified_by_all_of_their_walks(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    probe = drawn(range(2, 3), range(5, 6))
    answer = gallery.verify(probe, "002")
    own = gp.distances(probe, drawn(range(2, 3)))[0]
    assert answer.distance == own.min()
    assert answer.key == f"002/{own.argmin()}"
    assert answer
    assert not gallery.verify(probe, "003")
    assert filled(tmp_path / "h").verify(probe, "002").accepted is None
    with pytest.raises(DataError, match="one walk is verified, found 2"):
        gallery.verify(drawn(range(2, 3)), "002")


def test_ask_05_the_sample_that_matched_is_named(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    [answer] = gallery.identify(drawn(range(4, 5), range(1)))
    person, samples = gallery.show(answer.person or 0)
    assert person.name == "004"
    assert answer.candidates[0].key == "004/0"
    assert [s.key for s in samples if s.id == answer.candidates[0].sample] == ["004/0"]


def test_ask_06_the_same_person_twice_is_pointed_out_merged_and_undone(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    twice = drawn(range(3, 4), range(7, 8))
    record = gp.SequenceRecord("door/1", "visitor", "", "")
    report = gallery.enroll(gp.Embeddings(twice.vectors, (record,), twice.layout, twice.source))
    assert len(report.notes) == 1
    assert "may be id:4 '003'" in report.notes[0]
    before = gallery.check().digest
    merged = gallery.merge("003", "visitor")
    assert (merged.name, merged.samples) == ("003", 3)
    assert [p.name for p in gallery.people()] == [f"{p:03d}" for p in range(6)], "nobody else was swallowed"
    assert gallery.undo()[1] == "merge"
    assert gallery.check().digest == before
    with pytest.raises(DataError, match="merged with others"):
        gallery.merge("003", "003")


def test_ask_07_samples_move_between_people_in_bulk(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    samples = [s.id for name in ("001", "002") for s in gallery.show(name)[1]]
    gallery.move(samples, "000")
    assert [p.samples for p in gallery.people()][:3] == [6, 0, 0]
    new = gallery.split("000", samples[1:], "new one")
    assert (new.samples, gallery.show("000")[0].samples) == (3, 3)
    with pytest.raises(DataError, match="some but not all walks"):
        gallery.split("new one", samples[1:], "again")
    with pytest.raises(DataError, match="no sample 99"):
        gallery.move([99], "000")


def test_ask_08_not_him_is_learned_and_a_confirmed_stranger_recalibrates(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    own = drawn(range(1), range(1)).vectors
    near = own + np.full(12, 0.01, np.float32)
    double = gp.Embeddings(near, (gp.SequenceRecord("double", None, "", ""),), drawn(range(1)).layout, "drawn")
    assert gallery.identify(double)[0].name == "000"
    before = gallery.calibration
    gallery.reject(double, "000", stranger=True)
    [answer] = gallery.identify(double)
    assert answer.person is None
    assert "said not to be '000'" in answer.reason
    assert gallery.identify(drawn(range(1), range(1)))[0].name == "000", "they themselves still are"
    after = gallery.calibration
    assert before is not None
    assert after is not None
    assert (after.strangers, len(after.nearest)) == (before.strangers + 1, len(before.nearest) + 1)
    assert after.threshold <= before.threshold
    gallery.undo()
    assert gallery.identify(double)[0].name == "000"
    assert gallery.calibration == before


def test_ask_09_a_confirmation_becomes_a_sample_only_where_it_brings_anything_new(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g", retention_days=1.0)
    like, unlike = drawn(range(1), range(1)).vectors.copy(), drawn(range(1), range(5, 6)).vectors
    like += 0.001
    layout = drawn(range(1)).layout
    one = gp.Embeddings(like, (gp.SequenceRecord("like", None, "", ""),), layout, "drawn")
    other = gp.Embeddings(unlike * 1.1, (gp.SequenceRecord("000/0", None, "", ""),), layout, "drawn")
    assert "becomes no sample" in gallery.confirm(one, "000")
    number = gallery.identify(other)[0].probe
    assert number is not None
    assert "enrolled as sample" in gallery.confirm(number, "000")
    assert [s.key for s in gallery.show("000")[1]] == ["000/0", "000/1", "000/0 (2)"]
    assert gallery.log()[0].decision == "confirmed id:1"
    assert "becomes no sample" in gallery.confirm(number, "000"), "twice is once"


def test_ask_12_what_was_removed_comes_back_and_purging_is_another_verb(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    before = answers(gallery)
    gallery.remove("002", samples=[1])
    assert [p.name for p in gallery.people(removed=True)] == ["002"]
    assert "002" not in [name for _, near in answers(gallery) for name, _ in near]
    with pytest.raises(DataError, match=r"'002' is removed: .*restore"):
        gallery.rename("002", "x")
    gallery.restore("002", samples=[1])
    assert answers(gallery) == before
    gallery.remove("002")
    assert gallery.purge(removed=True, dry_run=True).people == (3,)
    assert gallery.purge(removed=True).done
    with pytest.raises(DataError, match="has no '002'"):
        gallery.restore("002")


def test_ask_14_a_log_says_whether_somebody_was_here_before(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g", retention_days=7.0)
    gallery.identify(drawn(range(2, 4), range(5, 6)), camera="door")
    gallery.identify(drawn(range(900, 901), range(1)), log=False)
    gallery.identify(drawn(range(900, 901), range(1)), camera="yard")
    seen = gallery.log()
    assert [(p.camera, p.person) for p in seen] == [("yard", None), ("door", 4), ("door", 3)]
    here = gallery.log(like=drawn(range(900, 901), range(1, 2)), last=2)
    assert here[0].id == seen[0].id
    assert here[0].like is not None
    assert here[0].like < (here[1].like or 0)
    with filled(tmp_path / "h") as without:
        without.identify(drawn(range(1)))
        assert without.log() == []


def test_ask_16_a_group_is_searched_by_its_tags(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    gallery.tag("001", ["staff"])
    gallery.tag("002", ["staff", "night"])
    probe = drawn(range(1), range(5, 6))
    assert {c.name for c in gallery.identify(probe, tags=["staff"])[0].candidates} == {"001", "002"}
    assert [c.name for c in gallery.identify(probe, tags=["staff", "night"])[0].candidates] == ["002"]
    assert gallery.identify(probe, tags=["none"])[0].candidates == ()
    assert [p.name for p in gallery.people(tags="staff")] == ["001", "002"]
    assert gallery.tag("002", remove=["night"]).tags == ("staff",)


def test_ask_17_an_id_is_not_a_name(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    assert gallery.rename("001", "Ann").id == 2
    assert gallery.rename("002", "Ann").id == 3
    assert gallery.identify(drawn(range(1, 2), range(5, 6)))[0].person == 2
    with pytest.raises(DataError, match="2 people are called 'Ann': say which, id:2, id:3"):
        gallery.tag("Ann", ["x"])
    assert gallery.tag("id:3", ["x"]).name == "Ann"
    for wrong in ("", " ", "a\nb", "id:7", "x" * 301):
        with pytest.raises(ConfigError):
            gallery.rename("id:3", wrong)


def test_ask_18_a_kept_probe_is_asked_about_again(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g", retention_days=1.0)
    [before] = gallery.identify(drawn(range(700, 701), range(1)))
    assert before.person is None
    gallery.enroll(drawn(range(700, 701), range(3, 5)))
    assert gallery.identify_again(before.probe or 0).name == "700"
    with pytest.raises(DataError, match="no probe 99"):
        gallery.identify_again(99)


def test_ask_21_a_walk_is_added_without_making_anything_anew(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    answers(gallery)
    rows = gallery._opened._index[1]._rows  # type: ignore[index]
    gallery.enroll(drawn(range(6, 7)))
    assert answers(gallery, range(6, 7))[0][1][0][0] == "006"
    assert (gallery._opened._index[1]._rows.projected[: len(rows.ids)] == rows.projected).all()  # type: ignore[index]


def test_ask_23_expiry_and_legal_basis_are_kept_and_purged_by(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    gallery.enroll(drawn(range(6, 7)), gp.WalkDetails(basis="consent 12", expires="2031-05-31", tags=["guest"]))
    assert gallery.show("006")[0].basis == "consent 12"
    gallery.set_basis("001", expires="2020-01-01")
    assert gallery.identify(drawn(range(1, 2), range(1)))[0].person is None
    dry = gallery.purge(expired=True, dry_run=True)
    assert (dry.people, dry.done) == ((2,), False)
    assert len(gallery.people()) == 7
    assert gallery.purge(expired=True).people == (2,)
    assert [line["verb"] for line in gallery.audit()][-1] == "purge"
    assert gallery.purge(expired=True).people == ()
    with pytest.raises(ConfigError, match="a day such as 2031-05-31"):
        gp.WalkDetails(expires="31.5.2031")


def test_another_models_vectors_never_meet_the_gallerys(tmp_path: Path) -> None:
    gallery, other = calibrated(tmp_path / "g"), drawn(range(3), source="another")
    for call in (gallery.enroll, gallery.identify, gallery.calibrate, lambda w: gallery.log(like=w.select([0]))):
        with pytest.raises(ArtefactError, match="made by the model 'another', the gallery's by 'drawn'"):
            call(other)
    wide = drawn(range(3), width=24)
    with pytest.raises(ArtefactError):
        gallery.enroll(wide)
    assert len(gallery.people()) == 6
