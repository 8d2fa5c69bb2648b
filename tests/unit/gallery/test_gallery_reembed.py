"""A gallery goes over to another model at one moment; until then nothing changes, and no vectors of two models meet."""

import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from drawn_people import drawn, filled
from test_gallery_walks import kept
from walking_people import Model, marks, walks_of
from warm_processes import WarmProcess, wait_until

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, DataError
from gaitprint.gallery.search import Comparing


def test_all_goes_over_and_the_calibration_is_void(tmp_path: Path) -> None:
    gallery, old, new = kept(tmp_path / "g", retention_days=1.0), Model(1), Model(2)
    probes = walks_of(range(4), range(5, 6))
    answers = gallery.identify(old.embed(probes), silhouettes=probes)
    gallery.reject(answers[0].probe or 0, "001")
    gallery.calibrate(old.embed(walks_of(range(100, 140), range(1))))
    seen: list[tuple[int, int]] = []
    report = gallery.reembed(new.embed, progress=lambda done, total: seen.append((done, total)))
    assert (report.samples, report.probes, report.negatives, report.source) == (8, 4, 1, "model 2")
    assert seen[-1] == (13, 13)
    assert gallery.source == "model 2"
    assert gallery.calibration is None
    assert "not calibrated" in gallery.identify(new.embed(probes), log=False)[0].reason
    with pytest.raises(ArtefactError, match="were made by the model"):
        gallery.identify(old.embed(probes))
    wanted = gp.Gallery.create(tmp_path / "h")
    wanted.enroll(new.embed(walks_of(range(4))))
    got, right = (g.identify(new.embed(probes), top=4, log=False) for g in (gallery, wanted))
    assert [[(c.name, c.distance) for c in a.candidates] for a in got] == [
        [(c.name, c.distance) for c in a.candidates] for a in right
    ]
    assert gallery.log(like=new.embed(probes[2:3]))[0].like == 0.0
    assert gallery.identify_again(answers[3].probe or 0).candidates[0].name == "003"
    assert gallery.check().problems == ()
    with pytest.raises(DataError, match="model 2' already"):
        gallery.reembed(new.embed)
    gallery.undo()
    assert gallery.check().problems == ()


def test_what_has_no_walk_is_listed_and_goes_only_by_drop(tmp_path: Path) -> None:
    gallery, old, new = kept(tmp_path / "g", retention_days=1.0), Model(1), Model(2)
    gallery.enroll(old.embed(walks_of(range(9, 10))))
    gallery.identify(old.embed(walks_of(range(9, 10), range(7, 8))))
    gallery.tag("009", ["x"])
    with pytest.raises(DataError, match=r"no walk is kept of 2 samples \(9, 10\), 1 probes \(1\): --dry-run lists"):
        gallery.reembed(new.embed)
    assert new.asked == 0
    dry = gallery.reembed(new.embed, dry_run=True)
    assert dry.without == {"samples": (9, 10), "probes": (1,), "negatives": ()}
    assert not dry.done
    json.dumps(dry.to_dict())
    assert gallery.source == "model 1"
    done = gallery.reembed(new.embed, drop=True)
    assert done.without["samples"] == (9, 10)
    assert gallery.show("009")[1] == []
    assert gallery.log() == []
    assert gallery.check().problems == ()
    with pytest.raises(DataError, match="no walk is kept, so nothing"):
        filled(tmp_path / "h").reembed(new.embed)


def test_searches_go_on_and_no_vectors_of_two_models_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path / "g", range(40), retention_days=1.0).close()
    old, new, met, usual = Model(1), Model(2), list[set[int]](), Comparing.distances

    def watched(self: Comparing, probe: gp.Embeddings, vectors: np.ndarray) -> np.ndarray:
        met.append(marks(probe.vectors) | marks(vectors))
        return usual(self, probe, vectors)

    monkeypatch.setattr(Comparing, "distances", watched)
    said: dict[str, int] = {"old": 0, "new": 0, "refused": 0}
    stop, began, errors = threading.Event(), threading.Event(), list[BaseException]()

    def search() -> None:
        try:
            with gp.Gallery.open(tmp_path / "g") as gallery:
                number = 0
                while not stop.is_set() or not said["new"]:
                    number += 1
                    probe = walks_of(range(number % 40, number % 40 + 1), range(5, 6))
                    for word, model in (("old", old), ("new", new)):
                        try:
                            [answer] = gallery.identify(model.embed(probe), silhouettes=probe)
                            assert answer.candidates[0].name == probe[0].record.subject
                            said[word] += 1
                        except ArtefactError:
                            said["refused"] += 1
                    began.set()
        except BaseException as error:
            errors.append(error)
            began.set()

    class Slow(Model):
        def embed(self, walks: list[gp.Silhouettes]) -> gp.Embeddings:
            before = said["old"]
            if not errors and gallery.source == "model 1" and said["old"] < 20:
                wait_for(lambda: said["old"] > before or errors)
            return super().embed(walks)

    thread = threading.Thread(target=search)
    thread.start()
    assert began.wait(60)
    with gp.Gallery.open(tmp_path / "g") as gallery:
        gallery.reembed(Slow(2).embed)
        stop.set()
        thread.join(60)
        assert not errors, errors
        assert gallery.check().problems == ()
        with gallery._engine.reading() as reader:
            vectors = [np.frombuffer(v, "<f4") for (v,) in reader.rows("templates", ["vector"])]
            vectors += [np.frombuffer(v[:-32], "<f4") for (v,) in reader.rows("probes", ["vector"])]
    assert marks(np.stack(vectors)) == {2}
    assert said["old"] >= 3
    assert said["new"] >= 1
    assert [pair for pair in met if len(pair) != 1] == []


def wait_for(true) -> None:
    """A moment at a time, at most a minute."""
    pause = threading.Event()
    for _ in range(6000):
        if true():
            return
        pause.wait(0.01)


def test_what_is_enrolled_or_purged_meanwhile_is_seen_to(tmp_path: Path) -> None:
    gallery, old = kept(tmp_path / "g"), Model(1)

    class Busy(Model):
        def embed(self, walks: list[gp.Silhouettes]) -> gp.Embeddings:
            made = super().embed(walks)
            if self.asked == 1:
                return made
            with gp.Gallery.open(tmp_path / "g") as other:
                if self.asked < 12:
                    more = walks_of(range(20, 22))
                    other.enroll(old.embed(more), silhouettes=more)
                    other.purge("001")
            return made

    report = gallery.reembed(Busy(2).embed)
    assert report.samples == 10
    assert [p.name for p in gallery.people()] == ["000", "002", "003", "020", "021"]
    assert gallery.check().problems == ()
    with gallery._engine.reading() as reader:
        assert reader.rows("fresh", ["id"]) == []


def test_decisions_and_logs_by_the_old_model_come_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery, old = kept(tmp_path / "g", retention_days=1.0), Model(1)
    probe = walks_of(range(1), range(5, 6))
    from gaitprint.gallery import identification

    usual = identification.identify

    def late(*given, **named):
        answers = usual(*given, **named)
        with gp.Gallery.open(tmp_path / "g") as other:
            other.reembed(Model(2).embed)
        return answers

    monkeypatch.setattr(identification, "identify", late)
    [answer] = gallery.identify(old.embed(probe), silhouettes=probe)
    assert answer.candidates[0].name == "000"
    assert answer.probe is None
    assert gallery.log() == []
    with pytest.raises(ArtefactError, match="were made by"):
        gallery.reject(old.embed(probe), "001")


def go_over(path: str) -> None:
    """Re-embed slowly, and say each walk."""

    class Telling(Model):
        def embed(self, walks: list[gp.Silhouettes]) -> gp.Embeddings:
            os.write(1, b"embedding\n")
            if self.asked:
                threading.Event().wait(0.05)
            return super().embed(walks)

    with gp.Gallery.open(path) as gallery:
        gallery.reembed(Telling(2).embed)


def test_killed_it_goes_on_where_it_was_and_another_model_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path / "g", range(50)).close()
    running = WarmProcess(go_over, str(tmp_path / "g"))
    wait_until(lambda: running.out().count("embedding") >= 3, running)
    running.send_signal(signal.SIGKILL)
    running.ended()
    with gp.Gallery.open(tmp_path / "g") as gallery:
        assert gallery.source == "model 1"
        assert gallery.identify(Model(1).embed(walks_of(range(3, 4), range(5, 6))))[0].candidates[0].name == "003"
        with gallery._engine.reading() as reader:
            done = len(reader.rows("fresh", ["id"]))
        assert 32 <= done < 100
        new = Model(2)
        gallery.reembed(new.embed)
        assert new.asked == 101 - done, "one walk says which model it is, the others are new"
        other = Model(3)
        monkeypatch.setattr("gaitprint.gallery.reembedding._switch", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            gallery.reembed(other.embed)
        monkeypatch.undo()
        gallery.reembed(Model(4).embed)
        with gallery._engine.reading() as reader:
            vectors = [np.frombuffer(v, "<f4") for (v,) in reader.rows("templates", ["vector"])]
        assert marks(np.stack(vectors)) == {4}
        assert gallery.check().problems == ()


def test_calibrating_by_the_old_model_comes_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = kept(tmp_path / "g")
    from gaitprint.gallery import calibrating

    usual = calibrating.make_calibration

    def late(*given, **named):
        with gp.Gallery.open(tmp_path / "g") as other:
            other.reembed(Model(2).embed)
        return usual(*given, **named)

    monkeypatch.setattr(calibrating, "make_calibration", late)
    with pytest.raises(DataError, match="went over to another model meanwhile"):
        gallery.calibrate()
    assert gallery.calibration is None


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Embedder(Model):
        def embed(self, sequences, progress=None) -> gp.Embeddings:
            walks = zip(sequences.records, map(sequences.frames, range(len(sequences.records))), strict=True)
            return super().embed([gp.Silhouettes(frames, record) for record, frames in walks])

    monkeypatch.setattr("gaitprint.stages.gallery_reembed.open_embedder", lambda *given, **named: Embedder(2))
    kept(tmp_path / "g").close()
    with gp.Gallery.open(tmp_path / "g") as gallery:
        gallery.enroll(Model(1).embed(walks_of(range(9, 10))))
    words = ["gallery", "re-embed", str(tmp_path / "g"), "--model", "m"]
    assert main([*words, "--dry-run"]) == 0
    assert "9 10" in capsys.readouterr().out
    assert main(words) == 1
    assert "--drop takes them out" in capsys.readouterr().err
    assert main([*words, "--drop"]) == 0
    assert "calibration is void" in capsys.readouterr().out
    assert drawn(range(1)).source != "model 2"
