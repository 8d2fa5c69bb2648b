"""How sure an answer is, what a merge would do, and who was seen without being enrolled."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_people import calibrated, drawn, filled
from walking_people import Model, walks_of

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.errors import ConfigError, DataError
from gaitprint.gallery.calibration import GalleryCalibration, Measured, make_calibration


def calibration_of(known: int, strangers: int) -> GalleryCalibration:
    random = np.random.default_rng(1)
    own, nearest = np.abs(random.normal(1.0, 0.4, 400)), np.abs(random.normal(2.0, 0.4, 400))
    return make_calibration(
        Measured(nearest.tolist(), [2.0], own.tolist(), known), 10.0, strangers=strangers, origin="strangers", people=9
    )


def test_probabilities_fall_with_distance_and_claim_no_more_than_their_people_carry() -> None:
    made = calibration_of(300, 300)
    chances = [made.probability(d) for d in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)]
    assert chances == sorted(chances, reverse=True)  # type: ignore[type-var]
    assert 0.3 < (made.probability(1.5) or 0) < 0.7, "about as often of one as of the other"
    assert (made.probability(0.0) or 1) <= 100 / 101 + 1e-9
    few = calibration_of(40, 300)
    assert 0.5 < (few.probability(0.0) or 1) <= (40 / 3) / (1 + 40 / 3) + 1e-9
    for known, strangers in ((29, 300), (300, 29)):
        assert calibration_of(known, strangers).probability(0.0) is None
        assert "no probabilities: they take 30 people" in calibration_of(known, strangers).text()
    joined = made.joined_by(0.9)
    assert (joined.probability(0.9) or 1) <= (made.probability(0.9) or 0)


def test_probabilities_are_right_about_people_who_were_not_there(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g", range(60), range(3), noise=0.6)
    gallery.calibrate(drawn(range(500, 800), range(1), noise=0.6), known_share=0.25)
    assert gallery.calibration is not None
    assert gallery.calibration.known_share == 0.25
    assert 50 < gallery.calibration.own_people <= 60
    assert 0.7 < gallery.calibration.found_share < 1
    known = gallery.identify(drawn(range(60), range(5, 7), noise=0.6))
    others = gallery.identify(drawn(range(1000, 1360), range(1), noise=0.6))
    said = [(a.probability, a.candidates[0].name == a.key[:3]) for a in (*known, *others)]
    chances, right = np.array([p for p, _ in said], float), np.array([r for _, r in said])
    assert abs(chances.mean() - right.mean()) < 0.05, "120 known of 480, as the prior says"
    for likely in (chances > 0.5, chances < 0.2):
        assert abs(right[likely].mean() - chances[likely].mean()) < 0.12
        assert likely.sum() > 30
    text = json.dumps(gallery.calibration.to_dict())
    assert "nearest" not in text
    for wrong in (0.0, 1.0, 2, "x"):
        with pytest.raises((ConfigError, TypeError)):
            gallery.calibrate(known_share=wrong)  # type: ignore[arg-type]


def test_nobody_is_sure_of_what_was_denied_or_too_few_showed(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    assert gallery.identify(drawn(range(1), range(5, 6)))[0].probability is None, "six people"
    gallery = filled(tmp_path / "h", range(40), range(2))
    gallery.calibrate(drawn(range(500, 800), range(1)))
    probe = drawn(range(1), range(5, 6))
    assert (gallery.identify(probe)[0].probability or 0) > 0.5
    gallery.reject(probe, "000")
    assert gallery.identify(probe)[0].probability is None


def test_ask_06_a_merge_is_previewed(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    twice = drawn(range(3), range(7, 9))
    records = tuple(gp.SequenceRecord(f"door/{i}", "visitor", "", "") for i in range(2))
    gallery.enroll(gp.Embeddings(twice.vectors[:2], records, twice.layout, twice.source))
    before = gallery.check().digest
    seen = gallery.merge_preview("000", "visitor")
    between = gp.distances(gallery.embeddings().select([12, 13]), gallery.embeddings().select([0, 1]))
    assert (seen.nearest, seen.farthest) == (between.min(), between.max())
    assert seen.samples == (13, 14)
    assert seen.as_near == ()
    assert seen.threshold == gallery.calibration.threshold  # type: ignore[union-attr]
    wrong = gallery.merge_preview("005", "visitor", "004")
    assert wrong.as_near[0].name == "000"
    assert "id:1 000 is as near" in wrong.text()
    assert gallery.check().digest == before
    gallery.remove(samples=[13, 14])
    assert gallery.merge_preview("000", "visitor").nearest is None
    with pytest.raises(DataError, match="merged with others"):
        gallery.merge_preview("000", "000")


def test_ask_14_unknowns_have_a_profile_and_become_somebody(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g", retention_days=5.0)
    with pytest.raises(DataError, match="not calibrated"):
        filled(tmp_path / "h").unknowns()
    assert gallery.unknowns() == []
    for take, camera in ((0, "door"), (1, "yard"), (2, "door")):
        gallery.identify(drawn(range(900, 902 if take else 901), range(take, take + 1), noise=0.1), camera=camera)
    gallery.identify(drawn(range(3), range(5, 6)))
    groups = gallery.unknowns()
    assert [(g.times, g.cameras) for g in groups] == [(3, ("door", "yard")), (2, ("door", "yard"))]
    assert groups[0].probes == (1, 2, 4)
    assert 0 < groups[0].spread <= gallery.calibration.threshold  # type: ignore[union-attr]
    before = gallery.check().digest
    report = gallery.enroll_from_log(groups[0].probes, "Postman", gp.WalkDetails(tags=["mail"]))
    assert (len(report.enrolled), report.people, report.rejects) == (3, 1, ())
    person, samples = gallery.show("Postman")
    assert person.tags == ("mail",)
    assert [s.camera for s in samples] == ["door", "yard", "door"]
    assert samples[0].taken == gallery.log()[-1].seen
    assert gallery.identify(drawn(range(900, 901), range(7, 8)))[0].name == "Postman"
    assert [g.times for g in gallery.unknowns()] == [2]
    assert [p.decision for p in gallery.log()][-2:] == ["confirmed id:7", "confirmed id:7"]
    again = gallery.enroll_from_log([1], "Postman")
    assert len(again.rejects) == 1, "a walk is one sample"
    gallery.undo()
    assert gallery.check().digest == before
    assert [g.times for g in gallery.unknowns()] == [3, 2]
    gallery.enroll_from_log([1, 2], "id:3")
    assert gallery.show("id:3")[0].samples == 4
    assert gallery.purge("id:3").probes >= 2
    for wrong in ((), (99,)):
        with pytest.raises(DataError, match=r"numbers in|no probe 99"):
            gallery.enroll_from_log(wrong, "x")


def test_kept_walks_come_along_from_the_log(tmp_path: Path) -> None:
    gallery, walks = gp.Gallery.create(tmp_path / "g", keep_walks=True, retention_days=1.0), walks_of(range(4))
    gallery.enroll(Model(1).embed(walks), silhouettes=walks)
    probes = walks_of(range(7, 8))
    answers = gallery.identify(Model(1).embed(probes), silhouettes=probes)
    report = gallery.enroll_from_log([a.probe or 0 for a in answers], "new")
    assert all((gallery.walk(s) == w.frames).all() for s, w in zip(report.enrolled, probes, strict=True))
    gallery.undo()
    assert gallery.check().problems == ()


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    filled(tmp_path / "g", range(40), retention_days=3.0).close()
    gp.save_embeddings("others.safetensors", drawn(range(500, 800), range(1)))
    gp.save_embeddings("probe.safetensors", drawn(range(900, 901), range(3), noise=0.1))
    gp.save_embeddings("one.safetensors", drawn(range(1), range(5, 6)))

    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["gallery", *words]) == code
        out, err = capsys.readouterr()
        return out if code == 0 else err

    said: Callable[..., str] = run
    assert "probabilities where 20% of those" in said(
        "calibrate", "g", "--strangers", "others.safetensors", "--known-share", "0.2"
    )
    assert "sure %" in said("identify", "g", "one.safetensors")
    [answer] = json.loads(said("identify", "g", "one.safetensors", "--json"))
    assert 0.5 < answer["probability"] < 1
    said("identify", "g", "probe.safetensors")
    assert "3,4,5" in said("log", "g", "--unknown")
    assert json.loads(said("log", "g", "--unknown", "--json"))[0]["times"] == 3
    assert "3 walks enrolled, 1 new" in said("enroll", "g", "--from-log", "3,4,5", "--name", "Postman")
    assert "needs --name" in said("enroll", "g", "--from-log", "3", code=2)
    assert "such as 17,18" in said("enroll", "g", "--from-log", "3;4", "--name", "x", code=2)
    assert "give WALKS" in said("enroll", "g", "--name", "x", code=2)
    text = said("merge", "g", "Postman", "001", "--dry-run")
    assert "2 walks of id:2 001 would come to id:41 Postman" in text
    assert "is as near" in text
    assert json.loads(said("merge", "g", "Postman", "001", "--dry-run", "--json"))["samples"] == [3, 4]
