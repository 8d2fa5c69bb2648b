"""The commands that name people in videos, from a clip to their files, by a tiny network."""

import io
import json
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import av
import numpy as np
import pytest
from walker_clips import walkers_clip

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, DataError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.stages import embed, extract, prepare, train
from gaitprint.stages.video_embed import embed_videos
from gaitprint.training.request import TrainingRequest
from gaitprint.video.request import VideoRequest, window_settings
from gaitprint.video.tracklets import TrackletSettings


def run(*words: str | Path) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(w) for w in words])
    return code, out.getvalue(), err.getvalue()


def done(*words: str | Path) -> str:
    code, out, err = run(*words)
    assert code == 0, err
    return out


@pytest.fixture(scope="module")
def model(walkers_store: Path, recipe_file: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_folder = tmp_path_factory.mktemp("run") / "run"
    train(walkers_store, run_folder, TrainingRequest(str(recipe_file()), ["training.iterations=2"], seed=0))
    return run_folder / "model.safetensors"


@pytest.fixture(scope="module")
def gallery(model: Path, walkers_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("gallery") / "known.safetensors"
    embed(walkers_store, [model], place, part="all", selection=StoreSelection())
    return place


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return walkers_clip(tmp_path_factory.mktemp("clips") / "two.mp4", [1, 4])


def test_vectors_are_those_of_extract_prepare_and_embed(clip: Path, model: Path, tmp_path: Path) -> None:
    keep = TrackletSettings(longest=30)
    extract([str(clip)], tmp_path / "out", tracklets=keep, camera="door")
    prepare(tmp_path / "out", tmp_path / "store", workers=0)
    wanted = embed(tmp_path / "store", [model], part="all")
    out = done("video", "embed", clip, tmp_path / "e.safetensors", "--model", model, "--max-frames", "30",
               "--camera", "door")  # fmt: skip
    assert "vectors of" in out
    made = load_embeddings(tmp_path / "e.safetensors")
    order = {record.key: i for i, record in enumerate(made.records)}
    assert len(wanted) == len(made) >= 4
    rows = [order[record.key] for record in wanted.records]
    assert made.source == wanted.source
    assert [made.records[i] for i in rows] == list(wanted.records)
    assert {(r.subject, r.condition, r.view) for r in made.records} == {(None, "two", "door")}
    np.testing.assert_allclose(made.vectors[rows], wanted.vectors, rtol=1e-5, atol=1e-6)
    assert made.settings["videos"] == {"two": str(clip)}


def test_killed_it_goes_on_with_the_video_it_was_at(clip: Path, model: Path, tmp_path: Path) -> None:
    later, out = tmp_path / "later.mp4", tmp_path / "e.safetensors"
    request = VideoRequest([str(clip), str(later)], tracklets=TrackletSettings(longest=30))
    with pytest.raises(DataError, match="no video at"):
        embed_videos(request, model, out)
    partial = tmp_path / "e.safetensors.partial"
    assert sorted(p.name for p in partial.iterdir()) == ["embed.json", "two.json", "two.safetensors"]
    assert not out.exists()
    with pytest.raises(ArtefactError, match="under other settings"):
        embed_videos(VideoRequest([str(clip)]), model, out)
    walkers_clip(later, [2])
    seen: set[str] = set()
    report = embed_videos(request, model, out, progress=lambda done, total, what: seen.add(what))
    assert seen == {"later"}
    assert not partial.exists()
    anew = embed_videos(request, model)
    assert report.left_out == anew.left_out
    assert set(report.traces) == {"two", "later"}
    assert load_embeddings(out).records == anew.embeddings.records
    np.testing.assert_array_equal(report.embeddings.vectors, anew.embeddings.vectors)


def test_what_was_not_begun_leaves_nothing_behind(model: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no video at"):
        embed_videos(VideoRequest([str(tmp_path / "none.mp4")]), model, tmp_path / "e.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_each_track_is_named_or_unknown(clip: Path, model: Path, gallery: Path, tmp_path: Path) -> None:
    common = ("video", "identify", clip, "--gallery", gallery, "--model", model, "--window", "30")
    report = tmp_path / "who.html"
    text = done(*common, "--threshold", "1e6", "--report", report)
    assert "6 people known by 60 walks; distance at most 1e+06, as given" in text
    assert "track" in text.splitlines()[0]
    page = report.read_text(encoding="utf-8")
    assert "Who walks by" in page
    assert "data:image/png" in page
    seen = re.findall(r'data-column="seen[^"]*"><span>([^<]*)</span>', page)
    assert seen
    assert not any(re.search(r"[ -]", text) for text in seen), "times may break over lines"
    value = json.loads(done(*common, "--threshold", "1e6", "--json"))
    tracks = [t for t in value["videos"][0]["tracks"] if t["windows"]]
    named = [t["subject"] for t in tracks]
    assert len(named) >= 2
    assert None not in named[:2]
    assert named[0] != named[1]  # both were there at once
    nobody = json.loads(done(*common, "--threshold", "0", "--json"))["videos"][0]["tracks"]
    assert {t["subject"] for t in nobody} == {None}
    assert {t["reason"] for t in nobody if t["windows"]} == {"nobody known is near enough"}
    rate = done(*common, "--fpir", "20%")
    assert "FPIR 20 % *, by 60 walks of 6 of the known" in rate
    assert "takes 15 strangers; with 6" in rate


def test_python_says_what_the_command_says(clip: Path, model: Path, gallery: Path) -> None:
    words = ("--gallery", gallery, "--model", model, "--window", "30", "--json")
    said = json.loads(done("video", "identify", clip, *words))
    with gp.Video.open(clip) as video:
        named = video.identify(gallery, gp.Model.load(model), window_settings(30))
        frames = [dict(step.identities) for step in named]
        tracks = [track.to_dict() for track in named.tracks()]
    assert json.loads(json.dumps(tracks)) == said["videos"][0]["tracks"]
    assert len(frames) == said["videos"][0]["trace"]["frames"]
    with gp.Video.open(clip) as video:
        everybody = video.identify(gp.PeopleRequest(gallery, threshold=1e6), model, window_settings(30))
        assert any(answer.subject for step in everybody for answer in step.identities.values())


def test_without_a_model_all_use_the_shipped_weights(
    clip: Path, walkers_store: Path, shipped_weights: Path, tmp_path: Path
) -> None:
    said = "model: gaitprint default, tiny\n"
    known, out = tmp_path / "known.safetensors", tmp_path / "out"
    people = ("--gallery", known, "--threshold", "1e6")
    code, _, err = run("model", "embed", walkers_store, "--part", "all", "--out", known)
    assert (code, err.count(said)) == (0, 1)
    for words in (
        ("embed", clip, tmp_path / "walks.safetensors"),
        ("identify", clip, *people, "--window", "30"),
        ("annotate", clip, tmp_path / "named.mp4", *people, "--window", "30"),
        ("search", clip, "--example", clip, "--track", "1", "--out", out, "--no-images"),
    ):
        code, _, err = run("video", *words)
        assert code == 0, err
        assert err.count(said) == 1
    code, _, err = run("video", "embed", clip, tmp_path / "named.safetensors", "--model", "default")
    assert (code, err.count("model: ")) == (0, 0)
    walks, named = (load_embeddings(tmp_path / f"{name}.safetensors") for name in ("walks", "named"))
    assert load_embeddings(known).source == walks.source == named.source
    np.testing.assert_array_equal(walks.vectors, named.vectors)
    with gp.Video.open(clip) as video:
        everybody = video.identify(gp.PeopleRequest(known, threshold=1e6))
        assert any(answer.subject for step in everybody for answer in step.identities.values())
    shipped_weights.unlink()
    code, _, err = run("video", "embed", clip, tmp_path / "more.safetensors")
    assert code == 1
    assert "no weights called 'default' come with this gaitprint" in err


@pytest.mark.parametrize("picture", ["video", "blurred", "outlines"])
def test_a_video_with_names(clip: Path, model: Path, gallery: Path, tmp_path: Path, picture: str) -> None:
    out = tmp_path / "named.mp4"
    done("video", "annotate", clip, out, "--gallery", gallery, "--model", model, "--threshold", "1e6", "--picture",
         picture, "--window", "30")  # fmt: skip
    with av.open(str(clip)) as before, av.open(str(out)) as after:
        first = [f.to_ndarray(format="rgb24").astype(int) for f in before.decode(video=0)]
        frames = list(after.decode(video=0))
    assert len(frames) == len(first)
    assert float(frames[-1].time) == pytest.approx((len(first) - 1) / 25, abs=0.01)
    early, late = (frames[i].to_ndarray(format="rgb24").astype(int) for i in (20, 80))
    assert (np.abs(early - first[20]).mean() < 6) == (picture != "outlines")
    assert np.abs(late - first[80]).max() > 60


def test_a_person_is_searched_for_in_footage(clip: Path, model: Path, tmp_path: Path) -> None:
    footage = tmp_path / "footage"
    footage.mkdir()
    shutil.copy(clip, footage / "hall.mp4")
    example = walkers_clip(tmp_path / "walker.mp4", [4])
    out = tmp_path / "hits"
    common = ("video", "search", footage, "--model", model, "--window", "30", "--out", out)
    text = done(*common, "--example", example)
    assert "tracks in 1 videos" in text
    hits = json.loads((out / "hits.json").read_text(encoding="utf-8"))["hits"]
    assert [h["place"] for h in hits] == list(range(1, len(hits) + 1))
    assert [h["distance"] for h in hits] == sorted(h["distance"] for h in hits)
    assert {h["video"] for h in hits} == {"hall"}
    assert "Where this person may be seen" in (out / "index.html").read_text(encoding="utf-8")
    assert list((out / "footage" / "hall").glob("*-picture.png"))
    # again, with somebody else: the footage is not read a second time
    code, _, err = run(*common, "--example", clip)
    assert code == 1
    assert "two.mp4 shows 2 people: say who is looked for by --track, one of 1 (" in err
    again = json.loads(done(*common, "--example", clip, "--track", "1", "--json"))
    assert again["unchanged"] == 1
    assert again["hits"][0]["track"] == 1
    assert again["hits"][0]["distance"] == pytest.approx(0, abs=1e-3)
    code, _, err = run(*common, "--example", clip, "--track", "9")
    assert code == 1
    assert "has no track 9 that is good enough" in err
    code, _, err = run(*common, "--example", example, "--no-images")
    assert code == 1
    assert "under other settings" in err


def test_pictures_of_people_are_kept_only_where_they_may(clip: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "hits"
    done("video", "search", clip, "--example", clip, "--track", "2", "--model", model, "--out", out, "--no-images")
    assert not list(out.rglob("*-picture.png"))
    assert list(out.rglob("track-*.png"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("identify", "none.mp4", "--threshold", "1"), "no video at none.mp4"),
        (("identify", "none.mp4", "--fpir", "five"), "a share such as 5% or 0.05, found 'five'"),
        (("identify", "none.mp4", "--fpir", "5%", "--threshold", "1"), "leave it or --threshold out"),
        (("annotate", "none.mp4", "out.txt"), "a video is written as .mp4, .mkv, .mov, found 'out.txt'"),
        (("search", "camera:0", "--example", "x.mp4", "--out", "hits"), "camera:0 has no end"),
    ],
)
def test_refusals_are_one_line(
    words: tuple[str, ...], said: str, model: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    known = () if words[0] == "search" else ("--gallery", gallery)
    code, _, err = run("video", *words, "--model", model, *known)
    assert code in (1, 2)
    assert said in " ".join(err.split())
    assert "Traceback" not in err


def test_a_gallery_of_videos_of_known_people(clip: Path, model: Path, gallery: Path, tmp_path: Path) -> None:
    anna = tmp_path / "anna.safetensors"
    alone = walkers_clip(tmp_path / "anna.mp4", [4])
    done("video", "embed", alone, anna, "--model", model, "--subject", "anna", "--max-frames", "30")
    text = done("video", "identify", clip, "--gallery", anna, "--gallery", gallery, "--model", model, "--window", "30",
                "--threshold", "1e6")  # fmt: skip
    assert "7 people known" in text
    assert "anna" in text
