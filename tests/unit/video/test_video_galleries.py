"""Clips and galleries: somebody is enrolled from a clip, and videos are asked about who is enrolled."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from walker_clips import MeanSilhouette, walkers_clip

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.types import SequenceRecord

Run = Callable[..., str]


class Embedder(MeanSilhouette):
    """Takes what an opened model takes."""

    def embed(self, sequences, progress=None) -> gp.Embeddings:
        return super().embed(sequences)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    walkers_clip(folder / "anna.mp4", [1])
    walkers_clip(folder / "two.mp4", [1, 4], condition="nm-02")
    return folder


@pytest.fixture
def run(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    for stage in ("gallery_enroll", "video_identify"):
        monkeypatch.setattr(f"gaitprint.stages.{stage}.open_embedder", lambda *given, **named: Embedder())

    def said(*words: str | Path, code: int = 0) -> str:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            assert main([str(w) for w in words]) == code, err.getvalue()
        return out.getvalue() if code == 0 else err.getvalue()

    return said


def test_somebody_is_enrolled_from_a_clip_and_found_in_another(run: Run, clips: Path) -> None:
    run("gallery", "create", "g", "--keep-walks", "--retention", "2")
    enroll = ("gallery", "enroll", "g")
    report = json.loads(run(*enroll, clips / "anna.mp4", "--name", "Anna", "--model", "m", "--json"))
    assert (len(report["enrolled"]), report["people"]) == (1, 1)
    said = run(*enroll, clips / "two.mp4", "--name", "Ben", "--model", "m", code=1)
    assert "shows 2 tracks, 1 (" in said
    assert "--track" in said
    assert "has no track 7" in run(*enroll, clips / "two.mp4", "--name", "B", "--track", "7", "--model", "m", code=1)
    answers = json.loads(run("gallery", "identify", "g", clips / "two.mp4", "--model", "m", "--json"))
    assert len(answers) == 2, "everybody in the clip has a result"
    nearest = sorted(answers, key=lambda a: a["candidates"][0]["distance"])
    other = int(nearest[1]["key"][-4:])
    assert "1 walks enrolled" in run(
        *enroll, clips / "two.mp4", "--name", "Ben", "--track", f"{other}", "--model", "m", "--camera", "door"
    )
    with gp.Gallery.open("g") as gallery:
        person, [sample] = gallery.show("Ben")
        assert person.name == "Ben"
        assert sample.camera == "door"
        assert "frames=" in sample.quality
        frames = gallery.walk(sample.id)
        assert frames.shape[1:] == (64, 64)
        assert (gallery.walk(probe=answers[0]["probe"]) > 127).any()
    assert "1 were there" in run(*enroll, clips / "anna.mp4", "--name", "Anna", "--model", "m")
    assert "no walk of" in run(*enroll, clips / "anna.mp4", "--name", "A", "--quality", "frames>=900", code=1)


def test_a_video_is_asked_about_who_is_enrolled(run: Run, clips: Path) -> None:
    with gp.Gallery.create("g", pipeline="unit-length") as gallery:
        run("gallery", "enroll", "g", clips / "anna.mp4", "--name", "Anna", "--model", "m")
        walks = gallery.embeddings()
        assert [r.subject for r in walks.records] == ["Anna"]
        near = ("video", "identify", clips / "two.mp4", "--gallery", "g", "--model", "m")
        value = json.loads(run(*near, "--threshold", "1e6", "--json"))
        assert value["known"] == 1
        assert "unit-length" in json.dumps(value)
        vectors = walks.vectors.repeat(3, axis=0) * 1.5
        vectors[1:, :40] += 9
        vectors[2:, 40:80] += 9
        more = tuple(SequenceRecord(f"{i}", name, "", "") for i, name in enumerate(("Ben", "Ben 2", "Ben 3")))
        gallery.enroll(gp.Embeddings(vectors, more, walks.layout, walks.source))
        gallery.rename("Ben 2", "Ben")
        assert {r.subject for r in gallery.embeddings().records} == {"Anna", "Ben (id:2)", "Ben (id:3)", "Ben 3"}
        calibration = gallery.calibrate(per_1000=500.0)
        said = run(*near)
        assert f"distance at most {calibration.threshold:.4g}" in said
        assert "FPIR 30 %" in run(*near, "--fpir", "30%")
        assert "as given" not in run(*near, "--pipeline", "euclidean"), "calibrated for another pipeline"
        assert "stands alone" in run(*near, "--gallery", "g", code=1)
