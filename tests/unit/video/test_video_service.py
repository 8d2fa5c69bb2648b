"""Clips sent to a service: everybody in them is answered, one of them is enrolled, and too much is refused."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from walker_clips import MeanSilhouette, walkers_clip

import gaitprint as gp

sys.path.append(str(Path(__file__).parent.parent / "service"))

from served import Served, served
from service_answers import bad, good


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
def running(tmp_path: Path) -> Iterator[Served]:
    gp.Gallery.create(tmp_path / "g", retention_days=2.0, keep_walks=True).close()
    with served(tmp_path / "g") as made:
        made.service.network.path = Path("means")
        made.service.network._embedder = Embedder()
        yield made


@pytest.fixture
def http(running: Served) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


def test_everybody_in_a_clip_is_answered(http: httpx.Client, clips: Path, tmp_path: Path) -> None:
    anna = (clips / "anna.mp4").read_bytes()
    report = good(http.post("/v1/enroll", files={"walks": ("anna.mp4", anna)}, data={"name": "Anna", "view": "door"}))
    assert (len(report["enrolled"]), report["people"]) == (1, 1)
    [sample] = good(http.get("/v1/people/1"))["samples"]
    assert (sample["view"], sample["origin"], sample["kept"]) == ("door", "anna.mp4", True)
    assert sample["key"].startswith("clip-")
    assert str(tmp_path) not in sample["key"]
    assert good(http.post("/v1/enroll", files={"walks": anna}, data={"name": "Anna"}))["already"] == 1
    two = {"walks": (clips / "two.mp4").read_bytes()}
    said = bad(http.post("/v1/enroll", files=two, data={"name": "Ben"}), 422)
    assert "shows 2 tracks" in said
    assert "/" not in said.partition(":")[0], "no place on our disk"
    answers = good(http.post("/v1/identify", files=two, data={"key": "noon"}))["answers"]
    assert len(answers) == 2
    assert all(a["key"].startswith("noon/") and a["probe_kept"] for a in answers)
    far = max(answers, key=lambda a: a["candidates"][0]["distance"])
    track = int(far["key"][-4:])
    assert good(http.post("/v1/enroll", files=two, data={"name": "Ben", "track": track}))["people"] == 1


def test_a_clip_that_is_too_much_is_refused(running: Served, http: httpx.Client, clips: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    anna = {"walks": (clips / "anna.mp4").read_bytes()}
    walks = running.service.walks
    usual = walks._settings
    for change, words in (
        ({"clip_pixels": 100}, "too much here"),
        ({"clip_seconds": 0.1}, "longer than 0.1 s"),
        ({"clip_patience": 1e-6}, "takes too long"),
    ):
        walks._settings = replace(usual, **change)
        assert words in bad(http.post("/v1/identify", files=anna), 413)
    walks._settings = replace(usual, quality="frames>=5000")
    assert "well enough" in bad(http.post("/v1/identify", files=anna), 422)
    walks._settings = usual
    cut = {"walks": anna["walks"][:3000]}
    said = bad(http.post("/v1/identify", files=cut), 422)
    assert str(tmp_path.parent) not in said
