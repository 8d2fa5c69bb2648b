"""Kept walks come back to the last pixel, go where their sample goes, and are erased with it."""

from pathlib import Path

import apsw
import numpy as np
import pytest
from drawn_people import drawn, filled
from walking_people import Model, frames_of, walks_of

import gaitprint as gp
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.gallery.journal import state_digest
from gaitprint.gallery.walk_packing import pack_walk, unpack_walk
from gaitprint.store import MemorySequences


def kept(path: Path, people: range = range(4), **settings: float) -> gp.Gallery:
    """A gallery with the walks of drawn people."""
    gallery, walks = gp.Gallery.create(path, keep_walks=True, **settings), walks_of(people)
    gallery.enroll(Model(1).embed(walks), silhouettes=walks)
    return gallery


def digest(gallery: gp.Gallery) -> str:
    with gallery._engine.reading() as reader:
        return state_digest(reader)


@pytest.mark.parametrize("grey", [False, True])
def test_walks_come_back_to_the_last_pixel(tmp_path: Path, grey: bool) -> None:
    gallery, walks = gp.Gallery.create(tmp_path / "g", keep_walks=True), walks_of(range(3), grey=grey)
    sequences = MemorySequences(tuple(w.record for w in walks), tuple(w.frames for w in walks))
    report = gallery.enroll(Model(1).embed(walks), silhouettes=sequences)
    for sample, walk in zip(report.enrolled, walks, strict=True):
        assert (gallery.walk(sample) == walk.frames).all()
    assert gallery.keeps_walks
    assert gallery.kept_walks([1, 2, 99]) == {1, 2}
    data, sha256 = pack_walk(walks[0].frames)
    assert len(data) < walks[0].frames.size / (1.2 if grey else 4)
    for wrong in (data[:-1], b"", data[:8] + b"\xff" + data[9:]):
        with pytest.raises(ArtefactError, match="damaged"):
            unpack_walk(wrong, sha256, "it")


def test_hostile_walks_are_refused_and_take_no_memory() -> None:
    from hashlib import sha256

    data, _ = pack_walk(frames_of(1, 1))
    for wrong in (b"", b"GWLK", b"XXXX" + data[4:], data[:5] + b"\xff\xff\xff\xff" + data[9:], data[:13] + b"no zstd"):
        with pytest.raises(ArtefactError, match="cannot be read"):
            unpack_walk(wrong, sha256(wrong).digest(), "it")


def test_where_none_is_kept_that_is_said(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    gallery.enroll(drawn(range(7, 8)), silhouettes=[frames_of(1, 1), frames_of(1, 2)])
    with pytest.raises(DataError, match="made without --keep-walks"):
        gallery.walk(13)
    with pytest.raises(DataError, match="no sample 99"):
        gallery.walk(99)
    for wrong in ({}, {"sample": 1, "probe": 1}, {"sample": True}):
        with pytest.raises(ConfigError, match="walk takes the id"):
            gallery.walk(**wrong)
    with pytest.raises(DataError, match="12 walks came with the silhouettes of 1"):
        gallery.enroll(drawn(range(6)), silhouettes=[frames_of(1, 1)])
    later = kept(tmp_path / "h")
    walks = walks_of(range(8, 9))
    later.enroll(Model(1).embed(walks))
    with pytest.raises(DataError, match="it came as a vector"):
        later.walk(9)
    later.enroll(Model(1).embed(walks), silhouettes=walks)
    assert (later.walk(9) == walks[0].frames).all(), "known already, but without its walk"


def test_walks_follow_probes_decisions_corrections_and_undo(tmp_path: Path) -> None:
    gallery, walks = kept(tmp_path / "g", retention_days=1.0), walks_of(range(7, 9), range(5, 6))
    gallery.calibrate(Model(1).embed(walks_of(range(100, 140), range(1))))
    first, second = gallery.identify(Model(1).embed(walks), silhouettes=walks)
    assert (gallery.walk(probe=first.probe) == walks[0].frames).all()
    before = digest(gallery)
    assert "enrolled as sample 9" in gallery.confirm(first.probe or 0, "000")
    assert (gallery.walk(9) == walks[0].frames).all()
    gallery.reject(second.probe or 0, "001")
    assert gallery.check().problems == ()
    gallery.move([9], "003")
    gallery.merge("002", "003")
    assert (gallery.walk(9) == walks[0].frames).all()
    for _ in range(4):
        gallery.undo()
    assert digest(gallery) == before
    with pytest.raises(DataError, match="no sample 9"):
        gallery.walk(9)
    assert gallery.check().problems == ()


def test_walks_expire_with_the_log_and_decisions_are_undone_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery, walks = kept(tmp_path / "g", retention_days=1.0), walks_of(range(1), range(5, 6))
    [answer] = gallery.identify(Model(1).embed(walks), silhouettes=walks)
    gallery.confirm(answer.probe or 0, "000")
    monkeypatch.setattr("gaitprint.gallery.probe_log.now", lambda: "2999-01-01T00:00:00Z")
    assert "1 probes of the log had expired and were taken out" in gallery.check().done
    with pytest.raises(DataError, match="no probe 1"):
        gallery.walk(probe=answer.probe)
    assert gallery.undo()[1] == "confirm"
    assert gallery.check().problems == ()


def test_a_purge_takes_walks_and_leaves_a_gallery_as_if_never_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gaitprint.gallery.enrolment.now", lambda: "2026-11-30T12:00:00Z")
    without, gallery = kept(tmp_path / "h", retention_days=1.0), kept(tmp_path / "g", retention_days=1.0)
    walks = walks_of(range(8, 10))
    gallery.enroll(Model(1).embed(walks), silhouettes=walks)
    gallery.identify(Model(1).embed(walks), silhouettes=walks)
    gallery.reject(Model(1).embed(walks[:1]), "009")
    needles = [pack_walk(w.frames)[0] for w in walks]
    files = list(tmp_path.glob("g*"))
    assert any(n in p.read_bytes() for p in files for n in needles)
    with gallery._engine.writing() as writer:
        for row in writer.rows("probes", ["id"]):
            writer.update("probes", row[0], {"decision": "confirmed id:5"})
    gallery.purge("008", "009")
    assert not any(n in p.read_bytes() for p in tmp_path.glob("g*") for n in needles)
    assert digest(gallery) == digest(without)


def test_backups_and_exports_hold_walks(tmp_path: Path) -> None:
    gallery = kept(tmp_path / "g")
    gallery.remove("003")
    gallery.backup(tmp_path / "b")
    gallery.export(tmp_path / "out")
    assert sorted(np.load(tmp_path / "out" / "walks.npz", allow_pickle=False)) == [f"{i}" for i in range(1, 7)]
    with gp.Gallery.open(tmp_path / "b") as copy, gp.Gallery.import_from(tmp_path / "i", tmp_path / "out") as other:
        assert other.keeps_walks
        for sample in range(1, 7):
            assert (copy.walk(sample) == gallery.walk(sample)).all()
            assert (other.walk(sample) == gallery.walk(sample)).all()
    whole = (tmp_path / "out" / "walks.npz").read_bytes()
    for number, wrong in enumerate((whole[:100], whole.replace(b"1.npy", b"x.npy"), whole.replace(b"6.npy", b"7.npy"))):
        (tmp_path / "out" / "walks.npz").write_bytes(wrong)
        with pytest.raises(ArtefactError, match=r"cannot be read as walks|not of one export"):
            gp.Gallery.import_from(tmp_path / f"x{number}", tmp_path / "out")


def test_damaged_walks_are_found(tmp_path: Path) -> None:
    gallery = kept(tmp_path / "g")
    with gallery._engine.writing() as writer:
        writer.update("walks", 3, {"frames": b"x"})
        writer.update("walks", 4, {"owner": "sample:77"})
    assert gallery.check().problems == (
        "the walk of sample 3 is damaged (SHA-256 differs): use a backup, or purge it and enrol it again",
        "walk 4: sample 77, whose it is, is missing",
    )


def test_a_gallery_of_the_first_format_gets_what_is_new_when_it_is_opened(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    before = gallery.check().digest
    gallery.close()
    old = apsw.Connection(str(tmp_path / "g"))
    old.execute("DROP TABLE walks; DROP TABLE fresh; PRAGMA user_version = 1")
    old.close()
    with gp.Gallery.open(tmp_path / "g") as again:
        assert again.check().digest == before
        with pytest.raises(DataError, match="made without"):
            again.walk(1)
