"""A sealed gallery answers as an open one, says nothing to who lacks the keys, and erases its people in every copy."""

from pathlib import Path

import numpy as np
import pytest
from drawn_people import answers, calibrated, drawn
from test_gallery_erasure import SECRET, files_with
from test_gallery_journal import digest, one_of
from walking_people import Model, walks_of

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, ContractError
from gaitprint.gallery.engines import create_engine, open_engine
from gaitprint.gallery.key_file import KeyFile
from gaitprint.gallery.walk_packing import pack_walk
from gaitprint.testing import check_gallery_engine

pytest.importorskip("cryptography")


def sealed(path: Path, **settings: object) -> gp.Gallery:
    """A calibrated gallery of drawn people, with its keys in another folder."""
    return calibrated(path, keys=path.parent / "safe" / f"{path.name}.keys", **settings)  # type: ignore[arg-type]


def test_a_sealed_engine_keeps_the_contract_but_for_who_reads_its_copies(tmp_path: Path) -> None:
    place, keys = tmp_path / "g", tmp_path / "k"
    with pytest.raises(ContractError, match="a copy is a file of the embedded engine with equal rows"):
        check_gallery_engine(lambda facts: create_engine(place, facts, keys), lambda: open_engine(place))


def test_it_answers_corrects_and_undoes_as_an_open_one(tmp_path: Path) -> None:
    gallery, plain = sealed(tmp_path / "g"), calibrated(tmp_path / "h")
    assert answers(gallery) == answers(plain)
    assert gallery.check().problems == ()
    random, before = np.random.default_rng(3), [digest(gallery)]
    while len(before) < 8:
        correction = one_of(random, gallery)
        if correction is not None:
            correction()
            before.append(digest(gallery))
    for state in reversed(before[:-1]):
        gallery.undo()
        assert digest(gallery) == state
    assert answers(gallery) == answers(plain)
    gallery.close()
    with gp.Gallery.open(tmp_path / "g") as again:
        assert answers(again) == answers(plain)
        assert again.show("001")[1][0].key == "001/0"
        assert not (tmp_path / "g.index").exists(), "it would hold what is sealed"


def test_nothing_of_anybody_is_in_its_files(tmp_path: Path) -> None:
    gallery = sealed(tmp_path / "g", retention_days=5.0, keep_walks=True)
    walks = [gp.Silhouettes(w.frames, gp.SequenceRecord(f"{SECRET} {i}", SECRET, "", "")) for i, w in
             enumerate(walks_of(range(1)))]  # fmt: skip
    vectors = Model(1).embed(walks)
    vectors = gp.Embeddings(vectors.vectors, vectors.records, vectors.layout, "drawn")
    gallery.enroll(vectors, gp.WalkDetails(origin=f"of {SECRET}", tags=[SECRET]), silhouettes=walks)
    gallery.identify(vectors, silhouettes=walks)
    gallery.rename(SECRET, f"{SECRET} jr.")
    assert (gallery.walk(13) == walks[0].frames).all()
    needles = [SECRET.encode(), vectors.vectors[0].tobytes(), pack_walk(walks[0].frames)[0]]
    gallery.backup(tmp_path / "b")
    assert files_with(tmp_path, needles) == []
    with gp.Gallery.open(tmp_path / "b") as copy:
        assert copy.show(f"{SECRET} jr.")[0].samples == 2


def test_who_is_purged_is_gone_from_backups_that_were_made_before(tmp_path: Path) -> None:
    gallery = sealed(tmp_path / "g", retention_days=5.0)
    gallery.identify(drawn(range(2, 3), range(5, 6)))
    gallery.rename("002", SECRET)
    gallery.tag(SECRET, ["x"])
    before = digest(gallery)
    gallery.backup(tmp_path / "old")
    stolen = (tmp_path / "old").read_bytes()
    gallery.purge(SECRET)
    assert gallery.check().problems == ()
    with gp.Gallery.open(tmp_path / "old") as old:
        assert [p.name for p in old.people()] == ["000", "001", "003", "004", "005"]
        assert digest(old) == digest(gallery) != before
        assert answers(old) == answers(gallery)
        assert old.check().problems == ()
        assert old.log() == []
    (tmp_path / "stolen").write_bytes(stolen)
    names = {name for name, _ in KeyFile(tmp_path / "safe" / "g.keys")._connection.execute("SELECT * FROM keys")}
    assert len(names) > 20
    with gp.Gallery.open(tmp_path / "stolen") as copy:
        assert SECRET not in [p.name for p in copy.people()]


def test_keys_of_deleted_values_go_also_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = sealed(tmp_path / "g")
    count = "SELECT count(*) FROM keys"
    keys = gallery._engine._keys  # type: ignore[attr-defined]
    [(before,)] = keys._connection.execute(count)
    with monkeypatch.context() as patch:
        patch.setattr(KeyFile, "destroy", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            gallery.purge("003")
    assert "003" not in [p.name for p in gallery.people()]
    gallery.close()
    with gp.Gallery.open(tmp_path / "g") as again:
        keys = again._engine._keys  # type: ignore[attr-defined]
        # name, tags and basis of a person; key, origin and template of two walks
        assert next(iter(keys._connection.execute(count)))[0] == before - 9
        assert again.check().problems == ()


def test_without_the_keys_or_with_damage_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = sealed(tmp_path / "g")
    with pytest.raises(ArtefactError, match="keys are never written over"):
        gp.Gallery.create(tmp_path / "h", keys=tmp_path / "safe" / "g.keys")
    assert not (tmp_path / "h").exists()
    with pytest.raises(ArtefactError, match="is there"):
        gp.Gallery.create(tmp_path / "g", keys=tmp_path / "safe" / "other.keys")
    assert not (tmp_path / "safe" / "other.keys").exists()
    with gallery._engine._inner.writing() as writer:  # type: ignore[attr-defined]
        [(cell,)] = writer.rows("templates", ["vector"], ("id", "=", 3))
        writer.update("templates", 3, {"vector": cell[:-1] + bytes([cell[-1] ^ 1])})
    with pytest.raises(ArtefactError, match="sealed value of templates is damaged"):
        gallery.identify(drawn(range(1, 2)))
    gallery.close()
    (tmp_path / "safe").rename(tmp_path / "moved")
    with pytest.raises(ArtefactError, match="GAITPRINT_KEYS says where else"):
        gp.Gallery.open(tmp_path / "g")
    monkeypatch.setenv("GAITPRINT_KEYS", str(tmp_path / "moved" / "g.keys"))
    with gp.Gallery.open(tmp_path / "g") as again:
        assert len(again.people()) == 6
    (tmp_path / "moved" / "g.keys").write_bytes(b"x" * 5000)
    with pytest.raises(ArtefactError, match="no file of keys"):
        gp.Gallery.open(tmp_path / "g")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    gp.save_embeddings("known.safetensors", drawn(range(3)))
    assert main(["gallery", "create", "g", "--encrypt", "safe/g.keys"]) == 0
    assert main(["gallery", "enroll", "g", "known.safetensors"]) == 0
    assert main(["gallery", "list", "g"]) == 0
    assert "002" in capsys.readouterr().out
    assert (tmp_path / "safe" / "g.keys").stat().st_mode & 0o077 == 0
